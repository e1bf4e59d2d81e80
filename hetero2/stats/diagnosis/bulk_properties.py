"""How much of a score bulk properties explain; needs no label."""

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from hetero2.stats.benefit.cluster_bootstrap import Floats, Ints
from hetero2.stats.diagnosis.scaffold_folds import FEW_SCAFFOLDS, FOLDS, scaffold_folds

PROPERTY_MODEL = 0.7  # share of the score from which it is called a property model
MIN_MOLECULES = 100  # fewer teach the regression nothing, and a share near 0 would look like structure
DIGITS = 6  # of what is reported: no more than another build of the libraries gives too
Record = dict[str, Any]


def mean_ranks(values: Floats) -> Floats:
    """(n,): ranks of finite values from 1 on, those of equal ones their mean; as `scipy.stats` has them.

    Importing that takes half a second.

    >>> mean_ranks(np.array([2.0, 7.0, 7.0, 1.0])).tolist()
    [2.0, 3.5, 3.5, 1.0]
    """
    _, place, often = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(often) - (often - 1) / 2)[place]
    return ranks


def rank_correlation(score: Floats, values: Floats) -> float | None:
    """Spearman's rank correlation in [−1, 1] (doi 10.2307/1412159), ties by mean rank; None where one is constant.

    `score` (n,), `values` (n,). O(n log n).
    """
    ranks = [mean_ranks(column) - (len(column) + 1) / 2 for column in (score, values)]
    norm = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return round(float(ranks[0] @ ranks[1]) / norm, DIGITS) if norm > 0 else None


def explained_share(score: Floats, properties: Floats, scaffold: Ints) -> tuple[float | None, str | None]:
    """(share of the variance of the ranks of a score that bulk properties predict, or why there is none).

    `score` (n,), `properties` (n, p), `scaffold` (n,). R² over out-of-fold predictions of gradient boosting
    (doi 10.1214/aos/1013203451) in folds of whole scaffolds, at most 1, below 0 where the mean predicts better. Of
    ranks, so that it is the same for every increasing function of the score.
    """
    fold = scaffold_folds(scaffold)
    if len(np.unique(score)) < 2:
        return None, "all_scores_are_equal"
    if len(score) < MIN_MOLECULES:
        return None, f"fewer_than_{MIN_MOLECULES}_molecules"
    if fold is None:
        return None, FEW_SCAFFOLDS
    rank, predicted = mean_ranks(score) / len(score), np.zeros(len(score))
    for number in range(FOLDS):
        inside = fold == number
        model = HistGradientBoostingRegressor(
            max_iter=150, learning_rate=0.05, max_leaf_nodes=15, early_stopping=False, random_state=0
        )
        predicted[inside] = model.fit(properties[~inside], rank[~inside]).predict(properties[inside])
    residual, total = ((rank - predicted) ** 2).sum(), ((rank - rank.mean()) ** 2).sum()
    return round(float(1 - residual / total), DIGITS), None


def bulk_properties(score: Floats, properties: Floats, scaffold: Ints) -> Record:
    """What of a score (n,) bulk properties (n, p) explain; columns of these: logP the second, heavy atoms the last."""
    share, reason = explained_share(score, properties, scaffold)
    return {
        "n": len(score),
        "rank_correlation_heavy_atoms": rank_correlation(score, properties[:, -1]),
        "rank_correlation_logp": rank_correlation(score, properties[:, 1]),
        "explained_share": share,
        "reason": reason,
        "is_property_model": None if share is None else share >= PROPERTY_MODEL,
    }
