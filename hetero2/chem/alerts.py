"""Structural alerts from RDKit's own catalogue, looked for only where a molecule has the atoms for them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import numpy as np
from rdkit import Chem
from rdkit.Chem import FilterCatalog

from hetero2.chem.graph import Bools, Graph

_PICKLE = re.compile(rb"(\d+) (?=\xef\xbe\xad\xde)")
_SYMBOL = re.compile(r"(?:#(\d+)|(Cl|Br|[BCNOPSFI])|(se|[bcnops])|([Aa*]))(?![A-Za-z0-9])(.*)")
Kind = tuple[int, bool, int]  # element, aromatic, sign of the charge
_DOUBLE, _TRIPLE = 2, 3  # RDKit's bond types
_BONDS = ("double", "triple", "no_oxo")


class _Catalogue:
    """Every alert, and what its pattern cannot do without.

    `needs` (alerts, descriptions): so many atoms that a SMARTS atom describes, and multiple bonds of some sorts.
    """

    def __init__(self) -> None:
        params = FilterCatalog.FilterCatalogParams()
        params.AddCatalog(FilterCatalog.FilterCatalogParams.FilterCatalogs.BRENK)
        whole = FilterCatalog.FilterCatalog(params)
        self.entries = [whole.GetEntryWithIdx(number) for number in range(whole.GetNumEntries())]
        needs = [_need(entry.Serialize()) for entry in self.entries]
        self.atoms = sorted({name for need in needs for name in need} - set(_BONDS))
        names = [*_BONDS, *self.atoms]
        self.needs = np.array([[need.get(name, 0) for name in names] for need in needs], np.int64)

    def possible(self, kinds: Mapping[Kind, int], bonds: Sequence[int]) -> FilterCatalog.FilterCatalog:
        """The alerts for which a molecule with such atoms and so many `_BONDS` has enough."""
        atoms = np.zeros(len(self.atoms), np.int64)
        for kind, count in kinds.items():
            atoms += count * self._fitting(kind)
        enough = (self.needs <= np.concatenate([np.array(bonds, np.int64), atoms])).all(axis=1)
        return self._chosen(tuple(np.flatnonzero(enough).tolist()))

    @lru_cache(maxsize=256)  # noqa: B019 - there is one catalogue a process
    def _fitting(self, kind: Kind) -> Bools:
        return np.array([_fits(description, kind) for description in self.atoms])

    @lru_cache(maxsize=256)  # noqa: B019
    def _chosen(self, numbers: tuple[int, ...]) -> FilterCatalog.FilterCatalog:
        chosen = FilterCatalog.FilterCatalog()
        for number in numbers:
            chosen.AddEntry(self.entries[number])
        return chosen


@cache
def _catalogue() -> _Catalogue:
    return _Catalogue()


def _need(stored: bytes) -> Counter[str]:
    """What an alert needs, from the pattern that RDKit stores with it; nothing where it has more than one."""
    patterns = list(_PICKLE.finditer(stored))
    end = patterns[0].end() + int(patterns[0].group(1)) if patterns else 0
    if not patterns or any(pattern.start() >= end for pattern in patterns):
        return Counter()  # those that a pattern refers to are stored within it
    pattern = Chem.Mol(stored[patterns[0].end() : end])  # type: ignore[call-overload]
    names = [atom.GetSmarts() for atom in pattern.GetAtoms()]
    return Counter([*names, *(order for bond in pattern.GetBonds() for order in _orders(bond))])


def _orders(bond: Chem.Bond) -> tuple[str, ...]:
    """What a bond of a pattern surely is."""
    text: str = bond.GetSmarts()  # type: ignore[call-arg]
    order = {"=": "double", "#": "triple"}.get(text.split("&")[0])
    ends = (bond.GetBeginAtom().GetSmarts(), bond.GetEndAtom().GetSmarts())
    oxo = any(_fits(description, (8, False, 0)) for description in ends)
    return (order, "no_oxo") if order == "double" and not oxo else (order,) if order else ()


def _fits(description: str, kind: Kind) -> bool:
    """Whether an atom of this kind may be what a SMARTS atom describes: False only where it surely is not."""
    inner = description.strip("[]")
    if "!" in description.split("&")[0] or "$" in description:
        return True
    return any(_fits_one(alternative, kind) for alternative in inner.split(","))


def _fits_one(text: str, kind: Kind) -> bool:
    found = _SYMBOL.fullmatch(text)
    if found is None:
        return True
    number, upper, lower, any_, rest = found.groups()
    element, aromatic, sign = kind
    if number and int(number) != element:
        return False
    if upper and (aromatic or element != Chem.GetPeriodicTable().GetAtomicNumber(upper)):
        return False
    if lower and not (aromatic and element == Chem.GetPeriodicTable().GetAtomicNumber(lower.capitalize())):
        return False
    if any_ and any_ != "*" and aromatic != (any_ == "a"):
        return False
    parts = rest.split("&")
    return not ("+" in parts and sign <= 0) and not ("-" in parts and sign >= 0)


class Alerts:
    """The unwanted groups of Brenk et al. (doi 10.1002/cmdc.200700139) that isomers of one molecule can have.

    Isomers have the same elements, aromatic atoms, charges and multiple bonds: what needs others is not looked for.
    """

    def __init__(self, mol: Chem.Mol, graph: Graph) -> None:
        kinds = zip(graph.element.tolist(), graph.aromatic.tolist(), np.sign(graph.charge).tolist(), strict=True)
        double = (graph.order == _DOUBLE).any(axis=1)
        lone = double & (graph.element == 8) & (graph.degree == 1)
        n_double, triple = (int((graph.order == kind).sum()) // 2 for kind in (_DOUBLE, _TRIPLE))
        # Where every double bond ends in a lone O (C=O, S=O), so do those of all isomers.
        bonds = (n_double, triple, 0 if lone.sum() == n_double else n_double)
        self._catalogue = _catalogue().possible(Counter(kinds), bonds)
        self._known = self.names(mol)

    def names(self, mol: Chem.Mol) -> frozenset[str]:
        """The alerts of a molecule, or of an isomer of it."""
        return frozenset(match.GetDescription() for match in self._catalogue.GetMatches(mol))

    def has_new(self, mol: Chem.Mol) -> bool:
        """Whether an isomer has an alert that the molecule lacks."""
        return bool(self.names(mol) - self._known) if self._known else bool(self._catalogue.HasMatch(mol))
