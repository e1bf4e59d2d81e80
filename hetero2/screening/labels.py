"""Labels of measured molecules as numbers for the screen."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    from scipy.stats import rankdata  # more than a second to import, and those who predict a shard need no labels

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


def normal_scores(library: Floats, scores: Floats) -> Floats:
    """(n,): the normal quantile of the place that each score has among those of the library; 0 without a score.

    library: (m,), NaN without a score. A member's place is (rank − 1/2) / m, and those of equal scores share their mean
    rank; a score from elsewhere stands between its neighbours, and never beyond the first or last place.
    """
    from scipy.special import ndtri

    members = np.sort(library[np.isfinite(library)])
    quantiles, scored = np.zeros(len(scores)), np.isfinite(scores)
    if len(members):
        ends = [np.searchsorted(members, scores[scored], side) for side in ("left", "right")]
        places = np.add(*ends) / (2 * len(members))
        quantiles[scored] = ndtri(np.clip(places, 0.5 / len(members), 1 - 0.5 / len(members)))
    return quantiles
