"""Descriptors against RDKit's own ways to them."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, Lipinski

from hetero2.chem.decoy_features import BIASES, features
from hetero2.chem.properties import (
    PROPERTIES,
    _sascorer,
    dude_properties,
    fragment_frequency,
    nearest,
    reference_molecules,
    synthetic_accessibility,
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


def test_fragment_frequency_is_the_fragment_part_of_the_sa_score():
    """The SA score without its other parts, in two molecules in which they are plain: ln(atoms / fragments), size."""
    scorer = _sascorer()
    for text in ("CCCCCCCCCC", "c1ccccc1CCNC(=O)C"):
        mol = Chem.MolFromSmiles(text)
        n = mol.GetNumAtoms()
        kinds = len(scorer.mfpgen.GetSparseCountFingerprint(mol).GetNonzeroElements())
        extra = 0.5 * np.log(n / kinds) if n > kinds else 0.0
        raw = fragment_frequency([mol])[0, 0] - (n**1.005 - n) + extra
        expected = 11 - (raw + 5) / 6.5 * 9
        assert synthetic_accessibility([mol])[0] == pytest.approx(max(1.0, expected))


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
