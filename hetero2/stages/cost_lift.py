"""cost-lift: the benefit of acting on the audit, measured on truth (`cost_lift.v1`): a report, or why there is none."""

import argparse
import sys
from pathlib import Path
from typing import Any

from hetero2.errors import InputError
from hetero2.inputs.truth import read_truth
from hetero2.io.contracts import validate
from hetero2.io.csv_reader import read_csv
from hetero2.io.files import pretty_json, write_text
from hetero2.legacy import cost_lift_v1
from hetero2.legacy.cost_lift_v1_library import library_facts
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings

EXAMPLE = "hetero2 cost-lift --summary summary.csv --truth truth.csv --out cost_lift.json"
_COLUMNS = ("id", "status", "verdict", "gate", "slack", "n_decoys_generated", "n_decoys_scored")


def _number(text: str) -> float | None:
    return float(text) if text else None


def _row(row: dict[str, str], hits: dict[str, bool]) -> cost_lift_v1.Row:
    return cost_lift_v1.Row(
        id=row["id"],
        status=sys.intern(row["status"]),
        verdict=sys.intern(row["verdict"]) or None,
        gate=_number(row["gate"]),
        slack=_number(row["slack"]),
        auc=_number(row.get("auc_tie_aware", "")),
        n_decoys_generated=int(row["n_decoys_generated"]),
        n_decoys_scored=int(row["n_decoys_scored"]),
        hit=hits.get(row["id"]),
        score=_number(row.get("score", "")),
    )


def read_rows(summary: Path, hits: dict[str, bool]) -> list[cost_lift_v1.Row]:
    """The rows of a summary.csv (also one of an older release) with their truth."""
    rows = []
    for line, row in read_csv(summary, _COLUMNS):
        try:
            rows.append(_row(row, hits))
        except ValueError as error:
            raise InputError(f"{summary}: line {line}: {error}") from None
    return rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    add_settings(parser, "selection.k", "selection.seed", truth_source="truth.source")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the report or the reason why it was refused, and what the library itself says."""
    rows = read_rows(args.summary, read_truth(args.truth, args.truth_source))
    try:
        report = cost_lift_v1.cost_lift(rows, args.k, args.seed, "summary.csv", "truth.csv")
        validate(report, "cost_lift.v1", str(args.out))
        result: dict[str, Any] = {"report": report, "refused": None}
    except cost_lift_v1.RefusedError as reason:
        logger.warning("cost_lift.v1 refused: %s", reason)
        result = {"report": None, "refused": str(reason)}
    result["library"] = library_facts(rows, args.k)
    write_text(args.out, pretty_json(result))
