"""Bemis-Murcko scaffolds."""

from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from hetero2.chem.molecules import canonical


def murcko_scaffold(mol: Chem.Mol) -> str:
    """Canonical SMILES of the Murcko scaffold (doi 10.1021/jm9602928); an acyclic molecule is its own."""
    scaffold: str = MurckoScaffold.MurckoScaffoldSmiles(mol=mol)  # type: ignore[no-untyped-call]
    return scaffold or canonical(mol)
