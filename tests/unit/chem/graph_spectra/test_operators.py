"""Operator descriptors of graphs whose eigenvalues are known in closed form."""

import numpy as np
import pytest
from rdkit import Chem

from hetero2.chem.graph_spectra.operators import ELECTRONEGATIVITY, NAMES, TIMES, operator_descriptors


def _values(smiles: str) -> dict[str, float]:
    values, reason = operator_descriptors(Chem.MolFromSmiles(smiles))
    assert reason is None
    assert values is not None
    return dict(zip(NAMES, values.tolist(), strict=True))


@pytest.mark.parametrize("n", [2, 3, 7])
def test_laplacian_of_a_path(n: int) -> None:
    """λ_k = 2 − 2 cos(π k / n), k = 0 .. n − 1."""
    eigenvalues = 2 - 2 * np.cos(np.pi * np.arange(n) / n)
    values = _values("C" * n)
    assert values["laplacian_smallest"] == pytest.approx(0, abs=1e-8)
    assert values["laplacian_largest"] == pytest.approx(eigenvalues.max(), abs=1e-8)
    assert values["laplacian_gap"] == pytest.approx(eigenvalues[1], abs=1e-8)
    assert values["laplacian_sd"] == pytest.approx(eigenvalues.std(), abs=1e-8)
    for time in TIMES:
        assert values[f"laplacian_heat_trace_{time:g}"] == pytest.approx(np.exp(-time * eigenvalues).mean(), abs=1e-8)


def test_laplacians_of_a_ring() -> None:
    """λ_k = 2 − 2 cos(2π k / n); bonds of benzene have order 1.5."""
    eigenvalues = np.sort(2 - 2 * np.cos(2 * np.pi * np.arange(6) / 6))
    values = _values("c1ccccc1")
    assert values["laplacian_largest"] == pytest.approx(eigenvalues[-1])
    assert values["weighted_laplacian_largest"] == pytest.approx(1.5 * eigenvalues[-1])
    assert values["hamiltonian_largest"] == values["laplacian_largest"]


def test_hamiltonian_of_two_atoms() -> None:
    """Of methanol, [[1, −1], [−1, 1 + v]] with v = χ(O) − χ(C): λ = 1 + v/2 ± √(1 + v²/4)."""
    v = ELECTRONEGATIVITY[8] - ELECTRONEGATIVITY[6]
    values = _values("CO")
    root = np.sqrt(1 + v * v / 4)
    assert values["hamiltonian_smallest"] == pytest.approx(1 + v / 2 - root, abs=1e-8)
    assert values["hamiltonian_largest"] == pytest.approx(1 + v / 2 + root, abs=1e-8)


def test_the_order_of_atoms_changes_nothing() -> None:
    mol = Chem.MolFromSmiles("Cc1ccc(cc1)S(=O)(=O)NC(=O)N1CCCCC1")
    before = operator_descriptors(mol).values
    rng = np.random.default_rng(0)
    for _ in range(20):
        after = operator_descriptors(Chem.RenumberAtoms(mol, rng.permutation(mol.GetNumAtoms()).tolist())).values
        np.testing.assert_array_equal(before, after)


def test_a_missing_element_is_a_reason() -> None:
    assert operator_descriptors(Chem.MolFromSmiles("C[U]")) == (None, "no_electronegativity:U")
    assert operator_descriptors(Chem.MolFromSmiles("[H][H]")) == (None, "no_atoms")
    assert len(NAMES) == 27
