"""Features by a slow, written-out twin."""

import math

import numpy as np
from rdkit import Chem
from rdkit.Chem import AllChem, rdFingerprintGenerator, rdMolDescriptors

from hetero2.chem.count_features import FAMILIES, N_BINS, UNITS_PER_BIT, concatenate, count_features

SMILES = ["C", "CCO", "c1ccccc1C(=O)NC1CCCCC1", "CC(C)(C)c1ccc(O)cc1", "C" * 60]


def test_values_are_logarithms_of_counts() -> None:
    features = count_features(SMILES)
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=3, fpSize=N_BINS, countSimulation=False)
    for row, smiles in enumerate(SMILES):
        counts = generator.GetCountFingerprint(Chem.MolFromSmiles(smiles)).GetNonzeroElements()
        part = slice(features.start[row], features.start[row + 1])
        morgan = features.bins[part] < N_BINS
        stored = dict(zip(features.bins[part][morgan].tolist(), features.values[part][morgan].tolist(), strict=True))
        assert stored == {key: round(math.log2(1 + count) * UNITS_PER_BIT) for key, count in counts.items()}
        assert features.totals[row, 0] == sum(stored.values())


def test_every_family_counts_what_rdkit_counts() -> None:
    """The number of pairs and torsions does not depend on how they are hashed."""
    for row, smiles in enumerate(SMILES[1:4], start=1):
        mol, features = Chem.MolFromSmiles(smiles), count_features(SMILES)
        part = slice(features.start[row], features.start[row + 1])
        counts = np.round(2.0 ** (features.values[part] / UNITS_PER_BIT) - 1)
        sums = [int(counts[features.bins[part] // N_BINS == family].sum()) for family in range(len(FAMILIES))]
        n_atoms = mol.GetNumAtoms()
        assert sums[1] == n_atoms * (n_atoms - 1) // 2
        assert sums[2] == sum(rdMolDescriptors.GetTopologicalTorsionFingerprint(mol).GetNonzeroElements().values())
        assert sums[0] == sum(AllChem.GetMorganFingerprint(mol, 3).GetNonzeroElements().values())


def test_rows_can_be_taken_and_joined() -> None:
    features = count_features(SMILES)
    again = concatenate([features.take([4, 0]), features.take([2])])
    expected = count_features([SMILES[4], SMILES[0], SMILES[2]])
    for stored, computed in zip(again, expected, strict=True):
        np.testing.assert_array_equal(stored, computed)
    assert len(count_features([])) == 0
    assert len(concatenate([])) == 0


def test_an_atom_order_changes_nothing() -> None:
    mol = Chem.MolFromSmiles(SMILES[2])
    order = list(range(mol.GetNumAtoms()))[::-1]
    shuffled = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
    for stored, computed in zip(count_features([SMILES[2]]), count_features([shuffled]), strict=True):
        np.testing.assert_array_equal(stored, computed)
