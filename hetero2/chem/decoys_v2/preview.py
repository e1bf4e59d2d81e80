"""What each of many rearrangements does to a molecule, from the graph alone, before any molecule is built.

A rearrangement changes the Morgan fragments of the few atoms near it; only those are computed anew. The cost of `c`
moves of a molecule of n atoms is O(c · n).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hetero2.chem.decoys_v2 import kernels
from hetero2.chem.decoys_v2.fragment_frequencies import frequencies
from hetero2.chem.decoys_v2.graph import Graph, Ints
from hetero2.chem.decoys_v2.moves import Moves, still
from hetero2.chem.similarity import N_BITS


@dataclass(frozen=True)
class Preview:
    """Per move (c,): Tanimoto to the reference, mean fragment popularity, N and O with hydrogen, likely stereo centres,
    and a sum of the hashes of all fragments."""

    tanimoto: NDArray[np.float64]
    popularity: NDArray[np.float64]
    donors: Ints
    centres: Ints
    signature: NDArray[np.uint64]

    def take(self, chosen: Ints) -> "Preview":
        """Some of them."""
        return Preview(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


class Fragments:
    """The Morgan fragments of a parent, against which its rearrangements are seen."""

    def __init__(self, graph: Graph, reference: "Fragments | None" = None) -> None:
        self.graph = graph
        n = graph.n
        self.layers, scores = kernels.first_layers(graph.arrays, *frequencies())
        # RDKit leaves out what covers no new bond: the second layer of an atom with one neighbour. In a ring of three
        # or four it leaves out one more; there the preview is off by one fragment, but not what is recorded.
        shown = np.stack([np.ones(n, bool), graph.degree > 0, graph.degree > 1])
        total = sum(float(score[counted].sum()) for score, counted in zip(scores, shown, strict=True))
        self.popularity: float = total / int(shown.sum())  # mean log frequency of the parent's fragments
        identifiers = self.layers[shown]
        signature = kernels.spread_sum(identifiers)
        self.signature: np.uint64 = signature[0]
        # Columns: the bits of the reference (the parent itself unless told otherwise), then other bits of this graph.
        counts = np.bincount((identifiers % np.uint64(N_BITS)).astype(np.int64), minlength=N_BITS)
        bits_set = np.flatnonzero(counts)
        self.bits: Ints = bits_set if reference is None else reference.bits
        place = np.full(N_BITS, -1)
        place[self.bits] = 0
        columns = bits_set if reference is None else np.concatenate([self.bits, bits_set[place[bits_set] < 0]])
        place[columns] = np.arange(len(columns))
        sums = np.array([total, shown.sum()], float)
        self._facts = (self.layers, scores, shown, counts[columns], place, len(self.bits), sums, signature)

    @cached_property
    def own(self) -> Preview:
        """The parent itself, seen as a move that changes nothing."""
        return self.preview(still(self.graph.n))[1]

    def preview(self, moves: Moves, rarest: float = -np.inf) -> tuple[Ints, Preview]:
        """Which moves give no atom a surrounding rarer than `rarest` and leave no hydrogens owing, and what they do."""
        fine, *facts = kernels.preview(self.graph.arrays, self._facts, moves.arrays, rarest, *frequencies())
        chosen = np.flatnonzero(fine)
        return chosen, Preview(*facts).take(chosen)
