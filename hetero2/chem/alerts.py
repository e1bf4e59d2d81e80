"""Structural alerts from RDKit's own catalogue, looked for only where a molecule has the atoms and bonds for them."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import FilterCatalog

if TYPE_CHECKING:  # the graph's compiled loops take half a second to import, and who needs all alerts has no graph
    from hetero2.chem.decoys_v2.graph import Graph

Bools = NDArray[np.bool_]
_PICKLE = re.compile(rb"(\d+) (?=\xef\xbe\xad\xde)")
_FIRST = re.compile(r"\$\((\[[^\[\]]*\]|Cl|Br|[A-Za-z*])")
_COUNTED = re.compile(r"([HXDR])(\d+)")
_IN_TWO_RINGS = re.compile(r"\[\w+(&\w+)*&R2(&\w+)*\]")
_DOUBLE, _TRIPLE, _AROMATIC = 2, 3, 12  # RDKit's bond types
_ORDERS = {"": (1, _AROMATIC), "-": (1,), "=": (_DOUBLE,), "#": (_TRIPLE,), ":": (_AROMATIC,)}
# Isomers have as many rings as the molecule, joined in the same way, though not of the same sizes.
_RINGS = ("rings", "fused", "shared")
_OF_THE_WHOLE = ("double", "triple", "no_oxo", *_RINGS)
_SMALL = 4  # no isomer has a smaller ring, or one of this size, that the molecule lacks
Matcher = Callable[[Chem.Mol], bool]
End = tuple[str, int, bool]  # SMARTS of an atom of a pattern, its neighbours there, whether it is in a ring there


@dataclass(frozen=True)
class Kind:
    """What is known of an atom: `sign` of its charge; hydrogens, heavy neighbours and ring are None where not known."""

    element: int
    aromatic: bool
    sign: int
    hydrogens: int | None = None
    degree: int | None = None
    ring: bool | None = None


class _Catalogue:
    """Every alert, and what its pattern cannot do without.

    `needs` (alerts, descriptions): so many atoms that a SMARTS atom describes, and multiple bonds of some sorts;
    `bonds`: descriptions of bonds with their ends, and so many of them; `bond_needs` (alerts, bonds): 1 where there
    must be so many; `smallest` (alerts,): a small ring that there must be.
    """

    def __init__(self) -> None:
        params = FilterCatalog.FilterCatalogParams()
        params.AddCatalog(FilterCatalog.FilterCatalogParams.FilterCatalogs.BRENK)
        whole = FilterCatalog.FilterCatalog(params)
        self.entries = [whole.GetEntryWithIdx(number) for number in range(whole.GetNumEntries())]
        self._matchers = [entry.HasFilterMatch for entry in self.entries]
        self.names = np.array([entry.GetDescription() for entry in self.entries])
        patterns = [_pattern(entry.Serialize()) for entry in self.entries]
        needs = [_need(pattern) for pattern in patterns]
        self.atoms = sorted({name for need in needs for name in need} - set(_OF_THE_WHOLE))
        names = [*_OF_THE_WHOLE, *self.atoms]
        self.needs = np.array([[need.get(name, 0) for name in names] for need in needs], np.int64)
        joined = [set(Counter(_joined(pattern)).items()) for pattern in patterns]
        every = sorted(set().union(*joined))
        # Both ends of each of them, by their place among all ends; and the orders that it may be of, a bit each.
        begin, orders, end = zip(*(bond for bond, _ in every), strict=True)
        self._ends = sorted({*begin, *end})
        self._begin, self._end = (np.array(list(map(self._ends.index, ends))) for ends in (begin, end))
        self._orders = np.array([_order_bits(text) for text in orders])
        self._counts = np.array([count for _, count in every])
        self.bond_needs = np.array([[bond in needed for bond in every] for needed in joined], np.float32)
        self.smallest = np.array([_smallest_ring(pattern) for pattern in patterns])

    def possible(self, kinds: Mapping[Kind, int], counts: Sequence[int], rings: set[int]) -> Bools:
        """(alerts,): those for which a molecule of such atoms, `counts` of `_OF_THE_WHOLE` and rings has enough."""
        atoms = np.zeros(len(self.atoms), np.int64)
        for kind, count in kinds.items():
            atoms += count * self._fitting(kind)
        enough = (self.needs <= np.concatenate([np.array(counts, np.int64), atoms])).all(axis=1)
        possible: Bools = enough & ((self.smallest > _SMALL) | np.isin(self.smallest, sorted(rings)))
        return possible

    def possible_by_bonds(self, codes: NDArray[np.uint64], among: Bools) -> Bools:
        """(c, alerts): those `among` some of whose bonds each of c molecules has enough, given its `codes` (c, b)."""
        needs = self.bond_needs[among]
        used = np.flatnonzero(needs.any(axis=0))
        every, place = np.unique(codes, return_inverse=True)
        fits = np.array([self._fitting_bond(code) for code in every.tolist()])[:, used]
        lacking = fits[place.reshape(codes.shape)].sum(axis=1, dtype=np.uint16) < self._counts[used]
        possible = np.zeros((len(codes), len(among)), bool)
        possible[:, among] = lacking.astype(np.float32) @ needs[:, used].T == 0
        return possible

    @lru_cache(maxsize=256)  # noqa: B019 - there is one catalogue a process
    def _fitting(self, kind: Kind) -> Bools:
        return np.array([_fits(description, kind) for description in self.atoms])

    @lru_cache(maxsize=8192)  # noqa: B019
    def _fitting_bond(self, code: int) -> NDArray[np.uint8]:
        """(bonds,): 1 for each description that a bond may meet, given its code (`kernels.surroundings`)."""
        order, first, second = code >> 40, self._fitting_end(code & 0xFFFFF), self._fitting_end(code >> 20 & 0xFFFFF)
        either = (first[self._begin] & second[self._end]) | (second[self._begin] & first[self._end])
        fits: NDArray[np.uint8] = (either & (self._orders >> order & 1).astype(bool)).view(np.uint8)
        return fits

    @lru_cache(maxsize=8192)  # noqa: B019
    def _fitting_end(self, code: int) -> Bools:
        kind = _kind_of(code)
        return np.array([_fits_end(end, kind) for end in self._ends])

    @lru_cache(maxsize=4096)  # noqa: B019
    def matchers(self, marks: bytes) -> tuple[Matcher, ...]:
        """What tells whether a molecule has one of the alerts, for those whose byte is 1."""
        return tuple(itertools.compress(self._matchers, marks))


@cache
def _catalogue() -> _Catalogue:
    return _Catalogue()


def _pattern(stored: bytes) -> Chem.Mol | None:
    """The pattern that RDKit stores with an alert; None where it has more than one."""
    patterns = list(_PICKLE.finditer(stored))
    end = patterns[0].end() + int(patterns[0].group(1)) if patterns else 0
    if not patterns or any(pattern.start() >= end for pattern in patterns):
        return None  # those that a pattern refers to are stored within it
    pattern: Chem.Mol = Chem.Mol(stored[patterns[0].end() : end])  # type: ignore[call-overload]
    return pattern


def _need(pattern: Chem.Mol | None) -> Counter[str]:
    """How many atoms and multiple bonds of each description, and rings, an alert needs."""
    if pattern is None:
        return Counter()
    names = [atom.GetSmarts() for atom in pattern.GetAtoms()]
    rings, fused, shared = _joined_rings(Chem.GetSSSR(pattern))
    shared |= any(map(_IN_TWO_RINGS.fullmatch, names))
    needs = Counter([*names, *(order for bond in pattern.GetBonds() for order in _orders(bond))])
    return needs + Counter(dict(zip(_RINGS, (rings, fused, int(shared)), strict=True)))


def _joined_rings(rings: Iterable[Iterable[int]]) -> tuple[int, int, bool]:
    """(how many rings, most that are fused or bridged to one another, whether an atom is in several)."""
    systems: list[tuple[set[int], int]] = []
    n_atoms = 0
    for ring in map(set, rings):
        n_atoms += len(ring)
        fused = [system for system in systems if len(system[0] & ring) > 1]
        whole = (ring.union(*(atoms for atoms, _ in fused)), 1 + sum(count for _, count in fused))
        systems = [whole, *(system for system in systems if system not in fused)]
    counts = [count for _, count in systems]
    return sum(counts), max(counts, default=0), len(set().union(*(atoms for atoms, _ in systems))) < n_atoms


def _joined(pattern: Chem.Mol | None) -> list[tuple[End, str, End]]:
    """The bonds that an alert needs: one end, SMARTS of the bond, the other end."""
    if pattern is None:
        return []
    Chem.FastFindRings(pattern)
    ends = [(atom.GetSmarts(), atom.GetDegree(), atom.IsInRing()) for atom in pattern.GetAtoms()]
    bonds = [(bond.GetBeginAtomIdx(), str(bond.GetSmarts()), bond.GetEndAtomIdx()) for bond in pattern.GetBonds()]  # type: ignore[call-arg]
    return [(min(ends[a], ends[b]), text, max(ends[a], ends[b])) for a, text, b in bonds]


def _smallest_ring(pattern: Chem.Mol | None) -> int:
    """Size of the smallest ring of a pattern; one more than `_SMALL` where that is larger, or there is none."""
    if pattern is None:
        return _SMALL + 1
    rings = Chem.GetSymmSSSR(pattern)
    return min([_SMALL + 1, *map(len, rings)])


def _orders(bond: Chem.Bond) -> tuple[str, ...]:
    """What a bond of a pattern surely is."""
    text: str = bond.GetSmarts()  # type: ignore[call-arg]
    order = {"=": "double", "#": "triple"}.get(text.split("&")[0])
    ends = (bond.GetBeginAtom().GetSmarts(), bond.GetEndAtom().GetSmarts())
    oxo = any(_fits(description, Kind(8, False, 0)) for description in ends)
    return (order, "no_oxo") if order == "double" and not oxo else (order,) if order else ()


def _fits(description: str, kind: Kind) -> bool:
    """Whether an atom of this kind may be what a SMARTS atom describes: False only where it surely is not."""
    if ";" in description:
        return True
    if "$" in description:  # alternatives that each begin with an atom, or something that is not read here
        firsts = _FIRST.findall(description)
        read = description.count("$") == description.count("),$(") + 1 == len(firsts) and "!" not in description
        return not read or any(_fits(first, kind) for first in firsts)
    return any(
        all(_fits_part(part, kind) for part in alternative.split("&"))
        for alternative in description.strip("[]").split(",")
    )


def _fits_part(part: str, kind: Kind) -> bool:
    counted = _COUNTED.fullmatch(part)
    if counted is not None and counted[1] != "R":
        count = _count(counted[1], kind)
        return count is None or count == int(counted[2])
    if part in ("!R", "R") or counted is not None:
        return kind.ring is None or kind.ring == (part not in ("!R", "R0"))
    if part in ("+", "-"):
        return kind.sign == (1 if part == "+" else -1)
    if part in ("A", "a"):
        return kind.aromatic == (part == "a")
    if part.startswith("#") and part[1:].isdigit():
        return int(part[1:]) == kind.element
    symbol = Chem.GetPeriodicTable().GetAtomicNumber(part.capitalize()) if part.isalpha() and part != "H" else -1
    return symbol < 0 or (symbol == kind.element and part.islower() == kind.aromatic)


def _count(primitive: str, kind: Kind) -> int | None:
    """Hydrogens, neighbours with and without hydrogens."""
    if kind.hydrogens is None or kind.degree is None:
        return None
    return {"H": kind.hydrogens, "D": kind.degree, "X": kind.degree + kind.hydrogens}[primitive]


def _fits_end(end: End, kind: Kind) -> bool:
    description, degree, ring = end
    return (kind.degree or 0) >= degree and (kind.ring or not ring) and _fits(description, kind)


def _order_bits(text: str) -> int:
    """The orders that a bond of this SMARTS may be of, a bit each; all where the SMARTS is not read here."""
    orders = _ORDERS.get(text.split("&")[0])
    return -1 if orders is None else sum(1 << order for order in orders)


def _kind_of(code: int) -> Kind:
    aromatic, ring = bool(code >> 8 & 1), bool(code >> 11 & 1)
    return Kind(code & 0xFF, aromatic, (code >> 9 & 3) - 1, code >> 12 & 15, code >> 16 & 15, ring)


class Alerts:
    """The unwanted groups of Brenk et al. (doi 10.1002/cmdc.200700139) that isomers of one molecule can have.

    Isomers have the same elements, aromatic atoms, charges and multiple bonds: what needs others is not looked for.
    """

    def __init__(self, mol: Chem.Mol, graph: "Graph") -> None:
        atoms = zip(graph.element.tolist(), graph.aromatic.tolist(), np.sign(graph.charge).tolist(), strict=True)
        kinds = {Kind(*of_atom): count for of_atom, count in Counter(atoms).items()}
        double = (graph.order == _DOUBLE).any(axis=1)
        lone = double & (graph.element == 8) & (graph.degree == 1)
        n_double, triple = (int((graph.order == kind).sum()) // 2 for kind in (_DOUBLE, _TRIPLE))
        # Where every double bond ends in a lone O (C=O, S=O), so do those of all isomers.
        rings = mol.GetRingInfo().AtomRings()
        counts = (n_double, triple, 0 if lone.sum() == n_double else n_double, *_joined_rings(rings))
        self._possible = _catalogue().possible(kinds, counts, set(map(len, rings)))
        # Hydrogens that are atoms are not among those that are counted.
        self._by_bonds = not (graph.element == 1).any()
        self.known = _names(mol, self._possible)
        self._new = self._possible.copy()
        if self.known:
            self._new &= ~np.isin(_catalogue().names, sorted(self.known))

    def suspected(self, bonds: NDArray[np.uint64]) -> list[tuple[Matcher, ...]]:
        """For each of c isomers with `bonds` (c, b): the alerts that it may have and the molecule lacks."""
        possible = np.tile(self._new, (len(bonds), 1))
        if self._by_bonds and bonds.size:
            possible = _catalogue().possible_by_bonds(bonds, self._new)
        return [_catalogue().matchers(row.tobytes()) for row in possible]


def all_alerts(mol: Chem.Mol) -> frozenset[str]:
    """The alerts of any molecule, by name; `Alerts` is faster for isomers of one that is known."""
    return _names(mol, np.ones(len(_catalogue().entries), bool))


def has_any(mol: Chem.Mol, suspected: Sequence[Matcher]) -> bool:
    """Whether a molecule has one of the alerts that were suspected."""
    return any(matches(mol) for matches in suspected)


def _names(mol: Chem.Mol, among: Bools) -> frozenset[str]:
    """The alerts that a molecule has of those `among` (alerts,) all."""
    catalogue = _catalogue()
    names = itertools.compress(catalogue.names.tolist(), among)
    matchers = catalogue.matchers(among.tobytes())
    return frozenset(name for name, matches in zip(names, matchers, strict=True) if matches(mol))
