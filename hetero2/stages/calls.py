"""calls: which molecules stand out of their decoys over the whole library, and the AUC by hardness of the decoys."""

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
from hetero2.io.columns import Ints, item_numbers, places, text_numbers
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import pretty_json, write_text
from hetero2.io.structure_keys import Keys, keys, place_of_first
from hetero2.io.tables import from_columns, read_parquet, to_table, write_parquet
from hetero2.runtime.cli_types import positive
from hetero2.runtime.log import logger
from hetero2.stats.audit import hardness, target_decoy_competition
from hetero2.stats.audit.decoy_sets import Blocks, Floats, describe_blocks, library_test

EXAMPLE = (
    "hetero2 calls --molecules molecules/*.parquet --decoys decoys/*.parquet --scores scores/*.parquet "
    "--calls calls.parquet --curve hardness_curve.csv --library library.json"
)
POOLED = "pooled_residuals_bh"
_CALLS = (target_decoy_competition.SIGNAL, target_decoy_competition.NO_SIGNAL, target_decoy_competition.UNDECIDABLE)
_OTHER_SCORE = -1  # the place of a molecule in the calls, where its first row has another score
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
class Looked:
    """What is kept of n molecules with a score and a scored decoy: about 250 bytes each.

    Every field is (n,) or (n, ..). `key`: structure; `score`: own; `unlike`: decoys whose similarity is not known;
    `residual`, `pool`: own and of the decoys, only where the method asks for them; `scored`: rows of all OK molecules
    with a score.
    """

    scored: Ints
    row: Ints
    key: tuple[Keys, Keys]
    score: Floats
    scaffold: pa.ChunkedArray
    blocks: Blocks
    won: hardness.Won
    unlike: Ints
    residual: Floats
    pool: Floats


def look(molecules: Path, decoys: Path, scores: Path, method: str) -> Looked:
    """Reduce a shard to what is kept of its molecules."""
    facts = read_parquet(molecules, "molecule.v1", ["row", "status", "scaffold", "structure_hash"])
    facts = facts.filter(pc.equal(facts["status"], "OK"))
    items = read_parquet(scores, "score_item.v1", ["row", "decoy_index", "score"])
    items = items.filter(pc.and_(pc.is_valid(items["score"]), pc.is_in(items["row"], facts["row"].combine_chunks())))
    items = items.take(pa.array(np.argsort(item_numbers(items), kind="stable")))
    row, original = items["row"].to_numpy(), items["decoy_index"].to_numpy() == -1
    rows, counts = np.unique(row, return_counts=True)
    whole = rows[np.isin(rows, row[original]) & (counts > 1)]
    kept = items.filter(pa.array(np.isin(row, whole)))
    known = facts.take(pa.array(places(whole, facts["row"].to_numpy())))
    bins, tanimoto = _similarity(kept, decoys)
    starts, values = np.searchsorted(kept["row"].to_numpy(), whole), kept["score"].to_numpy()
    won = hardness.wins(values, starts)
    unlike = np.add.reduceat(np.isnan(tanimoto).astype(np.int64), starts) - 1 if len(starts) else starts
    pooled = (
        target_decoy_competition.residuals(values, starts)
        if method == POOLED and len(starts)
        else (np.zeros(0), np.zeros(0))
    )
    return Looked(
        scored=row[original],
        row=whole,
        key=_keys(known),
        score=values[starts],
        scaffold=known["scaffold"].fill_null("None"),
        blocks=describe_blocks(values, starts),
        won=hardness.against(won, starts, bins, len(BINS), np.nan_to_num(tanimoto)),
        unlike=unlike,
        residual=pooled[0],
        pool=pooled[1],
    )


def _similarity(items: pa.Table, decoys: Path) -> tuple[Ints, Floats]:
    """(bin, Tanimoto) of each item, -1 and nan where it is not known, as of the molecules."""
    matched = read_parquet(decoys, "decoy.v1", ["row", "decoy_index", "tanimoto", "hardness"])
    place = places(item_numbers(items), item_numbers(matched))
    bins = pc.fill_null(pc.index_in(matched["hardness"], pa.array(BINS)), -1).to_numpy().astype(np.int64)
    tanimoto = matched["tanimoto"].to_numpy()
    return np.where(place >= 0, np.append(bins, -1)[place], -1), np.append(tanimoto, np.nan)[place]


def _keys(molecules: pa.Table) -> tuple[Keys, Keys]:
    """Keys of the structures; a molecule without one is alone."""
    known = molecules["structure_hash"].is_valid().to_numpy()
    high, low = keys(molecules["structure_hash"].fill_null("0" * 64))
    return np.where(known, high, molecules["row"].to_numpy().astype(np.uint64)), low


def together(parts: Sequence[Looked]) -> Looked:
    """What is kept of all shards, in their order."""

    def joined(read: Any) -> Any:
        return np.concatenate([read(part) for part in parts])

    return Looked(
        scored=joined(lambda part: part.scored),
        row=joined(lambda part: part.row),
        key=(joined(lambda part: part.key[0]), joined(lambda part: part.key[1])),
        score=joined(lambda part: part.score),
        scaffold=pa.chunked_array([chunk for part in parts for chunk in part.scaffold.chunks], pa.string()),
        blocks=Blocks(**{name: joined(lambda part, n=name: getattr(part.blocks, n)) for name in vars(parts[0].blocks)}),
        won=hardness.Won(*(joined(lambda part, n=number: part.won[n]) for number in range(3))),
        unlike=joined(lambda part: part.unlike),
        residual=joined(lambda part: part.residual),
        pool=joined(lambda part: part.pool),
    )


def judge(found: Looked, fdr: float, method: str, min_decoys: int) -> tuple[pa.Table, list[Record], Record]:
    """(calls of all rows that have a score, lines of the curve, facts of the library).

    A structure that stands in several rows is looked at once, by the first of them, since copies are no evidence; its
    other rows get the same call, or are UNDECIDABLE where their score is another. So are rows without a scored decoy.
    """
    first = place_of_first(*found.key)
    once = first == np.arange(len(first))
    if not once.any():
        return _calls(found, first, None), [], {"n": 0, **(_NO_SCORED_DECOYS if len(found.scored) else _NO_SCORES)}
    blocks = Blocks(**{name: values[once] for name, values in vars(found.blocks).items()})
    pooled = None
    if method == POOLED:
        pooled = target_decoy_competition.pooled_p(
            found.residual[once], found.pool[np.repeat(once, found.blocks.n_decoys)]
        )
    calls = target_decoy_competition.call(blocks, fdr, method, min_decoys, pooled)
    curve, facts = _by_hardness(found, once)
    place = np.where(found.score == found.score[first], (np.cumsum(once) - 1)[first], _OTHER_SCORE)
    return _calls(found, place, calls), curve_rows(curve), {**vars(library_test(blocks)), **facts}


def of_library(
    shards: Iterable[tuple[Path, Path, Path]], fdr: float, method: str, min_decoys: int
) -> tuple[pa.Table, pa.Table, Record]:
    """(call.v1, hardness_curve.v1, facts) of a library, from molecules, decoys and scores of its shards, in order."""
    calls, curve, facts = judge(together([look(*paths, method) for paths in shards]), fdr, method, min_decoys)
    facts["calls"] = {name: pc.sum(pc.equal(calls["call"], name)).as_py() or 0 for name in _CALLS}
    facts |= {"fdr": fdr, "method": method}
    return calls, to_table(curve, "hardness_curve.v1"), facts


def _by_hardness(found: Looked, once: Any) -> tuple[dict[str, Any], Record]:
    won, cluster = hardness.Won(*(part[once] for part in found.won)), text_numbers(found.scaffold)[once]
    curve = hardness.curve(won, cluster, BINS)
    name, why = hardness.interpret(curve, hardness.easier(won, cluster, BINS))
    slope = hardness.trend(won)
    if found.unlike[once].any():
        slope = {"z": None, "p_value": None, "reason": "no_similarity_of_some_decoys"}
    return curve, {"interpretation": name, "why": why, "trend": slope}


def _calls(found: Looked, place: Ints, calls: target_decoy_competition.Calls | None) -> pa.Table:
    """Calls of all rows that have a score, in order; `place`: that of each molecule in `calls`, or _OTHER_SCORE."""
    rows = np.sort(found.scored)
    molecule = places(rows, found.row)
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
    parser.add_argument("--method", choices=target_decoy_competition.METHODS, default="union")
    parser.add_argument("--min-decoys", type=positive, default=19, help="molecules with fewer are UNDECIDABLE")
    parser.add_argument("--k", type=positive, default=20, help="decoys asked for; --min-decoys is at most this")
    parser.add_argument("--calls", type=Path, required=True)
    parser.add_argument("--curve", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)


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
