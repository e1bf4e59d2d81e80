"""Which molecules are audited at all."""

from dataclasses import dataclass

from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize

from hetero2.chem.mol import canonical, parse


@dataclass(frozen=True)
class Guardrails:
    """Limits of the audit; see config/default.yaml."""

    max_atoms: int = 200
    require_connected: bool = True
    standardise: str = "none"


@dataclass(frozen=True)
class Prepared:
    """A row after the guardrails: `reason` is None where it may be audited."""

    reason: str | None
    canonical_smiles: str | None = None
    warnings: tuple[str, ...] = ()


def _largest_fragment(mol: Chem.Mol) -> Chem.Mol:
    with rdBase.BlockLogs():
        return rdMolStandardize.LargestFragmentChooser().choose(mol)


def prepare(smiles: str, limits: Guardrails) -> Prepared:
    """Parse, standardise and check one SMILES: the first limit that it breaks is its reason."""
    text = smiles.strip()
    if not text:
        return Prepared("missing_smiles")
    mol = parse(text)
    if mol is None or mol.GetNumAtoms() == 0:
        return Prepared("invalid_smiles")
    warnings: tuple[str, ...] = ()
    if limits.standardise == "largest_fragment" and len(Chem.GetMolFrags(mol)) > 1:
        mol, warnings = _largest_fragment(mol), ("standardised_to_largest_fragment",)
    if mol.GetNumHeavyAtoms() > limits.max_atoms:  # before the canonical SMILES, whose cost grows with the square
        return Prepared("too_many_atoms", None, warnings)
    smiles = canonical(mol)
    if limits.require_connected and len(Chem.GetMolFrags(mol)) > 1:
        return Prepared("disconnected", smiles, warnings)
    return Prepared(None, smiles, warnings)
