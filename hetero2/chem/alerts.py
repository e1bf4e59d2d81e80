"""Structural alerts from RDKit's own catalogue."""

from functools import cache

from rdkit import Chem
from rdkit.Chem import FilterCatalog


@cache
def _catalogue() -> FilterCatalog.FilterCatalog:
    params = FilterCatalog.FilterCatalogParams()
    params.AddCatalog(FilterCatalog.FilterCatalogParams.FilterCatalogs.BRENK)
    return FilterCatalog.FilterCatalog(params)


def alerts(mol: Chem.Mol) -> frozenset[str]:
    """Names of the unwanted groups of Brenk et al. (doi 10.1002/cmdc.200700139) in a molecule."""
    return frozenset(match.GetDescription() for match in _catalogue().GetMatches(mol))


def has_new_alert(mol: Chem.Mol, known: frozenset[str]) -> bool:
    """Whether a molecule has an alert that is not among the known ones."""
    return bool(alerts(mol) - known) if known else bool(_catalogue().HasMatch(mol))
