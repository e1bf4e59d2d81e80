"""What each of many rearrangements does to a molecule, from the graph alone, before any molecule is built.

A rearrangement changes the Morgan fragments of the few atoms near it; only those are computed anew. The cost of `c`
moves of a molecule of n atoms is O(c · n) simple array operations.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hetero2.chem.fragments import invariants, next_layer, popularity
from hetero2.chem.graph import Bools, Graph, Ints
from hetero2.chem.moves import Moves, still

_N_BITS = 2048


@dataclass(frozen=True)
class Tables:
    """The rearranged graphs: (c, n + 1, d) neighbours and orders, (c, n + 1) atoms' labels; row n is nobody."""

    neighbour: Ints
    order: Ints
    element: Ints
    hydrogens: Ints
    charge: Ints
    isotope: Ints
    ring: Ints


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


def apply(graph: Graph, moves: Moves) -> Tables:
    """Rearranged copies of the graph."""
    c, n = len(moves), graph.n
    rows = np.arange(c)

    def copies(values: Ints, fill: int) -> Ints:
        padded = np.concatenate([values, np.full((1, *values.shape[1:]), fill, values.dtype)])
        return np.repeat(padded[None], c, axis=0)

    neighbour, order = copies(graph.neighbour, n), copies(graph.order, 0)
    atom, slot, to, kind = np.moveaxis(moves.edits, 2, 0)
    neighbour[rows[:, None], atom, slot] = to
    order[rows[:, None], atom, slot] = kind
    neighbour[:, n], order[:, n] = n, 0
    labels = [copies(values, 0) for values in (graph.element, graph.hydrogens, graph.charge, graph.isotope)]
    x, y = moves.labels.T
    for values in labels:
        values[rows, x], values[rows, y] = values[rows, y], values[rows, x]
        values[:, n] = 0
    hydrogens = labels[1]
    for column in range(moves.hydrogens.shape[1]):
        place, change = moves.hydrogens[:, column].T
        hydrogens[rows, place] += change
    hydrogens[:, n] = 0
    ring = copies(graph.ring, 0)
    ring[rows, moves.ring[:, 0]] = moves.ring[:, 1]
    return Tables(neighbour, order, labels[0], hydrogens, labels[2], labels[3], ring)


class Fragments:
    """The Morgan fragments of a parent, against which its rearrangements are seen."""

    def __init__(self, graph: Graph, reference: "Fragments | None" = None) -> None:
        self.graph = graph
        n = graph.n
        base = invariants(
            graph.element, graph.degree + graph.hydrogens, graph.hydrogens, graph.charge, graph.isotope, graph.ring
        )
        self.layers = [base]
        for layer in (0, 1):
            padded = np.append(self.layers[-1], np.uint32(0))
            self.layers.append(
                next_layer(layer, self.layers[-1], graph.order.astype(np.uint64), padded[graph.neighbour])
            )
        # RDKit leaves out what covers no new bond: the second layer of an atom with one neighbour. In a ring of three
        # or four it leaves out one more; there the preview is off by one fragment, but not what is recorded.
        self.shown = [np.ones(n, bool), graph.degree > 0, graph.degree > 1]
        self.scores = [popularity(layer) for layer in self.layers]
        self.total = sum(float(s[shown].sum()) for s, shown in zip(self.scores, self.shown, strict=True))
        self.count = sum(int(shown.sum()) for shown in self.shown)
        every = np.concatenate([layer[shown] for layer, shown in zip(self.layers, self.shown, strict=True)])
        self.signature = _spread_bits(every, np.ones(len(every), bool)).sum(dtype=np.uint64)
        # Columns: the bits of the reference (the parent itself unless told otherwise), then other bits of this graph.
        counts = np.bincount(every % _N_BITS, minlength=_N_BITS)
        own = np.flatnonzero(counts)
        wanted: Ints = own if reference is None else reference.bits
        self.bits: Ints = wanted
        columns = np.concatenate([wanted, np.setdiff1d(own, wanted)])
        self.counts = counts[columns].astype(np.float64)
        self.place = np.full(_N_BITS, -1)
        self.place[columns] = np.arange(len(columns))

    @cached_property
    def own(self) -> Preview:
        """The parent itself, seen as a move that changes nothing."""
        n, graph = self.graph.n, self.graph
        tables, zero = apply(graph, still(n)), np.zeros(1, np.int64)
        identifiers = np.append(self.layers[2], np.uint32(0))
        centres = _centres(tables, np.append(graph.degree, 0)[None], identifiers, zero)
        return Preview(np.ones(1), np.array([self.popularity]), _donors(tables), centres, self.signature[None])

    @property
    def popularity(self) -> float:
        """Mean log frequency of the parent's fragments."""
        return self.total / self.count

    def preview(self, moves: Moves, rarest: float = -np.inf) -> tuple[Ints, Preview]:
        """Which moves give no atom a surrounding rarer than `rarest` and leave no hydrogens owing, and what they do."""
        batch = _Batch(self, moves)
        atoms, touched = batch.changed()
        near = touched | atoms | batch.spread(atoms)
        batch.layer(0, atoms)
        batch.layer(1, near)
        fine = (batch.rarest >= rarest) & (batch.tables.hydrogens.min(axis=1) >= 0)
        batch.layer(2, (near | batch.spread(near)) & fine[:, None])
        chosen = np.flatnonzero(fine)
        return chosen, batch.result().take(chosen)

    def tanimoto(self, c: int, lost: Ints, gained: Ints) -> NDArray[np.float64]:
        """(c,) similarity to the reference, from fragments lost and gained: move number · 2048 + bit, each."""
        p = len(self.counts)
        counts = np.repeat(self.counts[None], c, axis=0).ravel()
        for keys, sign in ((lost, -1.0), (gained, 1.0)):
            place = self.place[keys % _N_BITS]
            known = place >= 0
            counts += sign * np.bincount(keys[known] // _N_BITS * p + place[known], minlength=c * p)
        new = np.sort(gained[self.place[gained % _N_BITS] < 0])
        new = new[np.append(True, new[1:] != new[:-1])[: len(new)]]
        extra = np.bincount(new // _N_BITS, minlength=c)
        on = counts.reshape(c, p) > 0
        wanted = len(self.bits)
        similarity: NDArray[np.float64] = on[:, :wanted].sum(axis=1) / (wanted + extra + on[:, wanted:].sum(axis=1))
        return similarity


class _Batch:
    """The fragments of rearranged graphs, layer by layer: only those that differ from the parent's are computed."""

    def __init__(self, parent: Fragments, moves: Moves) -> None:
        self._parent, self._moves = parent, moves
        self.tables = tables = apply(parent.graph, moves)
        self._c, self._n = len(moves), parent.graph.n
        c, n = self._c, self._n
        self._offset = np.arange(c) * (n + 1)
        self._near = (tables.neighbour + self._offset[:, None, None]).reshape(c * (n + 1), -1)
        self._order = tables.order.reshape(c * (n + 1), -1).astype(np.uint64)
        self._degree = _sum_columns(tables.order > 0)
        self._current = self._parents(0)
        self._lost: list[Ints] = []
        self._gained: list[Ints] = []
        self._signature = np.full(c, parent.signature)
        self._total, self._count = np.full(c, parent.total), np.full(c, float(parent.count))
        self.rarest = np.full(c, np.inf)

    def _parents(self, layer: int) -> NDArray[np.uint32]:
        padded = np.append(self._parent.layers[layer], np.uint32(0))
        return np.repeat(padded[None], self._c, axis=0).ravel()

    def changed(self) -> tuple[Bools, Bools]:
        """(c, n + 1): atoms that are another kind of atom now, and atoms that have another neighbour."""
        moves, n = self._moves, self._n
        rows = np.arange(self._c)[:, None]
        atoms, touched = np.zeros((self._c, n + 1), bool), np.zeros((self._c, n + 1), bool)
        atoms[rows, moves.labels] = True
        atoms[rows, moves.ring[:, :1]] = True
        atoms[rows, moves.hydrogens[:, :, 0]] = True
        touched[rows, moves.edits[:, :, 0]] = True
        atoms[:, n] = touched[:, n] = False
        return atoms, touched

    def spread(self, mask: Bools) -> Bools:
        """Atoms with a neighbour in the mask."""
        flat = mask.ravel()
        near: Bools = np.logical_or.reduce([flat[column] for column in self._near.T]).reshape(mask.shape)
        near[:, self._n] = False
        return near

    def layer(self, layer: int, mask: Bools) -> None:
        """Compute a layer of the atoms in the mask, and note what that changes."""
        where = np.flatnonzero(mask)
        move, atom = np.divmod(where, self._n + 1)
        degree, parent = self._degree.ravel()[where], self._parent
        if layer == 0:
            t = self.tables
            element, hydrogens, charge, isotope, ring = (
                part.ravel()[where] for part in (t.element, t.hydrogens, t.charge, t.isotope, t.ring)
            )
            new = invariants(element, degree + hydrogens, hydrogens, charge, isotope, ring)
        else:
            new = next_layer(layer - 1, self._current[where], self._order[where], self._current[self._near[where]])
        old, shown, was = parent.layers[layer][atom], degree > layer - 1, parent.shown[layer][atom]
        score = popularity(new)
        weights = np.where(shown, score, 0) - np.where(was, parent.scores[layer][atom], 0)
        self._total += np.bincount(move, weights, self._c)
        self._count += np.bincount(move, shown.astype(np.int64) - was, self._c)
        if layer == 1:
            fresh = shown & (new != old)
            np.minimum.at(self.rarest, move[fresh], score[fresh])
        self._signature += _sums(self._c, move, _spread_bits(new, shown) - _spread_bits(old, was))
        self._lost.append(move[was] * _N_BITS + (old[was] % _N_BITS).astype(np.int64))
        self._gained.append(move[shown] * _N_BITS + (new[shown] % _N_BITS).astype(np.int64))
        self._current = self._parents(layer)
        self._current[where] = new

    def result(self) -> Preview:
        """What is known after the last layer."""
        return Preview(
            self._parent.tanimoto(self._c, np.concatenate(self._lost), np.concatenate(self._gained)),
            self._total / self._count,
            _donors(self.tables),
            _centres(self.tables, self._degree, self._current, self._offset),
            self._signature,
        )


def _donors(tables: Tables) -> Ints:
    """(c,) N and O with hydrogen."""
    found: Ints = ((tables.hydrogens > 0) & ((tables.element == 7) | (tables.element == 8))).sum(axis=1)
    return found


def _sum_columns(table: Bools) -> Ints:
    """Sums over the last, short axis: column by column, since numpy is slow along it."""
    total = table[..., 0].astype(np.int64)
    for column in range(1, table.shape[-1]):
        total += table[..., column]
    return total


def _spread_bits(identifiers: NDArray[np.uint32], shown: Bools) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = (identifiers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    found: NDArray[np.uint64] = np.where(shown, mixed, np.uint64(0))
    return found


def _sums(c: int, move: Ints, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sums (c,) modulo 2^64 of values (m,) that stand in the order of their moves."""
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)])
    ends = np.searchsorted(move, np.arange(c + 1))
    found: NDArray[np.uint64] = running[ends[1:]] - running[ends[:-1]]
    return found


def _centres(tables: Tables, degree: Ints, identifiers: NDArray[np.uint32], offset: Ints) -> Ints:
    """(c,) likely stereo centres: saturated carbons whose neighbours differ in their surroundings of radius 2."""
    move, atom = np.nonzero((tables.element == 6) & (degree >= 3) & (degree + tables.hydrogens == 4))
    fine = (tables.hydrogens[move, atom] <= 1) & (tables.order[move, atom] <= 1).all(axis=1)
    move, atom = move[fine], atom[fine]
    near = np.sort(identifiers[tables.neighbour[move, atom] + offset[move, None]], axis=1)
    differ = (near[:, 1:] != near[:, :-1]).all(axis=1)
    return np.bincount(move[differ], minlength=len(tables.element))
