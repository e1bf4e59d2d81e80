"""Reference scorers: shipped models, fitted on labelled molecules, so that a run needs no model of the user's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from hetero2.chem.similarity import fingerprint_matrix
from hetero2.errors import InputError
from hetero2.tables import read_csv

NAMES = ("reference:morgan_rf",)
_TREES, _SEED, _BATCH = 500, 0, 2048


@dataclass(frozen=True)
class Training:
    """Labelled molecules: SMILES and 1 for a hit, 0 for none."""

    smiles: list[str]
    labels: list[int]


def read_training(path: Path) -> Training:
    """Read a training file (id, smiles, label); raises InputError for a bad label or one class only."""
    smiles, labels = [], []
    for line, row in read_csv(path, ["id", "smiles", "label"]):
        if row["label"] not in ("0", "1"):
            raise InputError(f"{path}: line {line}: label is {row['label']!r}, expected 1 (hit) or 0")
        smiles.append(row["smiles"])
        labels.append(int(row["label"]))
    if len(set(labels)) < 2:
        raise InputError(f"{path}: training needs molecules of both labels, 0 and 1")
    return Training(smiles, labels)


def fit(training: Training, where: str) -> RandomForestClassifier:
    """A random forest (doi 10.1023/A:1010933404324) on 2048-bit Morgan fingerprints, seeded; O(trees·n log n)."""
    matrix, invalid = fingerprint_matrix(training.smiles)
    if invalid:
        raise InputError(f"{where}: molecule {invalid[0] + 1}: not a valid SMILES: {training.smiles[invalid[0]]!r}")
    forest = RandomForestClassifier(
        _TREES, max_features="sqrt", min_samples_leaf=2, class_weight="balanced_subsample", random_state=_SEED, n_jobs=1
    )
    return forest.fit(matrix, np.asarray(training.labels))


def predict(forest: RandomForestClassifier, smiles: Sequence[str]) -> Iterator[float]:
    """The forest's probability of a hit, in [0, 1], for each SMILES; in one thread, so bit for bit the same."""
    for start in range(0, len(smiles), _BATCH):
        matrix, invalid = fingerprint_matrix(smiles[start : start + _BATCH])
        if invalid:
            raise ValueError(f"not a canonical SMILES: {smiles[start + invalid[0]]!r}")
        yield from (float(value) for value in forest.predict_proba(matrix)[:, 1])
