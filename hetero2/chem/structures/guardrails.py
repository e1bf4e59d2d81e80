"""Which molecules are audited, and why others are not."""

from dataclasses import dataclass, field

from rdkit import Chem

from hetero2.chem.molecules import canonical, fixed_point
from hetero2.chem.structures import reader
from hetero2.chem.structures.salts import largest_fragment


@dataclass(frozen=True)
class Guardrails:
    """Limits of the audit; see config/default.yaml."""

    max_atoms: int = 200
    require_connected: bool = True
    standardise: str = "none"


@dataclass(frozen=True)
class Prepared:
    """A row after the guardrails: `reason` is None where it may be audited; `mol` is read from the canonical SMILES."""

    reason: str | None
    canonical_smiles: str | None = None
    warnings: tuple[str, ...] = ()
    mol: Chem.Mol | None = field(default=None, compare=False, repr=False)


def prepare(text: str, limits: Guardrails) -> Prepared:
    """Read, standardise and check one structure: the first limit that it breaks is its reason.

    `text` is SMILES, or SMILES and a CXSMILES block. Structures from users are prepared in a worker with limits.
    """
    reading = reader.read(text)
    mol, warnings = reading.mol, reading.warnings
    if mol is None:
        return Prepared(reading.reason, None, warnings)
    fragments = len(Chem.GetMolFrags(mol))
    if limits.standardise == "largest_fragment" and fragments > 1:
        mol, fragments = largest_fragment(mol), 1
        warnings = ("standardised_to_largest_fragment", *warnings)
    if mol.GetNumHeavyAtoms() > limits.max_atoms:  # before the canonical SMILES, whose cost grows with the square
        return Prepared(reader.TOO_LARGE, None, warnings)
    smiles = canonical(mol)
    # What is canonical already need not be read and written again, which would cost as much as all before it.
    settled = (smiles, mol) if smiles == text.strip() else fixed_point(smiles)
    if settled is None:
        return Prepared(reader.INVALID, None, warnings)
    reason = "disconnected" if limits.require_connected and fragments > 1 else None
    return Prepared(reason, settled[0], warnings, settled[1])
