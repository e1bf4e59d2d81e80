"""Bemis-Murcko scaffolds."""

from rdkit import Chem
from rdkit.Chem import rdMolHash
from rdkit.Chem.Scaffolds import MurckoScaffold

from hetero2.chem.molecules import canonical


def murcko_scaffold(mol: Chem.Mol) -> str:
    """Canonical SMILES of the Murcko scaffold (doi 10.1021/jm9602928); an acyclic molecule is its own."""
    scaffold: str = MurckoScaffold.MurckoScaffoldSmiles(mol=mol)  # type: ignore[no-untyped-call]
    return scaffold or canonical(mol)


def generic_framework(mol: Chem.Mol) -> str:
    """The Murcko framework with all atoms and all bonds alike, as a canonical text; an acyclic molecule is its own."""
    scaffold = MurckoScaffold.GetScaffoldForMol(mol)  # type: ignore[no-untyped-call]
    if scaffold.GetNumAtoms() == 0:
        return canonical(mol)
    text: str = rdMolHash.MolHash(scaffold, rdMolHash.HashFunction.AnonymousGraph)
    return text
