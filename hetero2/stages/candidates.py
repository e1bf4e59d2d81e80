"""candidates: the ranked list to send downstream, and the decoys of the selected molecules."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.bins import BINS, EDGES
from hetero2.inputs.decoys import check_shards, decoys_with_scores
from hetero2.inputs.summary_rows import read_summary
from hetero2.io.columns import Ints
from hetero2.io.csv_writer import write_csv
from hetero2.io.tables import columns, from_columns
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings
from hetero2.scoring.list_order import list_order

EXAMPLE = (
    "hetero2 candidates --summary summary.csv --decoys decoys/*.parquet --scores scores/*.parquet "
    "--out ranked_candidates.csv --selected-decoys selected_decoys.csv"
)
_COLUMNS = ("id", "reason", "score", "call", "call_reason", "canonical_smiles", "structure_hash", "tanimoto_median")
LIST, DECOYS = "ranked_candidates.v1", "selected_decoys.v1"


def ranked(rows: pa.Table, sizes: list[int]) -> tuple[Ints, pa.Table]:
    """(indices of the rows in the order to send, the list): those with a score, by score; calls move nothing.

    A molecule without decoys has a score and no call: its place is that of its score. `sizes`: the K of the selections.
    """
    order = list_order(rows)
    scored, rank = rows.take(pa.array(order)), np.arange(1, len(order) + 1)
    similar = scored["tanimoto_median"]
    bins = np.digitize(similar.fill_null(0.0).to_numpy(), EDGES)
    selected = np.append(np.sort(sizes), 0)[np.searchsorted(np.sort(sizes), rank)]
    has_call = pc.not_equal(scored["call"], "")
    columns = {name: scored[name] for name in ("id", "score")} | {
        "call": pc.if_else(has_call, scored["call"], None),
        "call_reason": pc.if_else(has_call, scored["call_reason"], scored["reason"]),
        "rank": rank,
        "canonical_smiles": pc.if_else(pc.equal(scored["canonical_smiles"], ""), None, scored["canonical_smiles"]),
        "decoy_tanimoto_median": similar,
        "decoy_hardness": pc.if_else(pc.is_valid(similar), pa.array(BINS).take(pa.array(bins)), None),
        "selected_at_k": pa.array(selected, mask=selected == 0),
    }
    return order, from_columns(LIST, len(rank), columns)


def selected_decoys(order: Ints, candidates: pa.Table, decoys: Sequence[Path], scores: Sequence[Path]) -> pa.Table:
    """The decoys of every selected molecule with their scores, in the order of the list; a shard is read at a time.

    Rows of the summary are those of the library, in order, so their place is the number of the row.
    """
    selected = candidates.filter(pc.is_valid(candidates["selected_at_k"]))
    rows = pa.array(order[: len(selected)])  # the list begins with them
    parts = []
    for shard_decoys in decoys_with_scores(rows, decoys, scores):
        molecule = pc.index_in(shard_decoys["row"], value_set=rows)
        values = {name: shard_decoys[name] for name in shard_decoys.column_names if name in columns(DECOYS)}
        values |= {name: selected[name].take(molecule) for name in ("id", "rank")}
        parts.append(from_columns(DECOYS, len(shard_decoys), values))
    return pa.concat_tables(parts).sort_by([("rank", "ascending"), ("decoy_index", "ascending")])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--summary", type=Path, required=True)
    add_settings(parser, "selection.k", "selection.k_list")
    for name in ("decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--selected-decoys", type=Path, required=True, help="where to write the decoys of the selected")


def run(args: argparse.Namespace) -> None:
    """Write ranked_candidates.csv and selected_decoys.csv."""
    check_shards(args)
    order, candidates = ranked(read_summary(args.summary, _COLUMNS), [args.k, *args.k_list])
    write_csv(args.out, [candidates], LIST)
    beside = selected_decoys(order, candidates, args.decoys, args.scores)
    write_csv(args.selected_decoys, [beside], DECOYS)
    logger.info("%d candidates, %d decoys of the selected", len(candidates), len(beside))
