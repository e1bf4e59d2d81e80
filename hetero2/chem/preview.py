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
from hetero2.chem.moves import Moves

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
    """Per move (c,): Tanimoto to the reference, mean fragment popularity, popularity of the rarest new fragment of an
    atom and its neighbours, N and O with hydrogen, likely stereo centres, and a sum of hashes of all fragments."""

    tanimoto: NDArray[np.float64]
    popularity: NDArray[np.float64]
    rarest: NDArray[np.float64]
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
        # RDKit leaves out what covers no new bond: the second layer of an atom with one neighbour.
        self.shown = [np.ones(n, bool), graph.degree > 0, graph.degree > 1]
        self.scores = [popularity(layer) for layer in self.layers]
        self.total = sum(float(s[shown].sum()) for s, shown in zip(self.scores, self.shown, strict=True))
        self.count = sum(int(shown.sum()) for shown in self.shown)
        bits = np.concatenate([layer[shown] for layer, shown in zip(self.layers, self.shown, strict=True)]) % _N_BITS
        every = np.concatenate([layer[shown] for layer, shown in zip(self.layers, self.shown, strict=True)])
        self.signature = _spread_bits(every, np.ones(len(every), bool)).sum(dtype=np.uint64)
        # Columns: the bits of the reference (the parent itself unless told otherwise), then other bits of this graph.
        counts = np.bincount(bits, minlength=_N_BITS)
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
        n = self.graph.n
        none = np.full((1, 2), n, np.int64)
        still = Moves(np.zeros(1, np.int64), np.full((1, 0, 4), n, np.int64), none[:, None], none, none)
        return self.preview(still, apply(self.graph, still))

    @property
    def popularity(self) -> float:
        """Mean log frequency of the parent's fragments."""
        return self.total / self.count

    def preview(self, moves: Moves, tables: Tables) -> Preview:
        """What each move does."""
        n, c = self.graph.n, len(moves)
        if not c:
            none = np.zeros(0)
            return Preview(none, none, none, none.astype(np.int64), none.astype(np.int64), none.astype(np.uint64))
        offset = np.arange(c)[:, None, None] * (n + 1)
        flat = (tables.neighbour + offset).ravel()
        d = tables.neighbour.shape[2]
        changed0, touched = self._changed(moves)

        def spread(mask: Bools) -> Bools:
            near: Bools = mask.ravel()[flat].reshape(c, n + 1, d).any(axis=2)
            return near

        changed1 = touched | changed0 | spread(changed0)
        changed2 = changed1 | spread(changed1)
        for mask in (changed0, changed1, changed2):
            mask[:, n] = False
        degree = (tables.order > 0).sum(axis=2)
        current = np.repeat(np.append(self.layers[0], np.uint32(0))[None], c, axis=0).ravel()
        lost, gained = [], []
        signature = np.zeros(c, np.uint64)
        rarest = np.full(c, np.inf)
        total, count = np.full(c, self.total), np.full(c, float(self.count))
        for layer, mask in enumerate((changed0, changed1, changed2)):
            where = np.flatnonzero(mask)
            move, atom = np.divmod(where, n + 1)
            own_degree = degree.ravel()[where]
            if layer == 0:
                new = invariants(
                    tables.element.ravel()[where],
                    own_degree + tables.hydrogens.ravel()[where],
                    tables.hydrogens.ravel()[where],
                    tables.charge.ravel()[where],
                    tables.isotope.ravel()[where],
                    tables.ring.ravel()[where],
                )
            else:
                rows = flat.reshape(-1, d)[where]
                new = next_layer(
                    layer - 1, current[where], tables.order.reshape(-1, d)[where].astype(np.uint64), current[rows]
                )
            shown, was = own_degree > layer - 1, self.shown[layer][atom]
            score = popularity(new)
            total += np.bincount(move, np.where(shown, score, 0), c) - np.bincount(
                move, np.where(was, self.scores[layer][atom], 0), c
            )
            count += np.bincount(move, shown, c) - np.bincount(move, was, c)
            if layer == 1:
                fresh = shown & (new != self.layers[layer][atom])
                np.minimum.at(rarest, move[fresh], score[fresh])
            signature += _sums(c, move, _spread_bits(new, shown) - _spread_bits(self.layers[layer][atom], was))
            lost.append(move[was] * _N_BITS + self.layers[layer][atom[was]] % _N_BITS)
            gained.append(move[shown] * _N_BITS + new[shown] % _N_BITS)
            current = np.repeat(np.append(self.layers[layer], np.uint32(0))[None], c, axis=0).ravel()
            current[where] = new
        donors = ((tables.hydrogens > 0) & ((tables.element == 7) | (tables.element == 8))).sum(axis=1)
        return Preview(
            self._tanimoto(c, np.concatenate(lost), np.concatenate(gained)),
            total / count,
            rarest,
            donors,
            _centres(tables, degree, current.reshape(c, n + 1), offset[:, 0, 0]),
            signature + self.signature,
        )

    def _changed(self, moves: Moves) -> tuple[Bools, Bools]:
        c, n = len(moves), self.graph.n
        rows = np.arange(c)[:, None]
        changed, touched = np.zeros((c, n + 1), bool), np.zeros((c, n + 1), bool)
        changed[rows, moves.labels] = True
        changed[rows, moves.ring[:, :1]] = True
        changed[rows, moves.hydrogens[:, :, 0]] = True
        touched[rows, moves.edits[:, :, 0]] = True
        changed[:, n] = touched[:, n] = False
        return changed, touched

    def _tanimoto(self, c: int, lost: Ints, gained: Ints) -> NDArray[np.float64]:
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
    near = np.sort(identifiers.ravel()[tables.neighbour[move, atom] + offset[move, None]], axis=1)
    differ = (near[:, 1:] != near[:, :-1]).all(axis=1)
    return np.bincount(move[differ], minlength=len(tables.element))
