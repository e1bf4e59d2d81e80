"""audit: can the score tell each molecule of one shard from its decoys (`hetero_audit.v2`)."""

import argparse
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hetero2.io.tables import columns, from_columns, read_parquet, to_table, write_parquet
from hetero2.runtime.log import logger
from hetero2.stats.audit.ranking import MARGIN, audit, audit_unweighted

EXAMPLE = (
    "hetero2 audit --molecules molecules/0000.parquet --scores scores/0000.parquet --run my-run --out audit.parquet"
)
_WEIGHTED = "weights_used_in_auc_but_null_q_is_unweighted"
CONTRACT, ORIGINAL = "hetero_audit.v2", -1
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


def one_molecule(molecule: Record, items: list[Record], run_name: str) -> Record:
    """The audit record of one row; `items` are its scores, the molecule itself first."""
    if molecule["status"] != "OK":
        score = items[0]["score"] if items else None  # of a molecule that has no decoys: its place in the list
        return _blank(molecule, run_name, molecule["status"], molecule["reason"]) | {"score": score}
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
    if not scored:
        why = "missing_scores_for_all_decoys" if missing else "all_decoys_excluded"
        return record | {"warnings": ";".join([f"skip:{why}", *_left_out(excluded)])}
    scores = np.array([item["score"] for item in scored])
    result = audit(original["score"], original["weight"], scores, np.array([item["weight"] for item in scored]))
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


def plainly(molecules: pa.Table, items: pa.Table, run_name: str) -> tuple[NDArray[np.int64], pa.Table]:
    """(places of the molecules that are audited all at once, their records): the same as `one_molecule` gives.

    These are the OK ones with a score of their own and of a decoy, where each score weighs 1. The items of a molecule
    may stand anywhere. O(items log items).
    """
    n, score = len(molecules), items["score"].to_numpy()
    place = pc.index_in(items["row"], molecules["row"].combine_chunks()).to_numpy()
    original, scored = items["decoy_index"].to_numpy() == ORIGINAL, items["score"].is_valid().to_numpy()
    heavy, excluded = scored & (items["weight"].to_numpy() != 1), items["excluded"].is_valid().to_numpy()
    own, decoys, gone, other = (
        np.bincount(place[which], minlength=n) for which in (original & scored, ~original, ~original & excluded, heavy)
    )
    n_neg = np.bincount(place[scored & ~original], minlength=n)
    ok = pc.equal(molecules["status"], "OK").to_numpy()
    chosen = np.flatnonzero(ok & (own == 1) & (n_neg > 0) & (other == 0))
    here = np.flatnonzero(scored & np.isin(place, chosen))
    here = here[np.lexsort((~original[here], place[here]))]
    starts = np.searchsorted(place[here], chosen)
    found: dict[str, Any] = audit_unweighted(score[here], starts)
    missing = (decoys - n_neg - gone)[chosen]
    known = molecules.take(pa.array(chosen))
    found |= {"row": known["row"], "dataset_id": known["id"], "score": score[here][starts], "rand_q": found["null_q"]}
    found |= {"n_decoys_missing": missing, "n_decoys_excluded": gone[chosen]}
    found["warnings"] = [_warnings(*pair) for pair in zip(missing.tolist(), gone[chosen].tolist(), strict=True)]
    fixed = {"run": run_name, "status": "OK", "margin": MARGIN, "null_q_method": "exact", "method": "exact", "n_pos": 1}
    return chosen, from_columns(CONTRACT, len(chosen), found | fixed)


def audited(molecules: pa.Table, items: pa.Table, run_name: str) -> pa.Table:
    """The audit records of a shard, in the order of its molecules."""
    chosen, plain = plainly(molecules, items, run_name)
    rest = np.setdiff1d(np.arange(len(molecules)), chosen)
    others = molecules.take(pa.array(rest))
    own = by_row(items.filter(pc.is_in(items["row"], value_set=others["row"].combine_chunks())).to_pylist())
    records = [one_molecule(molecule, own[molecule["row"]], run_name) for molecule in others.to_pylist()]
    table = pa.concat_tables([plain, to_table(records, CONTRACT).cast(plain.schema)])
    return table.take(pa.array(np.argsort(np.concatenate([chosen, rest]))))


def _left_out(excluded: int) -> list[str]:
    return [f"excluded_decoys:{excluded}"] if excluded else []


def _warnings(missing: int, excluded: int, weighted: bool = False) -> str:
    some = [f"missing_scores_for_some_decoys:{missing}"] if missing else []
    return ";".join(some + _left_out(excluded) + ([_WEIGHTED] if weighted else []))


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
    table = audited(molecules, read_parquet(args.scores, "score_item.v1"), args.run_name)
    write_parquet(args.out, table, CONTRACT)
    logger.info("%d molecules", len(table))
