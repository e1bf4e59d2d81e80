"""audit: can the score tell each molecule of one shard from its decoys (`hetero_audit.v2`)."""

import argparse
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hetero2.io.columns import MOLECULE_INDEX, Ints
from hetero2.io.tables import columns, from_columns, read_parquet, to_table, write_parquet
from hetero2.runtime.log import logger
from hetero2.stats.audit.ranking import MARGIN, audit, audit_unweighted

EXAMPLE = (
    "hetero2 audit --molecules molecules/0000.parquet --scores scores/0000.parquet --run my-run --out audit.parquet"
)
_WEIGHTED = "weights_used_in_auc_but_null_q_is_unweighted"
CONTRACT = "hetero_audit.v2"
Record = dict[str, Any]


def _blank(molecule: Record, run_name: str, status: str, reason: str | None) -> Record:
    record = dict.fromkeys(columns(CONTRACT))
    record |= {
        "row": molecule["row"],
        "dataset_id": molecule["id"],
        "run": run_name,
        "status": status,
        "reason": reason,
    }
    none = dict.fromkeys(("n_pos", "n_neg", "n_decoys_missing", "n_decoys_excluded"), 0)
    return record | {"verdict": "SKIP", **none, "warnings": ""}


def audit_row(molecule: Record, items: list[Record], run_name: str) -> Record:
    """The audit record of one row; `items` are its scores, the molecule itself first.

    A defect in our code becomes the ERROR row of this molecule alone.
    """
    if molecule["status"] != "OK":
        score = items[0]["score"] if items else None  # of a molecule without decoys: its place in the list to send
        return _blank(molecule, run_name, molecule["status"], molecule["reason"]) | {"score": score}
    try:
        return _audit_scored(molecule, items[0], items[1:], run_name)
    except Exception as error:
        logger.exception("row %d", molecule["row"])
        return _blank(molecule, run_name, "ERROR", f"internal_error:{type(error).__name__}")


def _audit_scored(molecule: Record, molecule_item: Record, decoy_items: list[Record], run_name: str) -> Record:
    if molecule_item["score"] is None:
        return _blank(molecule, run_name, "SKIP", "missing_scores_input")
    record = _blank(molecule, run_name, "OK", None)
    scored = [item for item in decoy_items if item["score"] is not None]
    excluded = sum(item["excluded"] is not None for item in decoy_items)
    missing = len(decoy_items) - len(scored) - excluded
    record |= {"score": molecule_item["score"], "n_pos": 1, "n_neg": len(scored), "n_decoys_missing": missing}
    record["n_decoys_excluded"] = excluded
    if not scored:
        why = "missing_scores_for_all_decoys" if missing else "all_decoys_excluded"
        return record | {"warnings": ";".join([f"skip:{why}", *_excluded_warning(excluded)])}
    scores = np.array([item["score"] for item in scored])
    weights = np.array([item["weight"] for item in scored])
    result = audit(molecule_item["score"], molecule_item["weight"], scores, weights)
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
        "warnings": _warnings(missing, excluded, result.weighted),
    }


class _ItemCounts(NamedTuple):
    """How many score items each of n molecules has of a kind; every field is (n,)."""

    molecule_scored: Ints
    decoys: Ints
    decoys_scored: Ints
    decoys_excluded: Ints
    weighted: Ints


def _count_items(items: pa.Table, place: Ints, n: int) -> _ItemCounts:
    """`place` (t,): index of the molecule of each item."""
    is_molecule = items["decoy_index"].to_numpy() == MOLECULE_INDEX
    is_scored, is_excluded = items["score"].is_valid().to_numpy(), items["excluded"].is_valid().to_numpy()
    is_weighted = is_scored & (items["weight"].to_numpy() != 1)
    kinds = (is_molecule & is_scored, ~is_molecule, ~is_molecule & is_scored, ~is_molecule & is_excluded, is_weighted)
    return _ItemCounts(*(np.bincount(place[kind], minlength=n) for kind in kinds))


def _decoy_sets(items: pa.Table, place: Ints, chosen: Ints) -> tuple[NDArray[np.float64], Ints]:
    """(scores (t,), starts (c,)): the scored items of the chosen molecules set by set, in each the molecule first."""
    is_decoy = items["decoy_index"].to_numpy() != MOLECULE_INDEX
    members = np.flatnonzero(items["score"].is_valid().to_numpy() & np.isin(place, chosen))
    members = members[np.lexsort((is_decoy[members], place[members]))]
    return items["score"].to_numpy()[members], np.searchsorted(place[members], chosen)


def audit_unweighted_rows(molecules: pa.Table, items: pa.Table, run_name: str) -> tuple[Ints, pa.Table]:
    """(indices of the molecules that can be audited all at once, their records), the same as `audit_row` gives.

    These are OK, have a score of their own and one of a decoy at least, and all their weights are 1. Items may come in
    any order. O(items log items).
    """
    place = pc.index_in(items["row"], molecules["row"].combine_chunks()).to_numpy()
    counts = _count_items(items, place, len(molecules))
    is_ok = pc.equal(molecules["status"], "OK").to_numpy()
    chosen = np.flatnonzero(is_ok & (counts.molecule_scored == 1) & (counts.decoys_scored > 0) & (counts.weighted == 0))
    scores, starts = _decoy_sets(items, place, chosen)
    values: dict[str, Any] = audit_unweighted(scores, starts)
    excluded = counts.decoys_excluded[chosen]
    missing = (counts.decoys - counts.decoys_scored)[chosen] - excluded
    audited = molecules.take(pa.array(chosen))
    values |= {"row": audited["row"], "dataset_id": audited["id"], "score": scores[starts], "rand_q": values["null_q"]}
    values |= {"n_decoys_missing": missing, "n_decoys_excluded": excluded}
    values["warnings"] = [_warnings(*pair) for pair in zip(missing.tolist(), excluded.tolist(), strict=True)]
    fixed = {"run": run_name, "status": "OK", "margin": MARGIN, "null_q_method": "exact", "method": "exact", "n_pos": 1}
    return chosen, from_columns(CONTRACT, len(chosen), values | fixed)


def audit_shard(molecules: pa.Table, items: pa.Table, run_name: str) -> pa.Table:
    """The audit records of a shard, in the order of its molecules."""
    chosen, unweighted = audit_unweighted_rows(molecules, items, run_name)
    rest = np.setdiff1d(np.arange(len(molecules)), chosen)
    remaining = molecules.take(pa.array(rest))
    items_of = by_row(items.filter(pc.is_in(items["row"], value_set=remaining["row"].combine_chunks())).to_pylist())
    records = [audit_row(molecule, items_of[molecule["row"]], run_name) for molecule in remaining.to_pylist()]
    table = pa.concat_tables([unweighted, to_table(records, CONTRACT).cast(unweighted.schema)])
    return table.take(pa.array(np.argsort(np.concatenate([chosen, rest]))))


def _excluded_warning(excluded: int) -> list[str]:
    return [f"excluded_decoys:{excluded}"] if excluded else []


def _warnings(missing: int, excluded: int, weighted: bool = False) -> str:
    some = [f"missing_scores_for_some_decoys:{missing}"] if missing else []
    return ";".join(some + _excluded_warning(excluded) + ([_WEIGHTED] if weighted else []))


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
    molecules = read_parquet(args.molecules, "molecule.v1", ["row", "id", "status", "reason"])
    table = audit_shard(molecules, read_parquet(args.scores, "score_item.v1"), args.run_name)
    write_parquet(args.out, table, CONTRACT)
    logger.info("%d molecules", len(table))
