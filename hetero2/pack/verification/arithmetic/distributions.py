"""Quantiles that our statistics need, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

Z975 = NormalDist().inv_cdf(0.975)
_TINY = 1e-300


def beta_share(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b), by Lentz's continued fraction; a, b > 0, x in [0, 1]."""
    if x <= 0 or x >= 1:
        return float(x > 0)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    value = d
    for m in range(1, 5000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d or _TINY)
            c = 1 + term / c or _TINY
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return math.exp(log_front) * value / a


def _inverse(share: Callable[[float], float], share_sought: float, low: float, high: float) -> float:
    """Where an increasing function has a value, by bisection."""
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if share(middle) < share_sought else (low, middle)
    return (low + high) / 2


def beta_quantile(q: float, a: float, b: float) -> float:
    """The quantile of a beta distribution."""
    return _inverse(lambda x: beta_share(a, b, x), q, 0.0, 1.0)


def t_quantile(q: float, degrees: int) -> float:
    """The quantile of Student's t above the median."""

    def share(t: float) -> float:
        return 1 - beta_share(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2

    return _inverse(share, q, 0.0, 1e4)


def hypergeometric_share(n: int, hits: int, k: int, most: int) -> float:
    """The chance of at most `most` hits among k of n molecules, of which `hits` are hits; O(√k) terms."""
    least, largest = max(0, k - (n - hits)), min(k, hits)
    if most < least or most >= largest:
        return float(most >= largest)
    if most > k * hits / n:  # the shorter tail, from its end that is the larger
        return 1 - _tail(n, hits, k, most + 1, 1)
    return _tail(n, hits, k, most, -1)


def _tail(n: int, hits: int, k: int, start: int, step: int) -> float:
    """Sum of the probabilities from `start` outwards, until they no longer count."""
    term = total = math.exp(_log_choose(hits, start) + _log_choose(n - hits, k - start) - _log_choose(n, k))
    value = start
    while term > 1e-18 * total:
        if step < 0:
            term *= value * (n - hits - k + value) / ((hits - value + 1) * (k - value + 1))
        else:
            term *= (hits - value) * (k - value) / ((value + 1) * (n - hits - k + value + 1))
        value += step
        total += term
    return total


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def is_hypergeometric_quantile(value: object, q: float, n: int, hits: int, k: int) -> bool:
    """Whether a number of hits is the q quantile: the least that at most q of draws stay below. Up to rounding."""
    if not isinstance(value, (int, float)) or value != int(value):
        return False
    place, rounding = int(value), 1e-8
    reached = hypergeometric_share(n, hits, k, place) >= q - rounding
    return reached and hypergeometric_share(n, hits, k, place - 1) <= q + rounding


def wilson_interval(rate: float, n: int) -> tuple[float, float]:
    """95 % Wilson interval of a rate seen in n (doi 10.1080/01621459.1927.10502953)."""
    z2 = Z975**2
    centre, half = rate + z2 / (2 * n), (z2 * rate * (1 - rate) / n + (z2 / (2 * n)) ** 2) ** 0.5
    return max(0.0, (centre - half) / (1 + z2 / n)), min(1.0, (centre + half) / (1 + z2 / n))
