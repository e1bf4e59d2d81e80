"""Compiled loops over the atoms of rearranged graphs: what the arithmetic of a thousand small graphs is made of.

Everything is whole numbers of 64 bits, so that results are the same on every machine; sums of floats are taken in a
fixed order. The compiler (numba) keeps what it compiled beside this file, or in the user's cache, and looks at this
file alone to tell whether that is still good: so all that is compiled stands here.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from hetero2.chem.similarity import N_BITS

_U = np.uint64
_MASK = np.uint64(0xFFFFFFFF)
_GOLDEN = np.uint64(0x9E3779B9)
_MIX_ADD, _MIX_A, _MIX_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BOND = np.uint64(0xD6E8FEB86659FD93)
SKELETON_REACH = 3  # bonds from each atom that the skeleton of a structure sees
_SLIDES = (2, 6)  # kinds of moves that make or unmake bonds of rings
# Elements whose bonds standard InChI keeps. It takes all others, the metals, apart, whatever they are bound to.
_KEEPS_BONDS = np.isin(np.arange(256), (5, 6, 7, 8, 9, 14, 15, 16, 17, 32, 33, 34, 35, 52, 53, 54, 85))


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called; keep it for later processes where there is a place for that."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # no folder that can be written
        return njit(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Part of a compiled loop that has a name of its own, at no cost: the compiler puts it where it is called."""
    try:
        return njit(cache=True, forceinline=True)(function)
    except RuntimeError:
        return njit(forceinline=True)(function)


@compiled
def combine(seed: Any, value: Any) -> Any:
    """RDKit's hash_combine of 32-bit numbers held in 64 bits."""
    return (seed ^ (value + _GOLDEN + (seed << _U(6)) + (seed >> _U(2)))) & _MASK


@compiled
def invariant(element: Any, total: Any, hydrogens: Any, charge: Any, isotope: Any, ring: Any) -> Any:
    """RDKit's connectivity invariant of an atom, ring membership included."""
    hashed = _U(0)
    hashed = combine(hashed, _U(element) & _MASK)
    hashed = combine(hashed, _U(total) & _MASK)
    hashed = combine(hashed, _U(hydrogens) & _MASK)
    hashed = combine(hashed, _U(charge) & _MASK)
    hashed = combine(hashed, _U(isotope) & _MASK)
    return combine(hashed, _U(1)) if ring else hashed


@compiled
def next_identifier(layer: Any, previous: Any, order: Any, others: Any, keys: Any) -> Any:
    """Morgan identifier of the next layer from bond types and identifiers of the neighbours, in no order of theirs.

    `order`, `others`: (d,), 0 and anything where there is no neighbour; `keys`: (d,) room to work in.
    """
    for slot in range(len(order)):
        kind = _U(order[slot])
        _insert(keys, slot, (kind << _U(32)) | others[slot] if kind > _U(0) else _U(0))
    return _combined(layer, previous, keys)


@inlined
def _insert(keys: Any, count: Any, key: Any) -> None:
    """Insert a key among the first so many, which are in order: without a branch that the processor has to guess."""
    for place in range(count):
        smaller, key = min(keys[place], key), max(keys[place], key)
        keys[place] = smaller
    keys[count] = key


@inlined
def _combined(layer: Any, previous: Any, keys: Any) -> Any:
    """The identifier of a layer from that of the layer before and the `keys` of neighbours, 0 where there is none."""
    identifier = combine(_U(layer), previous)
    for slot in range(len(keys)):
        kind = keys[slot] >> _U(32)
        if kind > _U(0):
            identifier = combine(identifier, combine((kind + _GOLDEN) & _MASK, keys[slot] & _MASK))
    return identifier


@compiled
def place_of(keys: Any, key: Any) -> Any:
    """Where a key, not 0, stands in an open-addressing table of a power of two, or else a free place (key 0) for it."""
    mask = _U(len(keys) - 1)
    place = key & mask
    while keys[place] != key and keys[place] != _U(0):
        place = (place + _U(1)) & mask
    return place


@compiled
def log_frequency_of(table: Any, scores: Any, identifier: Any) -> Any:
    """Log frequency of a fragment, by the table of `fragment_frequencies`: a free place holds that of all others."""
    return scores[place_of(table, identifier)]


@compiled
def add_frequencies(table: Any, scores: Any, identifiers: Any, log_frequencies: Any) -> None:
    """Put fragments into such a table, which has room for them."""
    for which in range(len(identifiers)):
        place = place_of(table, _U(identifiers[which]))
        table[place], scores[place] = identifiers[which], log_frequencies[which]


@compiled
def mix(value: Any) -> Any:
    """splitmix64 (doi 10.1145/2714064.2660195) with seed 0."""
    state = value * _MIX_ADD
    state = (state ^ (state >> _U(30))) * _MIX_A
    state = (state ^ (state >> _U(27))) * _MIX_B
    return state ^ (state >> _U(31))


@compiled
def spread(identifier: Any) -> Any:
    """A fragment's part of a signature."""
    mixed = (identifier + _U(1)) * _MIX_ADD
    return (mixed ^ (mixed >> _U(29))) * _MIX_A


@compiled
def spread_sum(identifiers: Any) -> Any:
    """(1,) the signature of fragments: a sum that knows no order."""
    signature = np.zeros(1, np.uint64)
    for identifier in identifiers:
        signature[0] += spread(identifier)
    return signature


@compiled
def rearrange(graph: Any, moves: Any, number: Any, atoms: Any, neighbour: Any, order: Any) -> None:
    """Write the rearranged graph of one move: `atoms` (5, n + 1) element, hydrogens, charge, isotope, ring; row n is
    nobody; `neighbour`, `order` (n + 1, d)."""
    n, d = graph[1].shape
    for a in range(n):
        _restore(graph, a, atoms, neighbour, order)
    for slot in range(d):
        neighbour[n, slot], order[n, slot] = n, 0
    _move(moves, number, atoms, neighbour, order)


@inlined
def _restore(graph: Any, a: Any, atoms: Any, neighbour: Any, order: Any) -> None:
    """Make an atom what it is before any move, its own side of its bonds included."""
    base_atoms, base_neighbour, base_order = graph
    for part in range(5):
        atoms[part, a] = base_atoms[part, a]
    for slot in range(base_order.shape[1]):
        neighbour[a, slot], order[a, slot] = base_neighbour[a, slot], base_order[a, slot]


@inlined
def _move(moves: Any, number: Any, atoms: Any, neighbour: Any, order: Any) -> None:
    """Do one move to the graph that it starts from."""
    edits, changes, labels, ring = moves
    n, d = len(neighbour) - 1, neighbour.shape[1]
    for edit in range(edits.shape[1]):
        a, slot = edits[number, edit, 0], edits[number, edit, 1]
        neighbour[a, slot], order[a, slot] = edits[number, edit, 2], edits[number, edit, 3]
    for slot in range(d):
        neighbour[n, slot], order[n, slot] = n, 0
    x, y = labels[number, 0], labels[number, 1]
    for part in range(4):
        atoms[part, x], atoms[part, y] = atoms[part, y], atoms[part, x]
    for change in range(changes.shape[1]):
        atoms[1, changes[number, change, 0]] += changes[number, change, 1]
    atoms[4, ring[number, 0]] = ring[number, 1]
    for part in range(5):
        atoms[part, n] = 0


@compiled
def first_layers(graph: Any, table: Any, frequencies: Any) -> Any:
    """(3, n) Morgan identifiers of a graph, layer by layer, and their log frequencies."""
    atoms, neighbour, order = graph
    n, d = neighbour.shape
    identifiers, score = np.zeros((3, n + 1), np.uint64), np.zeros((3, n), np.float32)
    keys, others = np.zeros(d, np.uint64), np.zeros(d, np.uint64)
    for layer in range(3):
        for a in range(n):
            if layer == 0:
                total = atoms[1, a]
                for slot in range(d):
                    total += order[a, slot] > 0
                identifiers[0, a] = invariant(atoms[0, a], total, atoms[1, a], atoms[2, a], atoms[3, a], atoms[4, a])
            else:
                for slot in range(d):
                    others[slot] = identifiers[layer - 1, neighbour[a, slot]]
                identifiers[layer, a] = next_identifier(layer - 1, identifiers[layer - 1, a], order[a], others, keys)
            score[layer, a] = log_frequency_of(table, frequencies, identifiers[layer, a])
    return identifiers[:, :n], score


@inlined
def _touched(moves: Any, number: Any, touched: Any, masks: Any) -> Any:
    """How many atoms a move names, now listed in `touched`, each once. masks (3, n + 1): in the first two now stand the
    atoms of another kind, and those with another neighbour."""
    edits, changes, labels, ring = moves
    n, count = masks.shape[1] - 1, 0
    for layer in range(3):
        for a in range(n + 1):
            masks[layer, a] = False
    for column in range(2):
        count = _mark(labels[number, column], n, touched, count, masks, 0)
    count = _mark(ring[number, 0], n, touched, count, masks, 0)
    for change in range(changes.shape[1]):
        count = _mark(changes[number, change, 0], n, touched, count, masks, 0)
    for edit in range(edits.shape[1]):
        count = _mark(edits[number, edit, 0], n, touched, count, masks, 1)
    return count


@inlined
def _mark(a: Any, n: Any, touched: Any, count: Any, masks: Any, layer: Any) -> Any:
    """Mark an atom that is somebody, and list it if it was not marked; returned is how many are listed."""
    if a == n:
        return count
    if not (masks[0, a] or masks[1, a]):
        touched[count] = a
        count += 1
    masks[layer, a] = True
    return count


@inlined
def _spread_to_neighbours(masks: Any, neighbour: Any) -> None:
    """masks (3, n + 1): of each layer also the atoms of the layer before and all that are now bound to them."""
    n, d = masks.shape[1] - 1, neighbour.shape[1]
    for layer in (0, 1):
        for a in range(n):
            if masks[layer, a]:
                masks[layer + 1, a] = True
                for slot in range(d):
                    masks[layer + 1, neighbour[a, slot]] = True
        masks[layer + 1, n] = False


@inlined
def _centres(atoms: Any, degree: Any, neighbour: Any, order: Any, identifiers: Any, keys: Any) -> Any:
    """Likely stereo centres: saturated carbons whose neighbours differ in their surroundings of radius 2."""
    n, d = len(degree) - 1, neighbour.shape[1]
    n_centres = 0
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
        n_centres += fine
    return n_centres


class ParentFragments(NamedTuple):
    """The Morgan fragments of the molecule that moves start from, as `preview` takes them.

    `identifiers`, `log_frequencies`, `counted` (3, n): of each layer and atom, and whether RDKit counts it.
    `bit_counts` (b,): how many of them set each bit, the bits of the reference first; `column` (2048,): where a bit
    stands there, -1 for nowhere; `n_reference_bits`. `sum_log_frequency` and `n_fragments` are over what is counted.
    """

    identifiers: Any
    log_frequencies: Any
    counted: Any
    bit_counts: Any
    column: Any
    n_reference_bits: Any
    sum_log_frequency: Any
    n_fragments: Any
    signature: Any


class Previews(NamedTuple):
    """What each of c moves does, (c,) each; of those that are not `fine` nothing is said. See `preview.Preview`."""

    fine: Any
    tanimoto: Any
    log_frequency: Any
    donors: Any
    centres: Any
    signature: Any


class Workspace(NamedTuple):
    """Room to work in, allocated once for all moves: allocating for each of them would cost more than the arithmetic.

    `atoms`, `neighbour`, `order`: the rearranged graph (`rearrange`); `degree` (n + 1,); `touched` (n,): atoms that a
    move names; `changed` (3, n + 1): atoms whose fragment of each layer is another one; `previous`, `current` (n + 1,):
    identifiers of the last two layers; `bit_counts` (b,) as in `ParentFragments`; `new_bits` (3n,): bits that are in
    neither graph, each once; `keys` (d,): of the neighbours of an atom.
    """

    atoms: Any
    neighbour: Any
    order: Any
    degree: Any
    touched: Any
    changed: Any
    previous: Any
    current: Any
    bit_counts: Any
    new_bits: Any
    keys: Any


@inlined
def _workspace(n: Any, d: Any, n_columns: Any) -> Any:
    """A `Workspace` for a graph of n atoms with d slots, and fingerprints of so many bits."""
    return Workspace(
        np.zeros((5, n + 1), np.int64),
        np.zeros((n + 1, d), np.int64),
        np.zeros((n + 1, d), np.int64),
        np.zeros(n + 1, np.int64),
        np.zeros(n, np.int64),
        np.zeros((3, n + 1), np.bool_),
        np.zeros(n + 1, np.uint64),
        np.zeros(n + 1, np.uint64),
        np.zeros(n_columns, np.int64),
        np.zeros(3 * n, np.int64),
        np.zeros(d, np.uint64),
    )


@inlined
def _degree(order: Any, a: Any) -> Any:
    """How many neighbours an atom has."""
    degree = 0
    for slot in range(order.shape[1]):
        degree += order[a, slot] > 0
    return degree


@inlined
def _identifier(
    layer: Any, a: Any, atoms: Any, degree: Any, neighbour: Any, order: Any, previous: Any, keys: Any
) -> Any:
    """The Morgan identifier of an atom of the rearranged graph, from those of the layer before; `keys` (d,): room."""
    if layer == 0:
        total = degree[a] + atoms[1, a]
        return invariant(atoms[0, a], total, atoms[1, a], atoms[2, a], atoms[3, a], atoms[4, a])
    for slot in range(order.shape[1]):
        # Rows are not passed on as arrays of their own: counting references to them takes longer than the arithmetic.
        kind = _U(order[a, slot])
        _insert(keys, slot, (kind << _U(32)) | previous[neighbour[a, slot]] if kind > _U(0) else _U(0))
    return _combined(layer - 1, previous[a], keys)


@inlined
def _set_bit(identifier: Any, column: Any, bit_counts: Any, new_bits: Any, n_new: Any) -> Any:
    """Count a fragment on its bit; returned is how many bits are now in neither graph."""
    bit = int(identifier % _U(N_BITS))
    if column[bit] >= 0:
        bit_counts[column[bit]] += 1
        return n_new
    for place in range(n_new):
        if new_bits[place] == bit:
            return n_new
    new_bits[n_new] = bit
    return n_new + 1


@inlined
def _refragmented(parent: Any, work: Any, rarest: Any, table: Any, frequencies: Any) -> Any:
    """(a surrounding is rarer than `rarest`, sum of log frequencies, number of fragments, signature, new bits).

    Only the fragments of changed atoms are computed; the rest keep what they add to the parent's sums.
    """
    # Taken out of the tuples once: each access inside the loop would count references.
    atoms, neighbour, order, degree, changed = work.atoms, work.neighbour, work.order, work.degree, work.changed
    previous, current, bit_counts, new_bits, keys = (
        work.previous, work.current, work.bit_counts, work.new_bits, work.keys,
    )  # fmt: skip
    identifiers, scores, counted, column = (
        parent.identifiers, parent.log_frequencies, parent.counted, parent.column,
    )  # fmt: skip
    n = len(current) - 1
    total, count, signature = parent.sum_log_frequency, parent.n_fragments, parent.signature
    n_new, rare = 0, False
    parent_bit_counts = parent.bit_counts
    for place in range(len(bit_counts)):
        bit_counts[place] = parent_bit_counts[place]
    for layer in range(3):
        gained, more = 0.0, 0  # summed layer by layer: the order of additions is part of the result
        for a in range(n):
            previous[a], current[a] = current[a], identifiers[layer, a]
        for a in range(n):
            if not changed[layer, a]:
                continue
            new, old = _identifier(layer, a, atoms, degree, neighbour, order, previous, keys), identifiers[layer, a]
            current[a] = new
            # RDKit counts the second layer of an atom only where it has two neighbours (`preview.Fragments`).
            was, now = counted[layer, a], degree[a] > layer - 1
            score = scores[layer, a] if new == old else log_frequency_of(table, frequencies, new)
            gained += np.float64((score if now else np.float32(0)) - (scores[layer, a] if was else np.float32(0)))
            more += int(now) - int(was)
            if layer == 1 and now and new != old and score < rarest:
                rare = True
            if now:
                signature += spread(new)
                n_new = _set_bit(new, column, bit_counts, new_bits, n_new)
            if was:
                signature -= spread(old)
                bit_counts[column[int(old % _U(N_BITS))]] -= 1
        if rare:  # layer 2 is not needed to refuse the move
            break
        total += gained
        count += more
    return rare, total, count, signature, n_new


@inlined
def _tanimoto(bit_counts: Any, n_reference_bits: Any, n_new: Any) -> Any:
    """Tanimoto similarity to the reference: bits in both over bits in either."""
    shared, beside = 0, 0
    for place in range(len(bit_counts)):
        if place < n_reference_bits:
            shared += bit_counts[place] > 0
        else:
            beside += bit_counts[place] > 0
    return shared / (n_reference_bits + n_new + beside)


@inlined
def _donates(atoms: Any, a: Any) -> Any:
    """Whether an atom is nitrogen or oxygen with hydrogen."""
    return atoms[1, a] > 0 and (atoms[0, a] == 7 or atoms[0, a] == 8)


@compiled
def preview(graph: Any, parent_fields: Any, moves: Any, rarest: Any, table: Any, frequencies: Any) -> Any:
    """The fields of `Previews` of c moves of one graph, given those of its `ParentFragments`. O(n) each.

    In and out go plain tuples: they pass between Python and compiled code faster than named ones.

    Fine is a move that gives no atom a surrounding (log frequency of the atom with its neighbours) rarer than `rarest`
    and leaves no hydrogens owing.
    """
    parent = ParentFragments(*parent_fields)
    c, (n, d) = len(moves[2]), graph[1].shape
    result = Previews(
        np.zeros(c, np.bool_), np.zeros(c), np.zeros(c), np.zeros(c, np.int64), np.zeros(c, np.int64),
        np.zeros(c, np.uint64),
    )  # fmt: skip
    work = _workspace(n, d, len(parent.bit_counts))
    atoms, neighbour, order, degree, touched = work.atoms, work.neighbour, work.order, work.degree, work.touched
    n_donors = 0
    for a in range(n):
        _restore(graph, a, atoms, neighbour, order)
        degree[a] = _degree(order, a)
        n_donors += _donates(atoms, a)
    for m in range(c):
        # What a move names is changed, and afterwards put back: all else stays what it is for all moves.
        n_touched = _touched(moves, m, touched, work.changed)
        donors = n_donors
        for a in touched[:n_touched]:
            donors -= _donates(atoms, a)
        _move(moves, m, atoms, neighbour, order)
        owing = False
        for a in touched[:n_touched]:
            owing |= atoms[1, a] < 0
            degree[a] = _degree(order, a)
            donors += _donates(atoms, a)
        if not owing:
            _spread_to_neighbours(work.changed, neighbour)
            rare, total, count, signature, n_new = _refragmented(parent, work, rarest, table, frequencies)
            if not rare:
                result.fine[m] = True
                result.tanimoto[m] = _tanimoto(work.bit_counts, parent.n_reference_bits, n_new)
                result.log_frequency[m], result.signature[m], result.donors[m] = total / count, signature, donors
                result.centres[m] = _centres(atoms, degree, neighbour, order, work.current, work.keys)
        for a in touched[:n_touched]:
            _restore(graph, a, atoms, neighbour, order)
            degree[a] = _degree(order, a)
    return result.fine, result.tanimoto, result.log_frequency, result.donors, result.centres, result.signature


@compiled
def joined_log_frequency(graph: Any, degree: Any, ends: Any, n_heavy: Any, table: Any, frequencies: Any) -> Any:
    """(m, m): log frequency of the atom of one end and its neighbours once it is joined to the other end.

    `ends` (2, m): atom (n: hydrogen) and slot; the first 2 · n_heavy are ends of bonds between heavy atoms. O(m² d).
    """
    atoms, neighbour, order = graph
    (n, d), m = neighbour.shape, ends.shape[1]
    joined_frequency = np.full((m, m), np.float32(9.0))
    whole, alone = np.zeros(n, np.uint64), np.zeros((2, m), np.uint64)
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
                alone[h, i] = invariant(atoms[0, a], total, bears, atoms[2, a], atoms[3, a], atoms[4, a])
    for i in range(m):
        a = ends[0, i]
        if a == n:
            continue
        for slot in range(d):
            kinds[slot] = order[a, slot]
            others[slot] = whole[neighbour[a, slot]] if neighbour[a, slot] < n else _U(0)
        for j in range(m):
            joined = ends[0, j] < n
            kinds[ends[1, i]], others[ends[1, i]] = int(joined), alone[0, j]
            new = next_identifier(0, alone[0 if joined else 1, i], kinds, others, keys)
            joined_frequency[i, j] = log_frequency_of(table, frequencies, new)
    return joined_frequency


@compiled
def sides(graph: Any, bonds: Any) -> Any:
    """(b, n): the atoms behind each of b acyclic bonds (b, 2), seen from its first atom."""
    neighbour = graph[1]
    n, d = neighbour.shape
    behind, stack = np.zeros((len(bonds), n), np.bool_), np.zeros(n, np.int64)
    for b in range(len(bonds)):
        behind[b, bonds[b, 0]] = behind[b, bonds[b, 1]] = True
        stack[0], top = bonds[b, 1], 1
        while top > 0:
            top -= 1
            a = stack[top]
            for slot in range(d):
                near = neighbour[a, slot]
                if near < n and not behind[b, near]:
                    behind[b, near] = True
                    stack[top] = near
                    top += 1
        behind[b, bonds[b, 0]] = False
    return behind


@compiled
def adjacency(hydrogens: Any, bonds: Any) -> Any:
    """(n,) ring, degree; (n, d) neighbours, orders, cyclic, from bonds (4, m): two atoms, order, 1 if in a ring."""
    n, m = len(hydrogens), bonds.shape[1]
    ring, degree = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for b in range(m):
        degree[bonds[0, b]] += 1
        degree[bonds[1, b]] += 1
    d = 4
    for a in range(n):
        d = max(d, degree[a] + min(hydrogens[a], 2))
    neighbour, order = np.full((n, d), n, np.int64), np.zeros((n, d), np.int64)
    cyclic, free = np.zeros((n, d), np.bool_), np.zeros(n, np.int64)
    for b in range(m):
        for side in range(2):
            a = bonds[side, b]
            neighbour[a, free[a]], order[a, free[a]] = bonds[1 - side, b], bonds[2, b]
            cyclic[a, free[a]] = bonds[3, b] == 1
            ring[a] |= bonds[3, b]
            free[a] += 1
    return ring, degree, neighbour, order, cyclic


@compiled
def _slot(neighbour: Any, a: Any, b: Any) -> Any:
    """Where b stands among the neighbours of a, -1 where it does not."""
    place = -1
    for slot in range(neighbour.shape[1]):
        if neighbour[a, slot] == b:
            place = slot
    return place


@compiled
def acyclic(graph: Any, cyclic: Any, fine: Any) -> Any:
    """(b, 2) single bonds in no ring, both of whose atoms are `fine`."""
    _, neighbour, order = graph
    n, d = neighbour.shape
    bonds, c = np.zeros((n * d, 2), np.int64), 0
    for a in range(n):
        for slot in range(d):
            b = neighbour[a, slot]
            if order[a, slot] == 1 and not cyclic[a, slot] and a < b and fine[a] and fine[b]:
                bonds[c, 0], bonds[c, 1] = a, b
                c += 1
    return bonds[:c]


@compiled
def ends(graph: Any, degree: Any, bonds: Any, with_hydrogen: Any) -> Any:
    """Atoms of the ends of bonds, and the slots of the other ends there; then of bonds to hydrogen, whose atom is n."""
    neighbour = graph[1]
    heavy, every = len(bonds), len(bonds) + len(with_hydrogen)
    atom, slot = np.full(2 * every, len(neighbour), np.int64), np.zeros(2 * every, np.int64)
    for b in range(heavy):
        u, v = bonds[b]
        atom[2 * b], atom[2 * b + 1] = u, v
        slot[2 * b], slot[2 * b + 1] = _slot(neighbour, u, v), _slot(neighbour, v, u)
    for b in range(heavy, every):
        atom[2 * b] = with_hydrogen[b - heavy]
        slot[2 * b] = degree[atom[2 * b]]
    return atom, slot


@compiled
def movers(graph: Any, degree: Any, rings: Any, smallest: Any) -> Any:
    """(m, 5) atoms of two single bonds that may leave them, their neighbours, and their slots there.

    `rings` (r, n): 1 for the atoms of a ring. An atom may leave one ring of `smallest` atoms or more, but of 8.
    """
    atoms, neighbour, order = graph
    n = len(degree)
    rows, c = np.zeros((n, 5), np.int64), 0
    for x in range(n):
        element = atoms[0, x]
        fine = degree[x] == 2 and atoms[2, x] == 0 and (element == 6 or element == 7 or element == 8 or element == 16)
        if not fine or order[x, 0] != 1 or order[x, 1] != 1:
            continue
        u, v = neighbour[x, 0], neighbour[x, 1]
        fine = _slot(neighbour, u, v) < 0 and atoms[2, u] >= 0 and atoms[2, v] >= 0
        around = 0
        for r in range(len(rings)):
            if rings[r, x]:
                size = rings[r].sum()
                around += 1
                fine &= size >= smallest and size != 8
        if fine and around <= 1:
            rows[c, 0], rows[c, 1], rows[c, 2] = x, u, v
            rows[c, 3], rows[c, 4] = _slot(neighbour, u, x), _slot(neighbour, v, x)
            c += 1
    return rows[:c]


@compiled
def growable(graph: Any, rings: Any, largest: Any) -> Any:
    """(b, 5) single bonds that take in an atom: acyclic, or in one ring of 5 to `largest`; as `slides` wants them."""
    atoms, neighbour, order = graph
    n, d = neighbour.shape
    bonds, c = np.zeros((n * d, 5), np.int64), 0
    for p in range(n):
        for slot in range(d):
            q = neighbour[p, slot]
            if order[p, slot] != 1 or p >= q or atoms[2, p] < 0 or atoms[2, q] < 0:
                continue
            around, fine = 0, True
            for r in range(len(rings)):
                if rings[r, p] and rings[r, q]:
                    around += 1
                    fine = 5 <= rings[r].sum() <= largest
            if around == 0 or (around == 1 and fine):
                bonds[c, 0], bonds[c, 1], bonds[c, 2], bonds[c, 3] = p, q, slot, _slot(neighbour, q, p)
                bonds[c, 4] = around
                c += 1
    return bonds[:c]


@compiled
def permutations(graph: Any, degree: Any, chain: Any, rings: Any) -> Any:
    """(c, 2) pairs of atoms of like kind and different elements.

    Of like kind: as many neighbours by the same bonds, and, if aromatic, as many electrons given or in the same ring of
    five and in no other. `chain`: 1 for the elements that change places.
    """
    atoms, _, order = graph
    n, d = order.shape
    bonds, gives, five = np.zeros(n, np.uint64), np.zeros(n, np.int64), np.full(n, -1, np.int64)
    for x in range(n):
        element, single, aromatic = atoms[0, x], degree[x] == 1, False
        for slot in range(d):
            bonds[x] += mix(_U(order[x, slot]))
            aromatic |= order[x, slot] == 12
            single &= order[x, slot] <= 1
        gives[x] = -1 if atoms[2, x] != 0 or degree[x] == 0 or not chain[element] or single else 0
        if gives[x] == 0 and aromatic:
            two = element == 8 or element == 16 or element == 34
            gives[x] = 1 + (two or (element == 7 and (atoms[1, x] > 0 or degree[x] == 3)))
        around = 0
        for r in range(len(rings)):
            if rings[r, x]:
                around += 1
                five[x] = r if rings[r].sum() == 5 and around == 1 else -1
    pairs, c = np.zeros((n * n, 2), np.int64), 0
    for x in range(n):
        for y in range(x + 1, n):
            if gives[x] < 0 or gives[y] < 0 or bonds[x] != bonds[y] or degree[x] != degree[y]:
                continue
            like = gives[x] == gives[y] or (gives[x] > 0 and gives[y] > 0 and five[x] >= 0 and five[x] == five[y])
            if like and atoms[0, x] != atoms[0, y]:
                pairs[c, 0], pairs[c, 1] = x, y
                c += 1
    return pairs[:c]


@compiled
def slides(movers: Any, bonds: Any) -> Any:
    """Edits (c, 6, 4) and ring facts (c, 2) of every mover put into every bond that is not its own.

    `movers` (m, 5): atom, its two neighbours, its slot at each; `bonds` (b, 5): two atoms, the slot of the second at
    the first and the other way round, 1 if in a ring.
    """
    most = len(movers) * len(bonds)
    edits, ring, c = np.zeros((most, 6, 4), np.int64), np.zeros((most, 2), np.int64), 0
    for m in range(len(movers)):
        x, u, v, at_u, at_v = movers[m]
        for b in range(len(bonds)):
            p, q, at_p, at_q, in_ring = bonds[b]
            if x in (p, q) or (p == u and q == v) or (p == v and q == u):
                continue
            rows = ((u, at_u, v), (v, at_v, u), (p, at_p, x), (q, at_q, x), (x, 0, p), (x, 1, q))
            for edit in range(6):
                edits[c, edit, 0], edits[c, edit, 1], edits[c, edit, 2] = rows[edit]
                edits[c, edit, 3] = 1
            ring[c, 0], ring[c, 1] = x, in_ring
            c += 1
    return edits[:c], ring[:c]


@compiled
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


@compiled
def _piece(end: Any, cuts: Any, end_atom: Any, side: Any) -> Any:
    """Which of the four pieces that three cuts leave an end is in: by the sides of the cuts that it lies on."""
    n = side.shape[1] - 1
    atom, piece = end_atom[end], 0
    for column in range(3):
        cut = cuts[column]
        behind = side[cut, end_atom[2 * (end // 2)] if atom == n else atom] or (atom == n and end // 2 == cut)
        piece |= int(behind) << column
    return piece


@compiled
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
            first = _piece(joins[c, j, 0], cuts[m], end_atom, side)
            second = _piece(joins[c, j, 1], cuts[m], end_atom, side)
            pair[j] = min(first, second) * 8 + max(first, second)
            seen |= (1 << first) | (1 << second)
            fine &= first != second
        fine &= pair[0] != pair[1] and pair[0] != pair[2] and pair[1] != pair[2]
        pieces = 0
        for bit in range(8):
            pieces += (seen >> bit) & 1
        if fine and pieces == 4:
            chosen[c] = cuts[m]
            c += 1
    return joins[:c], chosen[:c]


@compiled
def relinked(joins: Any, cuts: Any, end_atom: Any, end_slot: Any, n: Any, n_heavy: Any) -> Any:
    """Edits (c, 6, 4) and changes of hydrogens (c, 9, 2) of moves: ends (c, j, 2) joined, bonds (c, j) cut."""
    c, width = cuts.shape
    edits, changes = np.full((c, 6, 4), n, np.int64), np.full((c, 9, 2), n, np.int64)
    edits[:, :, 1], edits[:, :, 3] = 0, 0
    for m in range(c):
        for j in range(2 * width):
            turned = j >= width
            end, partner_end = joins[m, j - width * turned, int(turned)], joins[m, j - width * turned, int(not turned)]
            atom, partner = end_atom[end], end_atom[partner_end]
            edits[m, j, 0], edits[m, j, 1], edits[m, j, 2] = atom, end_slot[end], partner
            edits[m, j, 3] = partner < n
            changes[m, j, 0], changes[m, j, 1] = atom if partner == n else n, 1
        for j in range(width):
            hydrogen = cuts[m, j] >= n_heavy
            changes[m, 2 * width + j, 0], changes[m, 2 * width + j, 1] = end_atom[2 * cuts[m, j]] if hydrogen else n, -1
    return edits, changes


@compiled
def _gather(of_atom: Any, of_neighbour: Any, neighbour: Any, bond: Any, a: Any) -> Any:
    """An atom's hash with those of its neighbours, in no order."""
    total = of_atom[a]
    for slot in range(neighbour.shape[1]):
        if bond[a, slot] > _U(0):
            total += mix(of_neighbour[neighbour[a, slot]] + bond[a, slot] * _BOND)
    return mix(total)


@compiled
def skeleton(elements: Any, hydrogens: Any, charges: Any, neighbour: Any, order: Any, reach: int) -> Any:
    """A hash that all forms of a compound share: elements and which of them are bound, to `reach` bonds from each atom,
    and hydrogens less charges in all.

    Arrays (n + 1,) and (n + 1, d). Of no account: bond orders, where hydrogens and charges are, isotopes, atoms of
    hydrogen, and bonds of metals.
    """
    n, d = len(neighbour) - 1, neighbour.shape[1]
    bound = np.zeros((n + 1, d), _U)
    current, further = np.zeros(n + 1, _U), np.zeros(n + 1, _U)
    owed = 0
    for a in range(n):
        owed += hydrogens[a] - charges[a] + (elements[a] == 1)
        current[a] = mix(_U(elements[a]))
        for slot in range(d):
            if order[a, slot] > 0 and _KEEPS_BONDS[elements[a]] and _KEEPS_BONDS[elements[neighbour[a, slot]]]:
                bound[a, slot] = _U(1)
    for _ in range(reach):
        for a in range(n):
            further[a] = _gather(current, current, neighbour, bound, a)
        current[:] = further
    total = mix(_U(owed))
    for a in range(n):
        if elements[a] != 1:
            total += current[a]
    return total


@compiled
def surroundings(graph: Any, fixed: Any, cyclic: Any, kinds: Any, moves: Any) -> Any:  # noqa: C901 - the same
    """Of c moves: (c, n + 1) environments of atoms, (c,) skeletons, (c, n + 1, d) neighbours and acyclic single bonds,
    (c, b) codes of bonds with their ends.

    A carbon is identified by its neighbours; others also by what those bear: oxygen by all, the rest by double bonds; a
    hydrogen that is an atom by its neighbour's environment. Of a carbon with one heavy neighbour that neighbour also
    knows the hydrogens, atoms or not: bond and degree do not tell a methyl where it is CD3, or a radical.
    """
    edits, _, labels, ring = moves
    c, (n, d) = len(labels), graph[1].shape
    keys, skeletons = np.zeros((c, n + 1), np.uint64), np.zeros(c, np.uint64)
    near, single = np.zeros((c, n + 1, d), np.int64), np.zeros((c, n + 1, d), np.bool_)
    atoms, order = np.zeros((5, n + 1), np.int64), np.zeros((n + 1, d), np.int64)
    circle = np.zeros((n + 1, d), np.bool_)
    codes, ends = np.zeros((c, (graph[2] > 0).sum() // 2), _U), np.zeros(n + 1, np.int64)
    bond, double = np.zeros((n + 1, d), _U), np.zeros((n + 1, d), _U)
    base, far, inner = np.zeros(n + 1, _U), np.zeros(n + 1, _U), np.zeros(n + 1, _U)
    middle = np.zeros(n + 1, _U)
    has_hydrogen_atoms = (graph[0][0] == 1).any()
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
                single[m, a, slot] = order[a, slot] == 1 and not circle[a, slot]
            n_bound = 0  # hydrogens that are atoms
            if has_hydrogen_atoms:
                for slot in range(d):
                    n_bound += order[a, slot] > 0 and atoms[0, neighbour[a, slot]] == 1
            at_end = atoms[1, a] + n_bound if atoms[0, a] == 6 and degree - n_bound == 1 else 0
            small = atoms[0, a] | (atoms[2, a] + 16) << 8 | (fixed[a] & 1) << 16
            base[a] = mix(_U(small | atoms[1, a] << 18 | degree << 22 | fixed[a] << 27))
            far[a], inner[a] = mix(_U(small)), mix(_U(small | min(degree, 3) << 17 | at_end << 19))
            kind = atoms[0, a] | (fixed[a] & 1) << 8 | (np.sign(atoms[2, a]) + 1) << 9 | (atoms[4, a] > 0) << 11
            ends[a] = kind | min(atoms[1, a], 15) << 12 | min(degree, 15) << 16
        n_codes = 0
        for a in range(n):
            for slot in range(d):
                b = neighbour[a, slot]
                if order[a, slot] > 0 and a < b and b < n and n_codes < codes.shape[1]:
                    low, high = min(ends[a], ends[b]), max(ends[a], ends[b])
                    codes[m, n_codes] = _U(low | high << 20 | order[a, slot] << 40)
                    n_codes += 1
        for a in range(n + 1):
            middle[a] = _gather(inner, far, neighbour, double, a)
        for a in range(n + 1):
            if atoms[0, a] == 6:
                keys[m, a] = _gather(base, inner, neighbour, bond, a)
            elif atoms[0, a] != 8:
                keys[m, a] = _gather(base, middle, neighbour, bond, a)
        for a in range(n + 1):
            middle[a] = _gather(inner, far, neighbour, bond, a)
        for a in range(n + 1):
            if atoms[0, a] == 8:
                keys[m, a] = _gather(base, middle, neighbour, bond, a)
            keys[m, a] = max(keys[m, a], _U(1))  # 0 marks a free place in a table
        if has_hydrogen_atoms:
            middle[:] = keys[m]
            for a in range(n):
                if atoms[0, a] == 1:
                    keys[m, a] = max(_gather(base, middle, neighbour, bond, a), _U(1))
        skeletons[m] = skeleton(atoms[0], atoms[1], atoms[2], neighbour, order, SKELETON_REACH)
    return keys, skeletons, near, single, codes


@compiled
def add_rows(keys: Any, rows: Any, new_keys: Any, new_rows: Any) -> Any:
    """Put rows into such a table, which has room for them; a key that is there stays as it is. How many are new."""
    n_new = 0
    for which in range(len(new_keys)):
        place = place_of(keys, new_keys[which])
        if keys[place] == _U(0):
            keys[place] = new_keys[which]
            rows[place] = new_rows[which]
            n_new += 1
    return n_new


@compiled
def contributed(environments: Any, near: Any, single: Any, keys: Any, rows: Any) -> Any:
    """(number of the first of c moves with an environment that is not in the table, -1 for none; (c, 5) properties).

    `environments`, `near`, `single` as of `surroundings`; `keys` (t,), `rows` (t, 6): what an atom in an environment
    contributes. A rotatable bond is a single bond outside rings between two ends (column 4), at least one of them free
    (column 5); each is seen from both of its atoms.
    """
    c, n = environments.shape
    n -= 1
    d = near.shape[2]
    values = np.zeros((c, 5))
    end, free = np.zeros(n + 1, np.bool_), np.zeros(n + 1, np.bool_)
    for m in range(c):
        turns = 0
        for a in range(n):
            place = place_of(keys, environments[m, a])
            if keys[place] == _U(0):
                return m, values
            values[m, 0] += rows[place, 0]
            values[m, 2] += rows[place, 2]
            values[m, 3] += rows[place, 3]
            values[m, 4] += rows[place, 1]
            end[a], free[a] = rows[place, 4] > 0, rows[place, 5] > 0
        for a in range(n):
            for slot in range(d):
                b = near[m, a, slot]
                turns += single[m, a, slot] and ((free[a] and end[b]) or (end[a] and free[b]))
        values[m, 1] = turns / 2
    return -1, values
