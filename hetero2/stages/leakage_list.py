"""leakage-list: leakage.csv, with the ids of the truth that match nothing."""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.inputs.truth import read_truth
from hetero2.io.csv_reader import read_csv
from hetero2.io.csv_writer import write_csv
from hetero2.io.tables import read_parquet, to_table
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings

EXAMPLE = "hetero2 leakage-list --input input/rows.parquet --leaks leaks.parquet --truth truth.csv --out leakage.csv"
UNKNOWN = "truth_id_unknown"


def unknown_truth(library: Path, train: Path | None, truth: Path, source: str) -> Iterator[dict[str, Any]]:
    """Truth ids that are neither in the library nor in the training set, in the order of the truth."""
    ids = read_truth(truth, source)
    unknown = ids.keys() - ({row["id"] for _, row in read_csv(train, ["id"])} if train else set())
    for chunk in read_parquet(library, "input_row.v1", ["id"])["id"].chunks:
        unknown -= set(chunk.to_pylist())
    none = {"structure_hash": None, "other_id": None, "tanimoto": None, "match": None}
    return ({"kind": UNKNOWN, "id": molecule_id, **none} for molecule_id in ids if molecule_id in unknown)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--input", type=Path, required=True, help="the numbered library")
    parser.add_argument("--leaks", type=Path, help="what hetero2 leakage found; without structures there is none")
    parser.add_argument("--train", type=Path, help="training set of the model")
    parser.add_argument("--truth", type=Path)
    add_settings(parser, truth_source="truth.source")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write leakage.csv."""
    rows: list[dict[str, Any]] = read_parquet(args.leaks, "leakage.v1").to_pylist() if args.leaks else []
    if args.truth:
        rows += unknown_truth(args.input, args.train, args.truth, args.truth_source)
    write_csv(args.out, [to_table(rows, "leakage.v1")], "leakage.v1")
    logger.info("%s", dict(Counter(row["kind"] for row in rows)))
