"""missing-scores: the decoys that still have no score, so that a user can score them and run again."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import ConfigError
from hetero2.io.columns import Ints, item_numbers, places
from hetero2.io.csv_writer import write_csv
from hetero2.io.structure_keys import first_of_each, keys
from hetero2.io.tables import from_columns, read_parquet
from hetero2.runtime.log import logger

EXAMPLE = "hetero2 missing-scores --decoys decoys/*.parquet --scores scores/*.parquet --out missing_decoy_scores.csv"
CONTRACT = "missing_decoy_scores.v1"
_LINES = 1_000_000
Shards = Sequence[tuple[Path, Path]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    for name in ("decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--out", type=Path, required=True)


def without_score(decoys: Path, scores: Path) -> pa.Table:
    """decoy_hash and decoy_smiles of the decoys of a shard that have no score and are not excluded, in any order."""
    items = read_parquet(scores, "score_item.v1", ["row", "decoy_index", "score", "excluded"])
    items = items.filter(pc.and_(pc.is_null(items["score"]), pc.is_null(items["excluded"])))
    named = read_parquet(decoys, "decoy.v1", ["row", "decoy_index", "decoy_hash", "decoy_smiles"])
    place = places(item_numbers(items), item_numbers(named))
    return named.select(["decoy_hash", "decoy_smiles"]).take(pa.array(place[place >= 0]))


def most_first(shards: Shards) -> Iterator[pa.Table]:
    """Rows of missing_decoy_scores.csv, decoys of most rows first, then by hash.

    Shards are read once to count, and again for each million rows. Memory holds these, and at most 60 bytes for each
    decoy without a score.
    """
    halves = [keys(without_score(*paths)["decoy_hash"]) for paths in shards]
    high, low = (np.concatenate(half) for half in zip(*halves, strict=True))
    first, count = first_of_each(high, low)
    place = np.flatnonzero(first)
    order = place[np.lexsort((low[place], high[place], -count[place]))]
    for start in range(0, len(order), _LINES):
        chosen = order[start : start + _LINES]
        yield _lines(shards, [len(part) for part, _ in halves], chosen, count[chosen])


def _lines(shards: Shards, sizes: Sequence[int], chosen: Ints, count: Ints) -> pa.Table:
    """The decoys with these indices among all without a score, in this order; `sizes`: number in each shard."""
    ends, parts = np.cumsum([0, *sizes]), []
    ordered = np.sort(chosen)
    for number, paths in enumerate(shards):
        low, high = np.searchsorted(ordered, ends[number : number + 2])
        if low < high:
            parts.append(without_score(*paths).take(pa.array(ordered[low:high] - ends[number])))
    table = pa.concat_tables(parts).take(pa.array(np.argsort(np.argsort(chosen))))
    columns = dict(zip(table.column_names, table.columns, strict=True))
    return from_columns(CONTRACT, len(chosen), {**columns, "count_rows_affected": count})


def run(args: argparse.Namespace) -> None:
    """Write missing_decoy_scores.csv."""
    if len(args.decoys) != len(args.scores):
        raise ConfigError(f"{len(args.decoys)} shards of decoys, but {len(args.scores)} of scores")
    lines = most_first(list(zip(args.decoys, args.scores, strict=True)))
    logger.info("%d decoys have no score", write_csv(args.out, lines, CONTRACT))
