"""What decoys_v2 knows of molecules by its own ways, asked of RDKit: independent readings for the tests."""

from functools import cache

from rdkit import Chem, rdBase
from rdkit.Chem import FilterCatalog, rdMolDescriptors, rdMolHash
from rdkit.Chem.inchi import MolToInchiKey


@cache
def _catalogue():
    return FilterCatalog.FilterCatalog(FilterCatalog.FilterCatalogParams.FilterCatalogs.BRENK)


def alerts(mol):
    """Names of all alerts of the whole catalogue."""
    return {match.GetDescription() for match in _catalogue().GetMatches(mol)}


def properties(mol):
    """Descriptors by name."""
    return {
        "logp": rdMolDescriptors.CalcCrippenDescriptors(mol)[0],
        "rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds(mol),
        "hbond_acceptors": rdMolDescriptors.CalcNumHBA(mol),
        "hbond_donors": rdMolDescriptors.CalcNumHBD(mol),
        "tpsa": rdMolDescriptors.CalcTPSA(mol),
    }


def compound_names(mol):
    """First block of the InChIKey and hashes of tautomers, by RDKit alone."""
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    functions = (rdMolHash.HashFunction.HetAtomTautomer, rdMolHash.HashFunction.HetAtomTautomerv2)
    with rdBase.BlockLogs():
        return {MolToInchiKey(mol)[:14], *(rdMolHash.MolHash(Chem.Mol(flat), function) for function in functions)}
