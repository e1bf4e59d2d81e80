"""score_request: every structure that needs a score, once; the file that a user hands to any model."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hetero2.log import logger
from hetero2.stages.excluded import read_excluded
from hetero2.tables import read_parquet, to_table, write_csv

EXAMPLE = (
    "hetero2 score-request --molecules molecules/*.parquet --decoys decoys/*.parquet --excluded excluded.parquet "
    "--out score_request.csv"
)


def collect(structures: Iterable[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Request rows from (hash, smiles, role) of every occurrence, in order of first occurrence."""
    found: dict[str, dict[str, Any]] = {}
    for key, smiles, role in structures:
        entry = found.setdefault(key, {"id": key, "smiles": smiles, "role": role, "n_rows": 0})
        entry["n_rows"] += 1
    return list(found.values())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True)
    parser.add_argument("--decoys", type=Path, nargs="+", required=True)
    parser.add_argument("--excluded", type=Path, required=True, help="decoys that take no part")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write score_request.csv."""
    structures: list[tuple[str, str, str]] = []
    excluded = read_excluded(args.excluded)
    for path in args.molecules:
        table = read_parquet(path, "molecule.v1").to_pylist()
        structures += [
            (row["structure_hash"], row["canonical_smiles"], "original") for row in table if row["status"] == "OK"
        ]
    for path in args.decoys:
        table = read_parquet(path, "decoy.v1").to_pylist()
        structures += [
            (row["decoy_hash"], row["decoy_smiles"], "decoy") for row in table if row["decoy_hash"] not in excluded
        ]
    rows = collect(structures)
    write_csv(args.out, [to_table(rows, "score_request.v1")], "score_request.v1")
    logger.info("%d structures need a score", len(rows))
