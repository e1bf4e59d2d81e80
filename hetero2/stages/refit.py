"""refit: fit the learner again, on its labels and on labels permuted by scaffold (Y-randomisation); audit each fit."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hetero2.errors import HeteroError
from hetero2.inputs.training import read_training
from hetero2.io.files import pretty_json, write_text
from hetero2.io.tables import read_parquet
from hetero2.runtime.cli_types import natural, positive
from hetero2.runtime.log import progress
from hetero2.runtime.settings import add_settings
from hetero2.scoring.scorers.refittable import MODEL_SETTINGS, Refittable, add_model_arguments, model_of, scaffolds_of
from hetero2.stats.audit.control_sample import audit
from hetero2.stats.audit.decoy_sets import Ints
from hetero2.stats.audit.label_permutation import scaffold_permutation

EXAMPLE = (
    """hetero2 refit --config '{"scores": {"source": "reference:morgan_rf"}, "audit": {"refits": 19}}' """
    "--control-sample control_sample.parquet --train train.csv --first 0 --count 10 --out refits/0000.json"
)
Record = dict[str, Any]


def fits(
    control_sample: Sequence[Record],
    model: Refittable,
    labels: Ints,
    scaffolds: Sequence[str],
    args: argparse.Namespace,
) -> list[Record]:
    """The audits of fits `first` to `first + count`; of the 1 + `refits` fits of a model seed the first is observed."""
    audits = []
    total = args.model_seeds * (args.refits + 1)
    for number in progress(range(args.first, min(args.first + args.count, total)), "fits"):
        seed, refit = divmod(number, args.refits + 1)
        dealt = labels if refit == 0 else scaffold_permutation(labels, scaffolds, (args.seed, refit))
        try:
            scores = np.asarray(model.scores(dealt, seed), float)
        except HeteroError as error:
            what = f"model seed {seed}, refit {refit} on permuted labels" if refit else f"model seed {seed}"
            hint = error.hint or "audit.refits: 0 leaves the refits out"
            raise HeteroError(f"{what}: {error.message}", hint) from None
        record = {"model_seed": seed, "refit": refit, "n_scored": int(np.isfinite(scores).sum())}
        record |= audit(control_sample, scores)
        audits.append(record | ({"drift": audit(control_sample, scores, level=1)} if refit == 0 else {}))
    return audits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--control-sample", type=Path, required=True)
    add_model_arguments(parser)
    add_settings(parser, *MODEL_SETTINGS, "audit.refits", "audit.model_seeds", "audit.seed")
    parser.add_argument("--first", type=natural, default=0, help="number of the first fit, from 0")
    parser.add_argument("--count", type=positive, default=10, help="how many fits (default 10)")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the audits of some fits."""
    training = read_training(args.train, args.standardise)
    labels = np.array(training.labels, np.int64)
    scaffolds = scaffolds_of(training.smiles)
    control_sample = read_parquet(args.control_sample, "control_sample_item.v1").to_pylist()
    model = model_of(args, training, [item["smiles"] for item in control_sample])
    result = {"training_scaffolds": len(set(scaffolds)), "fits": fits(control_sample, model, labels, scaffolds, args)}
    write_text(args.out, pretty_json(result))
