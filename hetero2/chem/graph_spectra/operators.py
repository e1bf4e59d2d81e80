"""Operator descriptors: eigenvalues of matrices on the heavy-atom graph of a molecule.

With D the diagonal of row sums of a symmetric weight matrix W, the operators are
  laplacian            L = D − W, W = 1 for each bond (doi 10.1016/0024-3795(94)90486-3)
  weighted_laplacian   the same with W = bond order (1, 1.5 for aromatic, 2, 3)
  hamiltonian          H = L + diag(V), L the unweighted Laplacian, V = Pauling electronegativity less that of carbon,
                       an on-site term as in Hückel's method
Of each come its smallest and largest eigenvalue, the gap between the two smallest, their mean and standard deviation,
and the heat trace Σ exp(−t λ) / n at four times t. Electronegativities are those of the CRC Handbook of Chemistry and
Physics (97th edition, section 9). They add nothing to the screen that is worth having; docs/screen.md has the figures.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

Floats = NDArray[np.float64]

DECIMALS = 8  # eigenvalues agree to some 1e-12 in any order of the atoms
OPERATORS = ("laplacian", "weighted_laplacian", "hamiltonian")
TIMES = (0.1, 0.3, 1.0, 3.0)
_STATISTICS = ("smallest", "largest", "gap", "mean", "sd", *(f"heat_trace_{time:g}" for time in TIMES))
NAMES = tuple(f"{operator}_{statistic}" for operator in OPERATORS for statistic in _STATISTICS)
# Pauling electronegativity by atomic number; an element that is not here has none that we would vouch for.
ELECTRONEGATIVITY = {
    3: 0.98, 5: 2.04, 6: 2.55, 7: 3.04, 8: 3.44, 9: 3.98, 11: 0.93, 12: 1.31, 13: 1.61, 14: 1.90, 15: 2.19, 16: 2.58,
    17: 3.16, 19: 0.82, 20: 1.00, 25: 1.55, 26: 1.83, 27: 1.88, 28: 1.91, 29: 1.90, 30: 1.65, 32: 2.01, 33: 2.18,
    34: 2.55, 35: 2.96, 50: 1.96, 51: 2.05, 53: 2.66, 78: 2.28, 79: 2.54, 80: 2.00,
}  # fmt: skip
_CARBON = ELECTRONEGATIVITY[6]


class OperatorDescriptors(NamedTuple):
    """values: (27,) in the order of NAMES, or None with the reason why there are none."""

    values: Floats | None
    reason: str | None


def operator_descriptors(mol: Chem.Mol) -> OperatorDescriptors:
    """The descriptors of a sanitised molecule; O(n³) in its heavy atoms.

    None, with the reason `no_atoms` or `no_electronegativity:<symbol>`, where they are not defined.
    """
    heavy: Any = Chem.RemoveHs(mol)
    atoms = [atom for atom in heavy.GetAtoms() if atom.GetAtomicNum() > 1]
    if not atoms:
        return OperatorDescriptors(None, "no_atoms")
    unlisted = sorted({atom.GetSymbol() for atom in atoms if atom.GetAtomicNum() not in ELECTRONEGATIVITY})
    if unlisted:
        return OperatorDescriptors(None, f"no_electronegativity:{unlisted[0]}")
    place = {atom.GetIdx(): row for row, atom in enumerate(atoms)}
    adjacency, orders = np.zeros((2, len(atoms), len(atoms)))
    for bond in heavy.GetBonds():
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if all(end in place for end in ends):
            first, second = (place[end] for end in ends)
            adjacency[first, second] = adjacency[second, first] = 1.0
            orders[first, second] = orders[second, first] = bond.GetBondTypeAsDouble()
    laplacian, weighted = (np.diag(matrix.sum(axis=1)) - matrix for matrix in (adjacency, orders))
    potential = np.array([ELECTRONEGATIVITY[atom.GetAtomicNum()] - _CARBON for atom in atoms])
    parts = [_statistics(matrix) for matrix in (laplacian, weighted, laplacian + np.diag(potential))]
    values: Any = np.round(np.concatenate(parts), DECIMALS) + 0.0
    return OperatorDescriptors(values, None)


def _statistics(matrix: Floats) -> Floats:
    values = np.linalg.eigvalsh(matrix)
    gap = values[1] - values[0] if len(values) > 1 else 0.0
    heat = [np.exp(-time * values).mean() for time in TIMES]
    return np.array([values[0], values[-1], gap, values.mean(), values.std(), *heat])
