"""cross-validation: scaffold cross-validation of the model on its training set."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hetero2.inputs.training import read_training
from hetero2.io.files import pretty_json, write_text
from hetero2.runtime.settings import add_settings
from hetero2.scoring.scorers.refittable import (
    MODEL_SETTINGS,
    Ints,
    Refittable,
    add_model_arguments,
    model_of,
    scaffolds_of,
)
from hetero2.stats.benefit.enrichment import roc_auc
from hetero2.stats.diagnosis.answer import OUT_OF_FOLD
from hetero2.stats.diagnosis.competitors import out_of_fold
from hetero2.stats.diagnosis.scaffold_folds import FOLDS, scaffold_folds

EXAMPLE = (
    """hetero2 cross-validation --config '{"scores": {"source": "reference:morgan_rf"}}' --train train.csv """
    "--out cross_validation.json"
)
Record = dict[str, Any]


def cross_validation(model: Refittable, labels: Ints, scaffolds: Sequence[str], seed: int) -> Record:
    """ROC AUC on training molecules whose scaffold the fit has not seen: five folds of whole scaffolds.

    `auc` is over all out-of-fold scores, `by_fold` within each fold (null where it has one label only). Folds are
    balanced in size, largest scaffolds first, without regard to labels. `auc` is null, with a reason, where there are
    fewer than five scaffolds, or a fold leaves one label only. `out_of_fold`: the scores, null where the model gives
    none.
    """
    scaffold = np.unique(np.asarray(scaffolds), return_inverse=True)[1]
    scores, reason = out_of_fold(lambda rows: model.scores(labels, seed, rows), labels > 0, scaffold)
    fold = scaffold_folds(scaffold)
    if scores is None or fold is None:
        return {"auc": None, "reason": reason}
    scored = np.isfinite(scores)
    in_folds = (scored & (fold == number) for number in range(FOLDS))
    by_fold = [roc_auc(scores[in_fold], labels[in_fold])[0] for in_fold in in_folds]
    area, reason = roc_auc(scores[scored], labels[scored])
    each = [score if is_scored else None for score, is_scored in zip(scores.tolist(), scored, strict=True)]
    return {"auc": area, "by_fold": by_fold, "n": int(scored.sum()), "reason": reason, OUT_OF_FOLD: each}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add_model_arguments(parser)
    add_settings(parser, *MODEL_SETTINGS, "audit.seed")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the cross-validation."""
    training = read_training(args.train, args.standardise)
    labels = np.array(training.labels, np.int64)
    model = model_of(args, training, training.smiles)
    result = cross_validation(model, labels, scaffolds_of(training.smiles), args.seed)
    write_text(args.out, pretty_json(result))
