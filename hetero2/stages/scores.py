"""scores: attach a score to every molecule and decoy of one shard; larger is better from here on."""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hetero2.scoring.book import ScoreBook, read_book
from hetero2.scoring.hetero_scores import Scored
from hetero2.tables import read_parquet, to_table, write_parquet

EXAMPLE = (
    "hetero2 scores --molecules molecules/0000.parquet --decoys decoys/0000.parquet "
    "--scores-file scores.csv --out scores/0000.parquet"
)
ORIGINAL = -1
Record = dict[str, Any]


def _item(row: int, index: int, scored: Scored | None, sign: int) -> Record:
    score, weight = (sign * scored.score + 0.0, scored.weight) if scored else (None, None)
    return {"row": row, "decoy_index": index, "score": score, "weight": weight}


def attach(molecules: Iterable[Record], decoys: Iterable[Record], book: ScoreBook, sign: int) -> Iterator[Record]:
    """One item for each OK molecule and each of its decoys; the score is null where the book has none."""
    ids = {}
    for molecule in molecules:
        if molecule["status"] == "OK":
            ids[molecule["row"]] = molecule["id"]
            yield _item(molecule["row"], ORIGINAL, book.original(molecule["id"], molecule["structure_hash"]), sign)
    for decoy in decoys:
        scored = book.decoy(ids[decoy["row"]], decoy["decoy_hash"])
        yield _item(decoy["row"], decoy["decoy_index"], scored, sign)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, required=True)
    parser.add_argument("--decoys", type=Path, required=True)
    parser.add_argument("--scores-file", type=Path, required=True)
    parser.add_argument("--higher-is-better", choices=["true", "false"], default="true")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Attach scores to one shard."""
    molecules = read_parquet(args.molecules, "molecule.v1").to_pylist()
    decoys = read_parquet(args.decoys, "decoy.v1").to_pylist()
    ids = {row["id"] for row in molecules if row["status"] == "OK"}
    hashes = {row["structure_hash"] for row in molecules} | {row["decoy_hash"] for row in decoys}
    book = read_book(args.scores_file, ids, hashes)
    sign = 1 if args.higher_is_better == "true" else -1
    write_parquet(args.out, to_table(attach(molecules, decoys, book, sign), "score_item.v1"), "score_item.v1")
