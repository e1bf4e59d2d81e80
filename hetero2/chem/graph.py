"""A molecule as arrays, so that a thousand rearrangements of it are looked at in one pass.

Atoms are numbered as in the RDKit molecule; number `n` stands for "no atom" and fills unused slots.
"""

from dataclasses import dataclass

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
    (n, d) atom numbers, n where empty; `order` (n, d) RDKit's bond type numbers, 0 where empty, 12 aromatic.
    """

    element: Ints
    hydrogens: Ints
    charge: Ints
    isotope: Ints
    ring: Ints
    degree: Ints
    neighbour: Ints
    order: Ints

    @property
    def n(self) -> int:
        """Number of heavy atoms."""
        return len(self.element)


def read_graph(mol: Chem.Mol) -> Graph:
    """The arrays of a sanitised molecule; two spare slots an atom, where it has hydrogens, for what moves there."""
    atoms = list(mol.GetAtoms())
    n = len(atoms)
    table = Chem.GetPeriodicTable()
    facts = np.array(
        [
            (
                atom.GetAtomicNum(),
                atom.GetTotalNumHs(),
                atom.GetFormalCharge(),
                int(atom.GetMass() - table.GetAtomicWeight(atom.GetAtomicNum())),
                atom.IsInRing(),
                atom.GetDegree(),
            )
            for atom in atoms
        ],
        dtype=np.int64,
    ).reshape(n, 6)
    degree = facts[:, 5]
    slots = max(4, int((degree + np.minimum(facts[:, 1], 2)).max())) if n else 4
    neighbour, order = np.full((n, slots), n, np.int64), np.zeros((n, slots), np.int64)
    used = [0] * n
    for bond in mol.GetBonds():
        a, b, kind = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), int(bond.GetBondType())
        for one, other in ((a, b), (b, a)):
            neighbour[one, used[one]], order[one, used[one]] = other, kind
            used[one] += 1
    return Graph(
        facts[:, 0],
        facts[:, 1],
        facts[:, 2],
        facts[:, 3],
        facts[:, 4],
        degree,
        neighbour,
        order,
    )


def cuttable(mol: Chem.Mol, graph: Graph, elements: frozenset[int]) -> tuple[list[tuple[int, int]], Bools]:
    """Acyclic single bonds between atoms of `elements` without negative charge; what lies behind each: (bonds, n)."""
    bonds = [
        (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        for bond in mol.GetBonds()
        if bond.GetBondType() == Chem.BondType.SINGLE and not bond.IsInRing()
    ]
    bonds = [(u, v) for u, v in bonds if all(graph.charge[a] >= 0 and graph.element[a] in elements for a in (u, v))]
    sides = np.zeros((len(bonds), graph.n), bool)
    neighbours = [row[: graph.degree[a]].tolist() for a, row in enumerate(graph.neighbour)]
    for number, (u, v) in enumerate(bonds):
        stack, behind = [v], {u, v}
        while stack:
            for other in neighbours[stack.pop()]:
                if other not in behind:
                    behind.add(other)
                    stack.append(other)
        behind.discard(u)
        sides[number, list(behind)] = True
    return bonds, sides
