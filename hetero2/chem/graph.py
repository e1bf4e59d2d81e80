"""A molecule as arrays, so that a thousand rearrangements of it are looked at in one pass.

Atoms are numbered as in the RDKit molecule; number `n` stands for "no atom" and fills unused slots.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

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
    def arrays(self) -> tuple[Ints, Ints, Ints]:
        """For compiled loops: (5, n) element, hydrogens, charge, isotope, ring; (n, d) neighbours and orders."""
        return (
            np.array([self.element, self.hydrogens, self.charge, self.isotope, self.ring]),
            self.neighbour,
            self.order,
        )

    @cached_property
    def lists(self) -> SimpleNamespace:
        """The same as plain lists, which are faster where one number at a time is looked at."""
        return SimpleNamespace(**{field.name: getattr(self, field.name).tolist() for field in fields(self)})

    @property
    def aromatic(self) -> Bools:
        """(n,): atoms with an aromatic bond."""
        found: Bools = (self.order == AROMATIC).any(axis=1)
        return found


def read_graph(mol: Chem.Mol) -> Graph:
    """The arrays of a sanitised molecule; two spare slots an atom, where it has hydrogens, for what moves there."""
    n = mol.GetNumAtoms()
    facts = np.array([_facts(mol.GetAtomWithIdx(a)) for a in range(n)], np.int64).reshape(n, 4)
    ends = [_ends(mol.GetBondWithIdx(b)) for b in range(mol.GetNumBonds())]
    bonds = np.array(ends, np.int64).reshape(-1, 4)
    both = np.stack([bonds, bonds[:, [1, 0, 2, 3]]], axis=1).reshape(-1, 4)
    both = both[np.argsort(both[:, 0], kind="stable")]
    atom = both[:, 0]
    degree: Ints = np.bincount(atom, minlength=n)
    slots = max(4, int((degree + np.minimum(facts[:, 1], 2)).max())) if n else 4
    slot = np.arange(len(both)) - (np.cumsum(degree) - degree)[atom]
    neighbour, order = np.full((n, slots), n, np.int64), np.zeros((n, slots), np.int64)
    cyclic = np.zeros((n, slots), bool)
    neighbour[atom, slot], order[atom, slot], cyclic[atom, slot] = both[:, 1], both[:, 2], both[:, 3] == 1
    ring = np.asarray(cyclic.any(axis=1), np.int64)
    element, hydrogens, charge, isotope = np.ascontiguousarray(facts.T)
    return Graph(element, hydrogens, charge, isotope, ring, degree, neighbour, order, cyclic)


def _facts(atom: Chem.Atom) -> tuple[int, int, int, int]:
    element, shift = atom.GetAtomicNum(), 0
    if atom.GetIsotope():
        shift = int(atom.GetMass() - Chem.GetPeriodicTable().GetAtomicWeight(element))
    return element, atom.GetTotalNumHs(), atom.GetFormalCharge(), shift


def _ends(bond: Chem.Bond) -> tuple[int, int, int, int]:
    return bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), int(bond.GetBondType()), bond.IsInRing()
