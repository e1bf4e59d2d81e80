"""`cost_lift.v2`: what acting on the audit is worth beside the user's own score, on a library with measured truth.

With full truth the uplift on this library is exact; its interval is for exchangeable libraries at the same K/N. Ties
are taken in expectation over their random order. Whatever its sign, uplift is reported and gates nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, hypergeom, norm

from hetero2.stats.bootstrap import MIN_CLUSTERS, Bools, Floats, Ints, Ranked, interpolated, inverse, resampled
from hetero2.stats.enrichment import bedroc, dense_priority, enrichment_factor, expected_hits_of_top, roc_auc

PRESENT, BASELINE, OURS, FIRST = "score_topk", "baseline_topk", "score_plus_audit_topk", "signal_first_topk"
RESAMPLES, MANY = 2000, 1_000_000
NON_INFERIORITY = 0.10
ESTIMAND = (
    "hit rate of score_plus_audit_topk minus that of the other, exact on this library; the interval is for "
    "exchangeable libraries at the same K/N (scaffolds drawn with replacement, ranked again in each)"
)
Record = dict[str, Any]


@dataclass(frozen=True)
class Library:
    """n molecules that may be bought: OK, with truth and score. Every field (n,); `baseline` only where there is one.

    `score` and `baseline`: larger first. `call`: SIGNAL, NO_SIGNAL, UNDECIDABLE. `cluster`: scaffold. `auc`, `slack`,
    `passed`: of the frozen audit, -inf and False where it has none.
    """

    score: Floats
    hit: Bools
    call: NDArray[Any]
    cluster: Ints
    auc: Floats
    slack: Floats
    passed: Bools
    baseline: Floats | None = None


def priorities(library: Library) -> dict[str, Ints]:
    """The ways of choosing, each as a rank (n,); what a method drops comes after what it keeps, so that all buy K."""
    kept, signal = library.call != "NO_SIGNAL", library.call == "SIGNAL"
    found = {
        PRESENT: dense_priority(library.score),
        OURS: dense_priority(kept, library.score),
        FIRST: dense_priority(signal, kept, library.score),
        "audit_auc_topk": dense_priority(library.auc),
        "pass_slack_topk": dense_priority(library.passed, library.slack),
    }
    return found | ({} if library.baseline is None else {BASELINE: dense_priority(library.baseline)})


def wilson(rate: float, n: int) -> tuple[float, float]:
    """95 % Wilson interval of a rate seen in n (doi 10.1080/01621459.1927.10502953): descriptive, as if independent."""
    z2 = float(norm.ppf(0.975)) ** 2
    centre, half = rate + z2 / (2 * n), (z2 * rate * (1 - rate) / n + (z2 / (2 * n)) ** 2) ** 0.5
    return max(0.0, (centre - half) / (1 + z2 / n)), min(1.0, (centre + half) / (1 + z2 / n))


def _method(hits: float, k: int, base: float, price: float | None) -> Record:
    low, high = wilson(hits / k, k)
    return {
        "expected_hits": hits,
        "hit_rate": hits / k,
        "wilson_low": low,
        "wilson_high": high,
        "enrichment": hits / k / base if base else None,
        "cost_per_hit": price * k / hits if price is not None and hits else None,
    }


def methods_at(library: Library, ways: Mapping[str, Ints], k: int, price: float | None) -> Record:
    """Hits among K for every way of choosing; random is exact: the hypergeometric mean and its 95 % interval.

    The baseline is left out where it knows fewer than K molecules: the rest would be random choice under its name.
    """
    n, hits = library.hit.size, int(library.hit.sum())
    if library.baseline is not None and np.isfinite(library.baseline).sum() < k:
        ways = {name: way for name, way in ways.items() if name != BASELINE}
    found = {name: _method(expected_hits_of_top(p, library.hit, k), k, hits / n, price) for name, p in ways.items()}
    low, high = hypergeom(n, hits, k).interval(0.95)
    drawn = {"hits_low": int(low), "hits_high": int(high)}
    return {"k": k, "methods": found | {"random": _method(hits * k / n, k, hits / n, price) | drawn}}


def inclusion(priority: Ints, k: int) -> Floats:
    """(n,): chance that each molecule is among the first k; at a tie across the cut all of the tied share it."""
    cut = np.sort(priority)[priority.size - k]
    above, tied = priority > cut, priority == cut
    found: Floats = above + tied * (k - above.sum()) / tied.sum()
    return found


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


def discordant(library: Library, ours: Ints, theirs: Ints, k: int) -> Record:
    """Molecules that only one list holds; the exact interval that they give, and the least uplift that could be shown.

    With b hits only in ours and c only in theirs the uplift is (b - c)/K; given b + c, b is binomial with p = 1/2 where
    neither is better: Clopper-Pearson for p, carried to (2p - 1)(b + c)/K. Null where a tie crosses a cut, or b + c is
    0. Smallest detectable uplift: (z(.975) + z(.80))·√(deff·D·p(1 - p))/K, D molecules in one list only, p the base
    rate, deff = 1 + (m - 1)·ICC over scaffolds. Null where both lists coincide, and where it is more than D/(2K), the
    uplift if all of ours were hits and none of theirs.
    """
    a, b = inclusion(ours, k), inclusion(theirs, k)
    n_only, same = float(np.abs(a - b).sum()), bool(np.array_equal(a, b))
    icc, size = intraclass_correlation(library.hit, library.cluster)
    deff, base = 1 + (size - 1) * icc, float(library.hit.mean())
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
    gained, lost = int(((a > b) & library.hit).sum()), int(((b > a) & library.hit).sum())
    if not whole or gained + lost == 0:
        reason = "lists_coincide" if same else "no_discordant_hit" if whole else "ties_at_the_cut"
        return found | {"hits_gained": None, "hits_lost": None, "exact_low": None, "exact_high": None, "reason": reason}
    total = gained + lost
    low = float(beta.ppf(0.025, gained, lost + 1)) if gained else 0.0
    high = float(beta.ppf(0.975, gained + 1, lost)) if lost else 1.0
    exact = {"exact_low": (2 * low - 1) * total / k, "exact_high": (2 * high - 1) * total / k, "reason": None}
    return found | {"hits_gained": gained, "hits_lost": lost, **exact}


def _compared(rankings: Mapping[str, Ranked], weight: Floats, k: Floats) -> Floats:
    """(resamples, 4), over K: hits of ours, of the present practice, at random, and how many fewer we would send."""
    base = (weight * rankings[PRESENT].unordered_hit).sum(axis=1) / weight.sum(axis=1)
    groups = {name: rankings[name].groups(weight) for name in ("present", OURS)}
    theirs, ours = (interpolated(*groups[name], k) for name in ("present", OURS))
    before, after = (inverse(*groups[name], theirs) for name in ("present", OURS))
    return np.column_stack([ours / k, theirs / k, base, (before - after) / k])


def _interval(values: Floats | None, widen: float = 0.0) -> tuple[float | None, float | None]:
    if values is None:
        return None, None
    low, high = np.quantile(values, [0.025, 0.975])
    more = widen if values.any() else 0.0
    return float(low - more), float(high + more)


def _uplift(estimate: float, values: Floats | None, k: int) -> Record:
    low, high = _interval(values, 0.5 / k)
    return {"uplift": estimate, "ci_low": low, "ci_high": high}


def metrics(library: Library, k: int) -> Record:
    """How well the score alone ranks the library; beside each measure what a random score gets."""
    auc, reason = roc_auc(library.score, library.hit)
    early, random, why = bedroc(library.score, library.hit)
    found: Record = {
        "roc_auc": {"value": auc, "random": 0.5, "reason": reason},
        "bedroc_20": {"value": early, "random": random, "reason": why},
    }
    for name, share in (("1_percent", 0.01), ("5_percent", 0.05), ("10_percent", 0.10), ("k", k / library.hit.size)):
        value, reason = enrichment_factor(library.score, library.hit, share)
        found[f"enrichment_factor_{name}"] = {"value": value, "random": 1.0, "reason": reason}
    return found


def _money(price: float | None, number: float | None) -> float | None:
    return None if price is None or number is None else price * number


def _fewer(estimate: float, low: float | None, high: float | None, price: float | None) -> Record:
    """Molecules that need not be sent, and what they would have cost."""
    numbers = {"fewer": estimate, "ci_low": low, "ci_high": high}
    return numbers | {
        name: _money(price, value)
        for name, value in zip(("saving", "saving_ci_low", "saving_ci_high"), numbers.values(), strict=True)
    }


def before_after(
    at: Record, same: tuple[float, float], values: Floats | None, price: float | None, present: str
) -> Record:
    """Present practice against ours, as molecules sent, hits confirmed and cost.

    `same`: the least number from the top that holds the hits of the present practice, in its own list and in ours.
    """
    k, ours, theirs = at["k"], at["methods"][OURS], at["methods"][present]
    low, high = _interval(None if values is None else (values[:, 0] - values[:, 1]) * k, 0.5)
    fewer = _interval(None if values is None else values[:, 3] * k)
    margin = NON_INFERIORITY * theirs["expected_hits"]
    return {
        "before": {"method": present, "sent": k, "hits": theirs["expected_hits"], "cost": _money(price, k)},
        "after": {"method": OURS, "sent": k, "hits": ours["expected_hits"], "cost": _money(price, k)},
        "sent_for_the_same_hits": {
            "hits": theirs["expected_hits"],
            "before": same[0],
            "after": same[1],
            **_fewer(same[0] - same[1], fewer[0], fewer[1], price),
        },
        "non_inferiority": {
            "hits_difference": ours["expected_hits"] - theirs["expected_hits"],
            "ci_low": low,
            "ci_high": high,
            "margin_hits": margin,
            "non_inferior": None if low is None or (low < 0 and margin < 0.5) else low > -margin,
            "reason": "no_interval" if low is None else "margin_below_half_a_hit" if low < 0 and margin < 0.5 else None,
        },
    }


def extrapolated(uplift: Record, same: Record, k: int, n: int, price: float | None) -> Record:
    """The same K/N, base rate and tail at 1,000,000 candidates; nothing else is known of them."""
    sent, scale = k / n * MANY, MANY / n
    bounds = [None if same[key] is None else same[key] * scale for key in ("ci_low", "ci_high")]
    gained = {key: None if uplift[key] is None else uplift[key] * sent for key in ("uplift", "ci_low", "ci_high")}
    return {
        "candidates": MANY,
        "sent": sent,
        "cost": _money(price, sent),
        "hits_gained": {"estimate": gained["uplift"], "ci_low": gained["ci_low"], "ci_high": gained["ci_high"]},
        "sent_for_the_same_hits": _fewer(same["fewer"] * scale, bounds[0], bounds[1], price),
        "assumes": "the same K/N, base rate and tail of the scores as in this library",
    }


def report(
    library: Library, k: int, k_list: Sequence[int], seed: int, price: float | None, resamples: int = RESAMPLES
) -> Record:
    """Everything of `cost_lift.v2` that follows from scores, calls and truth; nulls with a reason where undefined.

    Raises ValueError for K below 1. O(n log n + resamples·n).
    """
    if k < 1 or min(k_list, default=1) < 1:
        raise ValueError("K must be at least 1")
    n = library.hit.size
    if n == 0 or library.hit.all() or not library.hit.any():
        reason = "no_molecule_with_score_and_truth" if n == 0 else "truth_has_one_class"
        return {"n": n, "reason": reason, "at": [], "uplift": None, "before_after": None}
    ways, used = priorities(library), min(k, n)
    at = [methods_at(library, ways, one, price) for one in sorted({used, *(one for one in k_list if one <= n)})]
    primary = next(one for one in at if one["k"] == used)
    present = PRESENT if library.baseline is None else BASELINE
    enough = len(np.unique(library.cluster)) >= MIN_CLUSTERS
    rankings = {name: Ranked(way, library.hit) for name, way in ways.items()} | {
        "present": Ranked(ways[present], library.hit)
    }
    values = resampled(rankings, library.cluster, used / n, resamples, seed, _compared) if enough else None
    rate = {name: one["hit_rate"] for name, one in primary["methods"].items()}
    against = {
        present: _uplift(rate[OURS] - rate[present], None if values is None else values[:, 0] - values[:, 1], used),
        "random": _uplift(rate[OURS] - rate["random"], None if values is None else values[:, 0] - values[:, 2], used),
    }
    wanted = np.array([primary["methods"][present]["expected_hits"]])
    before, after = (float(inverse(*rankings[x].groups(np.ones((1, n))), wanted)[0]) for x in ("present", OURS))
    compared = before_after(primary, (before, after), values, price, present)
    return {
        "n": n,
        "reason": None,
        "k": used,
        "k_requested": k,
        "k_reason": None if used == k else "k_beyond_library",
        "k_not_shown": sorted({one for one in k_list if one > n}),
        "at": at,
        "uplift": {
            "estimand": ESTIMAND,
            "against": against,
            "interval_reason": None if enough else f"fewer_than_{MIN_CLUSTERS}_scaffolds",
            "resamples": resamples if enough else 0,
            "discordant": discordant(library, ways[OURS], ways[present], used),
        },
        "before_after": compared,
        "extrapolation": extrapolated(against[present], compared["sent_for_the_same_hits"], used, n, price),
        "score_metrics": metrics(library, used),
    }
