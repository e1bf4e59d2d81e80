"""audit: can the score tell each molecule of one shard from its decoys (`hetero_audit.v2`)."""

import argparse
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from hetero2.log import logger, progress
from hetero2.stats.ranking import MARGIN, audit
from hetero2.tables import columns, read_parquet, to_table, write_parquet

EXAMPLE = (
    "hetero2 audit --molecules molecules/0000.parquet --scores scores/0000.parquet --run my-run --out audit.parquet"
)
_WEIGHTED = "weights_used_in_auc_but_null_q_is_unweighted"
Record = dict[str, Any]


def _blank(molecule: Record, run_name: str, status: str, reason: str | None) -> Record:
    record = dict.fromkeys(columns("hetero_audit.v2"))
    record |= {
        "row": molecule["row"],
        "dataset_id": molecule["id"],
        "run": run_name,
        "status": status,
        "reason": reason,
    }
    none = dict.fromkeys(("n_pos", "n_neg", "n_decoys_missing", "n_decoys_excluded"), 0)
    return record | {"verdict": "SKIP", **none, "warnings": ""}


def one_molecule(molecule: Record, items: list[Record], run_name: str) -> Record:
    """The audit record of one row; `items` are its scores, the molecule itself first."""
    if molecule["status"] != "OK":
        return _blank(molecule, run_name, molecule["status"], molecule["reason"])
    try:
        return _scored(molecule, items[0], items[1:], run_name)
    except Exception as error:
        logger.exception("row %d", molecule["row"])
        return _blank(molecule, run_name, "ERROR", f"internal_error:{type(error).__name__}")


def _scored(molecule: Record, original: Record, decoys: list[Record], run_name: str) -> Record:
    if original["score"] is None:
        return _blank(molecule, run_name, "SKIP", "missing_scores_input")
    record = _blank(molecule, run_name, "OK", None)
    scored = [item for item in decoys if item["score"] is not None]
    excluded = sum(item["excluded"] is not None for item in decoys)
    missing = len(decoys) - len(scored) - excluded
    record |= {"score": original["score"], "n_pos": 1, "n_neg": len(scored), "n_decoys_missing": missing}
    record["n_decoys_excluded"] = excluded
    left_out = [f"excluded_decoys:{excluded}"] if excluded else []
    if not scored:
        why = "missing_scores_for_all_decoys" if missing else "all_decoys_excluded"
        return record | {"warnings": ";".join([f"skip:{why}", *left_out])}
    scores = np.array([item["score"] for item in scored])
    result = audit(original["score"], original["weight"], scores, np.array([item["weight"] for item in scored]))
    warnings = [f"missing_scores_for_some_decoys:{missing}"] if missing else []
    return record | {
        "verdict": result.verdict,
        "auc_tie_aware": result.auc_tie_aware,
        "gate": result.gate,
        "slack": result.slack,
        "margin": MARGIN,
        "null_q": result.null_q,
        "null_q_method": "exact",
        "perm_q": result.perm_q,
        "rand_q": result.null_q,
        "neg_auc_max": result.neg_auc_max,
        "method": "exact",
        "reps_used": result.reps_used,
        "n_decoys_tied": result.n_decoys_tied,
        "p_value": result.p_value,
        "warnings": ";".join(warnings + left_out + ([_WEIGHTED] if result.weighted else [])),
    }


def by_row(items: Iterable[Record]) -> dict[int, list[Record]]:
    """Score items of each row, the molecule itself first."""
    grouped: dict[int, list[Record]] = defaultdict(list)
    for item in items:
        grouped[item["row"]].append(item)
    return grouped


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, required=True)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--run", dest="run_name", required=True, help="name of the run")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Audit one shard."""
    molecules = read_parquet(args.molecules, "molecule.v1").to_pylist()
    items = by_row(read_parquet(args.scores, "score_item.v1").to_pylist())
    records = [
        one_molecule(molecule, items[molecule["row"]], args.run_name)
        for molecule in progress(molecules, f"audit {args.molecules.stem}")
    ]
    write_parquet(args.out, to_table(records, "hetero_audit.v2"), "hetero_audit.v2")
