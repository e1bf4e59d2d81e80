"""Rearrangements of a molecule that keep its formula, charges, connectedness and number of rings.

`relink`: cut two or three acyclic single bonds (a bond to hydrogen counts) and join the loose ends to a tree again in
another way. Two cuts exchange two substituents, turn a linker around, or move a substituent (where one of the bonds is
to hydrogen). `slide`: take an atom of two single bonds out of its chain or ring and put it into another bond.
`permute`: exchange two atoms of like kind (aromatic with aromatic, chain with chain) with their hydrogens.
"""

from functools import cached_property, lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from hetero2.chem.fragments import invariants, next_layer, popularity
from hetero2.chem.graph import AROMATIC, Bools, Graph, Ints, cuttable
from hetero2.chem.moves import PERMUTE, RELINK2, RELINK3, SLIDE, Moves, mixed, new_moves

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
CHUNK = 16384
_CHAIN = frozenset((5, 6, 7, 8, 9, 14, 15, 16, 17, 34, 35, 53))
_SMALLEST_TO_SHRINK, _LARGEST_TO_GROW = 6, 6
# Large molecules: so many bonds, evenly spread, are enough, and memory stays bounded.
_MOST_BONDS, _MOST_IN_THREE, _MOST_SLIDES = 150, 40, 20000


class Space:
    """Everything that can be moved in one molecule."""

    def __init__(self, mol: Chem.Mol, graph: Graph) -> None:
        self.graph = graph
        self._mol = mol  # its ring info lives no longer than it does
        self._rings = mol.GetRingInfo()
        n = graph.n
        bonds, sides = cuttable(mol, graph, _CHAIN)
        open_ = [a for a in range(n) if graph.hydrogens[a] > 0 and graph.charge[a] >= 0 and graph.element[a] in _CHAIN]
        chosen = spread_over(len(bonds), _MOST_BONDS)
        bonds, sides = [bonds[number] for number in chosen], sides[chosen]
        open_ = [open_[number] for number in spread_over(len(open_), _MOST_BONDS)]
        self.n_heavy = len(bonds)
        ends = [end for bond in bonds for end in bond] + [end for a in open_ for end in (a, n)]
        self._slot = {
            (a, b): column
            for a, row in enumerate(graph.neighbour.tolist())
            for column, b in enumerate(row[: graph.degree[a]])
        }
        slots = [self._slot[pair] for u, v in bonds for pair in ((u, v), (v, u))] + [
            slot for a in open_ for slot in (int(graph.degree[a]), 0)
        ]
        self.end_atom, self.end_slot = np.array(ends, np.int64), np.array(slots, np.int64)
        # side[e, x]: atom x lies on the far side of bond e; the hydrogen of an open atom has nothing behind it.
        self.side = np.zeros((len(ends) // 2, n + 1), bool)
        self.side[: len(bonds), :n] = sides
        self.bonds = np.arange(len(ends) // 2)
        self.allowed = np.ones((len(ends), len(ends)), bool)

    def allow(self, rarest: float) -> None:
        """From now on make no bond that gives one of its atoms a surrounding rarer than `rarest` (log frequency)."""
        common = self._popularity >= rarest
        self.allowed = common & common.T

    @cached_property
    def _popularity(self) -> NDArray[np.float32]:
        """(ends, ends): log frequency of the atom of one end and its neighbours once it is joined to the other end."""
        graph, n, m = self.graph, self.graph.n, len(self.end_atom)
        atom, slot, hydrogen = self.end_atom, self.end_slot, self.end_atom == n
        partner_is_hydrogen = np.repeat(hydrogen[None], m, axis=0)
        was_hydrogen = np.arange(m) >= 2 * self.n_heavy
        lost = (was_hydrogen & ~hydrogen).astype(np.int64)
        padded = [np.append(v, 0) for v in (graph.element, graph.hydrogens, graph.charge, graph.isotope, graph.ring)]
        element, hydrogens, charge, isotope, ring = (values[atom] for values in padded)
        total = np.append(graph.degree + graph.hydrogens, 0)[atom]
        # what an atom is once its end is joined to a heavy atom (row 0) or to hydrogen (row 1)
        own = np.stack([invariants(element, total, hydrogens - lost + h, charge, isotope, ring) for h in (0, 1)])
        others = np.append(
            invariants(*(v[:n] for v in (padded[0], np.append(graph.degree + graph.hydrogens, 0), *padded[1:]))),
            np.uint32(0),
        )
        rows = np.vstack([graph.neighbour, np.full((1, graph.neighbour.shape[1]), n)])[atom]
        order = np.vstack([graph.order, np.zeros((1, graph.order.shape[1]), np.int64)])[atom]
        neighbours = np.repeat(others[rows][:, None], m, axis=1)
        orders = np.repeat(order[:, None], m, axis=1)
        neighbours[np.arange(m)[:, None], np.arange(m)[None], slot[:, None]] = own[0][None]
        orders[np.arange(m)[:, None], np.arange(m)[None], slot[:, None]] = ~partner_is_hydrogen
        centre = np.where(partner_is_hydrogen, own[1][:, None], own[0][:, None])
        d = orders.shape[2]
        found = next_layer(0, centre.ravel(), orders.reshape(-1, d).astype(np.uint64), neighbours.reshape(-1, d))
        scores = popularity(found).reshape(m, m)
        scores[hydrogen] = 9.0
        return scores

    def _relinked(self, kind: int, joins: Ints, cuts: Ints) -> Moves:
        """Moves from joins (c, j, 2) of ends, where the bonds `cuts` (c, j) were cut."""
        n = self.graph.n
        ends = np.concatenate([joins, joins[:, :, ::-1]], axis=1)
        atom, partner = self.end_atom[ends[:, :, 0]], self.end_atom[ends[:, :, 1]]
        slot = self.end_slot[ends[:, :, 0]]
        edits = np.stack([atom, slot, partner, (partner < n).astype(np.int64)], axis=2)
        gained = np.where(partner == n, atom, n)
        lost = np.where(cuts >= self.n_heavy, self.end_atom[2 * cuts], n)
        atoms = np.concatenate([gained, lost], axis=1)
        change = np.concatenate([np.ones_like(gained), -np.ones_like(lost)], axis=1)
        return new_moves(n, kind, edits, np.stack([atoms, change], axis=2), None, None)

    def exchanges(self) -> Moves:
        """Every pair of cut bonds, joined crosswise: O(bonds²)."""
        e, f = np.triu_indices(len(self.bonds), 1)
        heavy = e < self.n_heavy
        e, f = e[heavy], f[heavy]
        far = self.side[e, self.end_atom[2 * f]]
        inner_e = 2 * e + far
        inner_f = 2 * f + self.side[f, self.end_atom[2 * e]]
        outer_e, outer_f = 4 * e + 1 - inner_e, 4 * f + 1 - inner_f
        apart = self.end_atom[inner_e] != self.end_atom[inner_f]
        apart &= self.allowed[outer_e, inner_f] & self.allowed[inner_e, outer_f]
        joins = np.stack([np.stack([outer_e, inner_f], 1), np.stack([inner_e, outer_f], 1)], 1)[apart]
        return self._relinked(RELINK2, joins, np.stack([e, f], 1)[apart])

    def triples(self, seed: int, chunk: int) -> Moves | None:
        """Three cut bonds joined so that none of them is made again: a part of a seeded order, None past its end."""
        n, heavy = len(self.bonds), self.n_heavy
        numbers = np.concatenate([spread_over(heavy, _MOST_IN_THREE), heavy + spread_over(n - heavy, _MOST_IN_THREE)])
        triples = numbers[_triples(len(numbers), min(heavy, _MOST_IN_THREE))]
        space = len(triples) * len(_THREE)
        start = chunk * CHUNK
        if start >= space:
            return None
        step = int(mixed(np.array([space]), seed)[0]) % space | 1
        while np.gcd(step, space) != 1:
            step += 2
        index = (np.arange(start, min(space, start + CHUNK)) * step + seed % space) % space
        cuts, way = triples[index // 8], _THREE[index % 8]
        joins = 2 * cuts[np.arange(len(cuts))[:, None, None], way // 2] + way % 2
        likely = self.allowed[joins[:, :, 0], joins[:, :, 1]].all(axis=1)
        cuts, joins = cuts[likely], joins[likely]
        tree = self._is_tree(cuts, joins)
        return self._relinked(RELINK3, joins[tree], cuts[tree])

    def _is_tree(self, cuts: Ints, joins: Ints) -> Bools:
        """Whether three joins make one piece of the four that three cuts leave.

        A piece is known by the sides of the cuts that it lies on. Three joins of four pieces connect them when none
        joins a piece to itself, no two join the same pieces, and all four occur.
        """
        atoms = self.end_atom[joins]
        n = self.graph.n
        piece = np.zeros(atoms.shape, np.int64)
        for column in range(3):
            cut = cuts[:, column, None, None]
            own_hydrogen = (atoms == n) & (joins // 2 == cut)
            behind = self.side[cut, np.where(atoms == n, self.end_atom[2 * (joins // 2)], atoms)] | own_hydrogen
            piece |= behind.astype(np.int64) << column
        low, high = piece.min(axis=2), piece.max(axis=2)
        pair = low * 8 + high
        distinct = (pair[:, 0] != pair[:, 1]) & (pair[:, 0] != pair[:, 2]) & (pair[:, 1] != pair[:, 2])
        seen = np.bitwise_or.reduce(np.left_shift(1, piece.reshape(-1, 6)), axis=1)
        four = np.array([bin(value).count("1") for value in range(256)])[seen] == 4
        tree: Bools = (low != high).all(axis=1) & distinct & four
        return tree

    def slides(self) -> Moves:
        """An atom with two single bonds moved into another bond: O(atoms · bonds)."""
        graph, n = self.graph, self.graph.n
        movers = [x for x in range(n) if self._can_leave(x)]
        bonds = self._growable()
        movers = [movers[number] for number in spread_over(len(movers), max(1, _MOST_SLIDES // max(1, len(bonds))))]
        slot = self._slot
        rows = []
        for x in movers:
            u, v = (int(a) for a in graph.neighbour[x, :2])
            slot_u, slot_v = slot[u, x], slot[v, x]
            for p, q, in_ring in bonds:
                if x in (p, q) or {p, q} == {u, v}:
                    continue
                slot_p, slot_q = slot[p, q], slot[q, p]
                rows.append(
                    (
                        u,
                        slot_u,
                        v,
                        1,
                        v,
                        slot_v,
                        u,
                        1,
                        p,
                        slot_p,
                        x,
                        1,
                        q,
                        slot_q,
                        x,
                        1,
                        x,
                        0,
                        p,
                        1,
                        x,
                        1,
                        q,
                        1,
                        x,
                        in_ring,
                    )
                )
        table = np.array(rows, np.int64).reshape(-1, 26)
        return new_moves(
            n, SLIDE, table[:, :24].reshape(-1, 6, 4), np.zeros((len(table), 0, 2), np.int64), None, table[:, 24:]
        )

    def _can_leave(self, x: int) -> bool:
        graph = self.graph
        if graph.degree[x] != 2 or graph.charge[x] or graph.element[x] not in (6, 7, 8, 16):
            return False
        u, v = graph.neighbour[x, :2]
        if (graph.order[x, :2] != 1).any() or v in graph.neighbour[u] or (graph.charge[[u, v]] < 0).any():
            return False
        return not graph.ring[x] or (
            self._rings.NumAtomRings(int(x)) == 1
            and self._rings.MinAtomRingSize(int(x)) >= _SMALLEST_TO_SHRINK
            and self._rings.MinAtomRingSize(int(x)) != 8
        )

    def _growable(self) -> list[tuple[int, int, int]]:
        graph, found = self.graph, []
        for p in range(graph.n):
            for q, kind in zip(graph.neighbour[p, : graph.degree[p]], graph.order[p], strict=False):
                if p >= q or kind != 1 or graph.charge[p] < 0 or graph.charge[q] < 0:
                    continue
                bond_rings = [len(ring) for ring in self._rings.AtomRings() if p in ring and q in ring]
                if not bond_rings or (len(bond_rings) == 1 and 5 <= bond_rings[0] <= _LARGEST_TO_GROW):
                    found.append((p, int(q), int(bool(bond_rings))))
        return found

    def permutations(self) -> Moves:
        """Pairs of atoms of like kind and different elements: O(atoms²)."""
        graph, n = self.graph, self.graph.n
        kinds = [(x, kind) for x in range(n) if (kind := self._kind(x)) is not None]
        rows = [
            (x, y)
            for (x, one), (y, other) in combinations(kinds, 2)
            if graph.element[x] != graph.element[y] and self._alike(x, y, one, other)
        ]
        labels = np.array(rows, np.int64).reshape(-1, 2)
        c = len(labels)
        return new_moves(n, PERMUTE, np.zeros((c, 0, 4), np.int64), np.zeros((c, 0, 2), np.int64), labels, None)

    def _kind(self, x: int) -> tuple[int, ...] | None:
        """Degree and bond orders; for an aromatic atom how many electrons it gives. None: it stays where it is."""
        graph = self.graph
        degree = int(graph.degree[x])
        orders = sorted(graph.order[x, :degree].tolist())
        if graph.charge[x] or degree == 0 or graph.element[x] not in _CHAIN or (degree == 1 and orders == [1]):
            return None
        if AROMATIC not in orders:
            return (degree, 0, *orders)
        element, hydrogens = graph.element[x], graph.hydrogens[x]
        gives_two = element in (8, 16, 34) or (element == 7 and (hydrogens > 0 or degree == 3))
        return (degree, 2 if gives_two else 1, *orders)

    def _alike(self, x: int, y: int, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        if one == other:
            return True
        if one[0] != other[0] or one[2:] != other[2:] or 0 in (one[1], other[1]):
            return False
        return any(len(ring) == 5 and x in ring and y in ring for ring in self._rings.AtomRings()) and all(
            self._rings.NumAtomRings(atom) == 1 for atom in (x, y)
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
