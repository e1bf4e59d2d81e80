"""Reference scorers: models that come with the package, fitted on labelled molecules, for users without a model.

All but the screen return a score in [0, 1]; larger is more like a hit. They run in one thread, so results are bit for
bit the same.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hetero2.chem.count_features import CountFeatures, count_features
from hetero2.chem.molecules import parse_known
from hetero2.chem.properties import bulk_property_matrix
from hetero2.chem.similarity import fingerprint_matrix
from hetero2.config.score_sources import SCREEN
from hetero2.inputs.training import Training
from hetero2.screening.labels import Measurements

_BATCH = 2048
_DECIMALS = 9  # of what goes through BLAS and libm, whose last digits differ between processors
Matrix = NDArray[Any]


class _Probability:
    """A scikit-learn classifier as a scorer: its probability of a hit, to so many decimals where they are limited."""

    def __init__(self, classifier: Any, decimals: int | None = None) -> None:
        self._classifier, self._decimals = classifier, decimals

    def fit(self, features: Matrix, labels: Matrix) -> "_Probability":
        self._classifier.fit(features, labels)
        return self

    def score(self, features: Matrix) -> Matrix:
        classes = list(self._classifier.classes_)
        if 1 not in classes:  # labels in another order can leave a small fold without a hit
            return np.zeros(features.shape[0])
        column = classes.index(1)
        probability: Matrix = self._classifier.predict_proba(features)[:, column]
        return probability if self._decimals is None else np.round(probability, self._decimals)


class _NearestHit:
    """Tanimoto similarity to the nearest hit of the training set: no model at all."""

    def fit(self, features: Matrix, labels: Matrix) -> "_NearestHit":
        self._hits = features[labels == 1].astype(np.float32)
        return self

    def score(self, features: Matrix) -> Matrix:
        bits = features.astype(np.float32)
        common = bits @ self._hits.T
        union = bits.sum(axis=1)[:, None] + self._hits.sum(axis=1)[None, :] - common
        nearest: Matrix = (common / np.maximum(union, 1)).max(axis=1).astype(float)
        return nearest


def _forest(seed: int) -> _Probability:
    """A random forest (doi 10.1023/A:1010933404324) of 500 trees."""
    return _Probability(
        RandomForestClassifier(
            500,
            max_features="sqrt",
            min_samples_leaf=2,
            class_weight="balanced_subsample",
            random_state=seed,
            n_jobs=1,
        )
    )


def _linear(seed: int) -> _Probability:  # noqa: ARG001 - has no random part
    return _Probability(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, class_weight="balanced")),
        _DECIMALS,
    )


def _boosted(seed: int) -> _Probability:
    """Gradient boosting (doi 10.1214/aos/1013203451) on histograms."""
    return _Probability(
        HistGradientBoostingClassifier(
            max_iter=150,
            learning_rate=0.05,
            max_leaf_nodes=15,
            class_weight="balanced",
            early_stopping=False,
            random_state=seed,
        )
    )


def _fingerprints(smiles: Sequence[str]) -> Matrix:
    return fingerprint_matrix(map(parse_known, smiles))


def _sparse_fingerprints(smiles: Sequence[str]) -> Any:
    """About 60 of 2048 bits are set: on sparse input trees fit and score in less than half the time."""
    return csr_matrix(_fingerprints(smiles), dtype=np.float32)


def _weight_and_logp(smiles: Sequence[str]) -> Matrix:
    table = bulk_property_matrix(smiles)[:, :2]
    return np.hstack([table, table**2])


_SCORERS: dict[str, tuple[Callable[[Sequence[str]], Any], Callable[[int], Any]]] = {
    "reference:morgan_rf": (_sparse_fingerprints, _forest),
    "reference:property_linear": (_weight_and_logp, _linear),
    "reference:property_boosted": (bulk_property_matrix, _boosted),
    "reference:nearest_hit": (_fingerprints, lambda _: _NearestHit()),
}


def _centre(library: Iterable[str]) -> CountFeatures:
    """The sample of a library that the screen is centred on."""
    from hetero2.screening.screen import Settings, centre_sample  # compiled loops, which no other scorer needs

    distinct = sorted(set(library))
    return count_features(distinct[row] for row in centre_sample(distinct, Settings().sample, 0))


class _Screen:
    """The screen without a score of the team, and so a function of structure and labels alone."""

    def __init__(self, sample: CountFeatures) -> None:
        self._sample = sample

    def fit(self, features: CountFeatures, labels: Matrix) -> "_Screen":
        from hetero2.screening.screen import Screen, Settings, labels_to_fit

        rows = labels_to_fit(labels == 1, 0)
        measured = Measurements(labels[rows] == 1, np.full(len(rows), np.nan))
        self._screen = Screen.fit(self._sample, features.take(rows), measured, Settings())
        return self

    def score(self, features: CountFeatures) -> Matrix:
        return self._screen.predict(features, with_sd=False).mean


class Reference:
    """A reference scorer: features of structures, and a fresh fit for given labels and seed.

    library: canonical SMILES of what is scored, of which the screen takes a sample to be centred on.
    """

    def __init__(self, name: str, training: Training, library: Sequence[str] = ()) -> None:
        if name == SCREEN:
            sample = _centre(library)
            self.features: Callable[[Sequence[str]], Any] = count_features
            self._make: Callable[[int], Any] = lambda _: _Screen(sample)
        else:
            self.features, self._make = _SCORERS[name]
        self._table = self.features(training.smiles)
        self._n = len(training.smiles)

    def fit(self, labels: Sequence[int], seed: int, rows: Matrix | None = None) -> Any:
        """A scorer fitted on these labels of the training molecules (`rows`: some of them); `score(features)`."""
        chosen = np.arange(self._n) if rows is None else rows
        part = self._table.take(chosen) if isinstance(self._table, CountFeatures) else self._table[chosen]
        return self._make(seed).fit(part, np.asarray(labels)[chosen])


def predict(name: str, training: Training, smiles: Iterable[str], library: Sequence[str] = ()) -> Iterator[float]:
    """The scorer's value, larger for molecules more like hits, for each canonical SMILES.

    Memory does not grow with their number. `library`: the molecules among them, without decoys.
    """
    scorer, source = Reference(name, training, library), iter(smiles)
    fitted = scorer.fit(training.labels, 0)
    while batch := list(itertools.islice(source, _BATCH)):
        yield from (float(value) for value in fitted.score(scorer.features(batch)))
