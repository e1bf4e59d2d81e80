"""utility: the benefit of acting on the audit, compared with present practice (`cost_lift.v2`)."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import InputError
from hetero2.inputs.baseline import read_baseline
from hetero2.inputs.summary_rows import read_summary
from hetero2.inputs.truth import read_truth
from hetero2.io.columns import text_numbers
from hetero2.io.contracts import write_json
from hetero2.io.csv_reader import read_csv
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import read_json
from hetero2.io.tables import columns, number, to_table
from hetero2.runtime.cli_types import positive
from hetero2.runtime.log import logger
from hetero2.runtime.provenance import file_facts
from hetero2.runtime.settings import add_settings
from hetero2.stats.benefit.choosing import Library
from hetero2.stats.benefit.comparison import RESAMPLES
from hetero2.stats.benefit.discordant import inclusion
from hetero2.stats.benefit.enrichment import dense_priority, roc_auc
from hetero2.stats.benefit.hit_curve import curve
from hetero2.stats.benefit.utility import report

EXAMPLE = (
    "hetero2 utility --summary summary.csv --truth truth.csv --cost-lift cost_lift.json "
    "--out utility_report.json --curve hit_curve.csv"
)
COLUMNS = ("id", "status", "verdict", "slack", "auc_tie_aware", "score", "call", "scaffold")
CURVE = "hit_curve.v1"
Record = dict[str, Any]


def library_of(
    rows: pa.Table, hits: dict[str, bool], baseline: dict[str, float] | None, screen: dict[str, float] | None = None
) -> Library:
    """The molecules that may be bought: those with a score and a truth label, audited or not."""
    chosen = rows.filter(pa.array(_scored(rows) & _known(rows, hits)))

    def column(name: str) -> Any:
        return chosen[name].fill_null(-np.inf).to_numpy()

    ids = chosen["id"].to_pylist()
    return Library(
        score=column("score"),
        hit=np.array([hits[molecule_id] for molecule_id in ids], bool),
        call=chosen["call"].to_numpy(),
        cluster=text_numbers(chosen["scaffold"]),
        auc=column("auc_tie_aware"),
        slack=column("slack"),
        passed=pc.equal(chosen["verdict"], "PASS").to_numpy(),
        baseline=_by_id(baseline, ids),
        screen=_by_id(screen, ids),
    )


def _by_id(scores: dict[str, float] | None, ids: list[str]) -> Any:
    return None if scores is None else np.array([scores.get(molecule_id, -np.inf) for molecule_id in ids], float)


def read_screen(path: Path) -> dict[str, float]:
    """The mean of each molecule that the screen has predicted, by id."""
    return {row["id"]: number(row["mean"]) for _, row in read_csv(path, ["id", "mean", "status"]) if row["mean"]}


def _scored(rows: pa.Table) -> Any:
    return rows["score"].is_valid().to_numpy()


def _known(rows: pa.Table, hits: dict[str, bool]) -> Any:
    return np.fromiter(
        (molecule_id in hits for batch in rows["id"].chunks for molecule_id in batch.to_pylist()), bool, len(rows)
    )


def _count(column: pa.ChunkedArray) -> dict[str, int]:
    return {pair["values"]: pair["counts"] for pair in pc.value_counts(column).to_pylist()}


def of_the_list(rows: pa.Table, hits: dict[str, bool], k: int) -> Record | None:
    """Of the K molecules that the list selects: the number with truth, and the number of hits among them.

    Ties count in expectation. None where no row has a score.
    """
    scored = rows.filter(pa.array(_scored(rows)))
    if not len(scored):
        return None
    chosen = inclusion(dense_priority(scored["score"].to_numpy()), min(k, len(scored)))
    labels = np.array([hits.get(molecule_id, np.nan) for molecule_id in scored["id"].to_pylist()], float)
    has_truth = np.isfinite(labels)
    return {
        "k": min(k, len(scored)),
        "with_truth": float(chosen[has_truth].sum()),
        "hits": float((chosen * np.nan_to_num(labels)).sum()),
    }


def coverage(rows: pa.Table, hits: dict[str, bool], k: int) -> Record:
    """Whether truth covers all scored molecules, or mostly those that were selected before (verification bias)."""
    scored, status = _scored(rows), _count(rows["status"])
    has_truth = _known(rows, hits)[scored]
    area, _ = roc_auc(rows["score"].to_numpy()[scored], has_truth)
    everyone = bool(has_truth.all())
    bias = False if len(has_truth) and everyone else None
    return {
        "status_counts": {key: status.get(key, 0) for key in ("OK", "SKIP", "ERROR")},
        "scored": len(has_truth),
        "with_truth": int(has_truth.sum()),
        "of_the_list": of_the_list(rows, hits, k),
        "auc_of_score_for_having_truth": area,
        "reason": None if area is not None else "truth_for_all" if everyone else "truth_for_none",
        "verification_bias": bias if area is None else abs(area - 0.5) > 0.1,
    }


def audited(rows: pa.Table) -> Record:
    """Which molecules the report is about: the library, or a sample of it."""
    parts = _count(rows["sample_part"])
    if not any(parts):
        return {"stands_for": "library", "rows": len(rows), "top": None, "random": None}
    return {"stands_for": "sample", "rows": len(rows), "top": parts.get("top", 0), "random": parts.get("random", 0)}


def limited(utility: Record, population: Record) -> Record:
    """The report without extrapolation where the sample has a top part, and so is not a random one."""
    if population["top"] and "extrapolation" in utility:
        return utility | {"extrapolation": None, "extrapolation_reason": "the_audited_rows_are_no_random_sample"}
    return utility


def curve_rows(library: Library, k: int) -> Iterator[Record]:
    """Rows of hit_curve.csv: hits of every method at a grid of K."""
    for at in curve(library, k):
        for name, result in at["methods"].items():
            yield (
                dict.fromkeys(columns(CURVE))
                | {"k": at["k"], "method": name}
                | {key: result[key] for key in columns(CURVE) if key in result}
            )


def _baseline_facts(args: argparse.Namespace, with_score: int | None) -> Record:
    facts = file_facts("baseline", args.baseline)
    return {**facts, "with_score": with_score, "higher_is_better": args.baseline_higher_is_better}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--cost-lift", type=Path, required=True, help="what hetero2 cost-lift wrote")
    parser.add_argument(
        "--baseline", type=Path, help="today's filter: id,score; with selection.baseline_column, the library"
    )
    parser.add_argument("--screen", type=Path, help="the library ranked by the screen (screen.v1)")
    parser.add_argument("--screen-facts", type=Path, help="what is recorded of the screen")
    add_settings(
        parser,
        "selection.k",
        "selection.k_list",
        "selection.seed",
        "selection.baseline_column",
        "selection.baseline_higher_is_better",
        price="selection.price_per_evaluation",
        truth_source="truth.source",
    )
    parser.add_argument("--resamples", type=positive, default=RESAMPLES)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--curve", type=Path, required=True, help="where to write hits at many K")


def run(args: argparse.Namespace) -> None:
    """Write utility_report.json."""
    rows = read_summary(args.summary, COLUMNS, ["sample_part"])
    hits = read_truth(args.truth, args.truth_source)
    if args.baseline_higher_is_better is None:
        args.baseline_higher_is_better = True
    better = args.baseline_higher_is_better
    baseline = read_baseline(args.baseline, args.baseline_column, better) if args.baseline else None
    library = library_of(rows, hits, baseline, read_screen(args.screen) if args.screen else None)
    n_with_baseline = None if library.baseline is None else int(np.isfinite(library.baseline).sum())
    if n_with_baseline is not None and n_with_baseline < min(args.k, len(library.hit)):
        column = f"column {args.baseline_column!r}" if args.baseline_column else "today's filter"
        raise InputError(
            f"{args.baseline}: {column}: {n_with_baseline} of the {len(library.hit)} molecules that may be bought have "
            f"a score in it, too few to buy K = {args.k}",
            "its ids must be those of the library; give more molecules a score, or lower selection.k",
        )
    result = read_json(args.cost_lift)
    document = {
        "report_schema": "cost_lift.v2",
        "cost_lift_v1": {"refused": result["refused"] is not None, "reason": result["refused"]},
        "library": result["library"],
        "truth_coverage": coverage(rows, hits, args.k),
        "baseline": _baseline_facts(args, n_with_baseline) if args.baseline else None,
        "screen": read_json(args.screen_facts) if args.screen_facts else None,
        "price_per_evaluation": args.price,
        "population": (population := audited(rows)),
        "utility": limited(report(library, args.k, args.k_list, args.seed, args.price, args.resamples), population),
    }
    write_json(args.out, document, "cost_lift.v2")
    write_csv(args.curve, [to_table(curve_rows(library, args.k), CURVE)], CURVE)
    logger.info("%d molecules with score and truth", document["utility"]["n"])
