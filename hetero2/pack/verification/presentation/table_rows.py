"""The table of molecules of report.html: each of its rows is one of summary.csv, in the order of the list to send."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import CANDIDATES, REPORT, SUMMARY, TRUTH
from hetero2.pack.verification.presentation.page import Page, shown_table
from hetero2.pack.verification.presentation.wording import cut, with_marks

# Cells of a row in order, as hetero2/report/table.py has them; those not named here are a drawing and a sentence.
_PLACES = {
    "rank": 0,
    "id": 2,
    "canonical_smiles": 3,
    "score": 4,
    "p_value": 5,
    "q_value": 6,
    "auc_tie_aware": 7,
    "n_decoys_scored": 8,
    "tanimoto_median": 9,
    "call": 10,
    "verdict": 11,
    "status": 12,
    "measured": 13,
}
_WIDTH, _MOST_SHOWN = 15, 50
_DIGITS_OF = {"p_value": 2, "q_value": 2, "auc_tie_aware": 3, "tanimoto_median": 2}
_LONGEST_OF = {"id": 80, "canonical_smiles": 140}
_WORDS_OF = {
    "call": {"SIGNAL": "yes", "NO_SIGNAL": "no", "UNDECIDABLE": "not shown"},
    "verdict": {"PASS": "yes", "FAIL": "no", "SKIP": "not shown"},
    "status": {"OK": "audited", "SKIP": "left out", "ERROR": "failed"},
}
_FROM_SUMMARY = tuple(name for name in _PLACES if name not in ("rank", "measured"))
_MOST_WRONG = 5


def _rounded_to(value: float, digits: int) -> float:
    rounded = float(f"{value:.{digits}g}")
    return rounded if math.isfinite(rounded) else value


def _is_shown(name: str, cell: Any, text: str) -> bool:
    """Whether a cell of the table shows a cell of summary.csv."""
    if name in _WORDS_OF:
        return bool(cell == _WORDS_OF[name].get(text, "" if name != "status" else text))
    if name in _LONGEST_OF:
        return isinstance(cell, str) and with_marks(cell) == cut(text, _LONGEST_OF[name])
    if not text:
        return cell is None
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return False
    if name == "n_decoys_scored":
        return cell == int(text)
    digits = [_DIGITS_OF[name]] if name in _DIGITS_OF else range(4, 13)
    return any(cell == _rounded_to(float(text), n) for n in digits)


class _SummaryRows:
    """The rows of summary.csv that a table shows, by rank or by id, and what was measured of each."""

    def __init__(self, evidence: Evidence, ranks: dict[int, str], ids: set[str]) -> None:
        names_due = {*ranks.values(), *ids}
        self.rows: dict[str, list[tuple[str, ...]]] = {}
        for cells in evidence.rows(SUMMARY, *_FROM_SUMMARY):
            if cells[0] in names_due or cut(cells[0], 80) in ids:
                self.rows.setdefault(cut(cells[0], 80), []).append(cells)
        self.hit: dict[str, str] = {}
        if TRUTH in evidence:
            for name, label in evidence.rows(TRUTH, "molecule_id", "expensive_label"):
                if name in names_due or cut(name, 80) in ids:
                    self.hit.setdefault(cut(name, 80), "hit" if label == "PASS" else "no hit")

    def problem(self, row: list[Any]) -> str | None:
        """What of a row of the table is in no row of summary.csv of its id, or None."""
        name = with_marks(str(row[_PLACES["id"]]))
        wrong = None
        for cells in self.rows.get(name, []):
            pairs = zip(_FROM_SUMMARY, cells)
            wrong = next((key for key, text in pairs if not _is_shown(key, row[_PLACES[key]], text)), None)
            if wrong is None:
                measured = self.hit.get(name, "")
                return None if row[_PLACES["measured"]] == measured else f"measured is not {measured!r}"
        return f"{wrong} is not that of {SUMMARY}" if wrong else f"{SUMMARY} has no such molecule"


def table_problems(evidence: Evidence, page: Page) -> Iterator[str]:
    """What of the table contradicts summary.csv, truth.csv, ranked_candidates.csv or the rows that the page shows."""
    rows = json.loads(page.table_json)
    if not isinstance(rows, list) or any(not isinstance(row, list) or len(row) != _WIDTH for row in rows):
        yield f"{REPORT}: its table has rows of another length than {_WIDTH}"
        return
    ranks = [row[0] for row in rows if row[0] is not None]
    if ranks != sorted(set(ranks)) or any(row[0] is not None for row in rows[len(ranks) :]):
        yield f"{REPORT}: the rows of its table are not in the order of the list to send"
    by_rank = _ids_by_rank(evidence, set(ranks))
    expected, n_wrong = _SummaryRows(evidence, by_rank, {with_marks(str(row[_PLACES["id"]])) for row in rows}), 0
    for number, row in enumerate(rows, start=1):
        problem = expected.problem(row)
        if (
            problem is None
            and row[0] is not None
            and cut(by_rank.get(row[0], ""), 80) != with_marks(str(row[_PLACES["id"]]))
        ):
            problem = f"{CANDIDATES} has another molecule at rank {row[0]}"
        if problem is not None and n_wrong < _MOST_WRONG:
            n_wrong += 1
            yield f"{REPORT}: row {number} of its table, {str(row[_PLACES['id']])[:80]!r}: {problem}"
    yield from _shown_problems(rows, page)


def _ids_by_rank(evidence: Evidence, ranks: set[int]) -> dict[int, str]:
    if not evidence.is_readable(CANDIDATES):
        return {}
    pairs = ((int(rank), name) for rank, name in evidence.rows(CANDIDATES, "rank", "id"))
    return {rank: name for rank, name in pairs if rank in ranks}


def _shown_problems(rows: list[list[Any]], page: Page) -> Iterator[str]:
    """The rows that the page shows without its script are the first ones of the table."""
    shown = list(shown_table(page))
    if len(shown) != min(len(rows), _MOST_SHOWN):
        yield f"{REPORT}: the page shows {len(shown)} rows, expected {min(len(rows), _MOST_SHOWN)}"
    for number, (cells, row) in enumerate(zip(shown, rows), start=1):
        texts = ["" if cell is None else str(cell) for cell in row]
        if [" ".join(cell.split()) for cell in (*cells[:1], *cells[2:])] != [
            " ".join(text.split()) for text in (*texts[:1], *texts[2:])
        ]:
            yield f"{REPORT}: row {number} that the page shows is not that of its table"
            return
