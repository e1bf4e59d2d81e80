"""Decoys that earlier stages left: with their scores, and without those excluded from every audit."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import ConfigError
from hetero2.io.columns import item_numbers, places
from hetero2.io.tables import arrow_schema, read_parquet

EXCLUDED = "excluded_decoy.v1"


def read_excluded(path: Path | None) -> pa.Table:
    """Hash of each excluded decoy, and why it is excluded; no rows where no file is given."""
    return arrow_schema(EXCLUDED).empty_table() if path is None else read_parquet(path, EXCLUDED)


def why_excluded(hashes: pa.ChunkedArray, excluded: pa.Table) -> pa.Array:
    """(n,): why each of these decoys is excluded; null where it is not."""
    reasons = excluded["excluded"].combine_chunks()
    return reasons.take(pc.index_in(hashes.combine_chunks(), excluded["decoy_hash"].combine_chunks()))


def taking_part(decoys: pa.Table, excluded: pa.Table) -> pa.Table:
    """The decoys that are not excluded."""
    return decoys.filter(pc.invert(pc.is_in(decoys["decoy_hash"], value_set=excluded["decoy_hash"].combine_chunks())))


def check_shards(args: argparse.Namespace) -> None:
    """Raise ConfigError unless --decoys and --scores name as many shards each."""
    if len(args.decoys) != len(args.scores):
        raise ConfigError(
            f"--decoys names {len(args.decoys)} shards, but --scores {len(args.scores)}",
            "give the same shards to both, in the same order",
        )


def decoys_with_scores(rows: pa.Array, decoys: Sequence[Path], scores: Sequence[Path]) -> Iterator[pa.Table]:
    """The decoys of these rows of the library, with `score` and `excluded`, a shard at a time; at least one table.

    Most shards hold none of a few rows: of such a shard only the column `row` is read.
    """
    has_yielded = False
    for decoy_path, score_path in zip(decoys, scores, strict=True):
        is_of_rows = pc.is_in(read_parquet(decoy_path, "decoy.v1", ["row"])["row"], value_set=rows)
        if not pc.any(is_of_rows).as_py() and (has_yielded or decoy_path != decoys[-1]):
            continue
        has_yielded, table = True, read_parquet(decoy_path, "decoy.v1").filter(is_of_rows)
        items = read_parquet(score_path, "score_item.v1", ["row", "decoy_index", "score", "excluded"])
        place = places(item_numbers(table), item_numbers(items))
        matched = items.take(pa.array(place, mask=place < 0))
        yield table.append_column("score", matched["score"]).append_column("excluded", matched["excluded"])
