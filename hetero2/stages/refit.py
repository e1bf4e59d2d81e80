"""refit: fit the learner again, on the labels and on labels permuted in scaffold blocks, and audit each fit."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hetero2.chem.molecules import parse_known
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.config.score_sources import REFERENCES
from hetero2.errors import ConfigError, HeteroError
from hetero2.inputs.training import read_training
from hetero2.io.files import pretty_json, write_text
from hetero2.io.tables import read_parquet
from hetero2.runtime.cli_types import add_standardise, flag, natural, positive
from hetero2.runtime.log import progress
from hetero2.scoring.refittable import CommandModel, ReferenceModel, Refittable
from hetero2.stats.audit.control_sample import audit
from hetero2.stats.audit.decoy_sets import Floats, Ints
from hetero2.stats.audit.label_permutation import block_permutation
from hetero2.stats.benefit.enrichment import roc_auc

EXAMPLE = (
    "hetero2 refit --panel panel.parquet --source reference:morgan_rf --train train.csv --refits 19 "
    "--first 0 --count 10 --out refits/0000.json"
)
FOLDS = 5
Record = dict[str, Any]


def scaffolds_of(smiles: Sequence[str]) -> list[str]:
    """Murcko scaffold of every training molecule."""
    return [murcko_scaffold(parse_known(text)) for text in smiles]


class Turned:
    """A model whose scores are turned round, since lower was said to be better."""

    def __init__(self, model: Refittable) -> None:
        self._model = model

    def scores(self, labels: Ints, seed: int, rows: Ints | None = None) -> Floats:
        """See Refittable."""
        return -self._model.scores(labels, seed, rows)


def fits(
    panel: Sequence[Record],
    model: Refittable,
    labels: Ints,
    scaffolds: Sequence[str],
    args: argparse.Namespace,
) -> list[Record]:
    """The audits of fits `first` to `first + count` of (1 + refits) a model seed; the first of each is observed."""
    found = []
    total = args.model_seeds * (args.refits + 1)
    for number in progress(range(args.first, min(args.first + args.count, total)), "fits"):
        seed, refit = divmod(number, args.refits + 1)
        dealt = labels if refit == 0 else block_permutation(labels, scaffolds, (args.seed, refit))
        try:
            scores = np.asarray(model.scores(dealt, seed), float)
        except HeteroError as error:
            what = f"model seed {seed}, refit {refit} on permuted labels" if refit else f"model seed {seed}"
            hint = error.hint or "audit.refits: 0 leaves the refits out"
            raise HeteroError(f"{what}: {error.message}", hint) from None
        record = {"model_seed": seed, "refit": refit, "n_scored": int(np.isfinite(scores).sum())}
        record |= audit(panel, scores)
        found.append(record | ({"drift": audit(panel, scores, level=1)} if refit == 0 else {}))
    return found


def cross_validation(model: Refittable, labels: Ints, scaffolds: Sequence[str], seed: int) -> Record:
    """AUC on training molecules of scaffolds that the fit has not seen: five folds of whole scaffolds.

    `auc` over all out-of-fold scores, `by_fold` within each fold (null where it has one label only). Folds are balanced
    in size, largest scaffolds first, and do not look at labels.
    """
    names, member = np.unique(np.asarray(scaffolds), return_inverse=True)
    if len(names) < FOLDS:
        return {"auc": None, "reason": f"fewer_than_{FOLDS}_scaffolds"}
    sizes = np.bincount(member)
    load, fold_of = np.zeros(FOLDS), np.zeros(len(names), np.int64)
    for name in np.argsort(-sizes, kind="stable"):
        fold_of[name] = int(load.argmin())
        load[fold_of[name]] += sizes[name]
    fold, scores = fold_of[member], np.full(len(labels), np.nan)
    for number in range(FOLDS):
        rows = np.flatnonzero(fold != number)
        if len(np.unique(labels[rows])) < 2:
            return {"auc": None, "reason": "a_fold_leaves_one_label_only"}
        scores[fold == number] = model.scores(labels, seed, rows)[fold == number]
    known = np.isfinite(scores)
    by_fold = [roc_auc(scores[one], labels[one])[0] for one in (known & (fold == number) for number in range(FOLDS))]
    area, reason = roc_auc(scores[known], labels[known])
    return {"auc": area, "by_fold": by_fold, "n": int(known.sum()), "reason": reason}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--panel", type=Path, help="not needed for --cross-validation")
    parser.add_argument("--train", type=Path, required=True, help="id,smiles,label")
    add_standardise(parser)
    parser.add_argument("--source", required=True, help=f"command, {', '.join(REFERENCES)}")
    parser.add_argument("--command", help="command: words with {train}, {request}, {scores} and perhaps {seed}")
    parser.add_argument(
        "--time-limit-seconds", type=positive, default=3600, help="command: each fit is stopped after this"
    )
    parser.add_argument("--higher-is-better", type=flag, default=True, metavar="true|false")
    parser.add_argument("--refits", type=natural, default=19, help="fits on permuted labels, a model seed")
    parser.add_argument("--model-seeds", type=positive, default=1)
    parser.add_argument("--seed", type=natural, default=0, help="seed of the permutations")
    parser.add_argument("--first", type=natural, default=0)
    parser.add_argument("--count", type=positive, default=10)
    parser.add_argument("--cross-validation", action="store_true", help="instead of refits: scaffold cross-validation")
    parser.add_argument("--out", type=Path, required=True)


def _model(args: argparse.Namespace, training: Any, structures: Sequence[str]) -> Refittable:
    model = _fitted_anew(args, training, structures)
    return model if args.higher_is_better else Turned(model)


def _fitted_anew(args: argparse.Namespace, training: Any, structures: Sequence[str]) -> Refittable:
    if args.source == "command":
        if not args.command or "{train}" not in args.command:
            raise ConfigError("scores.command: cannot be fitted again: it has no {train}", "see docs/statistics.md")
        log = (args.log or args.out).with_suffix(".command.log")
        return CommandModel(args.command, training, structures, args.time_limit_seconds, log)
    if args.source not in REFERENCES:
        raise ConfigError(
            f"--source {args.source}: cannot be fitted again", f"known are command, {', '.join(REFERENCES)}"
        )
    return ReferenceModel(args.source, training, structures)


def run(args: argparse.Namespace) -> None:
    """Write the audits of some fits, or the cross-validation."""
    training = read_training(args.train, args.standardise)
    labels = np.array(training.labels, np.int64)
    scaffolds = scaffolds_of(training.smiles)
    if args.cross_validation:
        model = _model(args, training, training.smiles)
        result: Record = cross_validation(model, labels, scaffolds, args.seed)
    else:
        if args.panel is None:
            raise ConfigError("--panel is needed")
        panel = read_parquet(args.panel, "panel_item.v1").to_pylist()
        model = _model(args, training, [item["smiles"] for item in panel])
        result = {"training_scaffolds": len(set(scaffolds)), "fits": fits(panel, model, labels, scaffolds, args)}
    write_text(args.out, pretty_json(result))
