"""The library drawn again, scaffold by scaffold: the resamples that intervals of utility_report.json rest on.

They are numpy's own random numbers, so that the intervals agree but for rounding. They cost about a millisecond for a
thousand molecules and resample, so libraries beyond MOST_CELLS are not drawn again.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, islice
from operator import mul
from typing import NamedTuple

from hetero2.pack.verification.arithmetic.distributions import Z975
from hetero2.pack.verification.arithmetic.pcg64 import bounded
from hetero2.pack.verification.arithmetic.ranked_list import RankedList

RESAMPLES, LEAST_SCAFFOLDS = 2000, 30
MOST_CELLS = 1_600_000  # molecules times resamples: 2 s
_REDRAWN_ROUNDING = 1e-9


class Resamples(NamedTuple):
    """Of each resample (r,): hits over K of the list with the audit, of that by score, and by chance; what the former
    saves, over K, for the hits of the latter; AUC of the score, nan where a resample holds one class only, and of the
    other list where it was asked for."""

    audit: list[float]
    score: list[float]
    chance: list[float]
    fewer: list[float]
    auc: list[float]
    auc_of_audit: list[float]


class _Weighted:
    """A ranked list whose molecules occur as often as their scaffold is drawn."""

    def __init__(self, ranking: RankedList, hit: Sequence[bool], cluster: Sequence[int]) -> None:
        self._cluster = [cluster[row] for row in ranking.order]
        self._hit = [int(hit[row]) for row in ranking.order]
        self._ends = [size - 1 for size in ranking.sizes]

    def totals(self, counts: Sequence[int]) -> tuple[list[int], list[int]]:
        """Molecules and hits up to the end of each group of ties."""
        weight = list(map(counts.__getitem__, self._cluster))
        sizes, hits = list(accumulate(weight)), list(accumulate(map(mul, weight, self._hit)))
        if len(self._ends) == len(weight):
            return sizes, hits
        return list(map(sizes.__getitem__, self._ends)), list(map(hits.__getitem__, self._ends))


def _on_the_line(along: Sequence[int], value: Sequence[int], k_here: float) -> float:
    """The value where `along` reaches what is k_here, on the line through the ends of the groups."""
    group = min(bisect_left(along, k_here - _REDRAWN_ROUNDING), len(along) - 1)
    low, low_value = (along[group - 1], value[group - 1]) if group else (0, 0)
    step = along[group] - low
    share = (k_here - low) / step if step > 0 else 0.0
    return low_value + share * (value[group] - low_value)


def _area(sizes: Sequence[int], hits: Sequence[int]) -> float:
    n_hits = hits[-1]
    misses = [size - hit for size, hit in zip(sizes, hits)]
    n_others = misses[-1]
    if not n_hits or not n_others:
        return math.nan
    beaten, before, hits_before = 0.0, 0, 0
    for missed, hit in zip(misses, hits):
        if hit != hits_before:
            beaten += (hit - hits_before) * (n_others - missed + (missed - before) / 2)
        before, hits_before = missed, hit
    return beaten / (n_hits * n_others)


def clusters_of(scaffolds: Sequence[str]) -> list[int]:
    """The number of each molecule's scaffold among the sorted ones."""
    number = {name: place for place, name in enumerate(sorted(set(scaffolds)))}
    return [number[name] for name in scaffolds]


def redrawn(
    score: RankedList,
    audit: RankedList,
    hit: Sequence[bool],
    scaffolds: Sequence[str],
    k: int,
    seed: int,
    with_areas: bool = False,
) -> Resamples | None:
    """2000 resamples of a library (n,); None with fewer than 30 scaffolds. O(resamples·n)."""
    cluster, n = clusters_of(scaffolds), len(hit)
    n_clusters = max(cluster, default=-1) + 1
    if n_clusters < LEAST_SCAFFOLDS:
        return None
    lists = _Weighted(score, hit, cluster), _Weighted(audit, hit, cluster)
    same = score.order == audit.order and score.sizes == audit.sizes
    draws, resamples = bounded(seed, n_clusters), Resamples([], [], [], [], [], [])
    for _ in range(RESAMPLES):
        counts = [0] * n_clusters
        for number in islice(draws, n_clusters):
            counts[number] += 1
        of_score = lists[0].totals(counts)
        of_audit = of_score if same else lists[1].totals(counts)
        total, n_hits = of_score[0][-1], of_score[1][-1]
        k_here = max(1.0, float(round(k / n * total)))
        theirs = _on_the_line(*of_score, k_here)
        sent = [_on_the_line(hits, sizes, min(theirs, n_hits)) for sizes, hits in (of_score, of_audit)]
        resamples.audit.append(_on_the_line(*of_audit, k_here) / k_here)
        resamples.score.append(theirs / k_here)
        resamples.chance.append(n_hits / total)
        resamples.fewer.append((sent[0] - sent[1]) / k_here)
        resamples.auc.append(_area(*of_score))
        if with_areas:
            resamples.auc_of_audit.append(_area(*of_audit))
    return resamples


def quantile(values: Sequence[float], q: float) -> float:
    """The q quantile on the line through the sorted values, as numpy's."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = int(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (place - below)


def percentile_interval(values: Sequence[float], widen: float = 0.0) -> tuple[float, float]:
    """95 % interval of resampled values, wider by so much at either end unless all are 0."""
    more = widen if any(values) else 0.0
    return quantile(values, 0.025) - more, quantile(values, 0.975) + more


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def auc_limits(area: float, n_hits: int, n_others: int, drawn: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of an AUC on the logit scale, from those of resamples; None where all of them are equal."""
    pairs = n_hits * n_others
    logits = [_logit((value * pairs + 0.5) / (pairs + 1)) for value in drawn if not math.isnan(value)]
    middle = math.fsum(logits) / len(logits)
    spread = math.sqrt(math.fsum((value - middle) ** 2 for value in logits) / len(logits))
    if spread < 1e-9:
        return None
    centre, half = _logit((area * pairs + 0.5) / (pairs + 1)), Z975 * spread
    return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-centre - half))
