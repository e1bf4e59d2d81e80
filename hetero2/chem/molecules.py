"""Molecules from SMILES and back, with RDKit's log held back."""

import hashlib

from rdkit import Chem, rdBase

Mol = Chem.Mol
RDKIT_VERSION: str = rdBase.rdkitVersion


def parse(smiles: str) -> Chem.Mol | None:
    """A sanitised molecule, or None where `smiles` is not valid; white space inside is not valid."""
    if not smiles or any(letter.isspace() for letter in smiles):
        return None
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(smiles)


def parse_known(canonical_smiles: str) -> Chem.Mol:
    """The molecule of a SMILES that RDKit wrote itself; anything else is a defect of the caller."""
    mol = parse(canonical_smiles)
    if mol is None:
        raise ValueError(f"not a canonical SMILES: {canonical_smiles!r}")
    return mol


def canonical(mol: Chem.Mol) -> str:
    """RDKit's canonical isomeric SMILES; of some caged and conjugated molecules RDKit reads it as another one."""
    return Chem.MolToSmiles(mol)


def fixed_point(smiles: str) -> tuple[str, Chem.Mol] | None:
    """The canonical SMILES that stays what it is when it is read and written again, and its molecule.

    `smiles` is one that RDKit wrote. Reading and writing are repeated until one comes back; of several that lead to
    each other it is the first in the order of their letters. None where RDKit cannot read what it wrote.
    """
    trail: dict[str, Chem.Mol] = {}
    while smiles not in trail:
        mol = parse(smiles)
        if mol is None:
            return None
        trail[smiles] = mol
        smiles = canonical(mol)
    texts = list(trail)
    first = min(texts[texts.index(smiles) :])
    return first, trail[first]


def structure_hash(canonical_smiles: str) -> str:
    """Identity of a structure: lower-case hex sha256 of its canonical SMILES."""
    return hashlib.sha256(canonical_smiles.encode("utf-8")).hexdigest()
