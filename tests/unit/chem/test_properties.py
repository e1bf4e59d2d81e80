"""Descriptors against RDKit's own ways to them."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, Lipinski

from hetero2.chem.decoy_features import BIASES, features
from hetero2.chem.properties import (
    PROPERTIES,
    _sascorer,
    _stereocentres,
    accessibility_and_fragments,
    dude_properties,
    nearest,
    reference_molecules,
)
from hetero2.chem.similarity import fingerprint

SMILES = ["CC(C)Cc1ccc(cc1)C(C)C(=O)O", "CC(=O)Nc1ccc(O)cc1", "[NH3+]CCC(=O)[O-]", "C1CCC2(CC1)OCCO2"]
MOLS = [Chem.MolFromSmiles(text) for text in SMILES]


def test_properties_are_those_of_the_descriptor_modules():
    table = dude_properties(MOLS)
    assert table.shape == (len(MOLS), len(PROPERTIES))
    for mol, row in zip(MOLS, table, strict=True):
        assert row[0] == pytest.approx(Descriptors.ExactMolWt(mol))
        assert row[1] == pytest.approx(Crippen.MolLogP(mol), abs=1e-6)
        assert row[4] == Lipinski.NumHDonors(mol)
        assert row[5] == 0


def test_the_frequency_of_fragments_is_their_part_of_the_sa_score():
    """The SA score without its other parts, in two molecules in which they are plain: ln(atoms / fragments), size."""
    scorer = _sascorer()
    for text in ("CCCCCCCCCC", "c1ccccc1CCNC(=O)C"):
        mol = Chem.MolFromSmiles(text)
        n = mol.GetNumAtoms()
        kinds = len(scorer.mfpgen.GetSparseCountFingerprint(mol).GetNonzeroElements())
        extra = 0.5 * np.log(n / kinds) if n > kinds else 0.0
        accessibility, frequency, _ = accessibility_and_fragments([mol])[0]
        expected = 11 - (frequency - (n**1.005 - n) + extra + 5) / 6.5 * 9
        assert accessibility == pytest.approx(max(1.0, expected))


def test_the_sa_score_is_that_of_the_contribution_to_the_last_digit():
    rings_and_centres = ["C[C@H](F)C(F)(Cl)Br", "CC1CC(C)CC(C)C1", "C1CCCCCCCCC1", "C1CC2CCC1C2", "[Na+].[Cl-]", "C"]
    mols = [*MOLS, *map(Chem.MolFromSmiles, rings_and_centres), *reference_molecules(200)]
    expected = [_sascorer().calculateScore(Chem.Mol(mol)) for mol in mols]
    assert accessibility_and_fragments(mols)[:, 0].tolist() == expected


@pytest.mark.parametrize("legacy", [True, False])
def test_stereocentres_count_whether_assigned_or_not(legacy):
    before = Chem.GetUseLegacyStereoPerception()
    try:
        Chem.SetUseLegacyStereoPerception(legacy)
        mols = [Chem.MolFromSmiles(text) for text in ("C[C@H](F)C(F)(Cl)Br", "CC(F)Cl", "CCO")]
        assert list(map(_stereocentres, mols)) == [2, 1, 0]
    finally:
        Chem.SetUseLegacyStereoPerception(before)


def test_nearest_leaves_out_what_it_is_told():
    prints = [fingerprint(mol) for mol in MOLS]
    assert nearest(prints, prints) == pytest.approx(np.ones(len(prints)))
    assert (nearest(prints, prints, list(range(len(prints)))) < 1).all()
    assert nearest(prints[:1], []) == pytest.approx([0.0])


def test_the_reference_is_there():
    assert len(reference_molecules(50)) == 50


def test_features_are_one_row_a_structure():
    table = features([("CCOC(=O)CC", ["CCCOC(C)=O", "CCC(=O)OCC"]), ("CCN", ["CNC"])])
    assert table.label.tolist() == [1, 0, 0, 1, 0]
    assert table.set_number.tolist() == [0, 0, 0, 1, 1]
    assert table.bits.shape == (5, 2048)
    assert table.biases.shape == (5, len(BIASES))
    assert len(table.doppelganger) == 3
