"""Compiled loops (numba) over what can be moved in a molecule, and over the surroundings of its atoms."""

from typing import Any

import numpy as np
from numba import njit

from hetero2.chem.kernels import invariant, mix, next_identifier, popularity_of, rearrange

_U = np.uint64
_BOND = np.uint64(0xD6E8FEB86659FD93)
_SLIDES = (2, 6)


@njit(cache=True)
def ends_popularity(graph: Any, degree: Any, ends: Any, n_heavy: Any, table: Any, frequencies: Any) -> Any:
    """(m, m): log frequency of the atom of one end and its neighbours once it is joined to the other end.

    `ends` (2, m): atom (n: hydrogen) and slot; the first 2 · n_heavy are ends of bonds between heavy atoms. O(m² d).
    """
    atoms, neighbour, order = graph
    (n, d), m = neighbour.shape, ends.shape[1]
    found = np.full((m, m), np.float32(9.0))
    whole, own = np.zeros(n, np.uint64), np.zeros((2, m), np.uint64)
    kinds, others, keys = np.zeros(d, np.int64), np.zeros(d, np.uint64), np.zeros(d, np.uint64)
    for a in range(n):
        total = degree[a] + atoms[1, a]
        whole[a] = invariant(atoms[0, a], total, atoms[1, a], atoms[2, a], atoms[3, a], atoms[4, a])
    for i in range(m):
        a = ends[0, i]
        for h in range(2):
            if a < n:
                bears = atoms[1, a] - (i >= 2 * n_heavy) + h
                total = degree[a] + atoms[1, a]
                own[h, i] = invariant(atoms[0, a], total, bears, atoms[2, a], atoms[3, a], atoms[4, a])
    for i in range(m):
        a = ends[0, i]
        if a == n:
            continue
        for slot in range(d):
            kinds[slot] = order[a, slot]
            others[slot] = whole[neighbour[a, slot]] if neighbour[a, slot] < n else _U(0)
        for j in range(m):
            joined = ends[0, j] < n
            kinds[ends[1, i]], others[ends[1, i]] = int(joined), own[0, j]
            new = next_identifier(0, own[0 if joined else 1, i], kinds, others, keys)
            found[i, j] = popularity_of(table, frequencies, new)
    return found


@njit(cache=True)
def exchanges(end_atom: Any, side: Any, allowed: Any, n_heavy: Any) -> Any:
    """Joins (c, 2, 2) of ends and cuts (c, 2) of every pair of bonds that may be joined crosswise."""
    m = len(end_atom) // 2
    most = n_heavy * m
    joins, cuts, c = np.zeros((most, 2, 2), np.int64), np.zeros((most, 2), np.int64), 0
    for e in range(n_heavy):
        for f in range(e + 1, m):
            inner_e, inner_f = 2 * e + side[e, end_atom[2 * f]], 2 * f + side[f, end_atom[2 * e]]
            outer_e, outer_f = 4 * e + 1 - inner_e, 4 * f + 1 - inner_f
            apart = end_atom[inner_e] != end_atom[inner_f]
            if apart and allowed[outer_e, inner_f] and allowed[inner_e, outer_f]:
                joins[c, 0, 0], joins[c, 0, 1], joins[c, 1, 0], joins[c, 1, 1] = outer_e, inner_f, inner_e, outer_f
                cuts[c, 0], cuts[c, 1] = e, f
                c += 1
    return joins[:c], cuts[:c]


@njit(cache=True)
def _piece(end: Any, cuts: Any, end_atom: Any, side: Any) -> Any:
    """Which of the four pieces that three cuts leave an end is in: by the sides of the cuts that it lies on."""
    n = side.shape[1] - 1
    atom, found = end_atom[end], 0
    for column in range(3):
        cut = cuts[column]
        behind = side[cut, end_atom[2 * (end // 2)] if atom == n else atom] or (atom == n and end // 2 == cut)
        found |= int(behind) << column
    return found


@njit(cache=True)
def trees(cuts: Any, ways: Any, end_atom: Any, side: Any, allowed: Any) -> Any:
    """Joins (c, 3, 2) and cuts (c, 3) of those ways to join the ends of three cut bonds that leave one piece.

    `cuts` (m, 3), `ways` (m, 3, 2) numbers of the six ends. Three joins of four pieces connect them when none joins a
    piece to itself, no two join the same pieces, and all four occur.
    """
    joins, chosen, c = np.zeros(ways.shape, np.int64), np.zeros(cuts.shape, np.int64), 0
    pair = np.zeros(3, np.int64)
    for m in range(len(cuts)):
        fine, seen = True, 0
        for j in range(3):
            for end in range(2):
                way = ways[m, j, end]
                joins[c, j, end] = 2 * cuts[m, way // 2] + way % 2
            fine &= allowed[joins[c, j, 0], joins[c, j, 1]]
        if not fine:
            continue
        for j in range(3):
            one = _piece(joins[c, j, 0], cuts[m], end_atom, side)
            other = _piece(joins[c, j, 1], cuts[m], end_atom, side)
            pair[j] = min(one, other) * 8 + max(one, other)
            seen |= (1 << one) | (1 << other)
            fine &= one != other
        fine &= pair[0] != pair[1] and pair[0] != pair[2] and pair[1] != pair[2]
        pieces = 0
        for bit in range(8):
            pieces += (seen >> bit) & 1
        if fine and pieces == 4:
            chosen[c] = cuts[m]
            c += 1
    return joins[:c], chosen[:c]


@njit(cache=True)
def relinked(joins: Any, cuts: Any, end_atom: Any, end_slot: Any, n: Any, n_heavy: Any) -> Any:
    """Edits (c, 6, 4) and changes of hydrogens (c, 9, 2) of moves that join ends (c, j, 2) where bonds (c, j) were cut."""
    c, width = cuts.shape
    edits, changes = np.full((c, 6, 4), n, np.int64), np.full((c, 9, 2), n, np.int64)
    edits[:, :, 1], edits[:, :, 3] = 0, 0
    for m in range(c):
        for j in range(2 * width):
            turned = j >= width
            one, other = joins[m, j - width * turned, int(turned)], joins[m, j - width * turned, int(not turned)]
            atom, partner = end_atom[one], end_atom[other]
            edits[m, j, 0], edits[m, j, 1], edits[m, j, 2] = atom, end_slot[one], partner
            edits[m, j, 3] = partner < n
            changes[m, j, 0], changes[m, j, 1] = atom if partner == n else n, 1
        for j in range(width):
            hydrogen = cuts[m, j] >= n_heavy
            changes[m, 2 * width + j, 0], changes[m, 2 * width + j, 1] = end_atom[2 * cuts[m, j]] if hydrogen else n, -1
    return edits, changes


@njit(cache=True)
def _gather(own: Any, other: Any, neighbour: Any, bond: Any, a: Any) -> Any:
    """An atom's hash with those of its neighbours, in no order."""
    total = own[a]
    for slot in range(neighbour.shape[1]):
        if bond[a, slot] > _U(0):
            total += mix(other[neighbour[a, slot]] + bond[a, slot] * _BOND)
    return mix(total)


@njit(cache=True)
def surroundings(graph: Any, fixed: Any, cyclic: Any, kinds: Any, moves: Any) -> Any:
    """Of c moves: (c, n + 1) environments of atoms, (c,) skeletons, (c, n + 1, d) neighbours and acyclic single bonds.

    A carbon is told by its neighbours; others also by what those bear: oxygen by all, the rest by double bonds.
    """
    edits, _, labels, ring = moves
    c, (n, d) = len(labels), graph[1].shape
    keys, skeletons = np.zeros((c, n + 1), np.uint64), np.zeros(c, np.uint64)
    near, single = np.zeros((c, n + 1, d), np.int64), np.zeros((c, n + 1, d), np.bool_)
    atoms, order = np.zeros((5, n + 1), np.int64), np.zeros((n + 1, d), np.int64)
    circle = np.zeros((n + 1, d), np.bool_)
    bond, double, there = np.zeros((n + 1, d), _U), np.zeros((n + 1, d), _U), np.zeros((n + 1, d), _U)
    base, far, inner = np.zeros(n + 1, _U), np.zeros(n + 1, _U), np.zeros(n + 1, _U)
    middle, one, two = np.zeros(n + 1, _U), np.zeros(n + 1, _U), np.zeros(n + 1, _U)
    for m in range(c):
        neighbour = near[m]
        rearrange(graph, moves, m, atoms, neighbour, order)
        circle[:] = cyclic
        slides = kinds[m] == _SLIDES[0] or kinds[m] == _SLIDES[1]
        was = slides and ring[m, 0] < n and graph[0][4, ring[m, 0]] > 0
        now = slides and ring[m, 1] == 1
        for edit in range(edits.shape[1]):
            circle[edits[m, edit, 0], edits[m, edit, 1]] = was if edit < 2 else now
        for a in range(n + 1):
            degree = 0
            for slot in range(d):
                degree += order[a, slot] > 0
                bond[a, slot] = order[a, slot] | (int(circle[a, slot]) << 8)
                double[a, slot] = bond[a, slot] if order[a, slot] == 2 else _U(0)
                there[a, slot] = bond[a, slot] > _U(0)
                single[m, a, slot] = order[a, slot] == 1 and not circle[a, slot]
            small = atoms[0, a] | (atoms[2, a] + 16) << 8 | (fixed[a] & 1) << 16
            base[a] = mix(_U(small | atoms[1, a] << 18 | degree << 22 | fixed[a] << 27))
            far[a], inner[a] = mix(_U(small)), mix(_U(small | min(degree, 3) << 17))
            one[a] = mix(_U(atoms[0, a]))
        for a in range(n + 1):
            middle[a] = _gather(inner, far, neighbour, double, a)
        for a in range(n + 1):
            if atoms[0, a] == 6:
                keys[m, a] = _gather(base, inner, neighbour, bond, a)
            elif atoms[0, a] != 8:
                keys[m, a] = _gather(base, middle, neighbour, bond, a)
        for a in range(n + 1):
            middle[a] = _gather(inner, far, neighbour, bond, a)
            two[a] = _gather(one, one, neighbour, there, a)
        for a in range(n + 1):
            if atoms[0, a] == 8:
                keys[m, a] = _gather(base, middle, neighbour, bond, a)
            if a < n:
                skeletons[m] += _gather(two, two, neighbour, there, a)
    return keys, skeletons, near, single
