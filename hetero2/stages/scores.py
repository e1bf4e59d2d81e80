"""scores: attach a score to every molecule and decoy of one shard; larger is better from here on."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hetero2.scoring.book import ScoreBook, read_book
from hetero2.scoring.hetero_scores import Scored
from hetero2.stages.excluded import read_excluded
from hetero2.tables import read_parquet, to_table, write_parquet

EXAMPLE = (
    "hetero2 scores --molecules molecules/0000.parquet --decoys decoys/0000.parquet "
    "--scores-file scores.csv --index scores.csv.index.npy --excluded excluded.parquet --out scores/0000.parquet"
)
ORIGINAL = -1
Record = dict[str, Any]


def item(row: int, index: int, scored: Scored | None, sign: int, excluded: str | None = None) -> Record:
    """The score of a molecule (index -1) or of a decoy; larger is better from here on."""
    score, weight = (sign * scored.score + 0.0, scored.weight) if scored else (None, None)
    return {"row": row, "decoy_index": index, "score": score, "weight": weight, "excluded": excluded}


def attach(
    molecules: Iterable[Record], decoys: Iterable[Record], book: ScoreBook, sign: int, excluded: Mapping[str, str]
) -> Iterator[Record]:
    """One item for each OK molecule and each of its decoys.

    The score is null where the book has none, and where the decoy takes no part.
    """
    ids = {}
    for molecule in molecules:
        if molecule["status"] == "OK":
            ids[molecule["row"]] = molecule["id"]
            yield item(molecule["row"], ORIGINAL, book.original(molecule["id"], molecule["structure_hash"]), sign)
    for decoy in decoys:
        key, why = decoy["decoy_hash"], excluded.get(decoy["decoy_hash"])
        scored = None if why else book.decoy(ids[decoy["row"]], key)
        yield item(decoy["row"], decoy["decoy_index"], scored, sign, why)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, required=True)
    parser.add_argument("--decoys", type=Path, required=True)
    parser.add_argument("--scores-file", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True, help="index of the scores file")
    parser.add_argument("--excluded", type=Path, required=True, help="decoys that take no part")
    parser.add_argument("--higher-is-better", choices=["true", "false"], default="true")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Attach scores to one shard."""
    molecules = read_parquet(args.molecules, "molecule.v1").to_pylist()
    decoys = read_parquet(args.decoys, "decoy.v1").to_pylist()
    ids = {row["id"] for row in molecules if row["status"] == "OK"}
    known = {row["structure_hash"] for row in molecules if row["status"] == "OK"}
    hashes = known | {row["decoy_hash"] for row in decoys}
    book = read_book(args.scores_file, args.index, ids, hashes)
    sign = 1 if args.higher_is_better == "true" else -1
    items = attach(molecules, decoys, book, sign, read_excluded(args.excluded))
    write_parquet(args.out, to_table(items, "score_item.v1"), "score_item.v1")
