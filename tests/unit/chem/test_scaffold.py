"""Murcko scaffolds and generic frameworks."""

from rdkit import Chem

from hetero2.chem.scaffold import generic_framework


def framework(smiles):
    return generic_framework(Chem.MolFromSmiles(smiles))


def test_a_generic_framework_forgets_elements_bonds_and_side_chains():
    assert framework("c1ccccc1C") == framework("C1CCNCC1CCO") == framework("c1ccncc1")
    assert framework("c1ccccc1") != framework("c1ccsc1")
    assert framework("c1ccccc1CCc1ccccc1") != framework("c1ccccc1Cc1ccccc1")


def test_an_acyclic_molecule_is_its_own():
    assert framework("OCC") == "CCO"
    assert framework("CCC") != framework("CCO")


def test_an_atom_of_many_bonds_in_a_ring_is_as_good_as_any():
    assert framework("F[P]1(F)(F)CCCC1") == framework("C1CCCC1")
