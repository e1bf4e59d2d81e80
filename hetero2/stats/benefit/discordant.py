"""Two lists of K molecules compared on the molecules that only one of them holds."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaincinv, ndtri

from hetero2.stats.benefit.cluster_bootstrap import Bools, Floats, Ints


def inclusion(priority: Ints, k: int) -> Floats:
    """(n,): chance that each molecule is among the first k; at a tie across the cut all of the tied share it."""
    cut = np.sort(priority)[priority.size - k]
    above, tied = priority > cut, priority == cut
    chance: Floats = above + tied * (k - above.sum()) / tied.sum()
    return chance


def intraclass_correlation(hit: Bools, cluster: Ints) -> tuple[float, float]:
    """(ICC of hits by one-way analysis of variance, clipped to [0, 1]; size of the cluster that a molecule is in)."""
    _, member, size = np.unique(cluster, return_inverse=True, return_counts=True)
    n, groups, y = hit.size, size.size, hit.astype(float)
    mean_size = float((size**2).sum() / n)
    if groups in (1, n):
        return 0.0, mean_size
    means = np.bincount(member, y) / size
    between = float((size * (means - y.mean()) ** 2).sum()) / (groups - 1)
    within = float(((y - means[member]) ** 2).sum()) / (n - groups)
    typical = (n - float((size**2).sum()) / n) / (groups - 1)
    total = between + (typical - 1) * within
    return (min(1.0, max(0.0, (between - within) / total)) if total > 0 else 0.0), mean_size


@dataclass(frozen=True)
class Discordant:
    """What the molecules that only one of two lists holds say; fields in the order of `cost_lift.v2`.

    `expected_discordant`: how many there are, those at a tied cut in expectation. `design_effect`: by how much
    scaffolds inflate the variance. `hits_gained`, `hits_lost`: hits in ours only and in theirs only; `exact_low`,
    `exact_high`: the 95 % interval of the uplift that they give. What is None has its reason beside it.
    """

    expected_discordant: float
    lists_coincide: bool
    design_effect: float
    smallest_detectable_uplift: float | None
    smallest_detectable_reason: str | None
    hits_gained: int | None
    hits_lost: int | None
    exact_low: float | None
    exact_high: float | None
    reason: str | None

    def inconclusive(self, reason: str) -> "Discordant":
        """The same counts without what they would conclude."""
        return replace(
            self,
            smallest_detectable_uplift=None,
            smallest_detectable_reason=reason,
            exact_low=None,
            exact_high=None,
            reason=reason,
        )


def discordant(hit: Bools, cluster: Ints, ours: Ints, theirs: Ints, k: int) -> Discordant:
    """Molecules that only one list holds; the exact interval that they give, and the least uplift that could be shown.

    `hit`, `cluster` (n,): measured hits and scaffolds; `ours`, `theirs` (n,): priorities, larger first, of two lists of
    k. See `exact_interval` and `smallest_detectable_uplift`. Null where a tie crosses a cut, where no discordant
    molecule is a hit, and where both lists coincide.
    """
    a, b = inclusion(ours, k), inclusion(theirs, k)
    n_only, same = float(np.abs(a - b).sum()), bool(np.array_equal(a, b))
    icc, size = intraclass_correlation(hit, cluster)
    deff, base = 1 + (size - 1) * icc, float(hit.mean())
    least = smallest_detectable_uplift(n_only, base, deff, k)
    # More than D/(2K) would ask for more than all of ours being hits and none of theirs.
    shown = not same and least <= n_only / (2 * k)
    whole = bool((np.isin(a, (0, 1)) & np.isin(b, (0, 1))).all())
    gained, lost = int(((a > b) & hit).sum()), int(((b > a) & hit).sum())
    counted = whole and gained + lost > 0
    low, high = exact_interval(gained, lost, k) if counted else (None, None)
    why_not = "lists_coincide" if same else "no_discordant_hit" if whole else "ties_at_the_cut"
    return Discordant(
        expected_discordant=n_only,
        lists_coincide=same,
        design_effect=deff,
        smallest_detectable_uplift=least if shown else None,
        smallest_detectable_reason="lists_coincide" if same else None if shown else "more_than_these_lists_can_show",
        hits_gained=gained if counted else None,
        hits_lost=lost if counted else None,
        exact_low=low,
        exact_high=high,
        reason=None if counted else why_not,
    )


def smallest_detectable_uplift(n_only: float, base_rate: float, design_effect: float, k: int) -> float:
    """The uplift in hit rate that a two-sided test at 5 % shows with a power of 80 %.

    (z(.975) + z(.80))·√(deff·D·p(1 - p))/K, D molecules in one list only, p the base rate, deff = 1 + (m - 1)·ICC over
    scaffolds (Kish, Survey Sampling, 1965, ch. 8).
    """
    z = float(ndtri(0.975) + ndtri(0.8))
    least: float = z * (design_effect * n_only * base_rate * (1 - base_rate)) ** 0.5 / k
    return least


def exact_interval(gained: int, lost: int, k: int) -> tuple[float, float]:
    """95 % interval of the uplift from b hits only in ours and c only in theirs, b + c > 0.

    The uplift is (b - c)/K; given b + c, b is binomial with p = 1/2 where neither is better: Clopper-Pearson for p (doi
    10.1093/biomet/26.4.404), carried to (2p - 1)(b + c)/K.
    """
    low = float(betaincinv(gained, lost + 1, 0.025)) if gained else 0.0
    high = float(betaincinv(gained + 1, lost, 0.975)) if lost else 1.0
    total = gained + lost
    return (2 * low - 1) * total / k, (2 * high - 1) * total / k
