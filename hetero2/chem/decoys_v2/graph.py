"""A molecule as arrays, so that a thousand rearrangements of it are computed in one pass.

Atoms are numbered as in the RDKit molecule; number `n` stands for "no atom" and fills unused slots.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from hetero2.chem.decoys_v2 import kernels

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
AROMATIC = 12


@dataclass(frozen=True)
class Graph:
    """Heavy-atom graph of a molecule of n atoms with at most d slots for neighbours.

    `element`, `hydrogens`, `charge`, `isotope` (mass difference), `ring` (1 or 0), `degree`: (n,); `neighbour`
    (n, d) atom numbers, n where empty; `order` (n, d) RDKit's bond type numbers, 0 where empty, 12 aromatic; `cyclic`
    (n, d): the bond is in a ring.
    """

    element: Ints
    hydrogens: Ints
    charge: Ints
    isotope: Ints
    ring: Ints
    degree: Ints
    neighbour: Ints
    order: Ints
    cyclic: Bools

    @property
    def n(self) -> int:
        """Number of heavy atoms."""
        return len(self.element)

    @property
    def n_bonds(self) -> int:
        """Number of bonds between them."""
        return int(self.degree.sum()) // 2

    @cached_property
    def plain(self) -> bool:
        """Whether all bonds are single, double, triple or aromatic."""
        return _PLAIN_ORDERS.issuperset(self.order.ravel().tolist())

    @cached_property
    def arrays(self) -> tuple[Ints, Ints, Ints]:
        """For compiled loops: (5, n) element, hydrogens, charge, isotope, ring; (n, d) neighbours and orders."""
        return (
            np.array([self.element, self.hydrogens, self.charge, self.isotope, self.ring]),
            self.neighbour,
            self.order,
        )

    @cached_property
    def lists(self) -> SimpleNamespace:
        """The same as plain lists, which are faster where one number is read at a time."""
        return SimpleNamespace(**{field.name: getattr(self, field.name).tolist() for field in fields(self)})

    @property
    def aromatic(self) -> Bools:
        """(n,): atoms with an aromatic bond."""
        has_aromatic_bond: Bools = (self.order == AROMATIC).any(axis=1)
        return has_aromatic_bond


def read_graph(mol: Chem.Mol, plain: bool = False) -> Graph:
    """The arrays of a sanitised molecule; two spare slots an atom, where it has hydrogens, for what moves there.

    `plain`: it is known that all bonds are single, double, triple or aromatic.
    """
    atoms = list(map(mol.GetAtomWithIdx, range(mol.GetNumAtoms())))
    bonds = list(map(mol.GetBondWithIdx, range(mol.GetNumBonds())))
    facts = [list(map(ask, atoms)) for ask in (_element, _hydrogens, _charge, _isotope)]
    element, hydrogens, charge, isotope = np.array(facts, np.int64).reshape(4, len(atoms))
    if isotope.any():
        isotope = np.array(list(map(_shift, atoms)), np.int64)
    kinds = [_PLAIN[order] for order in map(_order, bonds)] if plain else list(map(int, map(_kind, bonds)))
    ends = [list(map(_begin, bonds)), list(map(_end, bonds)), kinds, list(map(_in_ring, bonds))]
    joined = np.array(ends, np.int64).reshape(4, len(bonds))
    return Graph(element, hydrogens, charge, isotope, *kernels.adjacency(hydrogens, joined))


# Asked of many atoms at once. RDKit makes a Python object of an enumeration, which takes longer than all else.
_element, _hydrogens, _charge = Chem.Atom.GetAtomicNum, Chem.Atom.GetTotalNumHs, Chem.Atom.GetFormalCharge
_isotope, _in_ring = Chem.Atom.GetIsotope, Chem.Bond.IsInRing
_begin, _end, _kind = Chem.Bond.GetBeginAtomIdx, Chem.Bond.GetEndAtomIdx, Chem.Bond.GetBondType
_order = Chem.Bond.GetBondTypeAsDouble
_PLAIN = {1.0: 1, 1.5: AROMATIC, 2.0: 2, 3.0: 3}
_PLAIN_ORDERS = {0, *_PLAIN.values()}


def _shift(atom: Chem.Atom) -> int:
    """How much heavier than the element an isotope is, as RDKit counts it."""
    element = atom.GetAtomicNum()
    return int(atom.GetMass() - Chem.GetPeriodicTable().GetAtomicWeight(element)) if atom.GetIsotope() else 0
