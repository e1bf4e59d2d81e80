"""accept: whether a pack is in order, criterion by criterion. Standard library only, like verify."""

import argparse
import contextlib
import csv
import json
import math
import statistics
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.errors import ConfigError
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.command import PACK_HELP, PACK_HINT, add_max_unpacked, pack_at, printable, why_no_pack
from hetero2.pack.verification.container.folders import open_pack
from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.form.json_text import parse_json
from hetero2.pack.verification.form.tables import read_rows
from hetero2.pack.verification.layout import MANIFEST
from hetero2.pack.verification.limits import UNREADABLE
from hetero2.pack.verification.problems import (
    FILES_THERE,
    FORM_HOLDS,
    SUMS_HOLD,
    Problem,
    Problems,
    TooManyProblemsError,
)

EXAMPLE = "hetero2 accept results/value_utility_realtruth/value_utility_realtruth_evidence_pack.zip"
SKIP_REASONS = (
    "missing_smiles",
    "invalid_smiles",
    "too_many_atoms",
    "disconnected",
    "no_decoys_generated",
    "no_hard_decoys_generated",
    "missing_scores_input",
    "not_sampled",
    "undefined_structure",
)
GO, STOP = "GO", "STOP"
PACK = "Is the pack in order?"
IN_WORDS = {  # what people read in place of the name of a criterion
    FILES_THERE: "required files",
    SUMS_HOLD: "checksums",
    FORM_HOLDS: "form of zip, tables and JSON",
    "content": "contents",
    "rows_error": "rows that failed",
    "rows_ok": "rows that were audited",
    "rows_missing_scores_input": "rows without a score",
    "cost_lift_v1": "hits and cost of the list (cost_lift.v1)",
    "max_fail_rate": "share of molecules not above all decoys",
    "min_median_slack": "median slack",
    "min_rows_ok": "rows that were audited",
    "ok_rows_are_whole": "audited rows that are complete",
    "metrics_agree": "counts agree with the rows",
    "skip_reasons": "reasons of rows left out",
}
_SHOWN, _LONGEST = 80, 1000  # characters shown of a cell, and of a line
# Exceptions that a crafted pack can cause besides UNREADABLE.
_BROKEN = (KeyError, TypeError, AttributeError, OverflowError, RecursionError, TooManyProblemsError)
Facts = dict[str, Any]


class Criterion(NamedTuple):
    """One criterion of acceptance: the value in the pack, the value needed, and whether it is met."""

    name: str
    value: object
    threshold: str
    met: bool


def _integrity(problems: list[Problem], is_open: bool) -> Iterator[Criterion]:
    """The criteria about files: of a pack that cannot be opened, nothing but its form was checked."""
    for name in (FILES_THERE, SUMS_HOLD, FORM_HOLDS):
        first = next((str(problem) for problem in problems if problem.criterion == name), None)
        unchecked = not is_open and first is None
        yield Criterion(
            name, "not checked" if unchecked else first or "in order", "in order", is_open and first is None
        )


def _row_problem(status: str, verdict: str, slack: str) -> str | None:
    """What is wrong with a row of summary.csv: an OK row has a verdict, and a slack unless the verdict is SKIP."""
    if status not in ("OK", "SKIP", "ERROR"):
        return f"status {status!r}"
    if status != "OK" or verdict == "SKIP":
        return None
    if verdict not in ("PASS", "FAIL"):
        return f"verdict {verdict!r}"
    try:
        return None if math.isfinite(float(slack)) else f"slack {slack!r}"
    except ValueError:
        return f"slack {slack!r}"


def _equal(actual: float | None, reported: float | None) -> bool:
    if actual is None or reported is None:
        return actual is reported
    return math.isclose(actual, reported)


class _Rows:
    """Totals over the rows of summary.csv; only the first problem with a row is kept."""

    def __init__(self, rows: Iterator[list[str]]) -> None:
        self.wrong: str | None = None
        self.unknown_reasons: set[str] = set()
        self.slacks: list[float] = []
        self.n_missing = 0
        header = next(rows, [])
        needed = itemgetter(*map(header.index, ("id", "status", "reason", "verdict", "slack")))
        for n_row, cells in enumerate(rows, start=1):
            if len(cells) == len(header):
                self._take(*needed(cells))
            else:
                self.wrong = self.wrong or f"row {n_row}: {len(cells)} cells, but the header has {len(header)}"

    def _take(self, name: str, status: str, reason: str, verdict: str, slack: str) -> None:
        problem = _row_problem(status, verdict, slack)
        if problem is not None:
            self.wrong = self.wrong or f"{name[:_SHOWN]}: {problem[:_SHOWN]}"
        elif status == "OK" and verdict != "SKIP":
            self.slacks.append(float(slack))
        if status == "SKIP" and reason not in SKIP_REASONS and len(self.unknown_reasons) < _SHOWN:
            self.unknown_reasons.add(reason[:_SHOWN])
        self.n_missing += reason == "missing_scores_input"


def _rows(pack: Pack, metrics: Facts) -> Iterator[Criterion]:
    rows = _Rows(read_rows(pack, "summary.csv"))
    yield Criterion("ok_rows_are_whole", rows.wrong or "all", "status, verdict, slack", rows.wrong is None)
    metrics_say = metrics["scores_coverage"]["rows_missing_scores_input"], metrics["median_slack"]
    rows_give = rows.n_missing, statistics.median(rows.slacks) if rows.slacks else None
    agree = metrics_say[0] == rows_give[0] and _equal(metrics_say[1], rows_give[1])
    yield Criterion(
        "metrics_agree", "yes" if agree else f"{metrics_say}, rows give {rows_give}", "as summary.csv", agree
    )
    unknown = ", ".join(sorted(rows.unknown_reasons))
    yield Criterion("skip_reasons", unknown or "known", "known", not unknown)


def _content(metrics: Facts, manifest: Facts, utility: Facts | None) -> Iterator[Criterion]:
    counts, coverage = metrics["counts"], metrics["scores_coverage"]
    yield Criterion("rows_error", counts["ERROR"], "= 0", counts["ERROR"] == 0)
    yield Criterion("rows_ok", counts["OK"], ">= 1", counts["OK"] >= 1)
    if manifest["scores"]["source"] == "external":
        missing = coverage["rows_missing_scores_input"]
        yield Criterion("rows_missing_scores_input", missing, "= 0", missing == 0)
    if utility is not None:
        state = utility["cost_lift_v1"]
        yield Criterion("cost_lift_v1", state["reason"] or "computed", "computed", not state["refused"])


def _agreed(metrics: Facts, manifest: Facts) -> Iterator[Criterion]:
    """The limits agreed with a customer, as the pack records them."""
    agreed = manifest["config"].get("acceptance") or {}
    measured = {
        "max_fail_rate": metrics["fail_rate"],
        "min_median_slack": metrics["median_slack"],
        "min_rows_ok": metrics["counts"]["OK"],
    }
    for name, value in measured.items():
        limit = agreed.get(name)
        if limit is not None:
            most = name.startswith("max")
            met = value is not None and (value <= limit if most else value >= limit)
            yield Criterion(name, value, f"{'<=' if most else '>='} {limit}", met)


def content(metrics: Facts, manifest: Facts, utility: Facts | None) -> list[Criterion]:
    """The criteria about the contents of a pack; the others are about its files."""
    return [*_content(metrics, manifest, utility), *_agreed(metrics, manifest)]


def judge(path: Path, problems: list[Problem] | None = None, max_unpacked: int | None = None) -> list[Criterion]:
    """Every criterion of a pack (zip or folder); raises FileNotFoundError if there is nothing at `path`.

    `problems` are those that verify found, if it has run already; `max_unpacked` is as in verify.
    """
    of_pack = verify(path, max_unpacked) if problems is None else problems
    reread = Problems()
    pack = None
    with contextlib.suppress(TooManyProblemsError):
        pack = open_pack(path, reread, max_unpacked)
    integrity = list(_integrity(of_pack, pack is not None))
    if pack is None:
        return [*integrity, Criterion("content", "not checked: the pack cannot be opened", "readable", False)]
    try:
        return [*integrity, *_judge_content(pack, reread)]
    except (csv.Error, *UNREADABLE, *_BROKEN) as error:
        return [*integrity, Criterion("content", f"cannot be read: {_reason(error)}"[:_LONGEST], "readable", False)]


def _reason(error: Exception) -> str:
    """What an exception says, to a person: its class only where its text is that of a program."""
    return f"{type(error).__name__}: {error}" if isinstance(error, _BROKEN) else str(error)


def _judge_content(pack: Pack, problems: Problems) -> Iterator[Criterion]:
    names = ("metrics.json", MANIFEST, "utility_report.json")
    metrics, manifest, utility = (parse_json(pack, name, problems) for name in names)
    if "summary.csv" not in pack:
        raise ValueError("summary.csv is not there")
    yield from content(metrics, manifest, utility)
    yield from _rows(pack, metrics)


def outcome(criteria: list[Criterion]) -> str:
    """GO if every criterion is met, else STOP."""
    return STOP if not_met(criteria) else GO


def not_met(criteria: list[Criterion]) -> list[str]:
    """The names of the criteria that are not met."""
    return [criterion.name for criterion in criteria if not criterion.met]


def named(criterion: str) -> str:
    """A criterion in words, from its name in the files."""
    return IN_WORDS.get(criterion, criterion.replace("_", " "))


def in_words(names_not_met: Iterable[str]) -> str:
    """The outcome for people: yes (GO), or no (STOP) with the criteria that are not met.

    >>> in_words([]), in_words(["rows_error", "skip_reasons"])
    ('Is the pack in order? Yes.', 'Is the pack in order? No: not met: rows that failed; reasons of rows left out.')
    """
    names = "; ".join(named(name) for name in names_not_met)
    return f"{PACK} No: not met: {names}." if names else f"{PACK} Yes."


def as_json(criteria: list[Criterion]) -> Facts:
    """The outcome and its criteria as `acceptance.v1`."""
    return {
        "acceptance_schema": "acceptance.v1",
        "outcome": outcome(criteria),
        "criteria": [criterion._asdict() for criterion in criteria],
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the pack, how to print the outcome, and how much the pack may unpack to."""
    parser.add_argument("pack", type=Path, help=PACK_HELP)
    parser.add_argument("--json", action="store_true", help="print acceptance.v1, with the codes, instead of a table")
    add_max_unpacked(parser)


def run(args: argparse.Namespace) -> int:
    """Print the outcome; return 0 where the pack is in order (GO), else 1 (STOP)."""
    args.pack = pack_at(args.pack)
    if (why := why_no_pack(args.pack)) is not None:
        raise ConfigError(f"{args.pack}: {why}", PACK_HINT)
    criteria = judge(args.pack, max_unpacked=args.max_unpacked)
    if args.json:
        print(json.dumps(as_json(criteria), indent=2, sort_keys=True, ensure_ascii=True))
    else:
        for criterion in criteria:
            value, needed = (printable(str(text)[:_LONGEST]) for text in (criterion.value, criterion.threshold))
            state, name = "met" if criterion.met else "not met", named(criterion.name)
            print(f"  {state:<9}{name:<41}{value:<10}  needed: {needed}")
        print(in_words(not_met(criteria)))
    return 0 if outcome(criteria) == GO else 1
