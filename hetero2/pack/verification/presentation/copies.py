"""The copies of tables for spreadsheets: each is the exact table with its formulas made harmless, byte for byte."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.form.tables import read_rows, read_unsplit
from hetero2.pack.verification.layout import SPREADSHEET, SPREADSHEETS, SUMMARY
from hetero2.pack.verification.problems import Problems

# As hetero2/report/spreadsheet.py: at the start of a cell, and after what some spreadsheet takes for the end of one.
_FILLED = re.compile(r"[;,|\s\"\x00-\x20\xad\u061c\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]+")
_CELL_END = re.compile(r"[;,|\t\r\n]")
_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
# A cell that starts with a letter, a digit or a bracket and has no such end within: nearly all, and quickly seen.
_NO_FORMULA = re.compile(r"[\w([{][^;,|\t\r\n]*", re.ASCII)
# After the end of a cell, none that is empty, is a number or starts as above. Looks at one cell at a time, so that it
# needs no memory for rows of many.
_OTHER_CELL = re.compile(r"[,\n](?!\Z|[\w([{,\n]|[-+](?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?:[,\n]|\Z))", re.ASCII)
_END_WITHIN = re.compile(r"[;|\t]")  # of a cell that commas and lines leave whole
_PLAIN_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
COPIES = {SPREADSHEET: SUMMARY, **{name: name.replace("_spreadsheet", "") for name in SPREADSHEETS}}


def harmless(cell: str) -> str:
    """A cell with an apostrophe before what a spreadsheet would take for a formula; numbers stay as they are. O(n)."""
    if not cell or _NO_FORMULA.fullmatch(cell) or _PLAIN_NUMBER.fullmatch(cell):
        return cell

    def marked(filled: re.Match[str]) -> str:
        """What stands between cells, and an apostrophe if a formula follows."""
        text, sign = filled[0], cell[filled.end() : filled.end() + 1]
        starts = filled.start() == 0 or _CELL_END.search(text)
        return f"{text}'" if sign in _SIGNS and starts else text

    text = _FILLED.sub(marked, cell)
    return f"'{text}" if cell[0] in _SIGNS else text


def _in_quotes(rows: list[str]) -> str:
    """Rows that have no quotes, as they stand in a copy: cells harmless and in quotes."""
    text = "\n" + "\n".join(rows)
    if not _END_WITHIN.search(text) and not _OTHER_CELL.search(text):
        return text[1:].replace(",", '","').replace("\n", '"\n"').join(('"', '"\n'))
    if len(rows) > 1:
        return "".join(_in_quotes([row]) for row in rows)
    return '"' + '","'.join(map(harmless, rows[0].split(","))) + '"\n'


def _digest_of_copy(evidence: Evidence, exact: str) -> str:
    """The sha256 that the copy of a table has."""
    sha256 = hashlib.sha256(b"\xef\xbb\xbf")
    for rows in read_unsplit(evidence.pack, exact):
        plain = [row for row in rows if isinstance(row, str)]
        text = io.StringIO(_in_quotes(plain) if plain else "", newline="")
        text.seek(0, io.SEEK_END)
        split = ([harmless(cell) for cell in row] for row in rows if not isinstance(row, str))
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(split)
        sha256.update(text.getvalue().encode("utf-8"))
    return sha256.hexdigest()


def _copied_rows(evidence: Evidence, exact: str) -> Iterator[list[str]]:
    return ([harmless(cell) for cell in row] for row in read_rows(evidence.pack, exact))


def _first_difference(evidence: Evidence, copy: str, exact: str) -> str:
    shown, rows_due = read_rows(evidence.pack, copy), _copied_rows(evidence, exact)
    n_row = 0
    for n_row, row in enumerate(rows_due):
        row_shown = next(shown, None)
        if row_shown != row:
            where = f"row {n_row}" if n_row else "its header"
            return f"{copy}: {where} is not that of {exact}"
    if next(shown, None) is not None:
        return f"{copy}: more rows than the {n_row} of {exact}"
    return f"{copy}: not written as a copy of {exact} is (a mark, every cell in quotes, line feeds)"


def _difference_of_copy(evidence: Evidence, copy: str, exact: str) -> str:
    try:
        return _first_difference(evidence, copy, exact)
    except (csv.Error, ValueError) as error:
        return f"{copy}: not a readable CSV: {error}"


def check_copies(evidence: Evidence, problems: Problems) -> None:
    """Every copy that is there, against its exact table."""
    for copy, exact in COPIES.items():
        if copy not in evidence or not evidence.is_readable(exact):
            continue
        if evidence.pack.sizes[copy] < evidence.pack.sizes[exact]:  # quotes and a mark only add to it
            problems.add(_difference_of_copy(evidence, copy, exact))
            continue
        if _digest_of_copy(evidence, exact) != evidence.digests[copy]:
            problems.add(_difference_of_copy(evidence, copy, exact))
