"""The table of all molecules, or of the part that fits: rows as JSON that the page's own script sorts and filters."""

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from hetero2.report.cards import reason_in_words
from hetero2.report.text.words import clipped

Record = dict[str, Any]
BYTES, _ID, _SMILES, _REASON = 1_600_000, 80, 140, 120


class Column(NamedTuple):
    """A column of the table: its key (in summary.csv, or of our own), its heading, and how to read its cells."""

    key: str
    heading: str
    kind: str  # "number" or "text"


COLUMNS = (
    Column("rank", "rank", "number"),
    Column("id", "id", "text"),
    Column("status", "status", "text"),
    Column("call", "call", "text"),
    Column("score", "score", "number"),
    Column("p_value", "p", "number"),
    Column("q_value", "q", "number"),
    Column("auc_tie_aware", "AUC", "number"),
    Column("n_decoys_scored", "decoys", "number"),
    Column("tanimoto_median", "similarity", "number"),
    Column("verdict", "verdict", "text"),
    Column("measured", "measured", "text"),
    Column("why", "why", "text"),
    Column("canonical_smiles", "SMILES", "text"),
)
_DIGITS = {"score": 12}  # energies differ in late digits
_LONGEST = {"id": _ID, "why": _REASON, "canonical_smiles": _SMILES}


class Table(NamedTuple):
    """The rows as cells in the order of `columns`, the same as JSON, and a sentence about those left out."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    json: str
    caption: str


def _rounded(value: float, digits: int) -> float:
    """A number rounded to so many digits, or unchanged where rounding would make it infinite."""
    rounded = float(f"{value:.{digits}g}")
    return rounded if math.isfinite(rounded) else value


def _cell(row: Record, column: Column) -> Any:
    value = reason_in_words(row) if column.key == "why" else row[column.key]
    if column.kind == "number":
        return None if value is None else _rounded(float(value), _DIGITS.get(column.key, 5))
    return clipped(value, _LONGEST.get(column.key, _REASON))


def cells(row: Record) -> list[Any]:
    """A line of summary.csv as cells: numbers to five digits, texts cut where they are long."""
    return [_cell(row, column) for column in COLUMNS]


def as_script(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as JSON that is safe inside a script element: no `<`, no line separators of JavaScript."""
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def fitting(rows: Sequence[Record], limit: int = BYTES) -> list[list[Any]]:
    """The cells of the first rows, as many as fit into `limit` bytes."""
    fitted, size = [], 0
    for row in rows:
        row_cells = cells(row)
        size += len(as_script([row_cells]).encode("utf-8"))
        if size > limit:
            break
        fitted.append(row_cells)
    return fitted


def table(rows: Sequence[Record], caption: str) -> Table:
    """The table of these rows."""
    shown = fitting(rows)
    return Table(COLUMNS, shown, as_script(shown), caption)
