"""What decoys_v2 knows of molecules by its own ways, asked of RDKit: independent readings for the tests."""

from functools import cache

from rdkit.Chem import FilterCatalog, rdMolDescriptors


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
