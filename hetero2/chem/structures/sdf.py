"""Records of an SD file, V2000 and V3000, as RDKit's supplier reads them; a broken record costs no other."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rdkit import Chem, rdBase

from hetero2.chem.structures import reader
from hetero2.errors import InputError

# What is returned in place of a SMILES; none of these is one.
UNREADABLE, NOT_DEFINED = "unreadable-record", "undefined-record"
_MAX_BLOCK = 10_000_000  # characters; anything longer is not a molecule but a file without record ends
_HEADER_LINES = 3
_VERSION = re.compile(r"V[23]000\s*$")
_COUNTS = re.compile(r"^M  V30 COUNTS +(\d{1,9})", re.MULTILINE)
_TOO_MUCH = re.compile(r"^M  V30 .* (?:CHG=[+-]?\d{3}|MASS=\d{4})", re.MULTILINE)
_MARKS = ("|", "ATTCHPT", "RGROUPS", "ENDPTS", "M  APO", "M  RGP")  # more than the SMILES may have
_PROPERTY = re.compile(r"^M  (CHG|ISO)...(.*)$", re.MULTILINE)
_CONTINUED = re.compile(r"-\r?\nM  V30 ")
_MOST = {"CHG": 99, "ISO": 999}  # what the SMILES reader accepts as well
_FIELDS = Chem.CXSmilesFields
# Dative bonds too: where there is a CXSMILES block, they are in it and not in the SMILES.
_WRITTEN = _FIELDS.CX_ENHANCEDSTEREO | _FIELDS.CX_BOND_ATROPISOMER | _FIELDS.CX_COORDINATE_BONDS


class Record(NamedTuple):
    """A record: its title, and its molecule as text up to and with `M  END`."""

    title: str
    block: str


class _Record:
    """The lines of one record, one after another."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.size = self.outside = 0
        self.ended = self.in_value = self.end_in_value = self.swallowing = False
        self.empty, self.several = True, False

    def closes(self, line: str) -> bool:
        """Take a line; True where it ends the record. In a data item `$$$$` is data, until an empty line."""
        mark = line.startswith("$$$$")
        if not self.ended:
            # In the header, text after `$$$$` makes it a title, as RDKit reads it.
            if mark and (len(self.lines) > _HEADER_LINES or line.strip() == "$$$$"):
                return True
            self._of_block(line)
        elif self.in_value:
            self._of_value(line, mark)
        elif mark:
            return True
        else:
            self._outside(line)
        return False

    def _of_block(self, line: str) -> None:
        self.empty = self.empty and not line.strip()
        self.ended = len(self.lines) > _HEADER_LINES and line.startswith("M  END")  # a title may be anything
        if self.size <= _MAX_BLOCK:  # the line that exceeds the limit is kept, so that the block is seen to be too long
            self.lines.append(line)
        self.size += len(line) + 1

    def _of_value(self, line: str, mark: bool) -> None:
        self.in_value = line != ""
        self.end_in_value = self.end_in_value or mark
        self._look(line, self.end_in_value)
        self.outside = 0

    def _outside(self, line: str) -> None:
        self.in_value = line.strip().startswith(">")
        self.end_in_value = self.end_in_value and not self.in_value
        self._look(line, self.end_in_value or self.outside >= _HEADER_LINES)
        self.outside += 1

    def _look(self, line: str, may_begin: bool) -> None:
        """Whether another molecule, with its three header lines, comes where data should."""
        self.swallowing = self.swallowing or (may_begin and _VERSION.search(line) is not None)
        self.several = self.several or (self.swallowing and line.startswith("M  END"))


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="\n") as handle:
        for line in handle:
            yield line.rstrip("\r\n")


def records(path: Path) -> Iterator[Record]:
    """Every record in order; empty lines at the end of the file are no record.

    Raises UnicodeDecodeError, OSError, and InputError where a record holds several molecules, since one would be lost.
    """
    number, record = 1, _Record()
    for line in _lines(path):
        if record.closes(line):
            yield _finished(path, number, record)
            number, record = number + 1, _Record()
    if not record.empty:
        yield _finished(path, number, record)


def _finished(path: Path, number: int, record: _Record) -> Record:
    if record.several:
        hint = "end every record with a line $$$$, and every data item with an empty line"
        raise InputError(f"{path}: record {number}: holds several molecules", hint)
    title = record.lines[0].strip() if record.lines else ""
    if "\r" in title:
        raise InputError(
            f"{path}: record {number}: its lines end in CR alone", "save the file with line ends LF or CRLF"
        )
    return Record(title, "\n".join(record.lines) + "\n")


def read_block(block: str) -> tuple[str, str | None]:
    """(SMILES or CXSMILES, a reason that the text cannot carry). Run it in a worker with limits.

    The text keeps what the reader of structures must know: stereo groups, atropisomers, atom maps. It is empty for a
    record without atoms, and not a SMILES where RDKit cannot read the record, or it is too large or undefined.
    """
    if _n_atoms(block) > reader.MOST_ATOMS:
        return UNREADABLE, reader.TOO_LARGE
    with rdBase.BlockLogs():
        mol = None if _wraps(block) else Chem.MolFromMolBlock(block)
    if mol is None:
        return UNREADABLE, None
    text: str = Chem.MolToCXSmiles(mol, Chem.SmilesWriteParams(), int(_WRITTEN))
    if not reader.is_defined(mol, text, any(mark in text or mark in block for mark in _MARKS)):
        return NOT_DEFINED, reader.UNDEFINED
    return text, None


def _n_atoms(block: str) -> int:
    """Upper bound of the number of atoms: the count that is given, or one per line."""
    lines = block.count("\n")
    if lines <= reader.MOST_ATOMS or len(block) > _MAX_BLOCK:
        return lines
    counts = _COUNTS.search(block)
    return min(int(counts[1]), lines) if counts else 0  # V2000 has room for three digits


def _wraps(block: str) -> bool:
    """Whether charges or isotopes are too large for RDKit to keep."""
    if "M  V30 " in block and _TOO_MUCH.search(_CONTINUED.sub("", block)):
        return True
    return any(_beyond(_MOST[kind], fields) for kind, fields in _PROPERTY.findall(block))


def _beyond(most: int, fields: str) -> bool:
    values: Iterable[str] = (fields[start + 4 : start + 8] for start in range(0, len(fields), 8))
    return any(abs(int(value)) > most for value in values if value.strip().lstrip("+-").isdecimal())
