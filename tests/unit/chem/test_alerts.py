"""Alerts looked for in part of the catalogue only, against the whole catalogue."""

import numpy as np
import pytest
from rdkit import Chem

from hetero2.chem import alerts
from hetero2.chem.alerts import Alerts, has_any
from hetero2.chem.decoys_v2.candidates import CandidatePool
from hetero2.chem.decoys_v2.graph import read_graph
from hetero2.chem.decoys_v2.moves import still
from hetero2.stages.dataset import read_compounds, source_folder
from tests.unit.chem.rdkit_ways import alerts as of_the_whole_catalogue

# One molecule for each of many groups that the catalogue names, and drug-like ones.
SMILES = [
    "CCN(CC)N=O", "O=[N+]([O-])c1ccccc1C=CC(=O)C", "CC(=O)Cl", "OO", "CCS", "N#CC(=O)C", "C=C=O", "O=C1C=CC(=O)C=C1",
    "[O-][n+]1ccccc1", "CI", "C[Si](C)(C)Cl", "OB(O)c1ccccc1", "CCOP(=O)(OCC)O", "C#CCN", "N=C=O", "CN=[N+]=[N-]",
    "c1ccc2c(c1)ccc(=O)o2", "NNC(=O)c1ccccc1", "C1OC1CCl", "CC(=O)SC", "S=C(N)N", "Oc1ccccc1O", "C[N+](C)(C)C",
    "O=C1NC(=O)c2ccccc21", "CCCCCCCC", "CC(=O)OC(C)C(=O)OCCC(=O)OC", "Nc1ccc(N)cc1", "c1ccc2c3cccc4cccc(c34)c2c1",
    "C[C-]", "O=S(=O)([O-])CC", "N#CC#N", "[Fe+2]", "C/C=N/O", "C1NC(=O)NC1=O", "CC(=O)n1cnnn1", "FC(F)(F)C(F)(F)F",
]  # fmt: skip
# Isomers of these have alerts that they lack.
MIXED = [
    "NCCCC(=O)OCCOC", "OCCCSCCN", "CCOC(=O)CCN(C)CCO", "C=CCCC(=O)NCCO", "OCCc1ccc(O)cc1N", "FCCCC(=O)NCCOC",
    "N#CCCCOCCO", "O=CCCCNCCN", "CC(=N)CCOCCO", "CS(=O)(=O)CCNCCO", "CC(C)=NCCO", "O=C1CCC(CCN)O1",
    "[2H]C([2H])(C)OCCNC(=O)C",
    "CC(=O)CCC(=O)CCO", "Cc1nnc(CCO)s1", "CCCCOCCN(C)C", "OB(O)CCN", "CP(=O)(O)CCO", "C#CCCC(=O)O", "O=C(O)CCCCC=C",
]  # fmt: skip


def compounds():
    return [compound.smiles for compound in read_compounds(source_folder())][::20]


@pytest.mark.parametrize("smiles", [*SMILES, *compounds()])
def test_what_is_left_out_cannot_match(smiles):
    mol = Chem.MolFromSmiles(smiles)
    assert Alerts(mol, read_graph(mol)).known == of_the_whole_catalogue(mol)


def test_the_examples_reach_much_of_the_catalogue():
    assert len(set().union(*(of_the_whole_catalogue(Chem.MolFromSmiles(smiles)) for smiles in SMILES))) >= 40


def isomers(smiles):
    """Isomers of all kinds of moves, alerts or not, each with the alerts that are looked for in it."""
    mol = Chem.MolFromSmiles(Chem.CanonSmiles(smiles))
    pool = CandidatePool(mol, 0)
    pool.fill(30, 30, (), ())
    pool.widen(30)
    numbers = np.arange(len(pool))[:: max(1, len(pool) // 60)]
    looked_for = Alerts(mol, pool.parent.graph).suspected(pool.properties(numbers).bonds)
    built = [pool.build(number) for number in numbers.tolist()]
    return [(isomer, suspected) for isomer, suspected in zip(built, looked_for, strict=True) if isomer is not None]


def test_new_alerts_of_isomers_are_those_of_the_whole_catalogue_that_the_molecule_lacks():
    seen, entries = set(), []
    for smiles in [*SMILES, *MIXED, *compounds()[::2]]:
        alerts_of_molecule = of_the_whole_catalogue(Chem.MolFromSmiles(smiles))
        for isomer, suspected in isomers(smiles):
            new = of_the_whole_catalogue(isomer) - alerts_of_molecule
            assert has_any(isomer, suspected) == bool(new), (smiles, Chem.MolToSmiles(isomer), new)
            seen |= new
            entries.append(len(suspected))
    assert len(seen) >= 20, "the isomers reach much of the catalogue"
    assert np.mean(entries) < len(alerts._catalogue().entries) / 8, "a part is looked for"


@pytest.mark.parametrize(
    ("smarts", "smiles", "fits"),
    [
        ("[N&H2]", "CN", True),
        ("[N&H2]", "CNC", False),
        ("[O&R0,N&R0]", "C1CO1", False),
        ("[C&X4,C&R0&X3,O]", "C=O", True),
        ("[C&!R]", "C1CC1", False),
        ("[c&R,C&R]", "C1CC1", True),
        ("[R0&D2]", "CCC", True),
        ("[N&+]", "C[NH3+]", True),
        ("[N&+]", "CN", False),
        ("[#7]", "c1ccncc1", True),
        ("[n&X3&+,N&X3&+]", "c1ccncc1", False),
        ("*", "C", True),
        ("[$([C&H2]),$(C([C&X4])[C&X4])]", "N", False),
        ("[$([C&H2]),$(N([C&X4])[C&X4])]", "NC", True),
        ("A", "c1cc[nH]c1", False),
        ("[$([C&H2&$(CN)])]", "N", True),
        ("[S&-]", "C[S-]", True),
        ("[F,Cl,Br,I]", "CBr", True),
        ("[F,Cl,Br,I]", "CB", False),
    ],
)
def test_an_atom_fits_where_one_of_the_molecule_is_described(smarts, smiles, fits):
    """Never False where RDKit finds a match; True only for what is not read."""
    mol = Chem.MolFromSmiles(smiles)
    kinds = [
        alerts.Kind(
            atom.GetAtomicNum(), atom.GetIsAromatic(), int(np.sign(atom.GetFormalCharge())), atom.GetTotalNumHs(),
            atom.GetDegree(), atom.IsInRing(),
        )
        for atom in mol.GetAtoms()
    ]  # fmt: skip
    fitting = any(alerts._fits(smarts, kind) for kind in kinds)
    assert fitting == fits
    assert fitting or not mol.HasSubstructMatch(Chem.MolFromSmarts(smarts))


def test_no_number_of_like_bonds_is_taken_for_none():
    mol = Chem.MolFromSmiles("C" * 8)
    pool = CandidatePool(mol, 0)
    code = pool.parent.environments.properties(still(mol.GetNumAtoms())).bonds[0, 3]  # between two inner atoms
    every = np.ones(len(alerts._catalogue().entries), bool)
    few, many = (alerts._catalogue().possible_by_bonds(np.full((1, n), code), every) for n in (200, 256))
    assert few.any()
    assert (few == many).all()
