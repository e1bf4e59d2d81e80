"""controls: negative and positive controls, familiarity controls that compete with the score, and Y-randomisation."""

import argparse
import itertools
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
from hetero2.stats.audit import label_permutation
from hetero2.stats.audit.control_sample import audit, sampled_decoy_sets
from hetero2.stats.audit.decoy_sets import MIN_DECOYS, Floats, describe_decoy_sets, library_test
from hetero2.stats.audit.label_permutation import QUICK_LOOK, residual_ranks, verdict
from hetero2.stats.audit.target_decoy_competition import SIGNAL, call
from hetero2.stats.diagnosis.answer import OUT_OF_FOLD

EXAMPLE = (
    "hetero2 controls --control-sample control_sample.parquet --scores scores/*.parquet "
    "--library library.json --out controls.json"
)
LOUD = 3.3  # |z| that chance exceeds less than once in a thousand
MIN_MOLECULES = 20
MIN_SCAFFOLDS = 10  # of the training part: with fewer, permutations of whole scaffolds repeat themselves
PLANTED_SHIFT = 2.5  # standard deviations by which the positive control lifts each molecule
NO_STRUCTURES = "no_structures"
_OF_A_FIT = ("model_seed", "refit", "n_scored", "mean_auc", "mean_z", "dispersion_z")
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
    """Negative controls: scores that cannot tell isomers apart, so each must stay silent (|z| below 3.3)."""
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


def familiarity_scores(sample: Sequence[Record], train: Path | None, standardise: str = "none") -> dict[str, Floats]:
    """(structures,) each: scores that reward looking ordinary, so they show how much stranger decoys look."""
    scores = {
        "synthetic_accessibility": _column(sample, "synthetic_accessibility", -1),
        "fragment_popularity": _column(sample, "fragment_popularity"),
    }
    if train is not None:
        training = [fingerprint(parse_known(text)) for text in read_training(train, standardise).smiles]
        is_of_library = [item["level"] == 0 for item in sample]
        of_library = itertools.compress(sample, is_of_library)
        fingerprints = [fingerprint(parse_known(item["smiles"])) for item in of_library]
        scores["nearest_training_neighbour"] = np.full(len(sample), np.nan)
        scores["nearest_training_neighbour"][is_of_library] = nearest(fingerprints, training)
    return scores


def beyond_familiarity(sample: Sequence[Record], score: Floats, familiarity: dict[str, Floats]) -> Record:
    """What the score keeps beyond each familiarity control, and beyond all of them together (`all`)."""
    results: Record = {}
    only_scored = np.where(np.isfinite(score), 0.0, np.nan)
    flat, starts, _ = sampled_decoy_sets(sample, 0, score)
    for name, controls in {**{name: [name] for name in familiarity}, "all": list(familiarity)}.items():
        competitors = [sampled_decoy_sets(sample, 0, familiarity[control] + only_scored)[0] for control in controls]
        if not len(starts) or any(len(values) != len(flat) for values in competitors):
            results[name] = {"mean_z": None, "dispersion_z": None, "reason": "no_molecules"}
            continue
        test = library_test(describe_decoy_sets(residual_ranks(flat, competitors, starts), starts))
        results[name] = {"mean_z": test.mean_z, "dispersion_z": test.dispersion_z, "reason": test.reason}
    return results


def positive_control(sample: Sequence[Record], seed: int) -> Record:
    """Random scores with every molecule 2.5 s.d. above its decoys: an audit that misses that finds nothing.

    `found`: the mean z is loud and, where molecules have enough decoys, some of them are called SIGNAL.
    """
    flat, starts, _ = sampled_decoy_sets(sample, 0, np.where([item["level"] == 0 for item in sample], 0.0, np.nan))
    if len(starts) < MIN_MOLECULES:
        return {"mean_z": None, "n_signal": None, "found": None, "reason": f"fewer_than_{MIN_MOLECULES}_molecules"}
    blocks = describe_decoy_sets(label_permutation.positive_control(starts, len(flat), PLANTED_SHIFT, seed), starts)
    test, enough = library_test(blocks), int((blocks.n_decoys >= MIN_DECOYS).sum()) >= MIN_MOLECULES
    n_signal = int((call(blocks, min_decoys=MIN_DECOYS).call == SIGNAL).sum()) if enough else None
    is_found = test.mean_z is not None and test.mean_z > LOUD and n_signal != 0
    return {"mean_z": test.mean_z, "n_signal": n_signal, "found": is_found, "reason": None}


def status(negative_controls: Record, positive: Record) -> Record:
    """Whether the audit works on this library."""
    loud = [name for name, facts in negative_controls.items() if facts["silent"] is False]
    if loud:
        return {"status": "FAILED", "reason": f"not silent: {', '.join(loud)}"}
    if positive["found"] is None:
        return {"status": "INCONCLUSIVE", "reason": positive["reason"]}
    if not positive["found"]:
        return {"status": "FAILED", "reason": "positive control missed"}
    return {"status": "OK", "reason": None}


def _not_assessable(reason: str) -> Record:
    return {"verdict": "NOT_ASSESSABLE", "reason": reason, "p_value": None, "p_values": []}


def _verdicts(by_seed: dict[int, list[Record]], training_scaffolds: int) -> dict[str, Record]:
    """Verdict by each statistic of the fits; `by_seed`: of each model seed the observed fit, then its refits."""
    statistics = ("dispersion_z", "mean_z")
    if training_scaffolds < MIN_SCAFFOLDS:
        few = f"training_part_has_fewer_than_{MIN_SCAFFOLDS}_scaffolds"
        return {name: _not_assessable(few) for name in statistics}
    if len({fit["n_scored"] for fits in by_seed.values() for fit in fits}) > 1:
        return {name: _not_assessable("fits_scored_different_numbers_of_structures") for name in statistics}
    refitted = {seed: fits for seed, fits in by_seed.items() if len(fits) > 1}
    return {
        name: verdict({seed: (fits[0][name], [fit[name] for fit in fits[1:]]) for seed, fits in refitted.items()})
        for name in statistics
    }


def inference(files: Sequence[Path], refits: int, why_not: str) -> Record:
    """Verdict of Y-randomisation, from what the refits wrote: by dispersion z, which was fixed beforehand.

    The p-value of mean z is reported as well. `why_not`: the reason, where nothing was fitted again.
    """
    parts = [read_json(path) for path in files]
    fits = sorted((fit for part in parts for fit in part["fits"]), key=lambda fit: (fit["model_seed"], fit["refit"]))
    facts = {"statistic": "dispersion_z", "mean_z_p_value": None, "refits": 0, "model_seeds": 0, "quick_look": False}
    if not fits:
        return {**_not_assessable(why_not), **facts, "fits": [], "drift": {"mean_auc": None, "reason": why_not}}
    by_seed: dict[int, list[Record]] = {}
    for fit in fits:
        by_seed.setdefault(fit["model_seed"], []).append(fit)
    verdicts = _verdicts(by_seed, parts[0]["training_scaffolds"])
    return {
        **verdicts["dispersion_z"],
        **facts,
        "mean_z_p_value": verdicts["mean_z"]["p_value"],
        "refits": refits,
        "model_seeds": len(by_seed),
        "quick_look": refits < QUICK_LOOK,
        "fits": [{key: fit[key] for key in _OF_A_FIT if key in fit} for fit in fits],
        "drift": by_seed[0][0]["drift"],
    }


def explanation(score: Record, familiarity: Record) -> Record:
    """EXPLAINED_BY_NOVELTY where a familiarity control prefers the molecules more than the score does, and which do.

    Both are compared on the items that have a score. A score that does not prefer the molecules (z below 3.3) leaves
    nothing to explain.
    """
    mean_z = score["mean_z"]
    if mean_z is None or mean_z < LOUD:
        return {"explanation": None, "explained_by": []}
    larger = [name for name, facts in familiarity.items() if facts["mean_z"] is not None and facts["mean_z"] > mean_z]
    return {"explanation": "EXPLAINED_BY_NOVELTY" if larger else None, "explained_by": larger}


def cross_validated(file: Path | None, why_not: str) -> Record:
    """What the cross-validation wrote but the score of each training molecule, or why there is none."""
    if file is None:
        return {"auc": None, "reason": why_not}
    return {key: value for key, value in read_json(file).items() if key != OUT_OF_FOLD}


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
    negative_controls, positive = negative(sample, args.seed), positive_control(sample, args.seed)
    familiarity = familiarity_scores(sample, args.train, args.standardise)
    of_score = audit(sample, score)
    of_familiarity = {name: audit(sample, values) for name, values in familiarity.items()}
    if not structures_known(sample):
        of_familiarity = {name: facts | {"reason": NO_STRUCTURES} for name, facts in of_familiarity.items()}
    beyond, library = beyond_familiarity(sample, score, familiarity), read_json(args.library)
    for facts in (of_score, *beyond.values()) if library.get("n") == 0 else ():
        facts["reason"] = library["reason"]
    compared = {
        name: audit(sample, np.where(np.isfinite(score), values, np.nan)) for name, values in familiarity.items()
    }
    inferred = inference(args.refits, args.n_refits if args.refits else 0, args.why_not)
    document = {
        "controls_schema": "controls.v1",
        "audit": status(negative_controls, positive),
        "library": library,
        "sample": {
            "molecules": len({item["block"] for item in sample if item["level"] == 0}),
            "seed": args.seed,
        },
        "score": of_score,
        "negative": negative_controls,
        "novelty": of_familiarity,
        "score_beyond_novelty": beyond,
        "planted": positive,
        "drift": inferred.pop("drift"),
        "inference": {**inferred, **explanation(of_score, compared)},
        "cross_validation": cross_validated(args.cross_validation, args.why_not),
    }
    write_json(args.out, document, "controls.v1")
    logger.info("audit %s, %s", document["audit"]["status"], document["inference"]["verdict"])
