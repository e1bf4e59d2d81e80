"""score-only-input: molecules, decoys and scores of one shard where ids and scores were given without structures."""

import argparse
import re
import statistics
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from hetero2.chem.bins import hardness
from hetero2.errors import InputError
from hetero2.io.columns import MOLECULE_INDEX
from hetero2.io.files import TABLES, sha256_bytes
from hetero2.io.tables import columns, read_shard, to_table, write_parquet
from hetero2.runtime.cli_types import add_shard, check_shard
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings
from hetero2.scoring import pair_table
from hetero2.scoring.pair_table import Decoy, DecoySet
from hetero2.scoring.score_lookup import read_files
from hetero2.scoring.scored_rows import UNAUDITED, score_item

EXAMPLE = (
    "hetero2 score-only-input --input rows.parquet --scores-file scores_external.csv --molecules molecules.parquet "
    "--decoys decoys.parquet --scores scores.parquet"
)
STRATEGY = "brought"  # as decoy_strategy_used: the decoys are the user's own
_HASH = re.compile(r"[0-9a-f]{64}")
Record = dict[str, Any]


def read_decoy_sets(path: Path, ids: Collection[str]) -> Mapping[str, DecoySet]:
    """The decoy sets of these molecules: from a table, or from `hetero_scores.v1` files by id."""
    if path.suffix == ".jsonl":
        files = read_files(path, ids)
        return {
            key: DecoySet(scores.molecule, {name: Decoy(name, scored, None) for name, scored in scores.decoys.items()})
            for key, scores in files.items()
        }
    if path.name.lower().endswith(TABLES):
        return pair_table.read(path, ids)
    raise InputError(f"{path}: one scores file cannot serve all molecules", "give a table with id,decoy,score")


def _molecule(row: Record, decoy_set: DecoySet | None) -> Record:
    record = {**dict.fromkeys(columns("molecule.v1")), **row, "seed_used": 0, "n_decoys_generated": 0, "warnings": ""}
    if row["status"]:
        return record
    if decoy_set is None or decoy_set.molecule is None:
        return record | {"status": "SKIP", "reason": "missing_scores_input"}
    if not decoy_set.decoys:
        return record | {"status": "SKIP", "reason": "no_decoys_generated"}
    similar = [decoy.tanimoto for decoy in decoy_set.decoys.values() if decoy.tanimoto is not None]
    similarity = {"tanimoto_min": min(similar), "tanimoto_median": statistics.median(similar)} if similar else {}
    similarity |= {"tanimoto_max": max(similar)} if similar else {}
    counts = {"decoy_strategy_used": STRATEGY, "n_decoys_generated": len(decoy_set.decoys)}
    return record | {"status": "OK", "warnings": "no_structures"} | counts | similarity


def _decoy(row: int, molecule_id: str, index: int, decoy: Decoy) -> Record:
    record = dict.fromkeys(columns("decoy.v1")) | {"row": row, "decoy_index": index, "strategy": STRATEGY}
    named = decoy.name if _HASH.fullmatch(decoy.name) else sha256_bytes(f"{molecule_id}\0{decoy.name}".encode())
    record |= {"decoy_hash": named, "move": STRATEGY, "tanimoto": decoy.tanimoto}
    return record | {"hardness": None if decoy.tanimoto is None else hardness(decoy.tanimoto)}


def one_row(row: Record, decoy_set: DecoySet | None, sign: int) -> tuple[Record, list[Record], Iterator[Record]]:
    """(molecule, its decoys, the scores of both); larger is better from here on."""
    molecule = _molecule(row, decoy_set)
    if decoy_set is None or decoy_set.molecule is None or molecule["reason"] not in (None, *UNAUDITED):
        return molecule, [], iter(())
    number, decoys = row["row"], list(decoy_set.decoys.values())
    scores = [(MOLECULE_INDEX, decoy_set.molecule), *enumerate(decoy.scored for decoy in decoys)]
    records = [_decoy(number, row["id"], index, decoy) for index, decoy in enumerate(decoys)]
    return molecule, records, (score_item(number, index, scored, sign) for index, scored in scores)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--input", type=Path, required=True, help="the numbered ids")
    add_shard(parser)
    parser.add_argument("--scores-file", type=Path, required=True)
    for name in ("molecules", "decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=f"where to write the {name}")
    add_settings(parser, "scores.higher_is_better")


def run(args: argparse.Namespace) -> None:
    """Write one shard."""
    check_shard(args)
    rows = read_shard(args.input, "input_row.v1", args.shard, args.shards).to_pylist()
    decoy_sets = read_decoy_sets(args.scores_file, {row["id"] for row in rows if row["status"] is None})
    sign = 1 if args.higher_is_better else -1
    molecules: list[Record] = []
    decoys: list[Record] = []
    scores: list[Record] = []
    for row in rows:
        molecule, shard_decoys, items = one_row(row, decoy_sets.get(row["id"]), sign)
        molecules.append(molecule)
        decoys += shard_decoys
        scores += items
    write_parquet(args.molecules, to_table(molecules, "molecule.v1"), "molecule.v1")
    write_parquet(args.decoys, to_table(decoys, "decoy.v1"), "decoy.v1")
    write_parquet(args.scores, to_table(scores, "score_item.v1"), "score_item.v1")
    logger.info("%d molecules, %d decoys", len(molecules), len(decoys))
