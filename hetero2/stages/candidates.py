"""candidates: the list that a team sends downstream, in order, with the reason for each place."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from hetero2.arguments import positive
from hetero2.chem.decoys_v2 import hardness
from hetero2.log import logger
from hetero2.stats.enrichment import dense_priority, order_candidates
from hetero2.tables import read_summary, to_table, write_csv

EXAMPLE = "hetero2 candidates --summary summary.csv --k 50 --out ranked_candidates.csv"
_COLUMNS = ("id", "status", "score", "call", "call_reason", "canonical_smiles", "structure_hash", "tanimoto_median")
Record = dict[str, Any]


def ranked(rows: list[Record], sizes: list[int]) -> list[Record]:
    """Molecules with a score: NO_SIGNAL last, then by score; ties by structure hash, which knows no label."""
    scored = [row for row in rows if row["status"] == "OK" and row["score"] is not None]
    if not scored:
        return []
    kept = np.array([row["call"] != "NO_SIGNAL" for row in scored])
    priority = dense_priority(kept, np.array([row["score"] for row in scored]))
    order = order_candidates(priority, [row["structure_hash"] for row in scored]).tolist()
    found = []
    for rank, place in enumerate(order, start=1):
        row = scored[place]
        similar = row["tanimoto_median"]
        found.append(
            {
                "rank": rank,
                "id": row["id"],
                "canonical_smiles": row["canonical_smiles"],
                "score": row["score"],
                "call": row["call"],
                "call_reason": row["call_reason"],
                "decoy_tanimoto_median": similar,
                "decoy_hardness": None if similar is None else hardness(similar),
                "selected_at_k": next((k for k in sorted(sizes) if rank <= k), None),
            }
        )
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--k", type=positive, required=True, help="molecules that can be bought")
    parser.add_argument("--k-list", type=positive, nargs="*", default=[], help="further K")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write ranked_candidates.csv."""
    rows = read_summary(args.summary, _COLUMNS)
    found = ranked(rows, [args.k, *args.k_list])
    write_csv(args.out, [to_table(found, "ranked_candidates.v1")], "ranked_candidates.v1")
    logger.info("%d candidates", len(found))
