"""missing_scores: the decoys that are still without a score, so that a user can score them and run again."""

import argparse
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc

from hetero2.csv_files import write_csv
from hetero2.errors import ConfigError
from hetero2.log import logger
from hetero2.tables import read_parquet, to_table

EXAMPLE = "hetero2 missing-scores --decoys decoys/*.parquet --scores scores/*.parquet --out missing_decoy_scores.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    for name in ("decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write missing_decoy_scores.csv, those of most rows first."""
    if len(args.decoys) != len(args.scores):
        raise ConfigError(f"{len(args.decoys)} shards of decoys, but {len(args.scores)} of scores")
    rows: Counter[tuple[str, str]] = Counter()
    for decoys, scores in zip(args.decoys, args.scores, strict=True):
        items = read_parquet(scores, "score_item.v1")
        without = items.filter(pc.and_(pc.is_null(items["score"]), pc.is_null(items["excluded"])))
        named = read_parquet(decoys, "decoy.v1").select(["row", "decoy_index", "decoy_hash", "decoy_smiles"])
        found = without.select(["row", "decoy_index"]).join(named, ["row", "decoy_index"], join_type="inner")
        rows.update(zip(found["decoy_hash"].to_pylist(), found["decoy_smiles"].to_pylist(), strict=True))
    records = [
        {"decoy_hash": key, "decoy_smiles": smiles, "count_rows_affected": count}
        for (key, smiles), count in sorted(rows.items(), key=lambda item: (-item[1], item[0]))
    ]
    write_csv(args.out, [to_table(records, "missing_decoy_scores.v1")], "missing_decoy_scores.v1")
    logger.info("%d decoys have no score", len(records))
