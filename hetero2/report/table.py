"""The table of all molecules, or of the part that fits: rows as JSON that the page's own script sorts and filters."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hetero2.report.cards import reason_in_words
from hetero2.report.text.vocabulary import CALL, STATUS, VERDICT
from hetero2.report.text.words import clipped

Record = dict[str, Any]
BYTES, _ID, _SMILES, _REASON = 1_600_000, 80, 140, 120


class Column(NamedTuple):
    """A column of the table: its key (in summary.csv, or of our own), its heading, and how to read its cells."""

    key: str
    heading: str
    kind: str  # "number", "text", or "drawing", whose cells are empty: the page holds drawings of its first rows


COLUMNS = (
    Column("rank", "rank", "number"),
    Column("structure", "structure", "drawing"),
    Column("id", "id", "text"),
    Column("canonical_smiles", "SMILES", "text"),
    Column("score", "score", "number"),
    Column("p_value", "p", "number"),
    Column("q_value", "q", "number"),
    Column("auc_tie_aware", "AUC", "number"),
    Column("n_decoys_scored", "decoys", "number"),
    Column("tanimoto_median", "similarity", "number"),
    Column("call", "stands out", "text"),
    Column("verdict", "above decoys", "text"),
    Column("status", "status", "text"),
    Column("measured", "measured", "text"),
    Column("why", "why", "text"),
)
_DIGITS = {"p_value": 2, "q_value": 2, "auc_tie_aware": 3, "tanimoto_median": 2}
_LONGEST = {"id": _ID, "why": _REASON, "canonical_smiles": _SMILES}
_TOLD_APART = 0.95  # of different scores, by the digits that are shown


class Table(NamedTuple):
    """The rows as cells in the order of `columns`, the same as JSON, a sentence about those left out, and drawings.

    `drawings`: an inline SVG or nothing for each of the first rows.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    json: str
    caption: str
    drawings: Sequence[str]


def score_digits(scores: Iterable[float]) -> int:
    """The least significant digits, 4 to 12, that tell nearly all different scores apart: energies differ in late ones.

    >>> score_digits([0.71234567, 0.5, 0.25]), score_digits([-1523.8842, -1523.8790])
    (4, 7)
    """
    distinct = set(scores)
    enough = _TOLD_APART * len(distinct)
    return next((n for n in range(4, 12) if len({f"{score:.{n}g}" for score in distinct}) >= enough), 12)


def _rounded(value: float, digits: int) -> float:
    """A number rounded to so many digits, or unchanged where rounding would make it infinite."""
    rounded = float(f"{value:.{digits}g}")
    return rounded if math.isfinite(rounded) else value


def _cell(row: Record, column: Column, digits: int) -> Any:
    if column.kind == "drawing":
        return ""
    if column.key == "why":
        return clipped(reason_in_words(row), _REASON)
    value = row[column.key]
    if column.kind == "number":
        is_count = isinstance(value, int)
        return None if value is None else value if is_count else _rounded(value, _DIGITS.get(column.key, digits))
    if column.key in _WORDS:
        return _WORDS[column.key](value)
    return clipped(value, _LONGEST.get(column.key, _REASON))


_WORDS: Mapping[str, Callable[[str], str]] = {
    "call": CALL.word,
    "verdict": VERDICT.word,
    "status": lambda code: STATUS.get(code, code),
}


def cells(row: Record, digits: int = 12) -> list[Any]:
    """A line of summary.csv as cells: scores to so many digits, codes as words, texts cut where they are long."""
    return [_cell(row, column, digits) for column in COLUMNS]


def as_script(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as JSON that is safe inside a script element: no `<`, no line separators of JavaScript."""
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def fitting(rows: Sequence[Record], limit: int = BYTES) -> list[list[Any]]:
    """The cells of the first rows, as many as fit into `limit` bytes."""
    digits = score_digits(row["score"] for row in rows if row["score"] is not None)
    fitted, size = [], 0
    for row in rows:
        row_cells = cells(row, digits)
        size += len(as_script([row_cells]).encode("utf-8"))
        if size > limit:
            break
        fitted.append(row_cells)
    return fitted


def table(rows: Sequence[Record], caption: str, drawings: Sequence[str] = ()) -> Table:
    """The table of these rows, with drawings of the first of them."""
    shown = fitting(rows)
    return Table(COLUMNS, shown, as_script(shown), caption, drawings[: len(shown)])
