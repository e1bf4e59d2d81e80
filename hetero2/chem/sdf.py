"""Records of an SD file as (title, SMILES)."""

from collections.abc import Iterator
from pathlib import Path

from rdkit import Chem, rdBase

from hetero2.errors import InputError

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
    """(title, SMILES) of every record, in order; raises UnicodeDecodeError, OSError, InputError for a missing end mark.

    The SMILES is empty for a record without atoms, and `UNREADABLE` for one that RDKit cannot read.
    """
    for number, text in enumerate(_records(path), start=1):
        title = text.split("\n", 1)[0].strip()
        block, end, rest = text.partition("M  END")
        if "\nM  END" in rest:
            raise InputError(f"{path}: record {number}: holds several molecules", "end every record with a line $$$$")
        with rdBase.BlockLogs():
            mol = Chem.MolFromMolBlock(block + end + "\n") if end else None
        yield title, UNREADABLE if mol is None else Chem.MolToSmiles(mol)
