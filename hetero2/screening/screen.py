"""The screen: a Gaussian process on the few labels there are, centred on the library, with the team's score as mean.

What is measured about it, and what was tried instead, is in docs/screen.md; `benchmarks/campaign.py` measures it again.
"""

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from hetero2.chem.count_features import CountFeatures, count_features
from hetero2.screening.gaussian_process import Fit, fit, posterior_mean, posterior_sd
from hetero2.screening.kernel import Centre, Postings, powered, similarity
from hetero2.screening.labels import Measurements, label_code, z_scored
from hetero2.screening.score_trust import NOTHING, TRUST, Support, posterior_with_score, prior_of_trust

Array = NDArray[Any]
Floats = NDArray[np.float64]

DECIMALS = 9  # of results: what is left of rounding in linear algebra is below
IN_DOMAIN = 0.4  # similarity to the nearest known molecule from which on the screen has something to go by
EXACT_LABELS = 2000  # a fit is O(n³), and a prediction O(n²): beyond, it is on so many of the labels
_BLOCK = 2048


class Settings(NamedTuple):
    """How the screen learns.

    sample: library molecules that the kernel is centred on; noise: variance of a label; base_rate: expected share of
    hits in the library; representative: labels are a random sample of the library, rather than picked by somebody;
    trust: prior probability that the team's score says something.
    """

    sample: int = 300
    noise: float = 0.1
    base_rate: float = 0.05
    representative: bool = False
    trust: float = TRUST


class Prediction(NamedTuple):
    """Of m molecules: mean and sd of the latent score (no probability), row of the nearest known molecule, its Q."""

    mean: Floats
    sd: Floats
    nearest: Array
    similarity: Floats

    @property
    def in_domain(self) -> Array:
        """(m,) bool: whether a known molecule is near."""
        return self.similarity >= IN_DOMAIN


def centre_sample(names: Sequence[str], n: int, seed: int) -> Array:
    """Rows of the n molecules with the least sha256 of seed and name; the same in any order of the rows.

    names: ids, structure hashes, or whatever names a molecule. O(m log n).
    """
    keys = ((hashlib.sha256(f"{seed} {name}".encode()).digest(), row) for row, name in enumerate(names))
    return np.array([row for _, row in heapq.nsmallest(n, keys)], np.int64)


class Screen(NamedTuple):
    """A fitted screen."""

    known: Postings
    sample: Postings
    known_means: Floats
    centre: Centre
    prior_mean: float
    support: Support
    process: Fit

    @classmethod
    def fit(
        cls,
        sample: CountFeatures,
        known: CountFeatures,
        measured: Measurements,
        settings: Settings,
        score: Floats | None = None,
    ) -> Self:
        """Learn from the known molecules.

        sample: molecules of the library (`centre_sample`); score: (n,) normal scores of the known molecules' places in
        the library by the team's score (`labels.normal_scores`), where there is one. O(n³).
        """
        on_sample = Postings.of(sample)
        within = powered(similarity(sample, on_sample))
        centre = Centre(float(within.mean()) if len(sample) else 0.0)
        known_means = _row_means(known, on_sample)
        postings = Postings.of(known)
        covariance = centre.between(powered(similarity(known, postings)), known_means, known_means)
        if settings.representative:
            code, mean, noise = z_scored(measured.values), 0.0, 2 * settings.noise
        else:
            code, mean, noise = label_code(measured), 2 * settings.base_rate - 1, settings.noise
        noisy = covariance + noise * np.eye(len(known))
        support, process = NOTHING, fit(noisy, code - mean)
        if score is not None:
            signs = np.where(measured.is_hit, 1.0, -1.0)
            prior = prior_of_trust(settings.trust)
            support, weights = posterior_with_score(prior, noisy, score, signs, code - mean)
            process = process._replace(weights=weights)
        return cls(postings, on_sample, known_means, centre, mean, support, process)

    def predict(self, features: CountFeatures, score: Floats | None = None, with_sd: bool = True) -> Prediction:
        """Predict molecules; a molecule's values do not depend on the others. O(m (n² + shared features)).

        score: (m,) normal scores of their places by the team's score.
        """
        parts = list(self._blocks(features, with_sd))
        mean, sd, nearest, near = (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else (
            np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0)
        )  # fmt: skip
        if score is not None:
            mean = mean + self.support.offsets(score)
        return Prediction(np.round(mean, DECIMALS) + 0.0, np.round(sd, DECIMALS), nearest, np.round(near, DECIMALS))

    def _blocks(self, features: CountFeatures, with_sd: bool) -> Iterator[tuple[Floats, Floats, Array, Floats]]:
        for first in range(0, len(features), _BLOCK):
            part = features.take(np.arange(first, min(first + _BLOCK, len(features))))
            quality = similarity(part, self.known)
            means = _row_means(part, self.sample)
            block = self.centre.between(powered(quality), means, self.known_means)
            mean = self.prior_mean + posterior_mean(self.process, block)
            variances = self.centre.variances(means)
            sd = posterior_sd(self.process, block, variances) if with_sd else np.full(len(part), np.nan)
            if len(self.known):
                nearest = quality.argmax(axis=1)
                yield mean, sd, nearest, quality[np.arange(len(part)), nearest]
            else:
                yield mean, sd, np.full(len(part), -1), np.zeros(len(part))


def _row_means(features: CountFeatures, sample: Postings) -> Floats:
    """(m,): mean kernel of each molecule to the sample, summed in its order; 0 without one."""
    if not len(sample):
        return np.zeros(len(features))
    block = powered(similarity(features, sample))
    means: Floats = np.add.accumulate(block, axis=1)[:, -1] / len(sample)
    return means


def warm_up() -> None:
    """Compile the loops, or load them compiled."""
    features = count_features(["CCO", "CCN"])
    measured = Measurements(np.array([True, False]), np.full(2, np.nan))
    Screen.fit(features, features, measured, Settings()).predict(features)


def order(mean: Floats, structure_hashes: Sequence[str]) -> Array:
    """(m,): rows from the best; ties by structure hash."""
    return np.lexsort((np.asarray(structure_hashes, str), -mean))


def labels_to_fit(is_hit: Array, seed: int, most: int = EXACT_LABELS) -> Array:
    """Rows of the labels that a fit uses, ascending: all up to `most`; beyond, hits first, at most half, at random."""
    if len(is_hit) <= most:
        return np.arange(len(is_hit))
    rng = np.random.Generator(np.random.PCG64(seed))
    hits, misses = (rng.permutation(np.flatnonzero(np.asarray(is_hit) == flag)) for flag in (True, False))
    n_hits = max(min(len(hits), most // 2), most - len(misses))
    return np.sort(np.concatenate([hits[:n_hits], misses[: most - n_hits]]))
