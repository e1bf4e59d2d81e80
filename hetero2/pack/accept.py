"""GO or STOP: whether a pack may be released, criterion by criterion. Standard library only, as verify."""

import argparse
import csv
import io
import json
import math
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.errors import ConfigError
from hetero2.pack import verify

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
)
GO, STOP = "GO", "STOP"
Facts = dict[str, Any]


class Criterion(NamedTuple):
    """One question of the contract: what was found, what is needed, and whether that holds."""

    name: str
    value: object
    threshold: str
    met: bool


def _integrity(problems: list[str]) -> Iterator[Criterion]:
    missing = [one for one in problems if "required, but missing" in one or "is required, found" in one]
    sums = [one for one in problems if verify.CHECKSUMS in one or "sha256 is" in one or "listed, but missing" in one]
    rest = [one for one in problems if one not in missing and one not in sums]
    for name, found in (("required_files", missing), ("checksums", sums), ("zip_and_contracts", rest)):
        yield Criterion(name, found[0] if found else "in order", "in order", not found)


def _row_problem(row: dict[str, str]) -> str | None:
    """What is wrong with a line of summary.csv: an OK row has a verdict, and numbers unless that is SKIP."""
    if row["status"] not in ("OK", "SKIP", "ERROR"):
        return f"status {row['status']!r}"
    if row["status"] != "OK" or row["verdict"] == "SKIP":
        return None
    if row["verdict"] not in ("PASS", "FAIL"):
        return f"verdict {row['verdict']!r}"
    try:
        return None if math.isfinite(float(row["slack"])) else f"slack {row['slack']!r}"
    except ValueError:
        return f"slack {row['slack']!r}"


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other)


def _rows(pack: verify.Pack, metrics: Facts) -> Iterator[Criterion]:
    wrong: list[str] = []
    unknown: set[str] = set()
    slacks: list[float] = []
    missing = 0
    with io.TextIOWrapper(pack.open("summary.csv"), encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            problem = _row_problem(row)
            if problem is not None:
                wrong.append(f"{row['id']}: {problem}")
            elif row["status"] == "OK" and row["verdict"] != "SKIP":
                slacks.append(float(row["slack"]))
            if row["status"] == "SKIP" and row["reason"] not in SKIP_REASONS:
                unknown.add(row["reason"])
            missing += row["reason"] == "missing_scores_input"
    yield Criterion("ok_rows_are_whole", wrong[0] if wrong else "all", "status, verdict, slack", not wrong)
    said = metrics["scores_coverage"]["rows_missing_scores_input"], metrics["median_slack"]
    found = missing, statistics.median(slacks) if slacks else None
    agree = said[0] == found[0] and _equal(said[1], found[1])
    yield Criterion("metrics_agree", "yes" if agree else f"{said}, rows give {found}", "as summary.csv", agree)
    yield Criterion("skip_reasons", ", ".join(sorted(unknown)) or "known", "known", not unknown)


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
    """What was agreed with a customer, as the pack records it."""
    agreed = manifest["config"].get("acceptance") or {}
    found = {
        "max_fail_rate": metrics["fail_rate"],
        "min_median_slack": metrics["median_slack"],
        "min_rows_ok": metrics["counts"]["OK"],
    }
    for name, value in found.items():
        limit = agreed.get(name)
        if limit is not None:
            most = name.startswith("max")
            met = value is not None and (value <= limit if most else value >= limit)
            yield Criterion(name, value, f"{'<=' if most else '>='} {limit}", met)


def content(metrics: Facts, manifest: Facts, utility: Facts | None) -> list[Criterion]:
    """The criteria about what a pack says; the others are about its files."""
    return [*_content(metrics, manifest, utility), *_agreed(metrics, manifest)]


def judge(path: Path, problems: list[str] | None = None) -> list[Criterion]:
    """Every criterion of a pack (zip or folder); raises FileNotFoundError where there is nothing at `path`.

    `problems` are those that verify found in it, where it was asked already.
    """
    found = list(_integrity(verify.verify(path) if problems is None else problems))
    opened: list[str] = []
    csv.field_size_limit(verify.MAX_JSON)
    pack = verify.open_folder(path, opened) if path.is_dir() else verify.open_zip(path, opened)
    try:
        if pack is None:
            raise ValueError("it cannot be opened")
        names = ("metrics.json", verify.MANIFEST, "utility_report.json")
        metrics, manifest, utility = (verify.parse_json(pack, name, opened) for name in names)
        if "summary.csv" not in pack.names:
            raise ValueError("summary.csv is not there")
        return [*found, *content(metrics, manifest, utility), *_rows(pack, metrics)]
    except (*verify.UNREADABLE, ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        why = f"cannot be read: {type(error).__name__}: {error}"
        return [*found, Criterion("content", why, "readable", False)]


def outcome(criteria: list[Criterion]) -> str:
    """GO if every criterion is met."""
    return GO if all(one.met for one in criteria) else STOP


def as_json(criteria: list[Criterion]) -> Facts:
    """The judgement as `acceptance.v1`."""
    return {
        "acceptance_schema": "acceptance.v1",
        "outcome": outcome(criteria),
        "criteria": [one._asdict() for one in criteria],
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("pack", type=Path, help="evidence pack: a zip or the folder that it unpacks to")
    parser.add_argument("--json", action="store_true", help="print acceptance.v1 instead of a table")


def run(args: argparse.Namespace) -> int:
    """Print the judgement; 0 for GO, 1 for STOP."""
    if not args.pack.exists():
        raise ConfigError(f"{args.pack}: no such pack")
    criteria = judge(args.pack)
    if args.json:
        print(json.dumps(as_json(criteria), indent=2, sort_keys=True, ensure_ascii=True))
    else:
        for one in criteria:
            value, needed = verify.printable(str(one.value)), verify.printable(one.threshold)
            print(f"  {'met ' if one.met else 'NOT '}  {one.name:<27}{value:<14}  needed: {needed}")
        failed = ", ".join(one.name for one in criteria if not one.met)
        print(f"{outcome(criteria)}{': ' if failed else ''}{failed}")
    return 0 if outcome(criteria) == GO else 1
