"""Copies of exact tables (`*_spreadsheet.csv`) with nothing in them that a spreadsheet would run as a formula."""

import csv
import re
from pathlib import Path

from hetero2.io.files import atomic_path

# At the start of a cell, and after what some spreadsheet takes for the end of one: =, +, -, @, and their wide forms.
_FORMULA = re.compile(
    r"(^|[;,|\t\r\n])([\s\"\x00-\x20\xad\u061c\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"
)
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def neutral(cell: str) -> str:
    """A cell with an apostrophe before what a spreadsheet would take for a formula; numbers stay as they are.

    >>> neutral("=1+1"), neutral("-0.25"), neutral("CC(=O)O"), neutral("a;=b")
    ("'=1+1", '-0.25', 'CC(=O)O', "a;'=b")
    """
    return cell if _NUMBER.fullmatch(cell) else _FORMULA.sub(r"\1\2'", cell)


def write(table: Path, out: Path) -> None:
    """Write the neutral copy: UTF-8 with the mark that spreadsheets look for, every cell in quotes. Streams."""
    with (
        table.open(encoding="utf-8", newline="") as source,
        atomic_path(out) as temporary,
        temporary.open("w", encoding="utf-8-sig", newline="") as target,
    ):
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([neutral(cell) for cell in row] for row in csv.reader(source))
