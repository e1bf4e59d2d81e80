"""Rows of summary.csv: what of a row follows from the rest of it and from the configuration."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import MANIFEST, PAGES, SUMMARY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import RECOMPUTED, Subject

AUDIT_MARGIN = 0.05  # of hetero_audit.v2
WEIGHTED = "weights_used_in_auc_but_null_q_is_unweighted"
# What many rows have in common, and what a row has of its own.
_SHARED_COLUMNS = (
    "status reason skip_reason verdict gate slack margin n_decoys n_decoys_generated n_decoys_scored warnings_count "
    "auc_tie_aware n_decoys_tied p_value q_value call call_reason m_needed warnings n_decoys_excluded"
).split()
_OWN_COLUMNS = (
    "score id seed_used report_path tanimoto_min tanimoto_median tanimoto_max canonical_smiles structure_hash".split()
)
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 20_000, 300  # shared cells of rows, and their letters
_OF_AUDITED = ("gate", "slack", "margin", "auc_tie_aware", "n_decoys_tied", "p_value")
Cells = dict[str, str]


def gate_of(n_scored: int) -> float:
    """The gate of hetero_audit.v2: the exact 95 % quantile of the null AUC of one among n ≥ 1, plus the margin."""
    return min(1.0, (-(-95 * (n_scored + 1) // 100) - 1) / n_scored + AUDIT_MARGIN)


def n_at_or_above(p_value: float, n_scored: int) -> int | None:
    """How many of n decoys score as high as the molecule, from p = (1 + this) / (n + 1); None for another p."""
    count = round(p_value * (n_scored + 1)) - 1
    return count if 0 <= count <= n_scored and (1 + count) / (n_scored + 1) == p_value else None


def _audit_problems(cells: Cells, n_scored: int) -> Iterator[str]:
    """Of a row that was compared with n decoys: its numbers follow from p and the number of ties."""
    values = {name: float(cells[name]) for name in _OF_AUDITED if cells[name]}
    missing = [name for name in (*_OF_AUDITED, "score") if not cells[name]]
    if missing:
        yield f"{missing[0]} is empty, though the molecule was compared with {n_scored} decoys"
        return
    at_or_above, tied = n_at_or_above(values["p_value"], n_scored), int(values["n_decoys_tied"])
    if at_or_above is None or tied > at_or_above:
        yield f"p_value {cells['p_value']} is none that {n_scored} decoys, {tied} of them tied, can give"
    elif WEIGHTED not in cells["warnings"].split(";"):
        expected = (n_scored - at_or_above + tied / 2) / n_scored
        if values["auc_tie_aware"] != expected:
            yield f"auc_tie_aware is {cells['auc_tie_aware']}, p_value and ties give {expected}"
    if values["margin"] != AUDIT_MARGIN:
        yield f"margin is {cells['margin']}, not {AUDIT_MARGIN}"
    if values["gate"] != gate_of(n_scored):
        yield f"gate is {cells['gate']}, {n_scored} decoys give {gate_of(n_scored)}"
    if values["slack"] != values["auc_tie_aware"] - values["gate"]:
        yield f"slack is {cells['slack']}, auc_tie_aware - gate is {values['auc_tie_aware'] - values['gate']}"
    verdict = "PASS" if values["slack"] >= 0 else "FAIL"
    if cells["verdict"] != verdict:
        yield f"verdict is {cells['verdict']!r}, its slack {cells['slack']} gives {verdict}"


def _status_problems(cells: Cells, n_scored: int) -> Iterator[str]:
    """What each status allows."""
    status, verdict = cells["status"], cells["verdict"]
    if (status == "OK") == bool(cells["reason"]):
        yield f"status {status} with the reason {cells['reason'][:80]!r}"
    if cells["skip_reason"] != (cells["reason"] if status == "SKIP" else ""):
        yield "skip_reason is not the reason of a row that was left out"
    if status == "OK" and n_scored:
        yield from _audit_problems(cells, n_scored)
        return
    if verdict != {"OK": "SKIP", "SKIP": "SKIP", "ERROR": ""}[status]:
        yield f"verdict is {verdict!r}, though nothing was compared"
    filled = [name for name in _OF_AUDITED if cells[name]]
    if filled or n_scored:
        yield f"{filled[0] if filled else 'n_decoys_scored'} has a value, though nothing was compared"
    if status == "OK" and not cells["score"]:
        yield "score is empty, though its status is OK"


def _call_problems(cells: Cells, fdr: Any) -> Iterator[str]:
    call, q_value = cells["call"], cells["q_value"]
    if bool(call) != (cells["status"] == "OK") or bool(call) != bool(cells["call_reason"]):
        yield f"call is {call!r}, call_reason {cells['call_reason'][:80]!r}, status {cells['status']}"
    if (call == "SIGNAL") != (bool(q_value) and isinstance(fdr, (int, float)) and float(q_value) <= fdr):
        yield f"call is {call}, its q_value {q_value or 'is empty'}, and audit.fdr {fdr}"
    if cells["m_needed"] and call != "UNDECIDABLE":
        yield f"m_needed has a value, though the call is {call}"


def _count_problems(cells: Cells) -> Iterator[str]:
    """Counts of decoys and warnings."""
    if cells["n_decoys"] != cells["n_decoys_generated"]:
        yield "n_decoys is not n_decoys_generated"
    if int(cells["n_decoys_scored"]) + int(cells["n_decoys_excluded"] or 0) > int(cells["n_decoys"]):
        yield "more decoys are scored or excluded than there are"
    if int(cells["warnings_count"]) != len(list(filter(None, cells["warnings"].split(";")))):
        yield "warnings_count is not the number of warnings"


def _shared_problems(cells: Cells, fdr: Any) -> Iterator[str]:
    """What follows from the shared columns, and from whether there is a score."""
    yield from _status_problems(cells, int(cells["n_decoys_scored"]))
    yield from _count_problems(cells)
    yield from _call_problems(cells, fdr)


def _structure_problems(lowest: str, median: str, highest: str, smiles: str, structure: str) -> Iterator[str]:
    """The similarities of the decoys, and the structure."""
    if float(lowest or "nan") > float(median or "nan") or float(median or "nan") > float(highest or "nan"):
        yield "its tanimoto_min, _median and _max are not in order"
    if bool(smiles) != bool(structure) or (smiles and hashlib.sha256(smiles.encode()).hexdigest() != structure):
        yield "structure_hash is not the sha256 of canonical_smiles"


class _Expected:
    """What the configuration says of rows: seeds, strategy, pages, level of the calls."""

    def __init__(self, evidence: Evidence) -> None:
        config = evidence.config
        decoys, audit = config.get("decoys"), config.get("audit")
        self.decoys = decoys if isinstance(decoys, dict) else {}
        self.fdr = audit.get("fdr") if isinstance(audit, dict) else None
        source, pack = config.get("input"), config.get("pack")
        self.has_structures = not isinstance(source, dict) or source.get("structures", True) is not False
        self.has_pages = isinstance(pack, dict) and pack.get("artifacts") == "full"
        self.evidence = evidence

    def problems(self, n_row: int, status: str, own: Sequence[str]) -> Iterator[str]:
        """Of one row, counted from 0, with the cells of _OWN_COLUMNS."""
        _, molecule_id, seed_used, report_path, *structure = own
        seed, per_row = self.decoys.get("seed"), self.decoys.get("seed_strategy") != "global"
        if self.has_structures and isinstance(seed, int):
            expected = seed ^ zlib.crc32(molecule_id.encode()) if per_row else seed
            if int(seed_used) != expected:
                yield f"seed_used is {seed_used}, the configuration and its id give {expected}"
        page = f"{PAGES}{n_row:08d}.html" if self.has_pages and status == "OK" else ""
        if report_path != page:
            yield f"report_path is {report_path[:80]!r}, not {page!r}"
        elif page and page not in self.evidence:
            yield f"its page {page} is missing"
        yield from _structure_problems(*structure)


def check_summary_rows(evidence: Evidence, problems: Problems) -> None:
    """Every row by itself; an id occurs once, but for rows that are an error because it occurs again."""
    expected, ids, n_shared = _Expected(evidence), evidence.summary, len(_SHARED_COLUMNS)
    without_problem: set[tuple[str, ...]] = set()  # shared cells, so that they are looked at once
    for n_row, row in enumerate(evidence.rows(SUMMARY, *_SHARED_COLUMNS, *_OWN_COLUMNS)):
        own = row[n_shared:]
        texts: list[str] = []
        score, molecule_id = own[:2]
        shared = (*row[:n_shared], "a score" if score else "")
        if shared not in without_problem:
            cells = dict(zip((*_SHARED_COLUMNS, "score"), shared))
            texts += _shared_problems(cells, expected.fdr)
            is_short = sum(map(len, shared)) <= _LONGEST_REMEMBERED
            if not texts and is_short and len(without_problem) < _MOST_REMEMBERED:
                without_problem.add(shared)
        status, reason = row[:2]
        texts += expected.problems(n_row, status, own)
        first = ids.place(molecule_id)
        if first != n_row and reason not in ("missing_id", "duplicate_id"):
            texts.append(f"its id occurs twice, in row {(first or 0) + 1} too")
        if texts:
            problems.add_all(f"{SUMMARY}: row {n_row + 1}: {molecule_id[:80]!r}: {text}" for text in texts)


SUMMARY_ROWS = (
    Subject(
        f"{SUMMARY}: verdict, slack, gate, margin, auc_tie_aware (unless scores have weights), p_value on its grid",
        RECOMPUTED,
        "p_value, n_decoys_tied and n_decoys_scored of the row",
        (SUMMARY, MANIFEST),
        check_summary_rows,
    ),
    Subject(
        f"{SUMMARY}: structure_hash, seed_used, report_path, warnings_count, ids that occur twice",
        RECOMPUTED,
        "canonical_smiles, id and warnings of the row, and the configuration",
    ),
)
