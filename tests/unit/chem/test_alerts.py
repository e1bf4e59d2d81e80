"""Alerts looked for in part of the catalogue only, against the whole catalogue."""

import pytest
from rdkit import Chem
from rdkit_ways import alerts as of_the_whole_catalogue

from hetero2.chem import alerts
from hetero2.chem.alerts import Alerts
from hetero2.chem.graph import read_graph
from hetero2.stages.dataset import read_compounds, source_folder

# One molecule for each of many groups that the catalogue names, and drug-like ones.
SMILES = [
    "CCN(CC)N=O", "O=[N+]([O-])c1ccccc1C=CC(=O)C", "CC(=O)Cl", "OO", "CCS", "N#CC(=O)C", "C=C=O", "O=C1C=CC(=O)C=C1",
    "[O-][n+]1ccccc1", "CI", "C[Si](C)(C)Cl", "OB(O)c1ccccc1", "CCOP(=O)(OCC)O", "C#CCN", "N=C=O", "CN=[N+]=[N-]",
    "c1ccc2c(c1)ccc(=O)o2", "NNC(=O)c1ccccc1", "C1OC1CCl", "CC(=O)SC", "S=C(N)N", "Oc1ccccc1O", "C[N+](C)(C)C",
    "O=C1NC(=O)c2ccccc21", "CCCCCCCC", "CC(=O)OC(C)C(=O)OCCC(=O)OC", "Nc1ccc(N)cc1", "c1ccc2c3cccc4cccc(c34)c2c1",
    "C[C-]", "O=S(=O)([O-])CC", "N#CC#N", "[Fe+2]", "C/C=N/O", "C1NC(=O)NC1=O", "CC(=O)n1cnnn1", "FC(F)(F)C(F)(F)F",
]  # fmt: skip


def compounds():
    return [compound.smiles for compound in read_compounds(source_folder())][::20]


@pytest.mark.parametrize("smiles", [*SMILES, *compounds()])
def test_what_is_left_out_cannot_match(smiles):
    mol = Chem.MolFromSmiles(smiles)
    assert Alerts(mol, read_graph(mol)).names(mol) == of_the_whole_catalogue(mol)


def test_the_examples_reach_much_of_the_catalogue():
    assert len(set().union(*(of_the_whole_catalogue(Chem.MolFromSmiles(smiles)) for smiles in SMILES))) >= 40


def test_a_part_is_looked_for():
    mol = Chem.MolFromSmiles("CCOC(=O)c1ccccc1")
    looked_for = Alerts(mol, read_graph(mol))._catalogue.GetNumEntries()
    assert 5 < looked_for < len(alerts._catalogue().entries) / 2


def test_new_alerts_are_those_that_the_molecule_lacks():
    plain, nitroso = Chem.MolFromSmiles("CCN(CO)N=C"), Chem.MolFromSmiles("CCN(CC)N=O")
    assert Alerts(plain, read_graph(plain)).has_new(nitroso)
    assert not Alerts(nitroso, read_graph(nitroso)).has_new(nitroso)
