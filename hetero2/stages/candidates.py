"""candidates: the list that a team sends downstream, in order, and the decoys of those selected."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hetero2.arguments import positive
from hetero2.chem.bins import hardness
from hetero2.csv_files import write_csv
from hetero2.errors import ConfigError
from hetero2.files import sha256_bytes
from hetero2.log import logger
from hetero2.stages.summary_rows import read_summary
from hetero2.stats.enrichment import dense_priority, order_candidates
from hetero2.tables import columns, read_parquet, to_table

EXAMPLE = (
    "hetero2 candidates --summary summary.csv --decoys decoys/*.parquet --scores scores/*.parquet --k 50 "
    "--out ranked_candidates.csv --selected-decoys selected_decoys.csv"
)
_COLUMNS = ("id", "status", "score", "call", "call_reason", "canonical_smiles", "structure_hash", "tanimoto_median")
_DECOYS = "selected_decoys.v1"
Record = dict[str, Any]


def ranked(rows: list[Record], sizes: list[int]) -> list[Record]:
    """Molecules with a score: NO_SIGNAL last, then by score; ties by structure hash, which knows no label."""
    scored = [row for row in rows if row["status"] == "OK" and row["score"] is not None]
    if not scored:
        return []
    kept = np.array([row["call"] != "NO_SIGNAL" for row in scored])
    priority = dense_priority(kept, np.array([row["score"] for row in scored]))
    keys = [row["structure_hash"] or sha256_bytes(row["id"].encode("utf-8")) for row in scored]
    order = order_candidates(priority, keys).tolist()
    found = []
    for rank, place in enumerate(order, start=1):
        row = scored[place]
        similar = row["tanimoto_median"]
        found.append(
            {
                "rank": rank,
                "id": row["id"],
                "canonical_smiles": row["canonical_smiles"] or None,
                "score": row["score"],
                "call": row["call"],
                "call_reason": row["call_reason"],
                "decoy_tanimoto_median": similar,
                "decoy_hardness": None if similar is None else hardness(similar),
                "selected_at_k": next((k for k in sorted(sizes) if rank <= k), None),
            }
        )
    return found


def selected_decoys(
    found: Sequence[Record], rows: Sequence[Record], decoys: Sequence[Path], scores: Sequence[Path]
) -> list[Record]:
    """The decoys of every selected molecule with their scores, in the order of the list; a shard is read at a time.

    Rows of the summary are those of the library, in order, so their place is the number of the row.
    """
    rank_of = {one["id"]: one["rank"] for one in found if one["selected_at_k"] is not None}
    chosen = {n: row["id"] for n, row in enumerate(rows) if row["status"] == "OK" and row["id"] in rank_of}
    gathered = []
    for decoy_path, score_path in zip(decoys, scores, strict=True):
        items = read_parquet(score_path, "score_item.v1").select(["row", "decoy_index", "score"]).to_pylist()
        score = {(item["row"], item["decoy_index"]): item["score"] for item in items if item["row"] in chosen}
        for decoy in read_parquet(decoy_path, "decoy.v1").to_pylist():
            if decoy["row"] in chosen:
                own = {"id": chosen[decoy["row"]], "rank": rank_of[chosen[decoy["row"]]]}
                gathered.append(decoy | own | {"score": score.get((decoy["row"], decoy["decoy_index"]))})
    return sorted(gathered, key=lambda decoy: (decoy["rank"], decoy["decoy_index"]))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--k", type=positive, required=True, help="molecules that can be bought")
    parser.add_argument("--k-list", type=positive, nargs="*", default=[], help="further K")
    for name in ("decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--selected-decoys", type=Path, required=True, help="where to write the decoys of the selected")


def run(args: argparse.Namespace) -> None:
    """Write ranked_candidates.csv and selected_decoys.csv."""
    if len(args.decoys) != len(args.scores):
        raise ConfigError(f"{len(args.decoys)} shards of decoys, but {len(args.scores)} of scores")
    rows = read_summary(args.summary, _COLUMNS)
    found = ranked(rows, [args.k, *args.k_list])
    write_csv(args.out, [to_table(found, "ranked_candidates.v1")], "ranked_candidates.v1")
    beside = selected_decoys(found, rows, args.decoys, args.scores)
    table = to_table(({key: one[key] for key in columns(_DECOYS)} for one in beside), _DECOYS)
    write_csv(args.selected_decoys, [table], _DECOYS)
    logger.info("%d candidates, %d decoys of the selected", len(found), len(beside))
