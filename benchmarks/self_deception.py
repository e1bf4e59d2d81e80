"""Does the audit see through models that know nothing about structure? Each is tested by Y-randomisation.

    python -m benchmarks.self_deception [NAME=FOLDER ..] [--other FOLDER] [--refits 99] [--model-seeds 3]

A folder holds input.csv (id,smiles), train.csv (id,smiles,label), truth.csv (molecule_id,expensive_label,..). Without
one, the default data set is written and used. The verdict comes with what only truth or cross-validation can say: the
AUC of the model on the library's truth and its scaffold cross-validation on the training part.

Models: informative, a random forest on Morgan fingerprints; property_linear and property_boosted on bulk properties;
forests on labels that say nothing, judged by the refits of the informative one: a label drawn for each scaffold, at
the rate of hits, and plainly permuted labels, 20 each, whose p may be small no more often than at the nominal rate
(exit code 1 where so many are that chance would do it less than once in a thousand); and known limits, by
--limit-refits and one model seed:
heavier, a forest that learned "heavier than the median"; inverted, one on inverted labels, which shares the refits of
the informative one (a reversed score has the same dispersion); other_target, one on the labels of --other;
nearest_hit, similarity alone.
"""

import argparse
import csv
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

from hetero2.chem import strategy
from hetero2.chem.bins import QUOTAS
from hetero2.chem.molecules import parse_known, structure_hash
from hetero2.chem.properties import bulk_property_matrix
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.inputs.training import Training, read_training
from hetero2.runtime.seeds import row_seed, sample
from hetero2.scoring.scorers.refittable import ReferenceModel, scaffolds_of
from hetero2.stages import dataset
from hetero2.stages.cross_validation import cross_validation
from hetero2.stats.audit.control_sample import audit
from hetero2.stats.audit.label_permutation import LEVEL, p_value, resolves, scaffold_permutation
from hetero2.stats.benefit.enrichment import roc_auc

FOREST = "reference:morgan_rf"
PERMUTED = 20
Record = dict[str, Any]


def library(folder: Path, size: int) -> list[Record]:
    """Molecules that may be audited, at most `size`, each with its decoys, as items of a control sample."""
    with (folder / "input.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    molecules = []
    for row in rows:
        text = prepare(row["smiles"], Guardrails()).canonical_smiles
        if text is not None and "." not in text:
            molecules.append({"id": row["id"], "smiles": text, "structure_hash": structure_hash(text)})
    items = []
    for number, molecule in enumerate(sample(molecules, size, 0)):
        generated = strategy.make(
            strategy.DEFAULT, molecule["smiles"], 20, row_seed(0, "per_row", molecule["id"]), QUOTAS, False
        )
        scaffold = murcko_scaffold(parse_known(molecule["smiles"]))
        for index, smiles in enumerate([molecule["smiles"], *(r["decoy_smiles"] for r in generated.records)], start=-1):
            items.append({"block": number, "level": 0, "decoy_index": index, "smiles": smiles, "scaffold": scaffold})
    return items


def truth(folder: Path) -> tuple[list[str], np.ndarray[Any, Any]]:
    """SMILES and labels of the library."""
    with (folder / "truth.csv").open(newline="") as handle:
        labels = {row["molecule_id"]: row["expensive_label"] == "PASS" for row in csv.DictReader(handle)}
    with (folder / "input.csv").open(newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["id"] in labels]
    return [row["smiles"] for row in rows], np.array([labels[row["id"]] for row in rows], np.int64)


class Bench:
    """One data set: its panel, its truth, and fits of a learner on any labels."""

    def __init__(self, folder: Path, size: int) -> None:
        self._panel = library(folder, size)
        self._smiles, self._truth = truth(folder)
        self._structures = [item["smiles"] for item in self._panel]

    def judge(
        self, name: str, training: Training, labels: Any, seeds: int, refits: int, reference: Any = None
    ) -> tuple[Record, Any]:
        """(line of the table, dispersion z of the refits by model seed); `reference` replaces its own refits."""
        scaffolds = scaffolds_of(training.smiles)
        model = ReferenceModel(name, training, self._structures)
        observed, p_values, refit_z = [], [], reference or []
        for seed in range(seeds):
            observed.append(audit(self._panel, model.scores(labels, seed)))
            if reference is None:
                dealt = (scaffold_permutation(labels, scaffolds, (0, b)) for b in range(1, refits + 1))
                refit_z.append([self._dispersion(model, permuted, seed) for permuted in dealt])
            p_values.append(p_value(observed[-1]["dispersion_z"], np.array(refit_z[seed])))
        on_library = ReferenceModel(name, training, self._smiles).scores(labels, 0)
        folds = cross_validation(ReferenceModel(name, training, training.smiles), labels, scaffolds, 0)
        line = {
            "mean_z": float(np.median([audited["mean_z"] for audited in observed])),
            "dispersion_z": float(np.median([audited["dispersion_z"] for audited in observed])),
            "p": float(np.median(p_values)),
            "truth": roc_auc(on_library, self._truth)[0],
            "cv": folds["auc"],
        }
        return line, refit_z

    def _dispersion(self, model: ReferenceModel, labels: Any, seed: int) -> float:
        z: float = audit(self._panel, model.scores(labels, seed))["dispersion_z"]
        return z

    def empty(self, training: Training, labels: Any, reference: Any) -> tuple[int, int]:
        """How many of PERMUTED forests on labels drawn for whole scaffolds, and on permuted ones, have p ≤ .05."""
        model, rng = ReferenceModel(FOREST, training, self._structures), np.random.default_rng(1)
        names, member = np.unique(np.asarray(scaffolds_of(training.smiles)), return_inverse=True)
        dealt = [(rng.uniform(size=len(names)) < labels.mean())[member].astype(np.int64) for _ in range(PERMUTED)]
        dealt += [rng.permutation(labels) for _ in range(PERMUTED)]
        passed = [p_value(self._dispersion(model, permuted, 0), np.array(reference[0])) <= LEVEL for permuted in dealt]
        return sum(passed[:PERMUTED]), sum(passed[PERMUTED:])


def show(name: str, model: str, line: Record) -> None:
    """A line of the table."""
    verdict = "RESOLVES_STRUCTURE" if resolves(line["p"], line["dispersion_z"]) else "NOT_SHOWN"
    rest = " | ".join("" if line[key] is None else f"{line[key]:.3f}" for key in ("truth", "cv"))
    numbers = f"{line['mean_z']:.1f} | {line['dispersion_z']:.1f} | {line['p']:.2f}"
    print(f"| {name} | {model} | {numbers} | {verdict} | {rest} |", flush=True)


def one_set(name: str, folder: Path, empty_set: Path | None, args: argparse.Namespace) -> bool:
    """All models on one set; whether labels that say nothing pass no more often than they may."""
    bench, training = Bench(folder, args.molecules), read_training(folder / "train.csv")
    usual, limit = (args.model_seeds, args.refits), (1, args.limit_refits)
    labels = np.array(training.labels, np.int64)
    weight = bulk_property_matrix(training.smiles)[:, 0]
    line, forests = bench.judge(FOREST, training, labels, *usual)
    show(name, "informative", line)
    show(name, "property_linear", bench.judge("reference:property_linear", training, labels, *usual)[0])
    show(name, "property_boosted", bench.judge("reference:property_boosted", training, labels, *usual)[0])
    passed = bench.empty(training, labels, forests)
    for kind, number in zip(("drawn by scaffold", "permuted"), passed, strict=True):
        print(f"| {name} | {kind} | | | | {number} of {PERMUTED} with p ≤ {LEVEL} | | |", flush=True)
    show(name, "inverted", bench.judge(FOREST, training, 1 - labels, *usual, forests)[0])
    show(name, "heavier", bench.judge(FOREST, training, (weight > np.median(weight)).astype(np.int64), *limit)[0])
    show(name, "nearest_hit", bench.judge("reference:nearest_hit", training, labels, *limit)[0])
    if empty_set is not None:
        strange = read_training(empty_set / "train.csv")
        show(name, "other_target", bench.judge(FOREST, strange, np.array(strange.labels, np.int64), *limit)[0])
    return all(binom.sf(number - 1, PERMUTED, LEVEL) > 0.001 for number in passed)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="NAME=FOLDER")
    parser.add_argument("--other", type=Path, help="folder of another target")
    parser.add_argument("--molecules", type=int, default=200)
    parser.add_argument("--refits", type=int, default=99)
    parser.add_argument("--limit-refits", type=int, default=39)
    parser.add_argument("--model-seeds", type=int, default=3)
    args = parser.parse_args()
    print(f"{args.refits} refits, {args.model_seeds} model seed(s), {args.molecules} molecules")
    print(f"heavier, nearest_hit, other_target: {args.limit_refits} refits, 1 model seed\n")
    print("| set | model | mean z | dispersion z | p | verdict | AUC on truth | scaffold CV |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    right = True
    if not args.sets:
        with tempfile.TemporaryDirectory() as folder:
            dataset.write(dataset.source_folder(), Path(folder), 7.0, 0.525, 0, {})
            right = one_set("default", Path(folder), args.other, args)
    for text in args.sets:
        name, _, folder_name = text.partition("=")
        right &= one_set(name, Path(folder_name), args.other, args)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
