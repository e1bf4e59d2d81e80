"""What the screen is compared with: simpler ways of ranking a library from the same labels, or from none."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from hetero2.chem.count_features import FAMILIES, N_BINS, UNITS_PER_BIT, CountFeatures
from hetero2.screening.gaussian_process import fit, posterior_mean
from hetero2.screening.kernel import Postings, similarity

Array = NDArray[Any]
Floats = NDArray[np.float64]


class Molecules(NamedTuple):
    """n molecules by what competitors look at.

    properties: (n, 8) bulk properties (`chem.properties.bulk_property_matrix`); heavy_atoms: (n,); operators: (n, 27)
    operator descriptors (`chem.graph_spectra.operators`), NaN where they are not defined.
    """

    features: CountFeatures
    properties: Floats
    heavy_atoms: Floats
    operators: Floats


def plain_gp(known: Molecules, is_hit: Array, library: Molecules, seed: int) -> Floats:  # noqa: ARG001
    """A GP on count-Tanimoto of Morgan environments: mean that of the labels, noise .1, not centred."""
    morgan = [_morgan(molecules.features) for molecules in (known, library)]
    postings = Postings.of(morgan[0])
    covariance = morgan_only(similarity(morgan[0], postings))
    signs = np.where(is_hit, 1.0, -1.0)
    process = fit(covariance + 0.1 * np.eye(len(signs)), signs - signs.mean())
    return posterior_mean(process, morgan_only(similarity(morgan[1], postings)))


def morgan_only(quality: Floats) -> Floats:
    """MinMax of the Morgan family, from Q of features that have no other: the two others count as alike."""
    return 2.0 * quality - 1.0


def _morgan(features: CountFeatures) -> CountFeatures:
    kept = features.bins < N_BINS
    owner = np.repeat(np.arange(len(features)), np.diff(features.start))[kept]
    start = np.searchsorted(owner, np.arange(len(features) + 1)).astype(np.int64)
    totals = features.totals * np.array([1, *(0 for _ in FAMILIES[1:])])
    return CountFeatures(start, features.bins[kept], features.values[kept], totals)


def _sparse(features: CountFeatures) -> Any:
    values = features.values.astype(np.float32) / UNITS_PER_BIT
    return csr_matrix((values, features.bins.astype(np.int64), features.start), (len(features), N_BINS * len(FAMILIES)))


def _forest(known: Any, is_hit: Array, library: Any, seed: int) -> Floats:
    """Probability of a hit by a random forest (doi 10.1023/A:1010933404324) of 300 trees."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(300, random_state=seed, n_jobs=1, class_weight="balanced_subsample")
    probability: Floats = model.fit(known, is_hit).predict_proba(library)[:, -1]
    return probability


def forest(known: Molecules, is_hit: Array, library: Molecules, seed: int) -> Floats:
    """A random forest on the same features."""
    return _forest(_sparse(known.features), is_hit, _sparse(library.features), seed)


def nearest_hit(known: Molecules, is_hit: Array, library: Molecules, seed: int) -> Floats:  # noqa: ARG001
    """Similarity to the nearest hit."""
    hits = Postings.of(known.features.take(np.flatnonzero(is_hit)))
    nearest: Floats = similarity(library.features, hits).max(axis=1)
    return nearest


def properties(known: Molecules, is_hit: Array, library: Molecules, seed: int) -> Floats:  # noqa: ARG001
    """Logistic regression on bulk properties and their squares."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    tables = [np.hstack([molecules.properties, molecules.properties**2]) for molecules in (known, library)]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, class_weight="balanced"))
    scores: Floats = model.fit(tables[0], is_hit).decision_function(tables[1])
    return scores


def operators(known: Molecules, is_hit: Array, library: Molecules, seed: int) -> Floats:
    """A random forest on operator descriptors; those that are not defined count as 0."""
    return _forest(np.nan_to_num(known.operators), is_hit, np.nan_to_num(library.operators), seed)


def heavy_atoms(known: Molecules, is_hit: Array, library: Molecules, seed: int) -> Floats:  # noqa: ARG001
    """The number of heavy atoms; needs no label."""
    return library.heavy_atoms


Competitor = Callable[[Molecules, Array, Molecules, int], Floats]
COMPETITORS: dict[str, Competitor] = {
    "plain_gp": plain_gp,
    "forest": forest,
    "nearest_hit": nearest_hit,
    "properties": properties,
    "operators": operators,
    "heavy_atoms": heavy_atoms,
}
