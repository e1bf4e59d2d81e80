"""`cost_lift.v2`: what the list by the score is worth on a library with truth, and what acting on the audit would be.

With full truth a difference of hit rates is exact on this library; its interval is for exchangeable libraries at the
same K/N. The list to send follows the score: what acting on the audit would have given is measured, never done.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from hetero2.stats.benefit.choosing import (
    BASELINE,
    OURS,
    PRESENT,
    RANDOM,
    Library,
    Record,
    around_k,
    methods_at,
    priorities,
)
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
from hetero2.stats.benefit.discordant import discordant, inclusion
from hetero2.stats.benefit.enrichment import bedroc, enrichment_factor, roc_auc
from hetero2.stats.benefit.sufficiency import MIN_BOUGHT, insufficient, too_few_labels

RESAMPLES, MANY = 2000, 1_000_000
NON_INFERIORITY = 0.10
FEW_SCAFFOLDS = f"fewer_than_{MIN_CLUSTERS}_scaffolds"
ESTIMAND = (
    "hit rate of score_plus_audit_topk minus that of the other, exact on this library; the interval is for "
    "exchangeable libraries at the same K/N (scaffolds drawn with replacement, ranked again in each)"
)


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


def _interval(values: Floats | None, widen: float = 0.0) -> tuple[float | None, float | None]:
    if values is None:
        return None, None
    low, high = np.quantile(values, [0.025, 0.975])
    more = widen if values.any() else 0.0
    return float(low - more), float(high + more)


def _uplift(estimate: float, values: Floats | None, k: int) -> Record:
    low, high = _interval(values, 0.5 / k)
    if low is None or high is None:
        return {"uplift": estimate, "ci_low": None, "ci_high": None}
    return {"uplift": estimate, "ci_low": max(-1.0, low), "ci_high": min(1.0, high)}


def _auc_interval(library: Library, drawn: Drawn | None) -> Record:
    """95 % interval of the AUC of the score over resampled scaffolds, or why there is none.

    Logit of the AUC, half a pair added, plus and minus 1.96 standard deviations over the resamples: with few hits or an
    AUC near 1 their percentiles cover too little.
    """
    n_hits = int(library.hit.sum())
    pairs = n_hits * (library.hit.size - n_hits)
    reason = too_few_labels(n_hits, library.hit.size - n_hits) or (None if drawn else FEW_SCAFFOLDS)
    if reason is not None or drawn is None:
        return {"ci_low": None, "ci_high": None, "interval_reason": reason}
    logits = logit((drawn.auc[np.isfinite(drawn.auc)] * pairs + 0.5) / (pairs + 1))
    spread, area = float(logits.std()), roc_auc(library.score, library.hit)[0]
    if area is None or spread < 1e-9:  # hits and others apart in every resample, or a constant score
        return {"ci_low": None, "ci_high": None, "interval_reason": "all_resamples_are_equal"}
    centre, half = float(logit((area * pairs + 0.5) / (pairs + 1))), float(norm.ppf(0.975)) * spread
    return {"ci_low": float(expit(centre - half)), "ci_high": float(expit(centre + half)), "interval_reason": None}


def metrics(library: Library, k: int, drawn: Drawn | None) -> Record:
    """How well the score alone ranks the library; beside each measure what a random score gets."""
    auc, reason = roc_auc(library.score, library.hit)
    early, random, why = bedroc(library.score, library.hit)
    measures: Record = {
        "roc_auc": {"value": auc, "random": 0.5, "reason": reason, **_auc_interval(library, drawn)},
        "bedroc_20": {"value": early, "random": random, "reason": why},
    }
    for name, share in (("1_percent", 0.01), ("5_percent", 0.05), ("10_percent", 0.10), ("k", k / library.hit.size)):
        value, reason = enrichment_factor(library.score, library.hit, share)
        measures[f"enrichment_factor_{name}"] = {"value": value, "random": 1.0, "reason": reason}
    return measures


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
    at: Record, same: tuple[float, float], drawn: Drawn | None, price: float | None, present: str, few: str | None
) -> Record:
    """Present practice against the list with the audit, as molecules sent, hits confirmed and cost.

    `same`: the least number from the top that holds the hits of the present practice, in its own list and in the other.
    `few`: why nothing can be said of hits here, if so.
    """
    k, ours, theirs = at["k"], at["methods"][OURS], at["methods"][present]
    low, high = _interval(None if drawn is None else (drawn.ours - drawn.present) * k, 0.5)
    fewer = _interval(None if drawn is None or theirs["expected_hits"] < MIN_BOUGHT else drawn.ours_fewer * k)
    margin = NON_INFERIORITY * theirs["expected_hits"]
    undecided = few or (
        "no_interval" if low is None else "margin_below_half_a_hit" if low < 0 and margin < 0.5 else None
    )
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
            "non_inferior": None if low is None or undecided else low >= -margin,
            "reason": undecided,
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


def _sent(ranking: Ranked, hits: float) -> float:
    """The least number from the top of a list that holds so many hits."""
    return float(inverse(*ranking.groups(np.ones((1, ranking.unordered_hit.size))), np.array([hits]))[0])


def by_score(at: Record, rankings: Mapping[str, Ranked], drawn: Drawn | None, price: float | None) -> Record:
    """What the list by the score alone is worth, against choosing at random and against today's filter, if any."""
    rate = {name: method["hit_rate"] for name, method in at["methods"].items()}
    drawn_rate = {} if drawn is None else {RANDOM: drawn.random, BASELINE: drawn.present}
    against = {
        name: _uplift(rate[PRESENT] - rate[name], None if drawn is None else drawn.score - drawn_rate[name], at["k"])
        for name in (RANDOM, BASELINE)
        if name in rate
    }
    same = None
    if BASELINE in rate:
        hits = at["methods"][BASELINE]["expected_hits"]
        before, after = (_sent(rankings[name], hits) for name in (BASELINE, PRESENT))
        fewer = _interval(None if drawn is None or hits < MIN_BOUGHT else drawn.score_fewer * at["k"])
        same = {"hits": hits, "before": before, "after": after, **_fewer(before - after, *fewer, price)}
    return {"method": PRESENT, "against": against, "sent_for_the_same_hits": same}


def report(
    library: Library, k: int, k_list: Sequence[int], seed: int, price: float | None, resamples: int = RESAMPLES
) -> Record:
    """Everything of `cost_lift.v2` that follows from scores, calls and truth; nulls with a reason where undefined.

    Raises ValueError for K below 1, and where today's filter knows fewer than K molecules. O(n log n + resamples·n).
    """
    if k < 1 or min(k_list, default=1) < 1:
        raise ValueError("K must be at least 1")
    n, n_hits = library.hit.size, int(library.hit.sum())
    if n_hits in (0, n):
        reason = "no_molecule_with_score_and_truth" if n == 0 else "truth_has_one_class"
        return {"n": n, "reason": reason, "at": [], "uplift": None, "before_after": None}
    ways, used = priorities(library), min(k, n)
    at = [methods_at(library, ways, size, price) for size in sorted({used, *(size for size in k_list if size <= n)})]
    primary = next(entry for entry in at if entry["k"] == used)
    present = PRESENT if library.baseline is None else BASELINE
    rankings = {name: Ranked(ways[name], library.hit) for name in (PRESENT, OURS, BASELINE) if name in ways}
    if present not in primary["methods"]:
        raise ValueError(f"today's filter has a score of fewer than K = {used} molecules")
    compared_ways = (primary["methods"][name]["expected_hits"] for name in {PRESENT, present, RANDOM})
    few = insufficient(n_hits, n - n_hits, used, compared_ways)
    all_drawn = None
    if len(np.unique(library.cluster)) >= MIN_CLUSTERS:
        all_drawn = Drawn(*resampled(rankings, library.cluster, used / n, resamples, seed, _compared).T)
    drawn = all_drawn if few is None else None
    no_interval = few or (None if drawn else FEW_SCAFFOLDS)
    compared = before_after(primary, _sent_for_today(primary, rankings, present), drawn, price, present, few)
    uplift = _uplifts(primary, present, drawn)
    return {
        "n": n,
        "reason": None,
        "k": used,
        "k_requested": k,
        "k_reason": None if used == k else "k_beyond_library",
        "k_not_shown": sorted({size for size in k_list if size > n}),
        "evidence": {"enough": few is None, "reason": few, "hits": n_hits, "others": n - n_hits},
        "at": at,
        "list": {**by_score(primary, rankings, drawn, price), "interval_reason": no_interval},
        "around_k": around_k(library, ways, primary),
        "uplift": {
            "estimand": ESTIMAND,
            "against": uplift,
            "interval_reason": no_interval,
            "resamples": resamples if drawn else 0,
            "coincides_with_score": bool(np.array_equal(inclusion(ways[OURS], used), inclusion(ways[PRESENT], used))),
            "discordant": _discordant(library, ways[OURS], ways[present], used, few),
        },
        "before_after": compared,
        **_extrapolation(uplift[present], compared["sent_for_the_same_hits"], used, n, price, no_interval),
        "score_metrics": metrics(library, used, all_drawn),
    }


def _discordant(library: Library, ours: Ints, theirs: Ints, k: int, few: str | None) -> Record:
    """`discordant`, without what it would conclude where there are too few hits."""
    compared = discordant(library.hit, library.cluster, ours, theirs, k)
    if few is None:
        return compared
    concluded = ("exact_low", "exact_high", "smallest_detectable_uplift")
    return compared | dict.fromkeys(concluded) | {"reason": few, "smallest_detectable_reason": few}


def _sent_for_today(at: Record, rankings: Mapping[str, Ranked], present: str) -> tuple[float, float]:
    hits = at["methods"][present]["expected_hits"]
    return _sent(rankings[present], hits), _sent(rankings[OURS], hits)


def _uplifts(at: Record, present: str, drawn: Drawn | None) -> Record:
    """The list with the audit against the score alone, today's filter where there is one, and chance."""
    rate, k = {name: method["hit_rate"] for name, method in at["methods"].items()}, at["k"]
    drawn_rate = {} if drawn is None else {PRESENT: drawn.score, present: drawn.present, RANDOM: drawn.random}
    return {
        name: _uplift(rate[OURS] - rate[name], None if drawn is None else drawn.ours - drawn_rate[name], k)
        for name in (PRESENT, present, RANDOM)
    }


def _extrapolation(
    uplift: Record, same: Record, k: int, n: int, price: float | None, few: str | None
) -> dict[str, Record | str | None]:
    if few is not None:
        return {"extrapolation": None, "extrapolation_reason": few}
    return {"extrapolation": extrapolated(uplift, same, k, n, price), "extrapolation_reason": None}
