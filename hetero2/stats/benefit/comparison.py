"""The ways of choosing K of a library, chosen on it and on libraries redrawn scaffold by scaffold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hetero2.stats.benefit.choosing import BASELINE, OURS, PRESENT, RANDOM, Library, Record, methods_at, priorities
from hetero2.stats.benefit.cluster_bootstrap import (
    MIN_CLUSTERS,
    Floats,
    Ints,
    Ranked,
    cumulative_auc,
    interpolated,
    inverse,
    resampled,
)
from hetero2.stats.benefit.score_metrics import FEW_SCAFFOLDS
from hetero2.stats.benefit.sufficiency import insufficient

RESAMPLES = 2000


class Drawn(NamedTuple):
    """Of each resample (n,): hits over K of three lists and by chance, evaluations over K that two lists save, AUC.

    `ours_fewer`, `score_fewer`: how many fewer molecules the list with the audit, or the list by the score alone, has
    to send for the hits of the present practice.
    """

    ours: Floats
    score: Floats
    present: Floats
    random: Floats
    ours_fewer: Floats
    score_fewer: Floats
    auc: Floats


def _compared(rankings: Mapping[str, Ranked], weight: Floats, k: Floats) -> Floats:
    """(resamples, 7): the columns of `Drawn`."""
    base = (weight * rankings[PRESENT].unordered_hit).sum(axis=1) / weight.sum(axis=1)
    groups = {name: ranking.groups(weight) for name, ranking in rankings.items()}
    today = groups[BASELINE if BASELINE in groups else PRESENT]
    hits = {name: interpolated(*of_list, k) for name, of_list in groups.items()}
    theirs = interpolated(*today, k)
    sent = inverse(*today, theirs)
    fewer = [(sent - inverse(*groups[name], theirs)) / k for name in (OURS, PRESENT)]
    return np.column_stack(
        [hits[OURS] / k, hits[PRESENT] / k, theirs / k, base, *fewer, cumulative_auc(*groups[PRESENT])]
    )


@dataclass(frozen=True)
class Comparison:
    """The lists of K molecules of one library, and all that is needed to compare them.

    `ways`: priorities (n,) by name; `at`: `methods_at` K and each other size asked for, `primary` that of K;
    `present`: the present practice, today's filter or the score; `few`: why nothing can be said of hits, if so;
    `drawn`: the resamples, None where there are `few` hits or too few scaffolds; `drawn_auc`: their AUC also for few
    hits.
    """

    library: Library
    k: int
    price: float | None
    ways: Mapping[str, Ints]
    rankings: Mapping[str, Ranked]
    at: Sequence[Record]
    primary: Record
    present: str
    few: str | None
    drawn: Drawn | None
    drawn_auc: Floats | None

    @property
    def no_interval(self) -> str | None:
        """Why there is no interval, if so."""
        return self.few or (None if self.drawn else FEW_SCAFFOLDS)


def compare(
    library: Library, k: int, k_list: Sequence[int], seed: int, price: float | None, resamples: int = RESAMPLES
) -> Comparison:
    """Choose K of a library with hits and others in every way, and redraw its scaffolds. O(n log n + resamples·n).

    Raises ValueError where today's filter knows fewer than K molecules.
    """
    n, n_hits = library.hit.size, int(library.hit.sum())
    ways, used = priorities(library), min(k, n)
    at = [methods_at(library, ways, size, price) for size in sorted({used, *(size for size in k_list if size <= n)})]
    primary = next(entry for entry in at if entry["k"] == used)
    present = PRESENT if library.baseline is None else BASELINE
    rankings = {name: Ranked(ways[name], library.hit) for name in (PRESENT, OURS, BASELINE) if name in ways}
    if present not in primary["methods"]:
        raise ValueError(f"today's filter has a score of fewer than K = {used} molecules")
    bought = (primary["methods"][name]["expected_hits"] for name in {PRESENT, present, RANDOM})
    few = insufficient(n_hits, n - n_hits, used, bought)
    drawn = None
    if len(np.unique(library.cluster)) >= MIN_CLUSTERS:
        drawn = Drawn(*resampled(rankings, library.cluster, used / n, resamples, seed, _compared).T)
    return Comparison(
        library=library,
        k=used,
        price=price,
        ways=ways,
        rankings=rankings,
        at=at,
        primary=primary,
        present=present,
        few=few,
        drawn=drawn if few is None else None,
        drawn_auc=None if drawn is None else drawn.auc,
    )
