"""Estimates for a whole library from a stratified sample: the top by score, all of it, and some drawn from the rest."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Z = NormalDist().inv_cdf(0.975)
MIN_DRAWN = 30  # below, the normal interval cannot be relied upon


class Estimate(NamedTuple):
    """A weighted share or mean with its 95 % interval; nulls with a reason where undefined."""

    n: int
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    reason: str | None


def weighted_mean(values: Floats, drawn: NDArray[np.bool_], weight: Floats) -> Estimate:
    """The mean over the library of what is known of some rows (a domain): values (n,), nan outside the domain.

    `drawn`: whether a row is of the random part; the others are the top, each of them taken. Hájek's ratio estimator
    with its linearised variance and finite-population correction (Särndal, Swensson, Wretman, Model Assisted Survey
    Sampling, 1992, doi 10.1007/978-1-4612-4378-6, ch. 5.7-5.8), the interval kept within the range of the values. O(n).
    """
    inside = np.isfinite(values)
    n = int(inside.sum())
    if not n:
        return Estimate(0, None, None, None, "no_molecules")
    total = float(weight[inside].sum())
    estimate = float((weight[inside] * values[inside]).sum() / total)
    if not drawn.any():
        return Estimate(n, estimate, None, None, "no_random_part")
    linear = np.where(inside, values - estimate, 0.0)[drawn]
    size, stands_for = linear.size, float(weight[drawn].sum())
    if size < MIN_DRAWN and size < stands_for:
        return Estimate(n, estimate, None, None, f"random_part_has_fewer_than_{MIN_DRAWN}_rows")
    spread = float(linear.var(ddof=1)) if size > 1 else 0.0
    error = np.sqrt(stands_for**2 * (1 - size / stands_for) * spread / size) / total
    low, high = float(values[inside].min()), float(values[inside].max())
    if low == high and size < stands_for:
        return Estimate(n, estimate, None, None, "all_values_are_equal")
    return Estimate(n, estimate, max(low, estimate - Z * error), min(high, estimate + Z * error), None)
