"""What each of many rearrangements does to a molecule, from the graph alone, before any molecule is built.

A rearrangement changes the Morgan fragments of the few atoms near it; only those are recomputed. The cost of `c`
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
    """Per move (c,): Tanimoto to the reference; mean log frequency of the Morgan fragments; N and O with hydrogen;
    likely stereo centres; and a sum of the hashes of all fragments, which knows no order."""

    tanimoto: NDArray[np.float64]
    log_frequency: NDArray[np.float64]
    donors: Ints
    centres: Ints
    signature: NDArray[np.uint64]

    def take(self, chosen: Ints) -> "Preview":
        """Some of them."""
        return Preview(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


class Fragments:
    """The Morgan fragments of a parent, against which its rearrangements are seen.

    `reference`: of the molecule to which Tanimoto is measured; the parent itself unless given. `log_frequency`: mean
    log frequency of the parent's fragments.
    """

    def __init__(self, graph: Graph, reference: "Fragments | None" = None) -> None:
        self.graph = graph
        n = graph.n
        self.layers, scores = kernels.first_layers(graph.arrays, *frequencies())
        # RDKit leaves out what covers no new bond: the second layer of an atom with one neighbour. In a ring of three
        # or four it leaves out one more; there the preview is off by one fragment, but not what is recorded.
        counted = np.stack([np.ones(n, bool), graph.degree > 0, graph.degree > 1])
        total = sum(float(score[of_layer].sum()) for score, of_layer in zip(scores, counted, strict=True))
        self.log_frequency: float = total / int(counted.sum())
        identifiers = self.layers[counted]
        self.signature: np.uint64 = kernels.spread_sum(identifiers)[0]
        counts = np.bincount((identifiers % np.uint64(N_BITS)).astype(np.int64), minlength=N_BITS)
        bits_set = np.flatnonzero(counts)
        self.bits: Ints = bits_set if reference is None else reference.bits
        column = np.full(N_BITS, -1)
        column[self.bits] = 0
        # The bits of the reference come first, so that a move's shared bits are counted in one pass.
        columns = bits_set if reference is None else np.concatenate([self.bits, bits_set[column[bits_set] < 0]])
        column[columns] = np.arange(len(columns))
        parent = kernels.ParentFragments(
            identifiers=self.layers,
            log_frequencies=scores,
            counted=counted,
            bit_counts=counts[columns],
            column=column,
            n_reference_bits=len(self.bits),
            sum_log_frequency=total,
            n_fragments=float(counted.sum()),
            signature=self.signature,
        )
        self._parent_fields = tuple(parent)

    @cached_property
    def unchanged(self) -> Preview:
        """The parent itself, seen as a move that changes nothing."""
        return self.preview(still(self.graph.n))[1]

    def preview(self, moves: Moves, rarest: float = -np.inf) -> tuple[Ints, Preview]:
        """(numbers of the possible moves, what these do). Possible is a move that leaves no hydrogens owing and gives
        no atom a surrounding rarer than `rarest` (log frequency)."""
        fine, *columns = kernels.preview(self.graph.arrays, self._parent_fields, moves.arrays, rarest, *frequencies())
        chosen = np.flatnonzero(fine)
        return chosen, Preview(*columns).take(chosen)
