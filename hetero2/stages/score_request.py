"""score_request: every structure that needs a score, once; the file that a user hands to any model."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.keys import first_of_each, keys
from hetero2.log import logger
from hetero2.stages.excluded import read_excluded
from hetero2.tables import arrow_schema, read_parquet, write_csv

EXAMPLE = (
    "hetero2 score-request --molecules molecules/*.parquet --decoys decoys/*.parquet --excluded excluded.parquet "
    "--out score_request.csv"
)
CONTRACT = "score_request.v1"


def occurrences(molecules: Sequence[Path], decoys: Sequence[Path], excluded: Sequence[str]) -> Iterator[pa.Table]:
    """id, smiles and role wherever a structure occurs: molecules shard by shard, then decoys; a table a shard."""
    gone = pa.array(excluded, pa.string())
    for path in molecules:
        table = read_parquet(path, "molecule.v1")
        ok = table.filter(pc.equal(table["status"], "OK"))
        yield _named(ok["structure_hash"], ok["canonical_smiles"], "original")
    for path in decoys:
        table = read_parquet(path, "decoy.v1")
        kept = table.filter(pc.invert(pc.is_in(table["decoy_hash"], value_set=gone)))
        yield _named(kept["decoy_hash"], kept["decoy_smiles"], "decoy")


def _named(ids: pa.ChunkedArray, smiles: pa.ChunkedArray, role: str) -> pa.Table:
    return pa.table({"id": ids, "smiles": smiles, "role": pa.array([role] * len(ids), pa.string())})


def once(tables: Iterator[pa.Table], first: np.ndarray, count: np.ndarray) -> Iterator[pa.Table]:
    """The rows where a structure occurs first, with how often it does."""
    start = 0
    for table in tables:
        here = slice(start, start + len(table))
        start += len(table)
        found = table.append_column("n_rows", pa.array(count[here])).filter(pa.array(first[here]))
        yield found.cast(arrow_schema(CONTRACT))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True)
    parser.add_argument("--decoys", type=Path, nargs="+", required=True)
    parser.add_argument("--excluded", type=Path, required=True, help="decoys that take no part")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write score_request.csv, in two passes over the shards; memory holds 41 bytes an occurrence."""
    files = args.molecules, args.decoys, list(read_excluded(args.excluded))
    parts = [keys(table["id"].to_pylist()) for table in occurrences(*files)]
    first, count = first_of_each(np.concatenate([high for high, _ in parts]), np.concatenate([low for _, low in parts]))
    write_csv(args.out, once(occurrences(*files), first, count), CONTRACT)
    logger.info("%d structures need a score", int(first.sum()))
