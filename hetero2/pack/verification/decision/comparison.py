"""The sections of utility_report.json that compare lists: uplift, the list, before and after, extrapolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hetero2.pack.verification.arithmetic.agreement import Record
from hetero2.pack.verification.arithmetic.redrawn import Resamples, percentile_interval
from hetero2.pack.verification.decision.apart import concluded, counted_apart, design_effect
from hetero2.pack.verification.decision.early import LEAST_BOUGHT
from hetero2.pack.verification.decision.ways import BY_AUDIT, BY_CHANCE, BY_SCORE, BY_TODAY, Choices

MANY = 1_000_000  # candidates that results are extrapolated to
MARGIN = 0.10  # share of today's hits that may be lost


class Compared(NamedTuple):
    """The lists of K: `at` the methods of K, `present` today's way of choosing, `few` why hits say nothing, if so;
    `no_interval`: why there is no interval, if so; `resamples`: None where they cannot be drawn again."""

    choices: Choices
    at: Record
    present: str
    price: float | None
    few: str | None
    no_interval: str | None
    resamples: Resamples | None

    @property
    def k(self) -> int:
        """Molecules that each list holds."""
        return int(self.at["k"])

    def rate(self, name: str) -> float:
        """The hit rate of a list."""
        return float(self.at["methods"][name]["hit_rate"])

    def hits(self, name: str) -> float:
        """The expected hits of a list."""
        return float(self.at["methods"][name]["expected_hits"])


def _pair(stated: Any) -> tuple[Any, Any]:
    return (stated.get("ci_low"), stated.get("ci_high")) if isinstance(stated, dict) else (None, None)


def _limits(compared: Compared, stated: Any, values: Sequence[float] | None, widen: float) -> tuple[Any, Any]:
    """The interval of resampled values; as stated where they cannot be drawn again."""
    if compared.no_interval is not None:
        return None, None
    return _pair(stated) if values is None else percentile_interval(values, widen)


def _minus(ours: Sequence[float], theirs: Sequence[float], times: float = 1.0) -> list[float]:
    return [(a - b) * times for a, b in zip(ours, theirs)]


def _times(factor: float | None, number: Any) -> Any:
    return None if factor is None or number is None else factor * number


def _drawn_rates(compared: Compared) -> dict[str, Sequence[float]]:
    """Hit rates of the resamples, of the lists that the pack has all data of."""
    drawn = compared.resamples
    return {} if drawn is None else {BY_AUDIT: drawn.audit, BY_SCORE: drawn.score, BY_CHANCE: drawn.chance}


def _uplift(compared: Compared, ours: str, theirs: str, stated: Any) -> Record:
    drawn = _drawn_rates(compared)
    values = _minus(drawn[ours], drawn[theirs]) if ours in drawn and theirs in drawn else None
    low, high = _limits(compared, stated, values, 0.5 / compared.k)
    if values is not None and low is not None:
        low, high = max(-1.0, low), min(1.0, high)
    return {"uplift": compared.rate(ours) - compared.rate(theirs), "ci_low": low, "ci_high": high}


def _fewer(estimate: float, limits: tuple[Any, Any], price: float | None) -> Record:
    numbers = {"fewer": estimate, "ci_low": limits[0], "ci_high": limits[1]}
    money = {"saving": estimate, "saving_ci_low": limits[0], "saving_ci_high": limits[1]}
    return {**numbers, **{name: _times(price, value) for name, value in money.items()}}


def _same_hits(compared: Compared, ours: str, stated: Any) -> Record:
    """How many molecules each list sends for the hits of the present one; of a list from elsewhere as stated."""
    hits = compared.hits(compared.present)
    after = compared.choices.lists[ours].sent_for(hits)
    before = stated.get("before") if isinstance(stated, dict) else None
    if compared.present in compared.choices.lists:
        before = compared.choices.lists[compared.present].sent_for(hits)
    before = float(before if isinstance(before, (int, float)) else after)
    values = None
    if compared.resamples is not None and compared.present == BY_SCORE and ours == BY_AUDIT:
        values = [compared.k * value for value in compared.resamples.fewer]
    limits = (None, None) if hits < LEAST_BOUGHT else _limits(compared, stated, values, 0.0)
    return {"hits": hits, "before": before, "after": after, **_fewer(before - after, limits, compared.price)}


def before_after_follows(compared: Compared, stated: Record) -> Record:
    """Present practice against the list with the audit."""
    k, theirs, ours = compared.k, compared.hits(compared.present), compared.hits(BY_AUDIT)
    drawn = compared.resamples
    values = _minus(drawn.audit, drawn.score, k) if drawn is not None and compared.present == BY_SCORE else None
    judged = stated.get("non_inferiority", {})
    low, high = _limits(compared, judged, values, 0.5)
    margin = MARGIN * theirs
    undecided = compared.few or ("no_interval" if low is None else None)
    if undecided is None and low < 0 and margin < 0.5:
        undecided = "margin_below_half_a_hit"
    return {
        "before": {"method": compared.present, "sent": k, "hits": theirs, "cost": _times(compared.price, k)},
        "after": {"method": BY_AUDIT, "sent": k, "hits": ours, "cost": _times(compared.price, k)},
        "sent_for_the_same_hits": _same_hits(compared, BY_AUDIT, stated.get("sent_for_the_same_hits")),
        "non_inferiority": {
            "hits_difference": ours - theirs,
            "ci_low": low,
            "ci_high": high,
            "margin_hits": margin,
            "non_inferior": None if low is None or undecided else low >= -margin,
            "reason": undecided,
        },
    }


def list_follows(compared: Compared, stated: Record) -> Record:
    """The list by the score against choosing at random and today's filter."""
    against, has_today = stated.get("against", {}), BY_TODAY in compared.at["methods"]
    others = [BY_CHANCE, *([BY_TODAY] if has_today else [])]
    same = _same_hits(compared, BY_SCORE, stated.get("sent_for_the_same_hits")) if has_today else None
    return {
        "method": BY_SCORE,
        "against": {name: _uplift(compared, BY_SCORE, name, against.get(name)) for name in others},
        "sent_for_the_same_hits": same,
        "interval_reason": compared.no_interval,
    }


def uplift_follows(compared: Compared, stated: Record) -> Record:
    """The list with the audit against the score alone, the present practice, and chance."""
    choices, against, k = compared.choices, stated.get("against", {}), compared.k
    ours, by_score = choices.lists[BY_AUDIT].inclusion(k), choices.lists[BY_SCORE].inclusion(k)
    counts = stated.get("discordant", {})
    if compared.present == BY_SCORE:
        counts = counted_apart(choices.hit, ours, by_score)
    effect = design_effect(choices.hit, choices.scaffold)
    record = {
        "against": {
            name: _uplift(compared, BY_AUDIT, name, against.get(name))
            for name in dict.fromkeys((BY_SCORE, compared.present, BY_CHANCE))
        },
        "interval_reason": compared.no_interval,
        "coincides_with_score": ours == by_score,
    }
    if isinstance(counts.get("expected_discordant"), (int, float)):
        base = choices.n_hits / choices.n
        record["discordant"] = concluded(counts, effect, base, k, compared.few)
    return record


def extrapolation_follows(compared: Compared, uplift: Record, same: Record) -> Record:
    """The same K/N, base rate and tail at a million candidates."""
    share = MANY / compared.choices.n
    sent, price = compared.k * share, compared.price
    return {
        "candidates": MANY,
        "sent": sent,
        "cost": _times(price, sent),
        "hits_gained": {
            "estimate": uplift["uplift"] * sent,
            "ci_low": _times(sent, uplift["ci_low"]),
            "ci_high": _times(sent, uplift["ci_high"]),
        },
        "sent_for_the_same_hits": _fewer(
            same["fewer"] * share, (_times(share, same["ci_low"]), _times(share, same["ci_high"])), price
        ),
    }
