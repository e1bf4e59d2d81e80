"""diagnosis: can this score be trusted? What labels, trivial competitors and bulk properties say of it.

It judges the score, filters no molecule and changes no order. Labels are those of the truth; else those of the training
set, by scores of fits that have not seen a molecule's scaffold where the model can be fitted again; else those of
molecules of the library that are in the training set, which the model has seen; else none.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.molecules import structure_hash
from hetero2.chem.properties import bulk_property_matrix
from hetero2.errors import InputError
from hetero2.inputs.summary_rows import read_summary
from hetero2.inputs.training import Training, read_training
from hetero2.inputs.truth import read_truth
from hetero2.io.contracts import write_json
from hetero2.io.files import read_json
from hetero2.runtime.cli_types import positive
from hetero2.runtime.log import logger
from hetero2.runtime.seeds import sample
from hetero2.runtime.settings import add_settings
from hetero2.scoring.scorers.reference import Reference
from hetero2.scoring.scorers.refittable import scaffolds_of
from hetero2.stats.benefit.cluster_bootstrap import Bools, Floats, Ints
from hetero2.stats.diagnosis.answer import NONE, OUT_OF_FOLD, TRAINING, TRUTH, answer
from hetero2.stats.diagnosis.bulk_properties import bulk_properties
from hetero2.stats.diagnosis.competitors import (
    HEAVY_ATOMS,
    LOGP,
    NEAREST_HIT,
    PROPERTY_MODEL,
    RESAMPLES,
    compare,
    out_of_fold,
)

EXAMPLE = "hetero2 diagnosis --summary summary.csv --truth truth.csv --out diagnosis.json"
MOST_LABELLED = 5000  # molecules with labels that are compared, drawn from more: the fits and resamples then take 1 min
MOST_SCORED = 2000  # molecules whose scores the bulk properties explain, drawn from more
NO_STRUCTURES = "no_structures"
_FITTED = {PROPERTY_MODEL: "reference:property_boosted", NEAREST_HIT: "reference:nearest_hit"}
COLUMNS = ("id", "score", "canonical_smiles", "structure_hash", "scaffold")
_ROWS = 65_536  # rows that are Python objects at once
Record = dict[str, Any]
Labelled = tuple[str, str | None, Iterable[Record]]  # where labels come from, why there are none, those with a label


@dataclass(frozen=True)
class Molecules:
    """n scored molecules, larger scores first; `smiles` is None where structures are unknown, `hit` without labels."""

    score: Floats
    smiles: list[str] | None
    scaffold: Ints
    hit: Bools

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Molecules":
        """From records of score, canonical_smiles, scaffold and, where there are labels, hit."""
        smiles = [record["canonical_smiles"] for record in records]
        names = [record["scaffold"] or "" for record in records]
        return cls(
            np.array([record["score"] for record in records], float),
            smiles if smiles and all(smiles) else None,
            np.unique(np.array(names, str), return_inverse=True)[1].astype(np.int64),
            np.array([record.get("hit", False) for record in records], bool),
        )


def _records(rows: pa.Table, label: Callable[[Record], bool | None] | None = None) -> Iterator[Record]:
    """The scored rows, a batch at a time; of those `label` gives a label, those alone, with it as `hit`."""
    for batch in rows.filter(pc.is_valid(rows["score"])).to_batches(_ROWS):
        for record in batch.to_pylist():
            hit = None if label is None else label(record)
            if label is None or hit is not None:
                yield record | {"hit": hit}


def labels_of(training: Training) -> dict[str, bool]:
    """Whether a structure of the training set is a hit, by structure hash; without those of contradicting labels."""
    labels: dict[str, set[int]] = {}
    for smiles, label in zip(training.smiles, training.labels, strict=True):
        labels.setdefault(structure_hash(smiles), set()).add(label)
    return {key: 1 in values for key, values in labels.items() if len(values) == 1}


def scored_out_of_fold(training: Training, cross_validation: Path) -> Iterator[Record]:
    """The training molecules with their scores by fits on other scaffolds; none where there is no cross-validation."""
    scores = read_json(cross_validation).get(OUT_OF_FOLD)
    if scores is None:
        return
    if len(scores) != len(training.ids):
        raise InputError(
            f"{cross_validation}: scores of {len(scores)} molecules, but the training set has {len(training.ids)}",
            "make it again from this training set",
        )
    each = zip(training.ids, training.smiles, training.labels, scaffolds_of(training.smiles), scores, strict=True)
    for molecule_id, smiles, label, scaffold, score in each:
        if score is not None:
            yield {"id": molecule_id, "structure_hash": structure_hash(smiles), "canonical_smiles": smiles} | {
                "scaffold": scaffold,
                "score": score,
                "hit": bool(label),
            }


def with_truth(rows: pa.Table, hits: Mapping[str, bool] | None) -> Labelled:
    """Of rows of summary.csv those that are hits or not by their ids; None: nothing is known."""
    if hits is None:
        return NONE, "no_truth_and_no_training_set", []
    return TRUTH, None, _records(rows, lambda record: hits.get(record["id"]))


def labelled(rows: pa.Table, args: argparse.Namespace) -> Labelled:
    """(where labels come from, why there are none, the molecules with label and score)."""
    if args.truth is not None:
        if args.truth_source != "external":
            return NONE, "truth_is_a_hash_of_the_smiles", []
        return with_truth(rows, read_truth(args.truth, args.truth_source))
    if args.train is None:
        return with_truth(rows, None)
    training = read_training(args.train, args.standardise)
    if args.cross_validation is not None:
        return OUT_OF_FOLD, None, scored_out_of_fold(training, args.cross_validation)
    by_structure = labels_of(training)
    return TRAINING, None, _records(rows, lambda record: by_structure.get(record["structure_hash"]))


def competitors(molecules: Molecules, properties: Floats | None) -> Mapping[str, Floats | str]:
    """Scores of the trivial competitors, or why one has none; those that are fitted, in folds of whole scaffolds."""
    smiles, values = molecules.smiles, dict[str, Floats | str]()
    if smiles is None or properties is None:
        return dict.fromkeys((HEAVY_ATOMS, LOGP, *_FITTED), NO_STRUCTURES)
    values |= {HEAVY_ATOMS: properties[:, -1], LOGP: properties[:, 1]}
    labels = molecules.hit.astype(int).tolist()
    for name, scorer in _FITTED.items():
        reference = Reference(scorer, Training(smiles, smiles, smiles, labels))
        features = reference.features(smiles)
        scores, reason = out_of_fold(
            lambda rows, reference=reference, features=features: reference.fit(labels, 0, rows).score(features),  # type: ignore[misc]
            molecules.hit,
            molecules.scaffold,
        )
        values[name] = str(reason) if scores is None else scores
    return values


def diagnose(
    scored: Molecules,
    with_label: Molecules,
    source: str,
    why_none: str | None,
    sign: Record,
    seed: int,
    resamples: int = RESAMPLES,
) -> Record:
    """diagnosis.json: `scored` of the library, `with_label` those with labels from `source`, else `why_none`."""
    n_hits = int(with_label.hit.sum())
    if source != NONE and not len(with_label.hit):
        source, why_none = NONE, f"no_molecule_with_score_and_label_of_{source}"
    labels = {
        "source": source,
        "reason": why_none,
        "n": len(with_label.hit),
        "hits": n_hits,
        "scaffolds": len(np.unique(with_label.scaffold)),
    }
    properties = None if with_label.smiles is None else bulk_property_matrix(with_label.smiles)
    both = 0 < n_hits < len(with_label.hit)
    beside = competitors(with_label, properties) if both else dict.fromkeys((HEAVY_ATOMS, LOGP, *_FITTED), "one_class")
    ranking = compare(with_label.score, beside, with_label.hit, with_label.scaffold, seed, resamples)
    if scored.smiles is None:
        bulk: Record = dict.fromkeys(("rank_correlation_heavy_atoms", "rank_correlation_logp", "explained_share"))
        bulk |= {"n": len(scored.score), "reason": NO_STRUCTURES, "is_property_model": None}
    else:
        bulk = bulk_properties(scored.score, bulk_property_matrix(scored.smiles), scored.scaffold)
    reply, codes = answer(labels, ranking, sign, bulk)
    return {
        "diagnosis_schema": "diagnosis.v1",
        "answer": reply,
        "codes": codes,
        "labels": labels,
        "sign": sign,
        "ranking": ranking,
        "bulk_properties": bulk,
    }


def sign_of(scores: pa.ChunkedArray, higher_is_better: bool) -> Record:
    """Whether all values are as docking gives them (before a sign was turned), and whether they tell anything apart."""
    bounds = pc.min_max(scores).as_py()
    low, high = bounds["min"], bounds["max"]
    least_favourable = high if higher_is_better else None if low is None else -low
    return {
        "higher_is_better": higher_is_better,
        "all_at_most_zero": least_favourable is not None and low < high and least_favourable <= 0,
        "all_equal": low is not None and low == high,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--truth", type=Path, help="labels that the model has not seen")
    parser.add_argument("--train", type=Path, help="id,smiles,label of the model, where there is no truth")
    parser.add_argument(
        "--cross-validation", type=Path, help="what the cross-validation wrote, where there is no truth"
    )
    add_settings(
        parser,
        "audit.seed",
        "guardrails.standardise",
        "scores.higher_is_better",
        truth_source="truth.source",
    )
    parser.add_argument("--resamples", type=positive, default=RESAMPLES)
    parser.add_argument("--out", type=Path, required=True)


def of_rows(rows: pa.Table, labels: Labelled, higher_is_better: bool, seed: int, resamples: int = RESAMPLES) -> Record:
    """diagnosis.json of rows of summary.csv (their `COLUMNS`)."""
    source, why_none, records = labels
    with_label = Molecules.of(sample(records, MOST_LABELLED, seed))
    scored = Molecules.of(sample(_records(rows), MOST_SCORED, seed))
    return diagnose(scored, with_label, source, why_none, sign_of(rows["score"], higher_is_better), seed, resamples)


def run(args: argparse.Namespace) -> None:
    """Write diagnosis.json."""
    rows = read_summary(args.summary, COLUMNS)
    document = of_rows(rows, labelled(rows, args), args.higher_is_better, args.seed, args.resamples)
    write_json(args.out, document, "diagnosis.v1")
    logger.info("%s: %s", document["answer"], ", ".join(document["codes"]))
