"""calls: which molecules stand out of their decoys over the whole library, and the AUC by hardness of the decoys."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.arguments import positive
from hetero2.chem.bins import BINS, EDGES
from hetero2.errors import ConfigError
from hetero2.files import pretty_json, write_text
from hetero2.log import logger
from hetero2.stats import competition, hardness
from hetero2.stats.blocks import describe_blocks, library_test
from hetero2.tables import read_parquet, to_table, write_csv, write_parquet

EXAMPLE = (
    "hetero2 calls --molecules molecules/*.parquet --decoys decoys/*.parquet --scores scores/*.parquet "
    "--calls calls.parquet --curve hardness_curve.csv --library library.json"
)
_CALLS = (competition.SIGNAL, competition.NO_SIGNAL, competition.UNDECIDABLE)
Record = dict[str, Any]


def read_blocks(molecules: Path, decoys: Path, scores: Path) -> tuple[list[int], pa.Table]:
    """(OK rows of the shard that have a score, their scored items with scaffold and structure hash).

    Only of molecules with a score and a scored decoy; each molecule before its decoys.
    """
    facts = read_parquet(molecules, "molecule.v1").select(["row", "status", "scaffold", "structure_hash"])
    ok = facts.filter(pc.equal(facts["status"], "OK"))
    items = read_parquet(scores, "score_item.v1")
    items = items.filter(pc.is_valid(items["score"])).select(["row", "decoy_index", "score"])
    matched = read_parquet(decoys, "decoy.v1").select(["row", "decoy_index", "tanimoto", "hardness"])
    items = items.join(matched, ["row", "decoy_index"], join_type="left outer")
    items = items.join(ok.select(["row", "scaffold", "structure_hash"]), "row", join_type="inner")
    items = items.sort_by([("row", "ascending"), ("decoy_index", "ascending")])
    row, index = items["row"].to_numpy(), items["decoy_index"].to_numpy()
    rows, counts = np.unique(row, return_counts=True)
    whole = rows[np.isin(rows, row[index == -1]) & (counts > 1)]
    return row[index == -1].tolist(), items.filter(pa.array(np.isin(row, whole)))


def curve_rows(found: dict[str, Any]) -> list[Record]:
    """Lines of hardness_curve.csv."""
    edges = [0.0, *EDGES, 1.0]
    spans = {name: (edges[place], edges[place + 1]) for place, name in enumerate(BINS)} | {"all": (0.0, 1.0)}
    return [
        {
            "bin": name,
            "tanimoto_from": spans[name][0],
            "tanimoto_to": spans[name][1],
            "n_molecules": mean.n,
            "n_scaffolds": mean.clusters,
            "n_decoys": n_decoys,
            "auc": mean.estimate,
            "ci_low": mean.low,
            "ci_high": mean.high,
            "reason": mean.reason,
        }
        for name, (mean, n_decoys) in found.items()
    ]


def _by_hardness(items: pa.Table, starts: Any, scores: Any) -> tuple[dict[str, Any], Record]:
    won = hardness.wins(scores, starts)
    bins = np.asarray(items["hardness"].to_pylist(), object)
    tanimoto = items["tanimoto"].fill_null(0.0).to_numpy()
    cluster = np.asarray(items["scaffold"].take(pa.array(starts)).to_pylist(), object).astype(str)
    found = hardness.curve(won, starts, bins, cluster, BINS)
    name, why = hardness.interpret(found, hardness.easier(won, starts, bins, cluster))
    everything = hardness.curve(won, starts, np.full(len(won), "all", object), cluster, ["all"])
    slope = hardness.trend(won, starts, tanimoto)
    if items["tanimoto"].null_count > len(starts):  # of the molecules it always is
        slope = {"z": None, "p_value": None, "reason": "no_similarity_of_some_decoys"}
    return found | everything, {"interpretation": name, "why": why, "trend": slope}


def judge(items: pa.Table, options: argparse.Namespace) -> tuple[list[Record], list[Record], Record]:
    """(calls of the rows that have scored decoys, lines of the curve, facts of the library).

    A structure that stands in several rows is looked at once, by the first of them, since copies are no evidence; its
    other rows get the same call.
    """
    once, same = _once(items)
    found, curve, facts = _judge_once(once, options)
    called = {call["row"]: call for call in found}
    return [called[first] | {"row": row} for row, first in same.items()], curve, facts


def _once(items: pa.Table) -> tuple[pa.Table, dict[int, int]]:
    """(items of the first row of every structure, that row for each row)."""
    molecules = items.filter(pc.equal(items["decoy_index"], -1))
    first: dict[str, int] = {}
    pairs = zip(molecules["row"].to_pylist(), molecules["structure_hash"].to_pylist(), strict=True)
    same = {row: first.setdefault(structure or f"row {row}", row) for row, structure in pairs}
    rows = pa.array(list(first.values()), items["row"].type)
    return items.filter(pc.is_in(items["row"], rows)), same


def _judge_once(items: pa.Table, options: argparse.Namespace) -> tuple[list[Record], list[Record], Record]:
    row, scores = items["row"].to_numpy(), items["score"].to_numpy()
    starts = np.flatnonzero(np.diff(row, prepend=-1)).astype(np.int64)
    if not len(starts):
        facts = {"interpretation": "INCONCLUSIVE_TOO_FEW_HARD", "why": "no molecule has a scored decoy"}
        return [], [], {"n": 0, "reason": "no_molecules", **facts}
    blocks = describe_blocks(scores, starts)
    pooled = competition.pooled_residual_p(scores, starts) if options.method == "pooled_residuals_bh" else None
    calls = competition.call(blocks, options.fdr, options.method, min(options.min_decoys, options.k), pooled)
    found = [
        {"row": r, "call": call, "call_reason": reason, "q_value": None if np.isnan(q) else q, "m_needed": m or None}
        for r, call, reason, q, m in zip(
            row[starts].tolist(), calls.call, calls.reason, calls.q_value.tolist(), calls.m_needed.tolist(), strict=True
        )
    ]
    curve, facts = _by_hardness(items, starts, scores)
    return found, curve_rows(curve), {**vars(library_test(blocks)), **facts}


def with_all(rows: Sequence[int], calls: Sequence[Record]) -> list[Record]:
    """Calls of all OK rows, in order; those that could not be called are UNDECIDABLE."""
    known = {call["row"]: call for call in calls}
    none = {"call": "UNDECIDABLE", "call_reason": "no_scored_decoys", "q_value": None, "m_needed": None}
    return [known.get(row, {"row": row, **none}) for row in sorted(rows)]


def _level(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    for name in ("molecules", "decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--fdr", type=_level, default=0.10, help="false discovery rate of the calls (default 0.10)")
    parser.add_argument("--method", choices=competition.METHODS, default="union")
    parser.add_argument("--min-decoys", type=positive, default=19, help="molecules with fewer are UNDECIDABLE")
    parser.add_argument("--k", type=positive, default=20, help="decoys asked for; --min-decoys is at most this")
    parser.add_argument("--calls", type=Path, required=True)
    parser.add_argument("--curve", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the calls, hardness_curve.csv and the facts of the library."""
    if not len(args.molecules) == len(args.decoys) == len(args.scores):
        raise ConfigError("--molecules, --decoys and --scores need as many shards each")
    rows: list[int] = []
    tables = []
    for paths in zip(args.molecules, args.decoys, args.scores, strict=True):
        ok, items = read_blocks(*paths)
        rows += ok
        tables.append(items)
    called, curve, facts = judge(pa.concat_tables(tables), args)
    calls = with_all(rows, called)
    facts["calls"] = {name: sum(c["call"] == name for c in calls) for name in _CALLS}
    facts |= {"fdr": args.fdr, "method": args.method}
    write_parquet(args.calls, to_table(calls, "call.v1"), "call.v1")
    write_csv(args.curve, [to_table(curve, "hardness_curve.v1")], "hardness_curve.v1")
    write_text(args.library, pretty_json(facts))
    logger.info("%d molecules, %s", len(rows), facts["calls"])
