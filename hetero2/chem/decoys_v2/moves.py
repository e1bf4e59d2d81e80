"""Rearrangements of a molecule, as arrays: which bonds, hydrogens and atoms change places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hetero2.chem.decoys_v2.graph import Bools, Ints


@dataclass(frozen=True)
class Moves:
    """`c` rearrangements of one graph of n atoms; n marks an entry that changes nothing.

    `kind` (c,): number in `KINDS`; `edits` (c, 6, 4): atom, slot, new neighbour, new bond order; `hydrogens` (c, 9, 2):
    atom, change; `labels` (c, 2): two atoms that exchange element, hydrogens, charge and isotope; `ring` (c, 2): atom,
    1 where it is now in a ring.
    """

    kind: Ints
    edits: Ints
    hydrogens: Ints
    labels: Ints
    ring: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, chosen: Ints | Bools) -> "Moves":
        """Some of them."""
        return Moves(*(getattr(self, part)[chosen] for part in _PARTS))

    @property
    def arrays(self) -> tuple[Ints, Ints, Ints, Ints]:
        """For compiled loops: edits, hydrogens, labels, ring."""
        return self.edits, self.hydrogens, self.labels, self.ring

    @staticmethod
    def join(parts: "Sequence[Moves]") -> "Moves":
        """All of them, in order."""
        return Moves(*(np.concatenate([getattr(moves, part) for moves in parts]) for part in _PARTS))


_PARTS = tuple(Moves.__dataclass_fields__)
KINDS = ("relink2", "relink3", "slide", "permute", "permute+relink2", "permute+relink3", "permute+slide")
RELINK2, RELINK3, SLIDE, PERMUTE, _COMPOSED = range(5)


def new_moves(n: int, kind: int, edits: Ints, hydrogens: Ints, labels: Ints | None, ring: Ints | None) -> Moves:
    """Moves of one kind on a graph of n atoms; what they do not use is filled up with n."""
    c = len(edits)
    wide, many = np.full((c, 6, 4), n, np.int64), np.full((c, 9, 2), n, np.int64)
    wide[:, :, 1], wide[:, :, 3] = 0, 0
    wide[:, : edits.shape[1]], many[:, : hydrogens.shape[1]] = edits, hydrogens
    none = np.full((c, 2), n, np.int64)
    return Moves(
        np.full(c, kind, np.int64), wide, many, none if labels is None else labels, none if ring is None else ring
    )


def still(n: int) -> Moves:
    """One move that changes nothing in a graph of n atoms."""
    none = np.full((1, 2), n, np.int64)
    return Moves(np.zeros(1, np.int64), np.full((1, 0, 4), n, np.int64), none[:, None], none, none)


def compose(first: Moves, permutations: Moves, i: Ints, j: Ints) -> Moves:
    """Moves that do `first[i]`, with atoms exchanged as in `permutations[j]`."""
    return Moves(first.kind[i] + _COMPOSED, first.edits[i], first.hydrogens[i], permutations.labels[j], first.ring[i])


def mixed(values: Ints | NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """A seeded order of numbers: their splitmix64 hashes (doi 10.1145/2714064.2660195)."""
    state = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed_: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed_
