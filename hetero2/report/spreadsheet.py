"""Copies of exact tables (`*_spreadsheet.csv`) with nothing in them that a spreadsheet would run as a formula."""

import csv
import re
from pathlib import Path

from hetero2.io.files import atomic_path

# What may stand before a formula: ends of cells, as some spreadsheet takes them, and what is not shown.
_FILLED = re.compile(r"[;,|\s\"\x00-\x20\xad\u061c\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]+")
_CELL_END = re.compile(r"[;,|\t\r\n]")
_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")  # with which a formula starts: =, +, -, @, and their wide forms
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def neutral(cell: str) -> str:
    """A cell with an apostrophe before what a spreadsheet would take for a formula; numbers stay as they are. O(n).

    >>> neutral("=1+1"), neutral("-0.25"), neutral("CC(=O)O"), neutral("a;=b")
    ("'=1+1", '-0.25', 'CC(=O)O', "a;'=b")
    """
    if not cell or _NUMBER.fullmatch(cell):
        return cell

    def marked(filled: re.Match[str]) -> str:
        text, sign = filled[0], cell[filled.end() : filled.end() + 1]
        return f"{text}'" if sign in _SIGNS and (filled.start() == 0 or _CELL_END.search(text)) else text

    text = _FILLED.sub(marked, cell)
    return f"'{text}" if cell[0] in _SIGNS else text


def write(table: Path, out: Path) -> None:
    """Write the neutral copy: UTF-8 with the mark that spreadsheets look for, every cell in quotes. Streams."""
    with (
        table.open(encoding="utf-8", newline="") as source,
        atomic_path(out) as temporary,
        temporary.open("w", encoding="utf-8-sig", newline="") as target,
    ):
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([neutral(cell) for cell in row] for row in csv.reader(source))
