"""Two lists of K molecules compared on the molecules that only one of them holds."""

from typing import Any

import numpy as np
from scipy.stats import beta, norm

from hetero2.stats.benefit.cluster_bootstrap import Bools, Floats, Ints

Record = dict[str, Any]


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


def discordant(hit: Bools, cluster: Ints, ours: Ints, theirs: Ints, k: int) -> Record:
    """Molecules that only one list holds; the exact interval that they give, and the least uplift that could be shown.

    With b hits only in ours and c only in theirs the uplift is (b - c)/K; given b + c, b is binomial with p = 1/2 where
    neither is better: Clopper-Pearson for p, carried to (2p - 1)(b + c)/K. Null where a tie crosses a cut, or b + c is
    0. Smallest detectable uplift: (z(.975) + z(.80))·√(deff·D·p(1 - p))/K, D molecules in one list only, p the base
    rate, deff = 1 + (m - 1)·ICC over scaffolds. Null where both lists coincide, and where it is more than D/(2K), the
    uplift if all of ours were hits and none of theirs.
    """
    a, b = inclusion(ours, k), inclusion(theirs, k)
    n_only, same = float(np.abs(a - b).sum()), bool(np.array_equal(a, b))
    icc, size = intraclass_correlation(hit, cluster)
    deff, base = 1 + (size - 1) * icc, float(hit.mean())
    power = float(norm.ppf(0.975) + norm.ppf(0.8))
    least = power * (deff * n_only * base * (1 - base)) ** 0.5 / k
    shown = not same and least <= n_only / (2 * k)
    found: Record = {
        "expected_discordant": n_only,
        "lists_coincide": same,
        "design_effect": deff,
        "smallest_detectable_uplift": least if shown else None,
        "smallest_detectable_reason": "lists_coincide" if same else None if shown else "more_than_these_lists_can_show",
    }
    whole = bool((np.isin(a, (0, 1)) & np.isin(b, (0, 1))).all())
    gained, lost = int(((a > b) & hit).sum()), int(((b > a) & hit).sum())
    if not whole or gained + lost == 0:
        reason = "lists_coincide" if same else "no_discordant_hit" if whole else "ties_at_the_cut"
        return found | {"hits_gained": None, "hits_lost": None, "exact_low": None, "exact_high": None, "reason": reason}
    total = gained + lost
    low = float(beta.ppf(0.025, gained, lost + 1)) if gained else 0.0
    high = float(beta.ppf(0.975, gained + 1, lost)) if lost else 1.0
    exact = {"exact_low": (2 * low - 1) * total / k, "exact_high": (2 * high - 1) * total / k, "reason": None}
    return found | {"hits_gained": gained, "hits_lost": lost, **exact}
