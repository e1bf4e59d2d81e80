"""score-request: every structure that needs a score, once each; the file that a user gives to a model."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from hetero2.inputs.decoys import read_excluded, taking_part
from hetero2.io.csv_writer import write_csv
from hetero2.io.structure_keys import Keys, first_of_each, keys
from hetero2.io.tables import arrow_schema, read_parquet
from hetero2.runtime.log import logger
from hetero2.scoring.scored_rows import scored_rows

EXAMPLE = (
    "hetero2 score-request --molecules molecules/*.parquet --decoys decoys/*.parquet --excluded excluded.parquet "
    "--out score_request.csv"
)
CONTRACT = "score_request.v1"


def occurrences(molecules: Sequence[Path], decoys: Sequence[Path], excluded: pa.Table) -> Iterator[pa.Table]:
    """(id, smiles, role) of every occurrence of a structure, a table a shard: molecules first, then decoys."""
    for path in molecules:
        table = scored_rows(
            read_parquet(path, "molecule.v1", ["status", "reason", "structure_hash", "canonical_smiles"])
        )
        yield _named(table["structure_hash"], table["canonical_smiles"], "original")
    for path in decoys:
        kept = taking_part(read_parquet(path, "decoy.v1", ["decoy_hash", "decoy_smiles"]), excluded)
        yield _named(kept["decoy_hash"], kept["decoy_smiles"], "decoy")


def request(molecules: Sequence[Path], decoys: Sequence[Path], excluded: pa.Table) -> Iterator[pa.Table]:
    """The rows of score_request.csv, in two passes over the shards; memory holds at most 50 bytes an occurrence."""
    first, count = first_of_each(*_keys(occurrences(molecules, decoys, excluded)))
    logger.info("%d structures need a score", int(first.sum()))
    return once(occurrences(molecules, decoys, excluded), first, count)


def _named(ids: pa.ChunkedArray, smiles: pa.ChunkedArray, role: str) -> pa.Table:
    return pa.table({"id": ids, "smiles": smiles, "role": pa.array([role] * len(ids), pa.string())})


def once(tables: Iterator[pa.Table], first: np.ndarray, count: np.ndarray) -> Iterator[pa.Table]:
    """The first occurrence of each structure, with the number of its occurrences (`first`, `count`: (occurrences,))."""
    start = 0
    for table in tables:
        place = slice(start, start + len(table))
        start += len(table)
        rows = table.append_column("n_rows", pa.array(count[place])).filter(pa.array(first[place]))
        yield rows.cast(arrow_schema(CONTRACT))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True)
    parser.add_argument("--decoys", type=Path, nargs="+", required=True)
    parser.add_argument("--excluded", type=Path, required=True, help="decoys excluded from the audit")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write score_request.csv."""
    write_csv(args.out, request(args.molecules, args.decoys, read_excluded(args.excluded)), CONTRACT)


def _keys(tables: Iterator[pa.Table]) -> tuple[Keys, Keys]:
    """The keys of all occurrences, 16 bytes each."""
    high, low = zip(*(keys(table["id"]) for table in tables), strict=True)
    return np.concatenate(high), np.concatenate(low)
