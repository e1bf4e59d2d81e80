"""`cost_lift.v2`: what the list by the score is worth on a library with truth, and what acting on the audit would be.

With full truth a difference of hit rates is exact on this library; its interval is for exchangeable libraries at the
same K/N. The list to send follows the score: what acting on the audit would have given is measured, never done.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from hetero2.stats.benefit.choosing import BASELINE, OURS, PRESENT, RANDOM, Library, Record, around_k
from hetero2.stats.benefit.cluster_bootstrap import Floats, Ranked, inverse
from hetero2.stats.benefit.comparison import RESAMPLES, Comparison, Drawn, compare
from hetero2.stats.benefit.discordant import discordant, inclusion
from hetero2.stats.benefit.score_metrics import score_metrics
from hetero2.stats.benefit.sufficiency import MIN_BOUGHT

MANY = 1_000_000  # candidates that results are extrapolated to
NON_INFERIORITY = 0.10  # share of today's hits that may be lost
ESTIMAND = (
    "hit rate of score_plus_audit_topk minus that of the other, exact on this library; the interval is for "
    "exchangeable libraries at the same K/N (scaffolds drawn with replacement, ranked again in each)"
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
    lists = compare(library, k, k_list, seed, price, resamples)
    before = before_after(lists.primary, _sent_for_today(lists), lists.drawn, price, lists.present, lists.few)
    uplift = _uplift_section(lists, resamples)
    return {
        "n": n,
        "reason": None,
        "k": lists.k,
        "k_requested": k,
        "k_reason": None if lists.k == k else "k_beyond_library",
        "k_not_shown": sorted({size for size in k_list if size > n}),
        "evidence": {"enough": lists.few is None, "reason": lists.few, "hits": n_hits, "others": n - n_hits},
        "at": lists.at,
        "list": {
            **by_score(lists.primary, lists.rankings, lists.drawn, price),
            "interval_reason": lists.no_interval,
        },
        "around_k": around_k(library, lists.ways, lists.primary),
        "uplift": uplift,
        "before_after": before,
        **_extrapolation(lists, uplift["against"][lists.present], before["sent_for_the_same_hits"]),
        "score_metrics": score_metrics(library, lists.k, lists.drawn_auc),
    }


def _uplift_section(lists: Comparison, resamples: int) -> Record:
    """The list with the audit against the score alone, today's filter where there is one, and chance."""
    library, ours, k = lists.library, lists.ways[OURS], lists.k
    only = discordant(library.hit, library.cluster, ours, lists.ways[lists.present], k)
    return {
        "estimand": ESTIMAND,
        "against": _uplifts(lists.primary, lists.present, lists.drawn),
        "interval_reason": lists.no_interval,
        "resamples": resamples if lists.drawn else 0,
        "coincides_with_score": bool(np.array_equal(inclusion(ours, k), inclusion(lists.ways[PRESENT], k))),
        "discordant": vars(only if lists.few is None else only.inconclusive(lists.few)),
    }


def _uplifts(at: Record, present: str, drawn: Drawn | None) -> Record:
    rate, k = {name: method["hit_rate"] for name, method in at["methods"].items()}, at["k"]
    drawn_rate = {} if drawn is None else {PRESENT: drawn.score, present: drawn.present, RANDOM: drawn.random}
    return {
        name: _uplift(rate[OURS] - rate[name], None if drawn is None else drawn.ours - drawn_rate[name], k)
        for name in (PRESENT, present, RANDOM)
    }


def _sent_for_today(lists: Comparison) -> tuple[float, float]:
    hits = lists.primary["methods"][lists.present]["expected_hits"]
    return _sent(lists.rankings[lists.present], hits), _sent(lists.rankings[OURS], hits)


def _extrapolation(lists: Comparison, uplift: Record, same: Record) -> dict[str, Record | str | None]:
    if lists.no_interval is not None:
        return {"extrapolation": None, "extrapolation_reason": lists.no_interval}
    extrapolation = extrapolated(uplift, same, lists.k, lists.library.hit.size, lists.price)
    return {"extrapolation": extrapolation, "extrapolation_reason": None}
