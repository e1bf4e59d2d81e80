"""Rearrangements of a molecule that keep its formula, charges, connectedness and number of rings.

`relink`: cut two or three acyclic single bonds (a bond to hydrogen counts) and join the loose ends to a tree again in
another way. Two cuts exchange two substituents, turn a linker around, or move a substituent (where one of the bonds is
to hydrogen). `slide`: take an atom of two single bonds out of its chain or ring and put it into another bond; where
that is not enough, a bond to hydrogen counts.
`permute`: exchange two atoms of like kind (aromatic with aromatic, chain with chain) with their hydrogens.
"""

import math
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from hetero2.chem.decoys_v2 import kernels
from hetero2.chem.decoys_v2.fragment_frequencies import frequencies
from hetero2.chem.decoys_v2.graph import Graph, Ints
from hetero2.chem.decoys_v2.moves import PERMUTE, RELINK2, RELINK3, SLIDE, Moves, mixed, new_moves

# Ways to join the ends (0,1), (2,3), (4,5) of three cut bonds in pairs without making one of the three again.
_THREE = np.array(
    [
        [(0, 2), (1, 4), (3, 5)],
        [(0, 2), (1, 5), (3, 4)],
        [(0, 3), (1, 4), (2, 5)],
        [(0, 3), (1, 5), (2, 4)],
        [(0, 4), (1, 2), (3, 5)],
        [(0, 4), (1, 3), (2, 5)],
        [(0, 5), (1, 2), (3, 4)],
        [(0, 5), (1, 3), (2, 4)],
    ]
)
CHUNK = 2048  # ways to join three cut bonds that are tried in a batch
# Elements that move: B C N O F Si P S Cl Se Br I. Metals and the rest stay with the atoms that they are bound to.
_IS_CHAIN = np.isin(np.arange(256), (5, 6, 7, 8, 9, 14, 15, 16, 17, 34, 35, 53))
# Rings, by their number of atoms: none becomes smaller than 5 or, by taking in an atom, larger than 7. Strained rings
# that the molecule lacks, and medium ones, would tell a decoy.
_SMALLEST_TO_SHRINK, _LARGEST_TO_GROW = 6, 6
# Large molecules have moves by the million: so many bonds (in pairs, in threes) and slides, evenly spread, are enough,
# and memory stays bounded.
_MOST_BONDS, _MOST_IN_THREE, _MOST_SLIDES = 150, 40, 20000


class MoveEnumerator:
    """Everything that can be moved in one molecule."""

    def __init__(self, mol: Chem.Mol, graph: Graph) -> None:
        self.graph = graph
        rings = mol.GetRingInfo().AtomRings()
        self._in_rings = np.zeros((len(rings), graph.n), np.int64)
        for number, ring in enumerate(rings):
            self._in_rings[number, list(ring)] = 1
        n = graph.n
        fine = (graph.charge >= 0) & _IS_CHAIN[graph.element]
        with_hydrogen = np.flatnonzero((graph.hydrogens > 0) & fine)
        self._with_hydrogen: list[int] = with_hydrogen.tolist()
        bonds = kernels.acyclic(graph.arrays, graph.cyclic, fine)
        bonds = bonds[spread_over(len(bonds), _MOST_BONDS)]
        open_ = with_hydrogen[spread_over(len(with_hydrogen), _MOST_BONDS)]
        self.n_heavy = len(bonds)
        self.end_atom, self.end_slot = kernels.ends(graph.arrays, graph.degree, bonds, open_)
        # side[e, x]: atom x lies on the far side of bond e; the hydrogen of an open atom has nothing behind it.
        self.side = np.zeros((len(self.end_atom) // 2, n + 1), bool)
        self.side[: len(bonds), :n] = kernels.sides(graph.arrays, bonds)
        self.allowed = np.ones((len(self.end_atom), len(self.end_atom)), bool)

    @cached_property
    def _slot(self) -> dict[tuple[int, int], int]:
        """Where the second atom stands among the neighbours of the first."""
        graph = self.graph.lists
        return {
            (a, b): column
            for a, (row, degree) in enumerate(zip(graph.neighbour, graph.degree, strict=True))
            for column, b in enumerate(row[:degree])
        }

    def allow(self, rarest: float) -> None:
        """From now on make no bond that gives one of its atoms a surrounding rarer than `rarest` (log frequency)."""
        common = self._joined_log_frequency >= rarest
        self.allowed = common & common.T

    @cached_property
    def _joined_log_frequency(self) -> NDArray[np.float32]:
        """(ends, ends): log frequency of the atom of one end and its neighbours once it is joined to the other end."""
        graph, ends = self.graph, np.stack([self.end_atom, self.end_slot])
        found: NDArray[np.float32] = kernels.joined_log_frequency(
            graph.arrays, graph.degree, ends, self.n_heavy, *frequencies()
        )
        return found

    def _relinked(self, kind: int, joins: Ints, cuts: Ints) -> Moves:
        """Moves from joins (c, j, 2) of ends, where the bonds `cuts` (c, j) were cut."""
        n, c = self.graph.n, len(cuts)
        edits, changes = kernels.relinked(joins, cuts, self.end_atom, self.end_slot, n, self.n_heavy)
        none = np.full((c, 2), n, np.int64)
        return Moves(np.full(c, kind, np.int64), edits, changes, none, none)

    def exchanges(self) -> Moves:
        """Every pair of cut bonds, joined crosswise: O(bonds²)."""
        joins, cuts = kernels.exchanges(self.end_atom, self.side, self.allowed, self.n_heavy)
        return self._relinked(RELINK2, joins, cuts)

    def triples(self, seed: int, chunk: int) -> Moves | None:
        """Three cut bonds joined so that none of them is made again: a part of a seeded order, None past its end."""
        n, heavy = len(self.end_atom) // 2, self.n_heavy
        numbers = np.concatenate([spread_over(heavy, _MOST_IN_THREE), heavy + spread_over(n - heavy, _MOST_IN_THREE)])
        triples = _triples(len(numbers), min(heavy, _MOST_IN_THREE))
        space = len(triples) * len(_THREE)
        start = chunk * CHUNK
        if start >= space:
            return None
        step = int(mixed(np.array([space]), seed)[0]) % space | 1
        while math.gcd(step, space) != 1:
            step += 2
        index = (np.arange(start, min(space, start + CHUNK)) * step + seed % space) % space
        cuts, ways = numbers[triples[index // 8]], _THREE[index % 8]
        joins, cuts = kernels.trees(cuts, ways, self.end_atom, self.side, self.allowed)
        return self._relinked(RELINK3, joins, cuts)

    def slides(self) -> Moves:
        """An atom with two single bonds moved into another bond: O(atoms · bonds)."""
        bonds, movers = self._growable, self._movers
        movers = movers[spread_over(len(movers), max(1, _MOST_SLIDES // max(1, len(bonds))))]
        edits, ring = kernels.slides(movers, bonds)
        return new_moves(self.graph.n, SLIDE, edits, np.zeros((len(edits), 0, 2), np.int64), None, ring)

    def hops(self) -> Moves:
        """An atom with two single bonds become a substituent in the place of a hydrogen, and the other way round."""
        graph, n, slot, bonds = self.graph.lists, self.graph.n, self._slot, self._growable.tolist()
        degree, open_ = graph.degree, self._with_hydrogen
        rows, changes = [], []
        for x, u, v, *_ in self._movers.tolist():
            for p in (p for p in open_ if p != x):
                rows.append([*self._out(x, u, v), p, degree[p], x, 1, x, 0, p, 1, x, 1, n, 0, n, 0, n, 0, x, 0])
                changes.append([x, 1, p, -1])
        for x in (x for x in open_ if degree[x] == 1 and not graph.charge[x] and graph.order[x][0] == 1):
            u = graph.neighbour[x][0]
            for p, q, _, _, in_ring in (bond for bond in bonds if x not in bond[:2]):
                rows.append([u, slot[u, x], n, 0, n, 0, n, 0, *self._in(x, p, q), x, in_ring])
                changes.append([x, -1, u, 1])
        chosen = spread_over(len(rows), _MOST_SLIDES)
        return self._slid([rows[a] for a in chosen], np.array(changes, np.int64).reshape(-1, 2, 2)[chosen])

    def _out(self, x: int, u: int, v: int) -> tuple[int, ...]:
        """Edits that join the neighbours of x."""
        return u, self._slot[u, x], v, 1, v, self._slot[v, x], u, 1

    def _in(self, x: int, p: int, q: int) -> tuple[int, ...]:
        """Edits that put x between p and q."""
        return p, self._slot[p, q], x, 1, q, self._slot[q, p], x, 1, x, 0, p, 1, x, 1, q, 1

    def _slid(self, rows: list[list[int]], hydrogens: Ints) -> Moves:
        table = np.array(rows, np.int64).reshape(-1, 26)
        return new_moves(self.graph.n, SLIDE, table[:, :24].reshape(-1, 6, 4), hydrogens, None, table[:, 24:])

    @cached_property
    def _movers(self) -> Ints:
        movers: Ints = kernels.movers(self.graph.arrays, self.graph.degree, self._in_rings, _SMALLEST_TO_SHRINK)
        return movers

    @cached_property
    def _growable(self) -> Ints:
        bonds: Ints = kernels.growable(self.graph.arrays, self._in_rings, _LARGEST_TO_GROW)
        return bonds

    def permutations(self) -> Moves:
        """Pairs of atoms of like kind and different elements: O(atoms²)."""
        labels = kernels.permutations(self.graph.arrays, self.graph.degree, _IS_CHAIN, self._in_rings)
        c = len(labels)
        return new_moves(
            self.graph.n, PERMUTE, np.zeros((c, 0, 4), np.int64), np.zeros((c, 0, 2), np.int64), labels, None
        )


@lru_cache(maxsize=256)
def _triples(size: int, heavy: int) -> Ints:
    """(m, 3) numbers of three of `size` bonds, two of them at least between heavy atoms (the first `heavy`)."""
    e, f, g = np.meshgrid(np.arange(heavy), np.arange(heavy), np.arange(size), indexing="ij")
    chosen = (e < f) & (f < g)
    return np.stack([e[chosen], f[chosen], g[chosen]], axis=1)


def spread_over(n: int, most: int) -> Ints:
    """At most `most` of the numbers below n, evenly spread."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64)
