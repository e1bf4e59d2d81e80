"""Quantiles as the contracts define them."""

import statistics
from collections.abc import Sequence


def nearest_rank(values: Sequence[float], q: float) -> float | None:
    """sorted[max(1, round(q·n)) - 1] with Python's rounding; None without values."""
    return sorted(values)[max(1, round(q * len(values))) - 1] if values else None


def describe(slacks: Sequence[float], margins: Sequence[float]) -> dict[str, float | None]:
    """Mean, quartiles and median of the slacks and the median margin; None without values."""
    return {
        "mean_slack": statistics.fmean(slacks) if slacks else None,
        "p25_slack": nearest_rank(slacks, 0.25),
        "median_slack": statistics.median(slacks) if slacks else None,
        "p75_slack": nearest_rank(slacks, 0.75),
        "median_margin": statistics.median(margins) if margins else None,
    }
