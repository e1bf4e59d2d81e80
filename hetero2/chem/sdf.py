"""Records of an SD file as (title, SMILES)."""

from collections.abc import Iterator
from pathlib import Path

from rdkit import Chem, rdBase

UNREADABLE = "unreadable-record"  # no SMILES, so that the row becomes SKIP invalid_smiles
_MAX_RECORD = 10_000_000  # letters; what is longer is no molecule, but a file without record ends


def _records(path: Path) -> Iterator[str]:
    """The text of each record; a last one without end mark counts."""
    lines: list[str] = []
    size = 0
    with path.open(encoding="utf-8-sig") as handle:
        for line in handle:
            if line.startswith("$$$$"):
                yield "".join(lines)
                lines, size = [], 0
            else:
                size += len(line)
                if size <= _MAX_RECORD:
                    lines.append(line)
    if "".join(lines).strip():
        yield "".join(lines)


def read(path: Path) -> Iterator[tuple[str, str]]:
    """(title, SMILES) of every record, in order; raises UnicodeDecodeError and OSError.

    The SMILES is empty for a record without atoms, and `UNREADABLE` for one that RDKit cannot read.
    """
    for text in _records(path):
        title = text.split("\n", 1)[0].strip()
        block, end, _ = text.partition("M  END")
        with rdBase.BlockLogs():
            mol = Chem.MolFromMolBlock(block + end + "\n") if end else None
        yield title, UNREADABLE if mol is None else Chem.MolToSmiles(mol)
