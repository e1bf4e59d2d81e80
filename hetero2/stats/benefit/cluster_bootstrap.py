"""Expected hits of the top K when whole clusters are drawn again, for several ways of ranking at once."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MIN_CLUSTERS = 30  # scaffolds: percentiles over fewer cover too little
_CELLS = 4_000_000  # weights held at once, 32 MB: resamples are worked on in chunks
_ROUNDING = 1e-9  # of a number of molecules or hits


def draws(cluster: Ints, resamples: int, seed: int, chunk: int) -> Iterator[Floats]:
    """(≤ chunk, n) weights: how often each molecule occurs when as many clusters as there are are drawn."""
    names, member = np.unique(cluster, return_inverse=True)
    rng = np.random.Generator(np.random.PCG64(seed))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        picked = rng.integers(0, len(names), (size, len(names)))
        counts = np.stack([np.bincount(row, minlength=len(names)) for row in picked]).astype(float)
        yield counts[:, member]


class Ranked:
    """One way of ranking n molecules: priorities (n,), larger first, ties in random order."""

    def __init__(self, priority: Ints, hit: Bools) -> None:
        self._order = np.argsort(-priority, kind="stable")
        self._start = np.flatnonzero(np.diff(priority[self._order], prepend=priority.max() + 1))
        self.unordered_hit = hit.astype(float)
        self._hit = self.unordered_hit[self._order]

    def groups(self, weight: Floats) -> tuple[Floats, Floats]:
        """(molecules, hits) up to the end of each group of ties, (resamples, groups) each."""
        ordered = weight[:, self._order]
        size = np.add.reduceat(ordered, self._start, axis=1)
        hits = np.add.reduceat(ordered * self._hit, self._start, axis=1)
        return np.cumsum(size, axis=1), np.cumsum(hits, axis=1)

    def expected_hits(self, weight: Floats, k: Floats) -> Floats:
        """(resamples,): expected hits among the first k (resamples,) of each row of weights (resamples, n)."""
        size, hits = self.groups(weight)
        return interpolated(size, hits, k)


def interpolated(size: Floats, hits: Floats, k: Floats) -> Floats:
    """Hits at k molecules on the line through the ends of the groups: within ties, hits come evenly."""
    place = np.minimum((size < k[:, None] - _ROUNDING).sum(axis=1), size.shape[1] - 1)
    row = np.arange(len(k))
    before = np.maximum(place - 1, 0)
    low = np.where(place > 0, size[row, before], 0.0)
    low_hits = np.where(place > 0, hits[row, before], 0.0)
    step = size[row, place] - low
    share = np.where(step > 0, (k - low) / np.where(step > 0, step, 1.0), 0.0)
    hits_at_k: Floats = low_hits + share * (hits[row, place] - low_hits)
    return hits_at_k


def inverse(size: Floats, hits: Floats, n_hits: Floats) -> Floats:
    """(resamples,): how many molecules from the top hold `n_hits` hits (resamples,), on the same lines."""
    return interpolated(hits, size, np.minimum(n_hits, hits[:, -1]))


def cumulative_auc(size: Floats, hits: Floats) -> Floats:
    """(resamples,): AUC (doi 10.1214/aoms/1177730491, ties one half) from (molecules, hits) up to each group of ties.

    nan where a resample holds one class only.
    """
    others = size - hits
    hits_here, others_here = (np.diff(values, axis=1, prepend=0.0) for values in (hits, others))
    beaten = (hits_here * (others[:, -1:] - others + others_here / 2)).sum(axis=1)
    pairs = hits[:, -1] * others[:, -1]
    area: Floats = np.divide(beaten, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return area


def resampled(
    rankings: Mapping[str, Ranked],
    cluster: Ints,
    fraction: float,
    resamples: int,
    seed: int,
    measure: Callable[[Mapping[str, Ranked], Floats, Floats], Floats],
) -> Floats:
    """(resamples, ..): what `measure(rankings, weights, k)` says of each resample, K rescaled to its size.

    O(resamples·n) time; memory is bounded by working on a few resamples at a time.
    """
    chunk = max(1, _CELLS // max(1, len(cluster)))
    measured = []
    for weight in draws(cluster, resamples, seed, chunk):
        k = np.maximum(1.0, np.round(fraction * weight.sum(axis=1)))
        measured.append(measure(rankings, weight, k))
    return np.concatenate(measured)
