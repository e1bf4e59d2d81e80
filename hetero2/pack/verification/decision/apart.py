"""What the molecules say that only one of two lists holds (`discordant` of utility_report.json)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist

from hetero2.pack.verification.arithmetic.agreement import Record
from hetero2.pack.verification.arithmetic.distributions import Z975, beta_quantile


def design_effect(hit: Sequence[bool], scaffold: Sequence[str]) -> float:
    """1 + (m - 1)·ICC of hits over scaffolds: by how much these inflate the variance. O(n)."""
    sizes, hits, n = Counter(scaffold), Counter(name for name, is_hit in zip(scaffold, hit) if is_hit), len(hit)
    mean_size = sum(size * size for size in sizes.values()) / n
    if len(sizes) in (1, n):
        return 1.0
    rate = sum(hit) / n
    between = sum(size * (hits[name] / size - rate) ** 2 for name, size in sizes.items()) / (len(sizes) - 1)
    within = sum(hits[name] * (1 - hits[name] / size) for name, size in sizes.items()) / (n - len(sizes))
    typical = (n - mean_size) / (len(sizes) - 1)
    total = between + (typical - 1) * within
    return 1 + (mean_size - 1) * (min(1.0, max(0.0, (between - within) / total)) if total > 0 else 0.0)


def counted_apart(hit: Sequence[bool], ours: Sequence[float], theirs: Sequence[float]) -> Record:
    """Of the chances (n,) to be in either list: how many molecules only one holds, and hits gained and lost."""
    gained = sum(a > b and is_hit for a, b, is_hit in zip(ours, theirs, hit))
    lost = sum(b > a and is_hit for a, b, is_hit in zip(ours, theirs, hit))
    whole = all(chance in (0, 1) for chances in (ours, theirs) for chance in chances)
    same = all(a == b for a, b in zip(ours, theirs))
    counted = whole and gained + lost > 0
    return {
        "expected_discordant": sum(abs(a - b) for a, b in zip(ours, theirs)),
        "lists_coincide": same,
        "hits_gained": gained if counted else None,
        "hits_lost": lost if counted else None,
        "reason": None
        if counted
        else "lists_coincide"
        if same
        else "no_discordant_hit"
        if whole
        else "ties_at_the_cut",
    }


def concluded(counts: Record, effect: float, base: float, k: int, few: str | None) -> Record:
    """The whole record, from the counts: what they conclude, or why they conclude nothing."""
    n_only, gained, lost = counts["expected_discordant"], counts["hits_gained"], counts["hits_lost"]
    z = Z975 + NormalDist().inv_cdf(0.8)
    least = z * (effect * n_only * base * (1 - base)) ** 0.5 / k
    is_shown = not counts["lists_coincide"] and least <= n_only / (2 * k)
    low, high = (None, None) if gained is None or lost is None else exact_limits(gained, lost, k)
    why_no_least = (
        "lists_coincide" if counts["lists_coincide"] else None if is_shown else "more_than_these_lists_can_show"
    )
    record = {
        **counts,
        "design_effect": effect,
        "smallest_detectable_uplift": least if is_shown else None,
        "smallest_detectable_reason": why_no_least,
        "exact_low": low,
        "exact_high": high,
    }
    nothing = {"smallest_detectable_uplift": None, "exact_low": None, "exact_high": None}
    return record if few is None else {**record, **nothing, "smallest_detectable_reason": few, "reason": few}


def exact_limits(gained: int, lost: int, k: int) -> tuple[float | None, float | None]:
    """95 % interval of the uplift from hits only in ours and only in theirs (Clopper and Pearson for their share)."""
    total = gained + lost
    if total <= 0 or min(gained, lost) < 0:
        return None, None
    low = beta_quantile(0.025, gained, lost + 1) if gained else 0.0
    high = beta_quantile(0.975, gained + 1, lost) if lost else 1.0
    return (2 * low - 1) * total / k, (2 * high - 1) * total / k
