"""The report of a campaign in words, the answer first."""

from typing import Any

from hetero2.campaign.planned_power import too_small
from hetero2.campaign.report import HIT_BEFORE, MEASURED_BEFORE, NEW_FRAMEWORK
from hetero2.campaign.rounds import NEW, TODAY
from hetero2.report.text.vocabulary import CAMPAIGN, Answer
from hetero2.report.text.words import counted

ORDERS = {TODAY: "today's order", NEW: "the new order"}
Record = dict[str, Any]
_REASONS = {
    "interval_includes_0": "the interval includes 0",
    "rounds_disagree": "the rounds contradict each other",
    "planned_power_below_80": "the interval excludes 0, but the campaign was planned too small to rely on that",
    "no_rounds": "there is no round yet",
    "hits_are_not_fixed": "what a hit is was fixed neither by --hit-at nor by values known at the start",
}
_CALLS = {
    "new_better": "it buys more hits than today's order",
    "today_better": "today's order buys more hits",
}


def percent(rate: float | None) -> str:
    """A rate for a person."""
    return "no rate" if rate is None else f"{100 * rate:.1f} %"


def answered(document: Record) -> Answer:
    """Whether the new order is shown to buy more hits than today's, and why, or why not."""
    call, reason = document["verdict"], document["reason"]
    word = CAMPAIGN.word(call)
    if call in _CALLS:
        return Answer(CAMPAIGN.asked, word, _CALLS[call])
    power = ""
    if too_small(document["planned"]):
        power = f"; its planned power was {percent(document['planned']['power'])}, below 80 %"
    return Answer(CAMPAIGN.asked, word, f"{_REASONS.get(reason, reason)}{power}")


def answer(document: Record) -> str:
    """The answer as a sentence."""
    return answered(document).sentence()


def _difference(document: Record) -> list[str]:
    if not document["looks"]:
        return []
    look = document["looks"][-1]
    difference = "undefined" if look["difference"] is None else f"{100 * look['difference']:+.1f} points"
    return [
        f"difference among what only one order would buy: {difference} "
        f"(95 %, at every look: {100 * look['low']:+.1f} to {100 * look['high']:+.1f})"
    ]


def _saved(document: Record) -> list[str]:
    """Measurements and money for equal hits, where the new order is shown to be better."""
    equal, price = document["measurements_at_todays_rate"], document["price_per_measurement"]
    if equal["for_equal_hits"] is None or document["verdict"] != "new_better":
        return []
    money = "" if equal["money_saved"] is None else f", worth {equal['money_saved']:g} at {price:g} each"
    bought = document["arms"][NEW]["bought"]
    return [
        f"today's order would need {equal['for_equal_hits']:g} measurements for as many hits as the new one has with "
        f"{bought}, {equal['saved']:g} more{money}: an estimate at its hit rate so far"
    ]


def _planned(document: Record) -> list[str]:
    plan = document["planned"]
    if plan is None:
        return []
    base_rate, expected_rate, power = (percent(plan[name]) for name in ("base_rate", "expected_rate", "power"))
    return [
        f"planned: {plan['rounds']} rounds of {plan['per_arm']} molecules per order, "
        f"to tell {base_rate} from {expected_rate} with a power of {power}"
    ]


def details(document: Record) -> list[str]:
    """What stands behind the answer, a sentence each."""
    text = []
    for name, label in ORDERS.items():
        arm, where = document["arms"][name], document["hits_by_framework"][name]
        text.append(
            f"{label:<14} {arm['hits']} hits among {arm['bought']} measured ({percent(arm['hit_rate'])}), "
            f"of {counted(arm['frameworks_among_hits'], 'framework')}; {where[NEW_FRAMEWORK]} on new frameworks, "
            f"{where[MEASURED_BEFORE]} on ones measured without a hit, {where[HIT_BEFORE]} on ones with a hit before"
        )
    with_known = document["new_with_known_counted"]
    return [
        *text,
        *_difference(document),
        *_saved(document),
        f"with the {document['known_at_start']} molecules known at the start counted as bought, "
        f"the new order has {percent(with_known['hit_rate'])}",
        f"picks {document['picks']}, pending {document['pending']}, failed {document['failed']}; "
        f"labels to learn from by now {document['labels']}",
        *_planned(document),
    ]


def lines(document: Record) -> list[str]:
    """The report for a terminal."""
    return [answer(document), *(f"  {line}" for line in details(document))]
