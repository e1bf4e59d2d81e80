"""utility: what acting on the audit is worth beside the present practice (`cost_lift.v2`)."""

import argparse
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from hetero2.arguments import natural, positive
from hetero2.errors import InputError
from hetero2.files import read_json
from hetero2.log import logger
from hetero2.provenance import file_facts
from hetero2.schemas import write_json
from hetero2.stages.input import read_column
from hetero2.stages.truth import read_truth
from hetero2.stats.enrichment import roc_auc
from hetero2.stats.utility import RESAMPLES, Library, report
from hetero2.tables import read_csv

EXAMPLE = "hetero2 utility --summary summary.csv --truth truth.csv --cost-lift cost_lift.json --k 50 --out u.json"
_COLUMNS = ("id", "status", "verdict", "slack", "auc_tie_aware", "score", "call", "scaffold")
Record = dict[str, Any]


def read_baseline(path: Path, column: str | None = None) -> dict[str, float]:
    """Today's filter, larger first: the score of every id; raises InputError with file and line.

    With `column`, `path` is the library: an empty cell is no score, and the first of several rows of an id counts.
    """
    name, found = column or "score", dict[str, float]()
    for line, molecule_id, text in read_column(path, name):
        if column is not None and (not text or molecule_id in found):
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(f"{path}: {line}: {name} is {text!r}, expected a finite number")
        if molecule_id in found:
            raise InputError(f"{path}: {line}: the id {molecule_id!r} was there before")
        found[molecule_id] = value
    return found


def library_of(rows: list[dict[str, str]], hits: dict[str, bool], baseline: dict[str, float] | None) -> Library:
    """The molecules that may be bought: OK, with a score and known truth."""
    chosen = [row for row in rows if row["status"] == "OK" and row["score"] and row["id"] in hits]

    def column(name: str) -> Any:
        return np.array([float(row[name]) if row[name] else -np.inf for row in chosen], float)

    scaffolds = np.array([row["scaffold"] for row in chosen], str)
    today = None if baseline is None else np.array([baseline.get(row["id"], -np.inf) for row in chosen], float)
    return Library(
        score=column("score"),
        hit=np.array([hits[row["id"]] for row in chosen], bool),
        call=np.array([row["call"] for row in chosen], object),
        cluster=np.unique(scaffolds, return_inverse=True)[1].astype(np.int64),
        auc=column("auc_tie_aware"),
        slack=column("slack"),
        passed=np.array([row["verdict"] == "PASS" for row in chosen], bool),
        baseline=today,
    )


def coverage(rows: list[dict[str, str]], hits: dict[str, bool]) -> Record:
    """Whether truth is known for all that were scored, or only for what was selected before (verification bias)."""
    scored = [row for row in rows if row["status"] == "OK" and row["score"]]
    known = [row["id"] in hits for row in scored]
    area, _ = roc_auc([float(row["score"]) for row in scored], known)
    biased = area is not None and abs(area - 0.5) > 0.1
    return {
        "status_counts": {key: Counter(row["status"] for row in rows)[key] for key in ("OK", "SKIP", "ERROR")},
        "scored": len(scored),
        "with_truth": sum(known),
        "auc_of_score_for_having_truth": area,
        "verification_bias": biased,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--truth-source", default="external")
    parser.add_argument("--cost-lift", type=Path, required=True, help="what hetero2 cost-lift wrote")
    parser.add_argument("--baseline", type=Path, help="today's filter: id,score, larger first")
    parser.add_argument("--baseline-column", help="--baseline is the library, and this its column with today's filter")
    parser.add_argument("--k", type=positive, required=True, help="molecules that can be bought: the primary K")
    parser.add_argument("--k-list", type=positive, nargs="*", default=[], help="further K")
    parser.add_argument("--price", type=float, help="price of evaluating one molecule")
    parser.add_argument("--resamples", type=positive, default=RESAMPLES)
    parser.add_argument("--seed", type=natural, default=0)
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write utility_report.json."""
    rows = [row for _, row in read_csv(args.summary, _COLUMNS)]
    hits = read_truth(args.truth, args.truth_source)
    baseline = read_baseline(args.baseline, args.baseline_column) if args.baseline else None
    if baseline is not None and not {row["id"] for row in rows} & set(baseline):
        raise InputError(
            f"{args.baseline}: no molecule of the library has a score of today's filter in it",
            "its column id holds the library's ids",
        )
    result = read_json(args.cost_lift)
    document = {
        "report_schema": "cost_lift.v2",
        "cost_lift_v1": {"refused": result["refused"] is not None, "reason": result["refused"]},
        "library": result["library"],
        "truth_coverage": coverage(rows, hits),
        "baseline": file_facts("baseline", args.baseline) if args.baseline else None,
        "price_per_evaluation": args.price,
        "utility": report(library_of(rows, hits, baseline), args.k, args.k_list, args.seed, args.price, args.resamples),
    }
    write_json(args.out, document, "cost_lift.v2")
    logger.info("%d molecules with score and truth", document["utility"]["n"])
