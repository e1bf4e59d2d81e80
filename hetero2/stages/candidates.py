"""candidates: the list that a team sends downstream, in order, and the decoys of those selected."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.bins import BINS, EDGES
from hetero2.errors import ConfigError
from hetero2.inputs.summary_rows import read_summary
from hetero2.io.columns import Ints, item_numbers, places
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import sha256_bytes
from hetero2.io.structure_keys import keys
from hetero2.io.tables import columns, from_columns, read_parquet
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings
from hetero2.stats.benefit.enrichment import dense_priority, order_candidates

EXAMPLE = (
    "hetero2 candidates --summary summary.csv --decoys decoys/*.parquet --scores scores/*.parquet "
    "--out ranked_candidates.csv --selected-decoys selected_decoys.csv"
)
_COLUMNS = ("id", "reason", "score", "call", "call_reason", "canonical_smiles", "structure_hash", "tanimoto_median")
LIST, DECOYS = "ranked_candidates.v1", "selected_decoys.v1"


def ranked(rows: pa.Table, sizes: list[int]) -> tuple[Ints, pa.Table]:
    """(rows in the order to send, the list): those with a score, by score; calls stand beside it and move nothing.

    A molecule without decoys has a score and no call: its place is that of its score.

    Ties by structure hash, which knows no label. O(n log n).
    """
    place = np.flatnonzero(rows["score"].is_valid().to_numpy())
    found = rows.take(pa.array(place))
    order = order_candidates(dense_priority(found["score"].to_numpy()), *keys(_tie_break(found)))
    found, rank = found.take(pa.array(order)), np.arange(1, len(order) + 1)
    similar = found["tanimoto_median"]
    bins = np.digitize(similar.fill_null(0.0).to_numpy(), EDGES)
    selected = np.append(np.sort(sizes), 0)[np.searchsorted(np.sort(sizes), rank)]
    has_call = pc.not_equal(found["call"], "")
    columns = {name: found[name] for name in ("id", "score")} | {
        "call": pc.if_else(has_call, found["call"], None),
        "call_reason": pc.if_else(has_call, found["call_reason"], found["reason"]),
        "rank": rank,
        "canonical_smiles": pc.if_else(pc.equal(found["canonical_smiles"], ""), None, found["canonical_smiles"]),
        "decoy_tanimoto_median": similar,
        "decoy_hardness": pc.if_else(pc.is_valid(similar), pa.array(BINS).take(pa.array(bins)), None),
        "selected_at_k": pa.array(selected, mask=selected == 0),
    }
    return place[order], from_columns(LIST, len(rank), columns)


def _tie_break(rows: pa.Table) -> pa.Array:
    """The structure hash of each row, or the hash of its id where it has none."""
    pairs = zip(rows["structure_hash"].to_pylist(), rows["id"].to_pylist(), strict=True)
    return pa.array([key or sha256_bytes(name.encode("utf-8")) for key, name in pairs], pa.string())


def decoys_of(rows: pa.Array, decoys: Sequence[Path], scores: Sequence[Path]) -> Iterator[pa.Table]:
    """The decoys of these rows of the library, with `score` and `excluded`, a shard at a time; at least one table.

    Of many shards most hold none of a few rows: of those only the column with the rows is read.
    """
    found = False
    for decoy_path, score_path in zip(decoys, scores, strict=True):
        here = pc.is_in(read_parquet(decoy_path, "decoy.v1", ["row"])["row"], value_set=rows)
        if not pc.any(here).as_py() and (found or decoy_path != decoys[-1]):
            continue
        found, own = True, read_parquet(decoy_path, "decoy.v1").filter(here)
        items = read_parquet(score_path, "score_item.v1", ["row", "decoy_index", "score", "excluded"])
        place = places(item_numbers(own), item_numbers(items))
        taken = items.take(pa.array(place, mask=place < 0))
        yield own.append_column("score", taken["score"]).append_column("excluded", taken["excluded"])


def selected_decoys(order: Ints, found: pa.Table, decoys: Sequence[Path], scores: Sequence[Path]) -> pa.Table:
    """The decoys of every selected molecule with their scores, in the order of the list; a shard is read at a time.

    Rows of the summary are those of the library, in order, so their place is the number of the row.
    """
    selected = found.filter(pc.is_valid(found["selected_at_k"]))
    rows = pa.array(order[: len(selected)])  # the list begins with them
    parts = []
    for own in decoys_of(rows, decoys, scores):
        molecule = pc.index_in(own["row"], value_set=rows)
        known = {name: own[name] for name in own.column_names if name in columns(DECOYS)}
        known |= {name: selected[name].take(molecule) for name in ("id", "rank")}
        parts.append(from_columns(DECOYS, len(own), known))
    return pa.concat_tables(parts).sort_by([("rank", "ascending"), ("decoy_index", "ascending")])


def check_shards(args: argparse.Namespace) -> None:
    """Raise ConfigError unless there are as many shards of decoys as of scores."""
    if len(args.decoys) != len(args.scores):
        raise ConfigError(f"{len(args.decoys)} shards of decoys, but {len(args.scores)} of scores")


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
    order, found = ranked(read_summary(args.summary, _COLUMNS), [args.k, *args.k_list])
    write_csv(args.out, [found], LIST)
    beside = selected_decoys(order, found, args.decoys, args.scores)
    write_csv(args.selected_decoys, [beside], DECOYS)
    logger.info("%d candidates, %d decoys of the selected", len(found), len(beside))
