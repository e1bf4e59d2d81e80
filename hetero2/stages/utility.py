"""utility: what acting on the audit is worth beside the present practice (`cost_lift.v2`)."""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from hetero2.arguments import natural, positive, price
from hetero2.errors import InputError
from hetero2.files import read_json
from hetero2.log import logger
from hetero2.provenance import file_facts
from hetero2.schemas import write_json
from hetero2.stages.baseline import read_baseline
from hetero2.stages.summary_rows import read_summary
from hetero2.stages.truth import read_truth
from hetero2.stats.enrichment import roc_auc
from hetero2.stats.utility import RESAMPLES, Library, report

EXAMPLE = "hetero2 utility --summary summary.csv --truth truth.csv --cost-lift cost_lift.json --k 50 --out u.json"
_COLUMNS = ("id", "status", "verdict", "slack", "auc_tie_aware", "score", "call", "scaffold")
Record = dict[str, Any]


def library_of(rows: list[Record], hits: dict[str, bool], baseline: dict[str, float] | None) -> Library:
    """The molecules that may be bought: OK, with a score and known truth."""
    chosen = [row for row in rows if row["status"] == "OK" and row["score"] is not None and row["id"] in hits]

    def column(name: str) -> Any:
        return np.array([-np.inf if row[name] is None else row[name] for row in chosen], float)

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


def coverage(rows: list[Record], hits: dict[str, bool]) -> Record:
    """Whether truth is known for all that were scored, or only for what was selected before (verification bias)."""
    scored = [row for row in rows if row["status"] == "OK" and row["score"] is not None]
    known = [row["id"] in hits for row in scored]
    area, _ = roc_auc([row["score"] for row in scored], known)
    reason = None if area is not None else "truth_for_all" if all(known) else "truth_for_none"
    return {
        "status_counts": {key: Counter(row["status"] for row in rows)[key] for key in ("OK", "SKIP", "ERROR")},
        "scored": len(scored),
        "with_truth": sum(known),
        "auc_of_score_for_having_truth": area,
        "reason": reason,
        "verification_bias": abs(area - 0.5) > 0.1 if area is not None else False if known and all(known) else None,
    }


def audited(rows: list[Record]) -> Record:
    """For which molecules the report stands: all of the library, or those of a sample."""
    parts = Counter(row["sample_part"] for row in rows if row["sample_part"])
    if not parts:
        return {"stands_for": "library", "rows": len(rows), "top": None, "random": None}
    return {"stands_for": "sample", "rows": len(rows), "top": parts["top"], "random": parts["random"]}


def limited(utility: Record, population: Record) -> Record:
    """Without what would need all of a library, or a random part of it, where the sample holds its top."""
    if population["top"] and utility.get("extrapolation") is not None:
        return utility | {"extrapolation": None, "extrapolation_reason": "the_audited_rows_are_no_random_sample"}
    return utility


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
    parser.add_argument("--price", type=price, help="price of evaluating one molecule")
    parser.add_argument("--resamples", type=positive, default=RESAMPLES)
    parser.add_argument("--seed", type=natural, default=0)
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write utility_report.json."""
    rows = read_summary(args.summary, _COLUMNS, ["sample_part"])
    hits = read_truth(args.truth, args.truth_source)
    baseline = read_baseline(args.baseline, args.baseline_column) if args.baseline else None
    library = library_of(rows, hits, baseline)
    known = None if library.baseline is None else int(np.isfinite(library.baseline).sum())
    if known is not None and known < min(args.k, len(library.hit)):
        column = f"column {args.baseline_column!r}" if args.baseline_column else "today's filter"
        raise InputError(
            f"{args.baseline}: {column}: {known} of the {len(library.hit)} molecules that may be bought have a score "
            f"in it, too few to buy K = {args.k}",
            "its ids must be those of the library; give more molecules a score, or lower selection.k",
        )
    result = read_json(args.cost_lift)
    document = {
        "report_schema": "cost_lift.v2",
        "cost_lift_v1": {"refused": result["refused"] is not None, "reason": result["refused"]},
        "library": result["library"],
        "truth_coverage": coverage(rows, hits),
        "baseline": {**file_facts("baseline", args.baseline), "with_score": known} if args.baseline else None,
        "price_per_evaluation": args.price,
        "population": (population := audited(rows)),
        "utility": limited(report(library, args.k, args.k_list, args.seed, args.price, args.resamples), population),
    }
    write_json(args.out, document, "cost_lift.v2")
    logger.info("%d molecules with score and truth", document["utility"]["n"])
