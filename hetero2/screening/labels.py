"""Labels of measured molecules as numbers for the screen."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

Array = NDArray[Any]
Floats = NDArray[np.float64]


class Measurements(NamedTuple):
    """What is known of n molecules: is_hit, (n,) bool; values, (n,) larger is better, NaN where not measured."""

    is_hit: Array
    values: Floats


def label_code(measured: Measurements) -> Floats:
    """(n,): the average of ±1 and the z-scored rank of the value; ±1 where no hit has a value.

    Molecules that are no hits tie for the lowest rank, as do hits without a value for that of the middle hit.
    """
    sign = np.where(measured.is_hit, 1.0, -1.0)
    hits = measured.is_hit & np.isfinite(measured.values)
    if not hits.any():
        return sign
    ranked = np.full(len(sign), -np.inf)
    ranked[measured.is_hit] = float(np.median(measured.values[hits]))
    ranked[hits] = measured.values[hits]
    ranks = rankdata(ranked)
    spread = float(ranks.std())
    return sign if spread == 0 else (sign + (ranks - ranks.mean()) / spread) / 2


def z_scored(values: Floats) -> Floats:
    """(n,): values less their mean, in standard deviations; 0 where all are equal."""
    spread = float(values.std())
    scores: Floats = (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))
    return scores


def normal_scores(scores: Floats) -> Floats:
    """(n,): normal quantile of (rank − 1/2) / n of each score; ties share their mean rank; 0 without a score."""
    quantiles, scored = np.zeros(len(scores)), np.isfinite(scores)
    if scored.any():
        quantiles[scored] = norm.ppf((rankdata(scores[scored]) - 0.5) / int(scored.sum()))
    return quantiles
