"""The preview says what RDKit finds once the molecule is built."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from hetero2.chem.decoys_v2 import kernels
from hetero2.chem.decoys_v2.candidates import CandidatePool, Origin
from hetero2.chem.decoys_v2.fragment_frequencies import frequencies
from hetero2.chem.decoys_v2.graph import read_graph
from hetero2.chem.decoys_v2.moves import KINDS
from hetero2.chem.decoys_v2.preview import Fragments
from hetero2.chem.molecules import parse_known
from hetero2.chem.properties import _sascorer, accessibility_and_fragments
from hetero2.chem.similarity import fingerprint, tanimoto

SMILES = [
    "CC(C)Cc1ccc(cc1)C(C)C(=O)NCCOC",
    "C[C@H](NC(=O)c1ccc(Cl)nc1)C(=O)N1CCC(CO)CC1",
    "[NH3+]CCCC(=O)Nc1ccc(S(=O)(=O)N(C)C)cc1C(F)(F)F",
    "Cc1nc2ccc(OCCN3CCOCC3)cc2[nH]1",
    "[13CH3]CCC(=O)OCC#CCCN",
]


@pytest.mark.parametrize("smiles", SMILES)
def test_identifiers_are_those_of_rdkit(smiles):
    mol = Chem.MolFromSmiles(smiles)
    extra = rdFingerprintGenerator.AdditionalOutput()
    extra.AllocateBitInfoMap()
    rdFingerprintGenerator.GetMorganGenerator(radius=2).GetSparseCountFingerprint(mol, additionalOutput=extra)
    layers = Fragments(read_graph(mol)).layers
    expected = {(atom, layer): bit for bit, places in extra.GetBitInfoMap().items() for atom, layer in places}
    assert {place: int(layers[place[1]][place[0]]) for place in expected} == expected


def test_log_frequencies_are_those_of_the_reference():
    log_frequencies = _sascorer()._fscores
    some = list(log_frequencies)[:: max(1, len(log_frequencies) // 5000)]
    asked = [key % 2**32 for key in some] + [1, 2, 3]
    expected = [log_frequencies[key] for key in some] + [log_frequencies.get(key, -4.0) for key in (1, 2, 3)]
    looked_up = [kernels.log_frequency_of(*frequencies(), np.uint64(key)) for key in asked]
    assert looked_up == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("smiles", SMILES)
def test_a_preview_is_true_of_the_molecule_that_is_built(smiles):
    parent = parse_known(Chem.CanonSmiles(smiles))
    pool = CandidatePool(parent, 0)
    pool.fill(40, 40, (), ())
    kinds = set()
    similar, common = pool.column("tanimoto"), pool.column("log_frequency")
    for number in range(0, len(pool), max(1, len(pool) // 60)):
        mol = pool.build(number)
        if mol is None:
            continue
        kinds.add(pool.move(number))
        assert similar[number] == pytest.approx(tanimoto(fingerprint(parent), [fingerprint(mol)])[0], abs=0.02)
        assert common[number] == pytest.approx(accessibility_and_fragments([mol])[0, 1], abs=0.02)
    assert len(kinds) >= 2


def test_every_kind_of_move_is_made_somewhere():
    moves = set()
    for smiles in SMILES:
        pool = CandidatePool(parse_known(Chem.CanonSmiles(smiles)), 0)
        pool.fill(10**6, 10**6, (), ())
        moves |= {pool.move(number) for number in range(len(pool))}
    assert set(KINDS) - {"permute+slide"} <= moves  # that one is rarely among the closest


def test_a_site_outlives_its_molecule():
    origin = Origin(Chem.MolFromSmiles(SMILES[0]))
    assert len(origin.enumerator.slides()) > 0
