"""controls: what must stay silent, what competes with the score, what must be found, and what refits say."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.molecules import parse_known
from hetero2.chem.properties import nearest
from hetero2.chem.similarity import fingerprint
from hetero2.inputs.training import read_training
from hetero2.io.contracts import write_json
from hetero2.io.files import read_json, sha256_bytes
from hetero2.io.tables import read_parquet
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings
from hetero2.stats.audit.control_sample import audit, sampled_decoy_sets
from hetero2.stats.audit.decoy_sets import Floats, describe_blocks, library_test
from hetero2.stats.audit.label_permutation import QUICK_LOOK, planted, residual_ranks, verdict
from hetero2.stats.audit.target_decoy_competition import SIGNAL, call

EXAMPLE = (
    "hetero2 controls --control-sample control_sample.parquet --scores scores/*.parquet "
    "--library library.json --out controls.json"
)
LOUD = 3.3  # |z| beyond which chance is below one in a thousand
MIN_MOLECULES = 20
MIN_SCAFFOLDS = 10  # below, permutations of whole scaffolds repeat themselves
PLANTED_SHIFT = 2.5
FULL = 19  # decoys of a molecule from which calls have power
NO_STRUCTURES = "no_structures"
Record = dict[str, Any]


def score_of(sample: Sequence[Record], shards: Sequence[Path]) -> Floats:
    """(structures,): the score under audit, nan where there is none; structures of level 1 have none."""
    by_item: dict[tuple[int, int], float | None] = {}
    rows = pa.array({item["row"] for item in sample}, pa.int64())
    for path in shards:
        table = read_parquet(path, "score_item.v1", ["row", "decoy_index", "score"])
        items = table.filter(pc.is_in(table["row"], value_set=rows)).to_pylist()
        by_item |= {(item["row"], item["decoy_index"]): item["score"] for item in items}
    scores = [by_item.get((i["row"], i["decoy_index"])) if i["level"] == 0 else None for i in sample]
    return np.array([np.nan if value is None else value for value in scores], float)


def _column(sample: Sequence[Record], name: str, sign: int = 1) -> Floats:
    return np.array([np.nan if item[name] is None else sign * item[name] for item in sample], float)


def _hashed(texts: Sequence[str | None], seed: int) -> Floats:
    """A number in [0, 1) that follows from a text and a seed; nan for None. The sample follows from another hash."""
    words = [None if text is None else f"control:{seed}:{text}".encode() for text in texts]
    numbers = [None if word is None else int(sha256_bytes(word)[:13], 16) / 16**13 for word in words]
    return np.array([np.nan if value is None else value for value in numbers], float)


def structures_known(sample: Sequence[Record]) -> bool:
    """Whether the molecules came with their structures."""
    return any(item["smiles"] is not None for item in sample) or not sample


def negative(sample: Sequence[Record], seed: int) -> Record:
    """Scores that know nothing of an isomer: each must stay silent."""
    is_first_level = [item["level"] == 0 for item in sample]
    scores = {
        "constant": np.where(is_first_level, 0.0, np.nan),
        "random": _hashed(
            [item["structure_hash"] if on else None for item, on in zip(sample, is_first_level, strict=True)], seed
        ),
        "molecular_weight": _column(sample, "molecular_weight"),
        "formula": _hashed([item["formula"] for item in sample], seed),
    }
    results = {name: audit(sample, values) for name, values in scores.items()}
    for name, facts in results.items():
        if name in ("molecular_weight", "formula") and not structures_known(sample):
            facts |= {"silent": None, "reason": NO_STRUCTURES}
            continue
        facts["silent"] = all(abs(facts[key] or 0.0) < LOUD for key in ("mean_z", "dispersion_z"))
    return results


def novelty_scores(sample: Sequence[Record], train: Path | None, standardise: str = "none") -> dict[str, Floats]:
    """Scores for looking ordinary: they measure how much stranger the decoys look than the molecules."""
    found = {
        "synthetic_accessibility": _column(sample, "synthetic_accessibility", -1),
        "fragment_popularity": _column(sample, "fragment_popularity"),
    }
    if train is not None:
        known = [fingerprint(parse_known(text)) for text in read_training(train, standardise).smiles]
        first = [item["level"] == 0 for item in sample]
        chosen = [fingerprint(parse_known(item["smiles"])) for item, on in zip(sample, first, strict=True) if on]
        found["nearest_training_neighbour"] = np.full(len(sample), np.nan)
        found["nearest_training_neighbour"][first] = nearest(chosen, known)
    return found


def beyond(sample: Sequence[Record], score: Floats, others: dict[str, Floats]) -> Record:
    """What the score keeps beyond each novelty control, and beyond all of them together."""
    results: Record = {}
    mask = np.where(np.isfinite(score), 0.0, np.nan)
    flat, starts, _ = sampled_decoy_sets(sample, 0, score)
    for name, chosen in {**{name: [name] for name in others}, "all": list(others)}.items():
        competitors = [sampled_decoy_sets(sample, 0, others[other] + mask)[0] for other in chosen]
        if not len(starts) or any(len(values) != len(flat) for values in competitors):
            results[name] = {"mean_z": None, "dispersion_z": None, "reason": "no_molecules"}
            continue
        test = library_test(describe_blocks(residual_ranks(flat, competitors, starts), starts))
        results[name] = {"mean_z": test.mean_z, "dispersion_z": test.dispersion_z, "reason": test.reason}
    return results


def plant(sample: Sequence[Record], seed: int) -> Record:
    """Random scores with every molecule 2.5 s.d. above its decoys: an audit that does not find that finds nothing.

    Found: the mean z is loud and, where molecules have enough decoys, some of them are called SIGNAL.
    """
    flat, starts, _ = sampled_decoy_sets(sample, 0, np.where([item["level"] == 0 for item in sample], 0.0, np.nan))
    if len(starts) < MIN_MOLECULES:
        return {"mean_z": None, "n_signal": None, "found": None, "reason": f"fewer_than_{MIN_MOLECULES}_molecules"}
    blocks = describe_blocks(planted(starts, len(flat), PLANTED_SHIFT, seed), starts)
    test, enough = library_test(blocks), int((blocks.n_decoys >= FULL).sum()) >= MIN_MOLECULES
    n_signal = int((call(blocks, min_decoys=FULL).call == SIGNAL).sum()) if enough else None
    found = test.mean_z is not None and test.mean_z > LOUD and n_signal != 0
    return {"mean_z": test.mean_z, "n_signal": n_signal, "found": found, "reason": None}


def status(silent: Record, found: Record) -> Record:
    """Whether the audit works on this library."""
    loud = [name for name, facts in silent.items() if facts["silent"] is False]
    if loud:
        return {"status": "FAILED", "reason": f"not silent: {', '.join(loud)}"}
    if found["found"] is None:
        return {"status": "INCONCLUSIVE", "reason": found["reason"]}
    return (
        {"status": "OK", "reason": None} if found["found"] else {"status": "FAILED", "reason": "planted signal missed"}
    )


def _not_assessable(reason: str) -> dict[str, Record]:
    none: Record = {"verdict": "NOT_ASSESSABLE", "reason": reason, "p_value": None, "p_values": []}
    return {"dispersion_z": none, "mean_z": none}


def inference(files: Sequence[Path], refits: int, why_not: str) -> Record:
    """Verdict of the refits; dispersion z was fixed beforehand, the mean stands beside it."""
    parts = [read_json(path) for path in files]
    fits = sorted((fit for part in parts for fit in part["fits"]), key=lambda f: (f["model_seed"], f["refit"]))
    by_seed: dict[int, list[Record]] = {}
    for fit in fits:
        by_seed.setdefault(fit["model_seed"], []).append(fit)
    tests = {
        key: verdict({s: (f[0][key], [one[key] for one in f[1:]]) for s, f in by_seed.items() if len(f) > 1})
        for key in ("dispersion_z", "mean_z")
    }
    found = tests["dispersion_z"]
    if not fits:
        found = found | {"reason": why_not}
    elif parts[0]["training_scaffolds"] < MIN_SCAFFOLDS:
        tests = _not_assessable(f"training_part_has_fewer_than_{MIN_SCAFFOLDS}_scaffolds")
    elif len({fit["n_scored"] for fit in fits}) > 1:
        tests = _not_assessable("fits_scored_different_numbers_of_structures")
    found = tests["dispersion_z"] if fits else found
    shown = [
        {k: v for k, v in fit.items() if k in ("model_seed", "refit", "n_scored", "mean_auc", "mean_z", "dispersion_z")}
        for fit in fits
    ]
    return {
        **found,
        "statistic": "dispersion_z",
        "mean_z_p_value": tests["mean_z"]["p_value"],
        "refits": refits if fits else 0,
        "model_seeds": len(by_seed),
        "quick_look": bool(fits) and refits < QUICK_LOOK,
        "fits": shown,
        "drift": by_seed[0][0]["drift"] if fits else {"mean_auc": None, "reason": why_not},
    }


def explanation(score: Record, novelty: Record) -> Record:
    """EXPLAINED_BY_NOVELTY where a novelty control prefers the molecules more than the score does, and which do.

    Both looked at on the items that have a score. A score that does not prefer the molecules (z below 3.3) leaves
    nothing to explain.
    """
    own = score["mean_z"]
    if own is None or own < LOUD:
        return {"explanation": None, "explained_by": []}
    larger = [name for name, facts in novelty.items() if facts["mean_z"] is not None and facts["mean_z"] > own]
    return {"explanation": "EXPLAINED_BY_NOVELTY" if larger else None, "explained_by": larger}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--control-sample", type=Path, required=True)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="shards")
    parser.add_argument("--library", type=Path, required=True, help="library.json of the calls")
    parser.add_argument("--train", type=Path, help="id,smiles,label, where there is one")
    parser.add_argument("--refits", type=Path, nargs="*", default=[], help="what the refits wrote")
    parser.add_argument("--cross-validation", type=Path, help="what the cross-validation wrote")
    parser.add_argument("--why-not", default="no_refits", help="why there are no refits")
    add_settings(parser, "audit.seed", "guardrails.standardise", n_refits="audit.refits")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write controls.json."""
    sample = read_parquet(args.control_sample, "control_sample_item.v1").to_pylist()
    score = score_of(sample, args.scores)
    silent, strange = negative(sample, args.seed), novelty_scores(sample, args.train, args.standardise)
    found, own = plant(sample, args.seed), audit(sample, score)
    novelty = {name: audit(sample, values) for name, values in strange.items()}
    if not structures_known(sample):
        novelty = {name: facts | {"reason": NO_STRUCTURES} for name, facts in novelty.items()}
    beyond_novelty, library = beyond(sample, score, strange), read_json(args.library)
    for facts in (own, *beyond_novelty.values()) if library.get("n") == 0 else ():
        facts["reason"] = library["reason"]
    compared = {name: audit(sample, np.where(np.isfinite(score), values, np.nan)) for name, values in strange.items()}
    inferred = inference(args.refits, args.n_refits if args.refits else 0, args.why_not)
    document = {
        "controls_schema": "controls.v1",
        "audit": status(silent, found),
        "library": library,
        "sample": {
            "molecules": len({item["block"] for item in sample if item["level"] == 0}),
            "seed": args.seed,
        },
        "score": own,
        "negative": silent,
        "novelty": novelty,
        "score_beyond_novelty": beyond_novelty,
        "planted": found,
        "drift": inferred.pop("drift"),
        "inference": {**inferred, **explanation(own, compared)},
        "cross_validation": read_json(args.cross_validation)
        if args.cross_validation
        else {"auc": None, "reason": args.why_not},
    }
    write_json(args.out, document, "controls.v1")
    logger.info("audit %s, %s", document["audit"]["status"], document["inference"]["verdict"])
