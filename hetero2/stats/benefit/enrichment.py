"""How early hits come in a ranked list; ties are taken in expectation over their random order, so they never help."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Found = tuple[float | None, str | None]


def expected_hits_of_top(scores: ArrayLike, hits: ArrayLike, k: int) -> float:
    """Expected number of hits among the k highest scores (k ≤ n), where ties at the cut are drawn at random.

    Range [0, k]; for a constant score k·(hits/n), the value of random choice. Shapes (n,) and (n,); O(n log n).

    >>> expected_hits_of_top([3.0, 2.0, 2.0, 1.0], [True, True, False, True], 2)
    1.5
    """
    values, labels = np.asarray(scores, float), np.asarray(hits, bool)
    cut = np.sort(values)[values.size - k]
    above, tied = values > cut, values == cut
    return float(labels[above].sum() + (k - above.sum()) * labels[tied].mean())


def dense_priority(*keys: ArrayLike) -> NDArray[np.int64]:
    """(n,): one integer rank from keys (n,) taken one after the other; larger comes first, ties stay ties."""
    table = np.column_stack([np.unique(np.asarray(key), return_inverse=True)[1] for key in keys])
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _undefined(hit: NDArray[Any]) -> str | None:
    return None if 0 < hit.sum() < hit.size else "truth_has_one_class"


def roc_auc(score: ArrayLike, hit: ArrayLike) -> Found:
    """Mann-Whitney AUC (doi 10.1214/aoms/1177730491), ties one half; random 1/2. Undefined for one class."""
    values, labels = np.asarray(score, float), np.asarray(hit, bool)
    if _undefined(labels):
        return None, _undefined(labels)
    _, rank, count = np.unique(values, return_inverse=True, return_counts=True)
    midrank = (np.cumsum(count) - (count - 1) / 2)[rank]
    n_hit, n_miss = int(labels.sum()), int((~labels).sum())
    return float((midrank[labels].sum() - n_hit * (n_hit + 1) / 2) / (n_hit * n_miss)), None


def enrichment_factor(score: ArrayLike, hit: ArrayLike, fraction: float) -> Found:
    """Expected hit rate of the top round(fraction·n), at least 1, over the base rate; random and constant score 1.

    In [0, n/hits]. Undefined without hits. O(n log n).
    """
    labels = np.asarray(hit, bool)
    if not labels.any():
        return None, "truth_has_no_hit"
    k = max(1, round(fraction * labels.size))
    return expected_hits_of_top(score, labels, k) / k / float(labels.mean()), None


def bedroc(score: ArrayLike, hit: ArrayLike, alpha: float = 20.0) -> tuple[float | None, float | None, str | None]:
    """(BEDROC, what a random or constant score gets, reason) of Truchon and Bayly, doi 10.1021/ci600426e.

    RIE = Σ_hits exp(-α·r/n) over its expectation for random ranks r, rescaled to [0, 1]. Within ties exp(-α·r/n) is
    averaged: the expectation over their random order. Undefined for one class. O(n log n).
    """
    values, labels = np.asarray(score, float), np.asarray(hit, bool)
    if _undefined(labels):
        return None, None, _undefined(labels)
    n = labels.size
    weight = np.exp(-alpha * np.arange(1, n + 1) / n)
    _, rank, count = np.unique(-values, return_inverse=True, return_counts=True)
    start = np.cumsum(count) - count
    mean = np.add.reduceat(weight, start) / count
    rie = float(mean[rank][labels].mean() / weight.mean())
    # extremes of RIE: all hits first, all hits last
    hits = int(labels.sum())
    top, bottom = float(weight[:hits].mean() / weight.mean()), float(weight[n - hits :].mean() / weight.mean())
    return (rie - bottom) / (top - bottom), (1 - bottom) / (top - bottom), None


def order_candidates(priority: NDArray[np.int64], *tie_break: ArrayLike) -> NDArray[np.int64]:
    """(n,): positions in the order to send: higher priority first, ties by `tie_break`, which must know no label.

    Of several the first counts most. O(n log n).
    """
    return np.lexsort((*map(np.asarray, tie_break[::-1]), -priority)).astype(np.int64)
