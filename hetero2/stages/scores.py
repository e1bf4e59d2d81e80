"""scores: attach a score to every molecule and decoy of one shard; larger is better from here on."""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.inputs.decoys import read_excluded, why_excluded
from hetero2.io.columns import MOLECULE_INDEX
from hetero2.io.files import TABLES
from hetero2.io.tables import read_parquet, write_parquet
from hetero2.runtime.settings import add_settings
from hetero2.scoring.score_lookup import ScoreLookup, open_lookup
from hetero2.scoring.scored_rows import rows_scored_by_id, scored_rows

EXAMPLE = (
    "hetero2 scores --molecules molecules/0000.parquet --decoys decoys/0000.parquet "
    "--scores-file scores.csv --index scores.csv.index.npy --excluded excluded.parquet --out scores/0000.parquet"
)


def attach(molecules: pa.Table, decoys: pa.Table, lookup: ScoreLookup, sign: int, excluded: pa.Table) -> pa.Table:
    """One item for each of these molecules and each of their decoys; larger is better from here on.

    The score is null where the lookup has none, and for excluded decoys.
    """
    why = why_excluded(decoys["decoy_hash"], excluded)
    part = decoys.filter(pc.is_null(why))
    owners = molecules["id"].take(pc.index_in(part["row"], molecules["row"].combine_chunks()))
    takes_part = np.concatenate([np.ones(len(molecules), bool), why.is_null().to_numpy(False)])
    scores, weights = np.full((2, len(takes_part)), np.nan)
    looked_up = (
        lookup.molecules(molecules["id"], molecules["structure_hash"]),
        lookup.decoys(owners, part["decoy_hash"]),
    )
    scores[takes_part], weights[takes_part] = (np.concatenate(pair) for pair in zip(*looked_up, strict=True))
    no_score, molecule_index = np.isnan(scores), np.full(len(molecules), MOLECULE_INDEX)
    return pa.table(
        {
            "row": np.concatenate([molecules["row"].to_numpy(), decoys["row"].to_numpy()]),
            "decoy_index": np.concatenate([molecule_index, decoys["decoy_index"].to_numpy()]),
            "score": pa.array(sign * scores + 0.0, mask=no_score),
            "weight": pa.array(weights, mask=no_score),
            "excluded": pa.concat_arrays([pa.nulls(len(molecules), pa.string()), why]),
        }
    )


def rows_with_scores(path: Path, by_id: bool) -> pa.Table:
    """id, row and structure_hash of the molecules of a shard that get a score; `by_id`: also those without a structure.

    Only a score table names molecules by their ids.
    """
    rows = read_parquet(path, "molecule.v1", ["row", "id", "status", "reason", "structure_hash"])
    molecules = scored_rows(rows)
    return pa.concat_tables([molecules, rows_scored_by_id(rows).cast(molecules.schema)]) if by_id else molecules


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, required=True)
    parser.add_argument("--decoys", type=Path, required=True)
    parser.add_argument("--scores-file", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True, help="index of the scores file")
    parser.add_argument("--excluded", type=Path, required=True, help="decoys excluded from the audit")
    add_settings(parser, "scores.higher_is_better")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Attach scores to one shard."""
    molecules = rows_with_scores(args.molecules, args.scores_file.name.lower().endswith(TABLES))
    decoys = read_parquet(args.decoys, "decoy.v1", ["row", "decoy_index", "decoy_hash"])
    lookup = open_lookup(args.scores_file, args.index, set(molecules["id"].to_pylist()))
    sign = 1 if args.higher_is_better else -1
    items = attach(molecules, decoys, lookup, sign, read_excluded(args.excluded))
    write_parquet(args.out, items, "score_item.v1")
