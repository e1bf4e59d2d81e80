"""SMILES files: `SMILES [|CXSMILES|] [name [further columns]]`, a line each, as RDKit's SmilesMolSupplier reads them.

The white space before the name says how the line is divided: after a tab the name ends at the next tab and may hold
spaces, after spaces it is one word. Blank lines and comments (`#`) are no molecules. The first line may be a header.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hetero2.errors import InputError
from hetero2.io.csv_reader import check_is_text
from hetero2.io.files import check_file
from hetero2.io.tables import open_text, quoted, text_lines

BLANKS = " \t\r\n"
_BREAK = r"(?:[ ]*\t[ ]*|[ ]+)"  # between two columns: a tab, so that a column may be empty, or any number of spaces
_LINE = re.compile(rf"([^ \t]*)(?:{_BREAK}(\|[^|]*\|)(?=[ \t]|$))?({_BREAK}|)(.*)", re.DOTALL)
# Words that name a column of structures; none of them, nor a text that holds "smiles", is a SMILES.
_STRUCTURE = re.compile(r"smiles|smi$|^structure$|^mol(ecule)?$", re.IGNORECASE)
_ID = re.compile(r"(id|ids|name|names|title|identifier|number|code)$", re.IGNORECASE)
_FIRST_HALF = re.compile(r"catalogu?e?|molecule|compound|sample|substance|vendor|zinc|chembl|cas|mol", re.IGNORECASE)


class Line(NamedTuple):
    """A line taken apart: SMILES with its CXSMILES block, the name, and whether further columns follow."""

    smiles: str
    name: str
    more: bool


def divide(line: str) -> Line:
    """A line that is neither blank nor a comment, taken apart.

    >>> divide("CCO |&1:1| ethanol 7.5")
    Line(smiles='CCO |&1:1|', name='ethanol', more=True)
    >>> divide("CCO\\tthe first one\\t7.5")
    Line(smiles='CCO', name='the first one', more=True)
    """
    parts = _LINE.fullmatch(line.rstrip(BLANKS).lstrip(" "))
    if parts is None:
        return Line("", "", False)
    smiles, block, before, rest = parts.groups()
    if block is None and rest.startswith("|"):  # a block that is not closed: no SMILES, and surely no name
        return Line(f"{smiles} {rest}", "", False)
    name, more = _first_column(before, rest)
    return Line(smiles if block in (None, "||") else f"{smiles} {block}", name, more)


def _first_column(before: str, rest: str) -> tuple[str, bool]:
    """(the name, whether there is more) of what follows these blanks."""
    if "\t" in before:
        name, _, more = rest.partition("\t")
        return name.strip(BLANKS), bool(more.strip(BLANKS))
    words = re.split(r"[ \t]+", rest, maxsplit=1)
    return words[0], len(words) > 1


def _is_header(line: str) -> bool:
    """Whether a first line names columns: its first word is the name of a structure, or a later one is `smiles`."""
    first, *later = (word.strip("\"'") for word in re.split(r"[ \t,;]+", line.strip(BLANKS)))
    return bool(_STRUCTURE.search(first)) or any(re.fullmatch(r"\w*smiles", word, re.IGNORECASE) for word in later)


def _check_header(path: Path, number: int, line: str) -> str:
    """The header line; raises InputError where it says that SMILES and name are not the first two columns."""
    text = line.strip(BLANKS)
    names = [name.strip("\"' ") for name in (text.split("\t") if "\t" in text else text.split())]
    where = f"{path}: line {number}: the header is {quoted(text)}"
    hint = "put SMILES first and the id second, or bring the table as .csv with the columns id and smiles"
    if len(names) == 1 and re.search("[,;]", text):
        raise InputError(f"{where}, but the columns of a .smi file are separated by tabs or spaces", hint)
    if not _STRUCTURE.search(names[0]):
        raise InputError(f"{where}, but the first column of a .smi file is the SMILES", hint)
    later = [name for name in names[2:] if _ID.search(name)]
    second = _ID.search(names[1]) or ("\t" not in text and _FIRST_HALF.fullmatch(names[1])) if later else True
    if not second:
        raise InputError(f"{where}, but the second column of a .smi file is the id, not {quoted(names[1])}", hint)
    return text


def read(path: Path) -> Iterator[tuple[int, Line | str]]:
    """Yield (line number, line) of every molecule, and before them (line number, header) where there is a header.

    Raises InputError, with file and line, for what is no UTF-8 text and for a header with the columns in another order.
    """
    check_file(path)
    number, first = 0, True
    try:
        with open_text(path) as handle:
            for number, line in enumerate(text_lines(handle, path), start=1):
                if not line.strip(BLANKS) or line.lstrip(BLANKS).startswith("#"):
                    continue
                if first and _is_header(line):
                    yield number, _check_header(path, number, line)
                else:
                    yield number, divide(line)
                first = False
    except UnicodeDecodeError:
        check_is_text(path)
        raise InputError(f"{path}: near line {number + 1}: not UTF-8", "save the file as UTF-8") from None


def header(path: Path) -> str | None:
    """The header line of a file, if it has one; raises InputError as `read`."""
    line = next((line for _, line in read(path)), None)
    return line if isinstance(line, str) else None


def cannot_hold(name: str) -> str | None:
    """Why a name cannot follow a tab in a SMILES file, or None where it can."""
    for letter, what in (("\t", "a tab"), ("\n", "a line feed"), ("\r", "a carriage return"), ("\0", "a NUL")):
        if letter in name:
            return f"holds {what}"
    if name.startswith("|"):
        return "begins with a bar, which begins a CXSMILES block"
    return "begins or ends with a space" if name.strip(BLANKS) != name else None
