"""The two orders that a batch is drafted from: today's, and the new one, by the screen or by scores from elsewhere."""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from hetero2.campaign.choosing.labels import Labels
from hetero2.campaign.library import FeatureBlock, Features, Library, feature_blocks
from hetero2.chem.count_features import count_features
from hetero2.screening.labels import normal_scores
from hetero2.screening.screen import Prediction, Screen, Settings, centre_sample, labels_to_fit, order

Array = NDArray[Any]
Floats = NDArray[np.float64]


def ranked(scores: Floats, rows: Array, hashes: list[str]) -> Array:
    """These rows, the best first; those without a score last, ties by structure hash."""
    values = np.where(np.isnan(scores[rows]), -np.inf, scores[rows])
    return rows[order(values, [hashes[row] for row in rows])]


class FittedScreen(NamedTuple):
    """The screen of a library, with what it was fitted on; today: (n,) normal scores of the library's today."""

    screen: Screen
    labels: Labels
    today: Floats

    @classmethod
    def fit(
        cls, library: Library, labels: Labels, elsewhere: Mapping[str, float], settings: Settings, seed: int
    ) -> Self:
        """Learn from labels; elsewhere: today's scores of ids that are not in the library."""
        distinct = library.distinct()
        hashes = [library.hashes[row] for row in distinct]
        scores = dict(zip(hashes, library.today[distinct].tolist(), strict=True))
        fitted = labels.take(labels_to_fit(labels.measured.is_hit, seed))
        of_labels = [
            scores.get(key, elsewhere.get(name, np.nan)) for key, name in zip(fitted.hashes, fitted.ids, strict=True)
        ]
        sample = distinct[centre_sample(hashes, settings.sample, seed)]
        screen = Screen.fit(
            count_features(library.canonical_smiles[row] for row in sample),
            count_features(fitted.canonical_smiles),
            fitted.measured,
            settings,
            normal_scores(library.today[distinct], np.array(of_labels, float)),
        )
        today = np.zeros(len(library.ids))
        today[distinct] = normal_scores(library.today[distinct], library.today[distinct])
        return cls(screen, fitted, today)

    def means(self, features: Features, rows: Array, workers: int) -> Floats:
        """(n,): the mean of these rows of the library, NaN of the others; the number of threads changes nothing."""
        means = np.full(len(self.today), np.nan)
        is_chosen = np.zeros(len(self.today), bool)
        is_chosen[rows] = True
        for numbers, mean in _in_threads(partial(self._of_block, is_chosen), feature_blocks(features), workers):
            means[numbers] = mean
        return means

    def _of_block(self, is_chosen: Array, block: FeatureBlock) -> tuple[Array, Floats]:
        chosen = np.flatnonzero(is_chosen[block.rows])
        numbers = block.rows[chosen]
        prediction = self.screen.predict(block.features.take(chosen), self.today[numbers], with_sd=False)
        return numbers, prediction.mean

    def details(self, library: Library, rows: Array) -> Prediction:
        """Mean, standard deviation and nearest label of some rows."""
        return self.screen.predict(count_features(library.canonical_smiles[row] for row in rows), self.today[rows])


def _in_threads(
    of_block: "partial[tuple[Array, Floats]]", blocks: Iterator[FeatureBlock], workers: int
) -> Iterator[tuple[Array, Floats]]:
    """The result of each block in order; no more blocks are in memory than twice the number of threads."""
    waiting: deque[Future[tuple[Array, Floats]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for block in blocks:
            waiting.append(pool.submit(of_block, block))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
