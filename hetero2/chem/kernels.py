"""Compiled loops over the atoms of rearranged graphs: what the arithmetic of a thousand small graphs is made of.

Everything is whole numbers of 64 bits, so that results are the same on every machine; sums of floats are taken in a
fixed order. The compiler (numba) keeps what it compiled beside the source, or in the user's cache.
"""

from typing import Any

import numpy as np
from numba import njit

_U = np.uint64
_MASK = np.uint64(0xFFFFFFFF)
_GOLDEN = np.uint64(0x9E3779B9)
_MIX_ADD, _MIX_A, _MIX_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNKNOWN = np.float32(-4.0)
_N_BITS = 2048


@njit(cache=True, inline="always")
def combine(seed: Any, value: Any) -> Any:
    """RDKit's hash_combine of 32-bit numbers held in 64 bits."""
    return (seed ^ (value + _GOLDEN + (seed << _U(6)) + (seed >> _U(2)))) & _MASK


@njit(cache=True)
def invariant(element: Any, total: Any, hydrogens: Any, charge: Any, isotope: Any, ring: Any) -> Any:
    """RDKit's connectivity invariant of an atom, ring membership included."""
    found = _U(0)
    found = combine(found, _U(element) & _MASK)
    found = combine(found, _U(total) & _MASK)
    found = combine(found, _U(hydrogens) & _MASK)
    found = combine(found, _U(charge) & _MASK)
    found = combine(found, _U(isotope) & _MASK)
    return combine(found, _U(1)) if ring else found


@njit(cache=True)
def next_identifier(layer: Any, own: Any, order: Any, others: Any, keys: Any) -> Any:
    """Morgan identifier of the next layer from bond types and identifiers of the neighbours, in no order of theirs.

    `order`, `others`: (d,), 0 and anything where there is no neighbour; `keys`: (d,) room to work in.
    """
    d = len(order)
    for slot in range(d):
        kind = _U(order[slot])
        key = (kind << _U(32)) | others[slot] if kind > _U(0) else _U(0)
        place = slot
        while place > 0 and keys[place - 1] > key:
            keys[place] = keys[place - 1]
            place -= 1
        keys[place] = key
    found = combine(_U(layer), own)
    for slot in range(d):
        kind = keys[slot] >> _U(32)
        if kind > _U(0):
            found = combine(found, combine((kind + _GOLDEN) & _MASK, keys[slot] & _MASK))
    return found


@njit(cache=True)
def popularity_of(table: Any, scores: Any, identifier: Any) -> Any:
    """Log frequency of a fragment in an open-addressing table of a power of two; -4 where it is not known."""
    mask = _U(len(table) - 1)
    place = identifier & mask
    while True:
        seen = _U(table[place])
        if seen == identifier:
            return scores[place]
        if seen == _U(0):
            return _UNKNOWN
        place = (place + _U(1)) & mask


@njit(cache=True)
def mix(value: Any) -> Any:
    """splitmix64 (doi 10.1145/2714064.2660195) with seed 0."""
    state = value * _MIX_ADD
    state = (state ^ (state >> _U(30))) * _MIX_A
    state = (state ^ (state >> _U(27))) * _MIX_B
    return state ^ (state >> _U(31))


@njit(cache=True)
def spread(identifier: Any) -> Any:
    """A fragment's part of a signature."""
    mixed = (identifier + _U(1)) * _MIX_ADD
    return (mixed ^ (mixed >> _U(29))) * _MIX_A


@njit(cache=True)
def spread_sum(identifiers: Any) -> Any:
    """(1,) the signature of fragments: a sum that knows no order."""
    found = np.zeros(1, np.uint64)
    for identifier in identifiers:
        found[0] += spread(identifier)
    return found


@njit(cache=True)
def rearrange(graph: Any, moves: Any, number: Any, atoms: Any, neighbour: Any, order: Any) -> None:
    """Write the rearranged graph of one move: `atoms` (5, n + 1) element, hydrogens, charge, isotope, ring; row n is
    nobody; `neighbour`, `order` (n + 1, d)."""
    base_atoms, base_neighbour, base_order = graph
    edits, changes, labels, ring = moves
    n, d = base_neighbour.shape
    for part in range(5):
        for a in range(n):
            atoms[part, a] = base_atoms[part, a]
        atoms[part, n] = 0
    for a in range(n):
        for slot in range(d):
            neighbour[a, slot], order[a, slot] = base_neighbour[a, slot], base_order[a, slot]
    for edit in range(edits.shape[1]):
        a, slot = edits[number, edit, 0], edits[number, edit, 1]
        neighbour[a, slot], order[a, slot] = edits[number, edit, 2], edits[number, edit, 3]
    for slot in range(d):
        neighbour[n, slot], order[n, slot] = n, 0
    x, y = labels[number, 0], labels[number, 1]
    for part in range(4):
        atoms[part, x], atoms[part, y] = atoms[part, y], atoms[part, x]
        atoms[part, n] = 0
    for change in range(changes.shape[1]):
        atoms[1, changes[number, change, 0]] += changes[number, change, 1]
    atoms[1, n] = 0
    atoms[4, ring[number, 0]] = ring[number, 1]


@njit(cache=True)
def first_layers(graph: Any, table: Any, frequencies: Any) -> Any:
    """(3, n) Morgan identifiers of a graph, layer by layer, and their log frequencies."""
    atoms, neighbour, order = graph
    n, d = neighbour.shape
    found, score = np.zeros((3, n + 1), np.uint64), np.zeros((3, n), np.float32)
    keys, others = np.zeros(d, np.uint64), np.zeros(d, np.uint64)
    for layer in range(3):
        for a in range(n):
            if layer == 0:
                total = atoms[1, a]
                for slot in range(d):
                    total += order[a, slot] > 0
                found[0, a] = invariant(atoms[0, a], total, atoms[1, a], atoms[2, a], atoms[3, a], atoms[4, a])
            else:
                for slot in range(d):
                    others[slot] = found[layer - 1, neighbour[a, slot]]
                found[layer, a] = next_identifier(layer - 1, found[layer - 1, a], order[a], others, keys)
            score[layer, a] = popularity_of(table, frequencies, found[layer, a])
    return found[:, :n], score


@njit(cache=True)
def _changed(moves: Any, number: Any, n: Any, neighbour: Any, masks: Any) -> None:
    """masks (3, n + 1): atoms of another kind; those, their neighbours and atoms with another neighbour; all near."""
    edits, changes, labels, ring = moves
    d = neighbour.shape[1]
    masks[:] = False
    masks[0, labels[number, 0]] = masks[0, labels[number, 1]] = masks[0, ring[number, 0]] = True
    for change in range(changes.shape[1]):
        masks[0, changes[number, change, 0]] = True
    for edit in range(edits.shape[1]):
        masks[1, edits[number, edit, 0]] = True
    for layer in (0, 1):
        masks[layer, n] = False
        for a in range(n):
            near = masks[layer, a]
            for slot in range(d):
                near |= masks[layer, neighbour[a, slot]]
            masks[layer + 1, a] |= near
        masks[layer + 1, n] = False


@njit(cache=True)
def _centres(atoms: Any, degree: Any, neighbour: Any, order: Any, identifiers: Any, keys: Any) -> Any:
    """Likely stereo centres: saturated carbons whose neighbours differ in their surroundings of radius 2."""
    n, d = len(degree) - 1, neighbour.shape[1]
    found = 0
    for a in range(n):
        if atoms[0, a] != 6 or degree[a] < 3 or degree[a] + atoms[1, a] != 4 or atoms[1, a] > 1:
            continue
        fine = True
        for slot in range(d):
            fine &= order[a, slot] <= 1
            keys[slot] = identifiers[neighbour[a, slot]]
        for i in range(d):
            for j in range(i):
                fine &= keys[i] != keys[j]
        found += fine
    return found


@njit(cache=True)
def preview(graph: Any, parent: Any, moves: Any, rarest: Any, table: Any, frequencies: Any) -> Any:
    """What each of c moves does, and which of them is fine: gives no atom a surrounding rarer than `rarest`, and
    leaves no hydrogens owing. O(n) each; of the others nothing is told."""
    layers, scores, shown, counts, place, wanted, numbers, signature = parent
    base_neighbour = graph[1]
    c, (n, d) = len(moves[2]), base_neighbour.shape
    fine = np.zeros(c, np.bool_)
    tanimoto, popularity, signatures = np.zeros(c), np.zeros(c), np.zeros(c, np.uint64)
    donors, centres = np.zeros(c, np.int64), np.zeros(c, np.int64)
    atoms, neighbour, order = np.zeros((5, n + 1), np.int64), np.zeros((n + 1, d), np.int64), np.zeros((n + 1, d), np.int64)
    masks, degree = np.zeros((3, n + 1), np.bool_), np.zeros(n + 1, np.int64)
    current, previous = np.zeros(n + 1, np.uint64), np.zeros(n + 1, np.uint64)
    keys, others, on, news = np.zeros(d, np.uint64), np.zeros(d, np.uint64), np.zeros(len(counts), np.int64), np.zeros(3 * n, np.int64)
    for m in range(c):
        rearrange(graph, moves, m, atoms, neighbour, order)
        owing = False
        for a in range(n + 1):
            owing |= atoms[1, a] < 0
            degree[a] = 0
            for slot in range(d):
                degree[a] += order[a, slot] > 0
        if owing:
            continue
        _changed(moves, m, n, neighbour, masks)
        total, count, seen, extra, rare = numbers[0], numbers[1], signature[0], 0, False
        on[:] = counts
        for layer in range(3):
            weights, more = 0.0, 0
            previous[:], current[:n] = current, layers[layer]
            current[n] = _U(0)
            for a in range(n):
                if not masks[layer, a]:
                    continue
                if layer == 0:
                    new = invariant(atoms[0, a], degree[a] + atoms[1, a], atoms[1, a], atoms[2, a], atoms[3, a], atoms[4, a])
                else:
                    for slot in range(d):
                        others[slot] = previous[neighbour[a, slot]]
                    new = next_identifier(layer - 1, previous[a], order[a], others, keys)
                current[a] = new
                was, now, old = shown[layer, a], degree[a] > layer - 1, layers[layer, a]
                score = popularity_of(table, frequencies, new)
                weights += np.float64((score if now else np.float32(0)) - (scores[layer, a] if was else np.float32(0)))
                more += int(now) - int(was)
                if layer == 1 and now and new != old and score < rarest:
                    rare = True
                if now:
                    seen += spread(new)
                    bit = int(new % _U(_N_BITS))
                    if place[bit] >= 0:
                        on[place[bit]] += 1
                    else:
                        known = False
                        for one in range(extra):
                            known |= news[one] == bit
                        if not known:
                            news[extra] = bit
                            extra += 1
                if was:
                    seen -= spread(old)
                    on[place[int(old % _U(_N_BITS))]] -= 1
            if rare:
                break
            total += weights
            count += more
        if rare:
            continue
        same, beside = 0, 0
        for one in range(len(on)):
            if one < wanted:
                same += on[one] > 0
            else:
                beside += on[one] > 0
        fine[m] = True
        tanimoto[m] = same / (wanted + extra + beside)
        popularity[m], signatures[m] = total / count, seen
        for a in range(n):
            donors[m] += atoms[1, a] > 0 and (atoms[0, a] == 7 or atoms[0, a] == 8)
        centres[m] = _centres(atoms, degree, neighbour, order, current, keys)
    return fine, tanimoto, popularity, donors, centres, signatures
