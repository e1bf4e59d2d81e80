"""Bemis-Murcko scaffolds."""

from rdkit import Chem, rdBase
from rdkit.Chem.Scaffolds import MurckoScaffold

from hetero2.chem.molecules import canonical


def murcko_scaffold(mol: Chem.Mol) -> str:
    """Canonical SMILES of the Murcko scaffold (doi 10.1021/jm9602928); an acyclic molecule is its own."""
    scaffold: str = MurckoScaffold.MurckoScaffoldSmiles(mol=mol)  # type: ignore[no-untyped-call]
    return scaffold or canonical(mol)


def generic_framework(mol: Chem.Mol) -> str:
    """Canonical SMILES of the Murcko framework with every atom carbon and every bond single; of no ring, the molecule.

    Where such a carbon would have more than four neighbours, as phosphorus and sulfur may, elements and bonds stay.
    """
    scaffold = MurckoScaffold.GetScaffoldForMol(mol)  # type: ignore[no-untyped-call]
    if scaffold.GetNumAtoms() == 0:
        return canonical(mol)
    with rdBase.BlockLogs():
        try:
            return canonical(MurckoScaffold.MakeScaffoldGeneric(scaffold))  # type: ignore[no-untyped-call]
        except Chem.MolSanitizeException:
            return canonical(scaffold)
