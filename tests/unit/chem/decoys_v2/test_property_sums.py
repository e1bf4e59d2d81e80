"""Properties summed over environments, against RDKit's descriptors of the molecules that the moves make."""

import numpy as np
import pytest
from rdkit import Chem

from hetero2.chem.decoys_v2 import property_sums
from hetero2.chem.decoys_v2.candidates import CandidatePool, Origin
from hetero2.chem.decoys_v2.moves import still
from hetero2.stages.dataset import read_compounds, source_folder
from tests.unit.chem.rdkit_ways import properties

KINDS = [
    "CC(=O)Nc1ccc(O)cc1", "[NH3+]CCC(=O)[O-]", "O=[N+]([O-])c1ccc(CCN=[N+]=[N-])cc1OCC", "CCCS(=O)(=O)Nc1ccc(OC)cc1",
    "CCOP(=O)(OCC)CCNC(=O)c1ccccc1", "[2H]C([2H])(C)OCCNC(=O)c1ccc([18F])cc1", "C1CC1CCOCC(F)CN", "Cc1c[nH]cn1",
    "CC1CN1C(=O)CO", "C[N+](C)(C)CCOC(=O)CCCN", "CC(C)(C)OC(=N)SCC#N", "O=C(C=Cc1ccco1)c1ccsc1", "C[n+]1cccc(O)c1",
    "CON=C(C)C(F)(F)F", "CC(=O)OC(=O)c1ccncc1", "NC(=O)NO", "C[Si](C)(C)CCOC(=O)CN", "CC(=S)NCC=O",
]  # fmt: skip


# Of each pair an atom of the first looks from near like one of the second, and is another one.
LOOK_ALIKES = [
    ("CC(C)(C)CCNC=O", "[CH2]C(C)(C)CCNC=O"),  # a radical in the place of a methyl
    ("CC(C)(COCCN)C(C)OC", "CC(C)(COCCN)C([2H])([2H])[2H]"),  # a methyl whose hydrogens are atoms
    ("[2H]OCCNC", "[2H]OC(C)=O"),  # a hydrogen that is an atom: of an alcohol, of an acid
]


def compounds():
    return [Chem.CanonSmiles(compound.smiles) for compound in read_compounds(source_folder())][::40]


@pytest.mark.parametrize("smiles", [*KINDS, *compounds()])
def test_properties_are_those_of_the_molecules_that_are_made(smiles):
    pool = CandidatePool(Chem.MolFromSmiles(Chem.CanonSmiles(smiles)), 0)
    pool.fill(20, 20, (), ())
    pool.widen(10)
    numbers = np.arange(len(pool))[:: max(1, len(pool) // 40)]
    properties_of_moves = pool.properties(numbers)
    built = [(place, pool.build(number)) for place, number in enumerate(numbers.tolist())]
    for place, mol in built:
        if mol is not None:
            by_name = dict(zip(property_sums.NAMES, properties_of_moves.values[place], strict=True))
            assert by_name == pytest.approx(properties(mol), abs=1e-6), Chem.MolToSmiles(mol)
    assert not len(pool) or any(mol is not None for _, mol in built)


def test_what_is_known_already_changes_nothing():
    mol = Chem.MolFromSmiles("CC(=O)Nc1ccc(OCC2CC2)cc1")
    values = []
    for _ in range(2):
        values.append(Origin(mol).environments.properties(still(mol.GetNumAtoms())).values)
    property_sums._known.cache_clear()
    values.append(Origin(mol).environments.properties(still(mol.GetNumAtoms())).values)
    assert (values[0] == values[1]).all()
    assert (values[0] == values[2]).all()


@pytest.mark.parametrize("smiles", LOOK_ALIKES)
@pytest.mark.parametrize("turned", [False, True])
def test_what_another_molecule_has_taught_changes_nothing(smiles, turned):
    property_sums._known.cache_clear()
    for mol in map(Chem.MolFromSmiles, smiles[::-1] if turned else smiles):
        values = Origin(mol).environments.properties(still(mol.GetNumAtoms())).values[0]
        assert dict(zip(property_sums.NAMES, values, strict=True)) == pytest.approx(properties(mol), abs=1e-6)


def test_tautomers_share_a_skeleton_and_other_isomers_do_not():
    amide, tautomer, isomer = (
        Origin(mol).environments.properties(still(mol.GetNumAtoms())).skeleton[0]
        for mol in map(Chem.MolFromSmiles, ("CC(=O)Nc1ccccc1", "CC(O)=Nc1ccccc1", "CNC(=O)c1ccccc1"))
    )
    assert amide == tautomer
    assert amide != isomer
