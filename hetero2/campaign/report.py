"""Before and after: what each arm of a campaign bought and found, and whether their difference is shown."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hetero2.campaign.ledger import KNOWN
from hetero2.campaign.rounds import FAILURE, HIT, MISS, NEW, PENDING, TODAY, Outcome, State
from hetero2.stats.sequential.comparison import Look, count_round, looks, verdict

CONTRACT = "campaign_report.v1"
_DECIMALS = 6
Record = dict[str, Any]


def _arm(outcomes: Sequence[Outcome], arm: str) -> Record:
    """What an arm bought, counting what both would have bought for both."""
    bought = [o for o in outcomes if (o.arm == arm or o.in_both) and o.result in (HIT, MISS)]
    hits = [outcome for outcome in bought if outcome.result == HIT]
    return {
        "bought": len(bought),
        "hits": len(hits),
        "hit_rate": round(len(hits) / len(bought), _DECIMALS) if bought else None,
        "frameworks_among_hits": len({outcome.framework for outcome in hits}),
    }


def _look(number: int, look: Look) -> Record:
    return {
        "round": number,
        "n_today": look.n_today,
        "hits_today": look.hits_today,
        "n_new": look.n_new,
        "hits_new": look.hits_new,
        "difference": None if look.difference is None else round(look.difference, _DECIMALS),
        "low": round(look.low, _DECIMALS),
        "high": round(look.high, _DECIMALS),
        "verdict": verdict(look).call,
        "reason": verdict(look).reason,
    }


def looks_of(state: State, outcomes: Sequence[Outcome]) -> list[Record]:
    """What is known after each round; a round without a result changes nothing."""
    decided = [
        [o for o in outcomes if o.round == chosen.record["round"] and o.result in (HIT, MISS)]
        for chosen in state.rounds
    ]
    counts = [
        count_round(
            np.array([outcome.arm == NEW for outcome in of_round], bool),
            np.array([outcome.in_both for outcome in of_round], bool),
            np.array([outcome.result == HIT for outcome in of_round], bool),
        )
        for of_round in decided
    ]
    return [_look(number, look) for number, look in enumerate(looks(counts), start=1)]


def _saved(today: Record, new: Record, price: float | None) -> Record:
    """How many measurements today's order would need for the hits of the new one, at the hit rate that it has shown."""
    if not today["hits"]:
        return {"for_equal_hits": None, "saved": None, "money_saved": None}
    needed = new["hits"] * today["bought"] / today["hits"]
    saved = round(needed - new["bought"], 1)
    money = None if price is None else round(saved * price, 2)
    return {"for_equal_hits": round(needed, 1), "saved": saved, "money_saved": money}


def report(state: State) -> Record:
    """The document campaign_report.v1."""
    outcomes, limit = state.outcomes(), state.limit()
    today, new = _arm(outcomes, TODAY), _arm(outcomes, NEW)
    by_round = looks_of(state, outcomes) if limit.is_fixed else []
    n_known = sum(len(entry.measurements) for entry in state.ledger.entries if entry.record["kind"] == KNOWN)
    return {
        "report_schema": CONTRACT,
        "rounds": len(state.rounds),
        "hit_at": limit.hit_at,
        "hits_are_fixed": limit.is_fixed,
        "known_at_start": n_known,
        "picks": len(outcomes),
        "pending": sum(outcome.result == PENDING for outcome in outcomes),
        "failed": sum(outcome.result == FAILURE for outcome in outcomes),
        "arms": {TODAY: today, NEW: new},
        "new_with_known_counted": {
            "bought": new["bought"] + n_known,
            "hit_rate": round(new["hits"] / (new["bought"] + n_known), _DECIMALS) if new["bought"] + n_known else None,
        },
        "measurements_at_todays_rate": _saved(today, new, state.settings.price_per_measurement),
        "looks": by_round,
        "verdict": by_round[-1]["verdict"] if by_round else "not_shown",
        "reason": by_round[-1]["reason"] if by_round else ("no_rounds" if limit.is_fixed else "hits_are_not_fixed"),
        "notes": [*([limit.note] if limit.note else []), *state.labels().notes],
    }


_REASONS = {
    "interval_includes_0": "the interval includes 0",
    "rounds_disagree": "the rounds contradict each other",
    "planned_power_below_80": "the campaign was planned with a power below 80 %",
    "no_rounds": "there is no round yet",
    "hits_are_not_fixed": "what a hit is was fixed neither by --hit-at nor by values known at the start",
}
_CALLS = {
    "new_better": "the new order buys more hits than today's",
    "today_better": "today's order buys more hits than the new one",
}


def _percent(rate: float | None) -> str:
    return "no rate" if rate is None else f"{100 * rate:.1f} %"


def lines(document: Record) -> list[str]:
    """The report in words, the answer first."""
    call, reason = document["verdict"], document["reason"]
    text = [_CALLS.get(call, f"not shown that either order buys more hits: {_REASONS.get(reason, reason)}")]
    for name, label in ((TODAY, "today's order"), (NEW, "the new order")):
        arm = document["arms"][name]
        text.append(
            f"  {label:<14} {arm['hits']} hits among {arm['bought']} measured ({_percent(arm['hit_rate'])}), "
            f"of {arm['frameworks_among_hits']} frameworks"
        )
    if document["looks"]:
        look = document["looks"][-1]
        difference = "undefined" if look["difference"] is None else f"{100 * look['difference']:+.1f} points"
        text.append(
            f"  difference among what only one order would buy: {difference} "
            f"(95 %, at every look: {100 * look['low']:+.1f} to {100 * look['high']:+.1f})"
        )
    equal = document["measurements_at_todays_rate"]
    if equal["for_equal_hits"] is not None and call == "new_better":
        money = "" if equal["money_saved"] is None else f", worth {equal['money_saved']:g}"
        text.append(f"  today's order would need {equal['for_equal_hits']:g} measurements for as many hits{money}")
    counted = document["new_with_known_counted"]
    text.append(
        f"  with the {document['known_at_start']} molecules known at the start counted as bought, "
        f"the new order has {_percent(counted['hit_rate'])}"
    )
    text.append(f"  picks {document['picks']}, pending {document['pending']}, failed {document['failed']}")
    return text
