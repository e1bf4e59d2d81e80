"""How well the score ranks the molecules with truth: AUC, BEDROC and enrichment, beside what a random score gets."""

from __future__ import annotations

import math
from itertools import accumulate

from hetero2.pack.verification.arithmetic.agreement import Record
from hetero2.pack.verification.arithmetic.ranked_list import RankedList
from hetero2.pack.verification.arithmetic.redrawn import LEAST_SCAFFOLDS, Resamples, auc_limits

LEAST = 10  # hits, others, and K
LEAST_BOUGHT = 5  # hits bought by one of the ways compared
FEW_SCAFFOLDS = f"fewer_than_{LEAST_SCAFFOLDS}_scaffolds"


def few_labels(n_hits: int, n_others: int) -> str | None:
    """Why nothing can be said of how a score ranks hits, or None."""
    if n_hits < LEAST:
        return f"fewer_than_{LEAST}_hits"
    return f"fewer_than_{LEAST}_non_hits" if n_others < LEAST else None


def few_bought(n_hits: int, n_others: int, k: int, bought: list[float]) -> str | None:
    """Why nothing can be said of hits among K, or None."""
    few = few_labels(n_hits, n_others)
    if few is not None:
        return few
    if k < LEAST:
        return f"k_below_{LEAST}"
    if k >= n_hits + n_others:
        return "k_is_the_whole_library"
    return f"fewer_than_{LEAST_BOUGHT}_hits_bought" if max(bought) < LEAST_BOUGHT else None


def bedroc_20(ranking: RankedList) -> tuple[float, float]:
    """(BEDROC at alpha 20, what a random score gets), doi 10.1021/ci600426e; ties count by their mean."""
    n, n_hits = ranking.sizes[-1], ranking.hits[-1]
    sums = list(accumulate((math.exp(-20.0 * rank / n) for rank in range(1, n + 1)), initial=0.0))
    mean, total, above, above_hits = sums[-1] / n, 0.0, 0, 0
    for size, hits in zip(ranking.sizes, ranking.hits):
        total += (hits - above_hits) * (sums[size] - sums[above]) / (size - above)
        above, above_hits = size, hits
    top, bottom = sums[n_hits] / n_hits / mean, (sums[n] - sums[n - n_hits]) / n_hits / mean
    return (total / n_hits / mean - bottom) / (top - bottom), (1 - bottom) / (top - bottom)


def _area_with_interval(ranking: RankedList, n_scaffolds: int, resamples: Resamples | None) -> Record:
    n, n_hits = ranking.sizes[-1], ranking.hits[-1]
    area = ranking.roc_auc()
    record: Record = {"value": area, "random": 0.5, "reason": None}
    reason = few_labels(n_hits, n - n_hits) or (FEW_SCAFFOLDS if n_scaffolds < LEAST_SCAFFOLDS else None)
    if reason is not None or area is None:
        return {**record, "ci_low": None, "ci_high": None, "interval_reason": reason}
    if resamples is None:
        return record
    limits = auc_limits(area, n_hits, n - n_hits, resamples.auc)
    low, high = limits if limits is not None else (None, None)
    reason = None if limits is not None else "all_resamples_are_equal"
    return {**record, "ci_low": low, "ci_high": high, "interval_reason": reason}


def score_metrics_follow(ranking: RankedList, k: int, n_scaffolds: int, resamples: Resamples | None) -> Record:
    """score_metrics of utility_report.json; without the interval of the AUC where there are no `resamples`."""
    n, n_hits = ranking.sizes[-1], ranking.hits[-1]
    early, random = bedroc_20(ranking)
    measures: Record = {
        "roc_auc": _area_with_interval(ranking, n_scaffolds, resamples),
        "bedroc_20": {"value": early, "random": random, "reason": None},
    }
    for name, share in (("1_percent", 0.01), ("5_percent", 0.05), ("10_percent", 0.10), ("k", k / n)):
        first = max(1, round(share * n))
        factor = ranking.expected_hits(first) / first / (n_hits / n)
        measures[f"enrichment_factor_{name}"] = {"value": factor, "random": 1.0, "reason": None}
    return measures
