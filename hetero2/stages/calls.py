"""calls: which molecules stand out from their decoys over the whole library, and the AUC by hardness of the decoys."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.bins import BINS, EDGES
from hetero2.errors import ConfigError
from hetero2.io.columns import MOLECULE_INDEX, Ints, item_numbers, places, text_numbers
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import pretty_json, write_text
from hetero2.io.structure_keys import Keys, keys, place_of_first
from hetero2.io.tables import from_columns, read_parquet, to_table, write_parquet
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings
from hetero2.stats.audit import hardness, target_decoy_competition
from hetero2.stats.audit.decoy_sets import DecoySets, Floats, describe_decoy_sets, library_test

EXAMPLE = (
    "hetero2 calls --molecules molecules/*.parquet --decoys decoys/*.parquet --scores scores/*.parquet "
    "--calls calls.parquet --curve hardness_curve.csv --library library.json"
)
POOLED = "pooled_residuals_bh"
_CALLS = (target_decoy_competition.SIGNAL, target_decoy_competition.NO_SIGNAL, target_decoy_competition.UNDECIDABLE)
_OTHER_SCORE = -1  # instead of an index in the calls: the first row of the structure has another score
_NO_SCORES = {
    "reason": "no_molecules",
    "interpretation": "INCONCLUSIVE_TOO_FEW_HARD",
    "why": "no molecule has a score",
}
_NO_SCORED_DECOYS = {
    "reason": "no_scored_decoys",
    "interpretation": "INCONCLUSIVE_NO_SCORED_DECOYS",
    "why": "no molecule has a decoy with a score, so the isomer audit is not possible",
}
Record = dict[str, Any]


@dataclass(frozen=True)
class ShardSummary:
    """What is kept of the n molecules of a shard that have a score and a scored decoy: about 250 bytes each.

    Every field is (n,) or (n, ..), except `scored_rows`, the rows of all OK molecules with a score, and
    `decoy_residual` (decoys,). `key`: halves of the key of the structure; `without_similarity`: number of decoys of
    unknown similarity; `residual` and `decoy_residual` are empty unless the method pools residuals.
    """

    scored_rows: Ints
    row: Ints
    key: tuple[Keys, Keys]
    score: Floats
    scaffold: pa.ChunkedArray
    blocks: DecoySets
    won: hardness.PairwiseWins
    without_similarity: Ints
    residual: Floats
    decoy_residual: Floats


def summarise_shard(molecules: Path, decoys: Path, scores: Path, method: str) -> ShardSummary:
    """Reduce the files of a shard to what the calls need of its molecules. O(items log items)."""
    ok = read_parquet(molecules, "molecule.v1", ["row", "status", "scaffold", "structure_hash"])
    ok = ok.filter(pc.equal(ok["status"], "OK"))
    items = _scored_items(scores, ok["row"])
    row, is_molecule = items["row"].to_numpy(), items["decoy_index"].to_numpy() == MOLECULE_INDEX
    rows, counts = np.unique(row, return_counts=True)
    compared = rows[np.isin(rows, row[is_molecule]) & (counts > 1)]
    sets = items.filter(pa.array(np.isin(row, compared)))
    starts, values = np.searchsorted(sets["row"].to_numpy(), compared), sets["score"].to_numpy()
    bins, tanimoto = _similarity(sets, decoys)
    is_unknown = np.isnan(tanimoto).astype(np.int64)  # always so at the molecule itself
    has_residuals = method == POOLED and len(starts)
    residuals = target_decoy_competition.residuals(values, starts) if has_residuals else (np.zeros(0), np.zeros(0))
    matched = ok.take(pa.array(places(compared, ok["row"].to_numpy())))
    won = hardness.pairwise_wins(values, starts)
    return ShardSummary(
        scored_rows=row[is_molecule],
        row=compared,
        key=_structure_keys(matched),
        score=values[starts],
        scaffold=matched["scaffold"].fill_null("None"),
        blocks=describe_decoy_sets(values, starts),
        won=hardness.wins_by_bin(won, starts, bins, len(BINS), np.nan_to_num(tanimoto)),
        without_similarity=np.add.reduceat(is_unknown, starts) - 1 if len(starts) else starts,
        residual=residuals[0],
        decoy_residual=residuals[1],
    )


def _scored_items(scores: Path, rows: pa.ChunkedArray) -> pa.Table:
    """The items of these rows that have a score: row by row, in each the molecule first, then its decoys."""
    items = read_parquet(scores, "score_item.v1", ["row", "decoy_index", "score"])
    items = items.filter(pc.and_(pc.is_valid(items["score"]), pc.is_in(items["row"], rows.combine_chunks())))
    return items.take(pa.array(np.argsort(item_numbers(items), kind="stable")))


def _similarity(items: pa.Table, decoys: Path) -> tuple[Ints, Floats]:
    """(hardness bin (t,), Tanimoto (t,)) of each item; -1 and nan where it is unknown, and for molecules."""
    table = read_parquet(decoys, "decoy.v1", ["row", "decoy_index", "tanimoto", "hardness"])
    place = places(item_numbers(items), item_numbers(table))
    bins = pc.fill_null(pc.index_in(table["hardness"], pa.array(BINS)), -1).to_numpy().astype(np.int64)
    tanimoto = table["tanimoto"].to_numpy()
    return np.where(place >= 0, np.append(bins, -1)[place], -1), np.append(tanimoto, np.nan)[place]


def _structure_keys(molecules: pa.Table) -> tuple[Keys, Keys]:
    """(high, low) halves of the keys of the structures, each (n,); a molecule without a structure has its own key."""
    has_hash = molecules["structure_hash"].is_valid().to_numpy()
    high, low = keys(molecules["structure_hash"].fill_null("0" * 64))
    return np.where(has_hash, high, molecules["row"].to_numpy().astype(np.uint64)), low


def concatenate(shards: Sequence[ShardSummary]) -> ShardSummary:
    """The summaries of all shards as one, in their order."""

    def join(read: Any) -> Any:
        return np.concatenate([read(shard) for shard in shards])

    chunks = [chunk for shard in shards for chunk in shard.scaffold.chunks]
    return ShardSummary(
        scored_rows=join(lambda shard: shard.scored_rows),
        row=join(lambda shard: shard.row),
        key=(join(lambda shard: shard.key[0]), join(lambda shard: shard.key[1])),
        score=join(lambda shard: shard.score),
        scaffold=pa.chunked_array(chunks, pa.string()),
        blocks=DecoySets(
            **{name: join(lambda shard, n=name: getattr(shard.blocks, n)) for name in vars(shards[0].blocks)}
        ),
        won=hardness.PairwiseWins(*(join(lambda shard, n=number: shard.won[n]) for number in range(3))),
        without_similarity=join(lambda shard: shard.without_similarity),
        residual=join(lambda shard: shard.residual),
        decoy_residual=join(lambda shard: shard.decoy_residual),
    )


def call_library(
    library: ShardSummary, fdr: float, method: str, min_decoys: int
) -> tuple[pa.Table, list[Record], Record]:
    """(calls of all rows that have a score, rows of hardness_curve.csv, facts of the library).

    A structure that occurs in several rows is tested once, by the first of them, since copies are no further evidence.
    Its other rows get the same call, or are UNDECIDABLE where their score differs. Rows without a scored decoy are
    UNDECIDABLE.
    """
    first = place_of_first(*library.key)
    is_first = first == np.arange(len(first))
    if not is_first.any():
        reason = _NO_SCORED_DECOYS if len(library.scored_rows) else _NO_SCORES
        return _calls(library, first, None), [], {"n": 0, **reason}
    blocks = DecoySets(**{name: values[is_first] for name, values in vars(library.blocks).items()})
    pooled = None
    if method == POOLED:
        of_first = np.repeat(is_first, library.blocks.n_decoys)
        pooled = target_decoy_competition.pooled_p(library.residual[is_first], library.decoy_residual[of_first])
    calls = target_decoy_competition.call(blocks, fdr, method, min_decoys, pooled)
    curve, facts = _by_hardness(library, is_first)
    same_score = library.score == library.score[first]
    place = np.where(same_score, (np.cumsum(is_first) - 1)[first], _OTHER_SCORE)
    return _calls(library, place, calls), curve_rows(curve), {**vars(library_test(blocks)), **facts}


def of_library(
    shards: Iterable[tuple[Path, Path, Path]], fdr: float, method: str, min_decoys: int
) -> tuple[pa.Table, pa.Table, Record]:
    """(call.v1, hardness_curve.v1, facts) of a library, from molecules, decoys and scores of its shards, in order."""
    library = concatenate([summarise_shard(*paths, method) for paths in shards])
    calls, curve, facts = call_library(library, fdr, method, min_decoys)
    facts["calls"] = {name: pc.sum(pc.equal(calls["call"], name)).as_py() or 0 for name in _CALLS}
    facts |= {"fdr": fdr, "method": method}
    return calls, to_table(curve, "hardness_curve.v1"), facts


def _by_hardness(library: ShardSummary, is_first: Any) -> tuple[dict[str, Any], Record]:
    """(AUC by hardness bin, what it means), of the first row of each structure (`is_first`, (n,) booleans)."""
    won = hardness.PairwiseWins(*(part[is_first] for part in library.won))
    cluster = text_numbers(library.scaffold)[is_first]
    curve = hardness.curve(won, cluster, BINS)
    name, why = hardness.interpret(curve, hardness.easy_minus_hard(won, cluster, BINS))
    trend = hardness.trend(won)
    if library.without_similarity[is_first].any():
        trend = {"z": None, "p_value": None, "reason": "no_similarity_of_some_decoys"}
    return curve, {"interpretation": name, "why": why, "trend": trend}


def _calls(library: ShardSummary, place: Ints, calls: target_decoy_competition.Calls | None) -> pa.Table:
    """Calls of all rows that have a score, in order; `place` (n,): index in `calls`, or _OTHER_SCORE."""
    rows = np.sort(library.scored_rows)
    molecule = places(rows, library.row)
    columns: dict[str, Any] = {"row": rows, "call": "UNDECIDABLE", "call_reason": "no_scored_decoys"}
    if calls is not None:
        place = np.append(place, _OTHER_SCORE)[molecule]
        is_called = place >= 0
        reason = np.where(molecule < 0, "no_scored_decoys", "copy_with_another_score")
        columns["call"] = np.where(is_called, calls.call[place], "UNDECIDABLE")
        columns["call_reason"] = np.where(is_called, calls.reason[place], reason)
        columns["q_value"] = np.where(is_called, calls.q_value[place], np.nan)
        needed = np.where(is_called, calls.m_needed[place], 0)
        columns["m_needed"] = pa.array(needed, mask=needed == 0)
    return from_columns("call.v1", len(rows), columns)


def curve_rows(curve: dict[str, Any]) -> list[Record]:
    """Rows of hardness_curve.csv (`hardness_curve.v1`) from `hardness.curve`."""
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
        for name, (mean, n_decoys) in curve.items()
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    for name in ("molecules", "decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help="shards, in order")
    add_settings(parser, "audit.fdr", "audit.method", "audit.min_decoys", "decoys.k")
    parser.add_argument("--calls", type=Path, required=True, help="where to write the calls")
    parser.add_argument("--curve", type=Path, required=True, help="where to write hardness_curve.csv")
    parser.add_argument("--library", type=Path, required=True, help="where to write the facts of the library")


def run(args: argparse.Namespace) -> None:
    """Write the calls, hardness_curve.csv and the facts of the library."""
    if not len(args.molecules) == len(args.decoys) == len(args.scores):
        raise ConfigError("--molecules, --decoys and --scores need as many shards each")
    shards = zip(args.molecules, args.decoys, args.scores, strict=True)
    calls, curve, facts = of_library(shards, args.fdr, args.method, min(args.min_decoys, args.k))
    write_parquet(args.calls, calls, "call.v1")
    write_csv(args.curve, [curve], "hardness_curve.v1")
    write_text(args.library, pretty_json(facts))
    logger.info("%d molecules, %s", len(calls), facts["calls"])
