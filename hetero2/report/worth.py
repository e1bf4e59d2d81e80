"""What the list to send is worth on measured truth: hits, intervals, the curve around K, and what the score ranks."""

from collections.abc import Iterator, Mapping
from typing import Any

from hetero2.report.evidence import AUDIT, BASELINE, RANDOM, SCORE, Evidence
from hetero2.report.words import counted, number

Record = dict[str, Any]
OTHERS = {RANDOM: "choosing at random", BASELINE: "today's filter", SCORE: "the score alone"}
_NEEDED = {
    "fewer_than_10_hits": "it takes at least 10 hits among the molecules with score and truth",
    "fewer_than_10_non_hits": "it takes at least 10 molecules that are no hits",
    "k_below_10": "it takes a K of at least 10",
    "k_is_the_whole_library": "K takes every molecule, which leaves nothing to choose",
    "fewer_than_5_hits_bought": "no way of choosing finds 5 hits or more",
}


def plain(reason: str) -> str:
    """A reason code in words, with what is needed where hits are too few."""
    return _NEEDED.get(reason, reason.replace("_", " "))


def interval(record: Mapping[str, Any], scale: float, reason: str | None) -> str:
    """The interval of a difference in brackets, or why there is none."""
    if reason is not None or None in (record["ci_low"], record["ci_high"]):
        return f"(no interval: {plain(reason or 'undefined')})"
    low, high = (number(scale * record[key]) for key in ("ci_low", "ci_high"))
    return f"(95 % interval of the difference {low} to {high})"


def difference(record: Mapping[str, Any], other: str, reason: str | None) -> str:
    """How many more hits per 100 evaluations a list finds than another, with the interval."""
    gained = 100 * record["uplift"]
    if number(gained) == "0":
        return f"as many as {OTHERS[other]} {interval(record, 100, reason)}"
    sign = "more" if gained > 0 else "fewer"
    return f"{number(abs(gained))} {sign} than {OTHERS[other]} {interval(record, 100, reason)}"


def around(utility: Record, method: str, other: str) -> str:
    """What the curve around K says of two lists, as the end of a sentence; nothing where it was not looked at."""
    looked = utility["around_k"]
    pair = next((one for one in looked["compared"] if (one["method"], one["against"]) == (method, other)), None)
    if pair is None or not looked["n_k"]:
        return ""
    span = f"from {number(looked['k_from'])} to {number(looked['k_to'])}"
    than, more = ("chance finds", "more than") if other == RANDOM else (f"{OTHERS[other]} does", "more than")
    says = {"more": f"{more} {than}", "as_many": f"about as many as {than}", "fewer": f"fewer than {than}"}
    most = next((sign for sign in says if 2 * pair[sign] > looked["n_k"]), None)
    if most == pair["at_k"]:
        return f"; so too at most other K {span}"
    if most is not None:
        return f"; but {says[most]} at most other K {span}"
    counts = ", ".join(f"{says[sign]} at {pair[sign]}" for sign in says if pair[sign])
    return f"; of {looked['n_k']} other K {span}: {counts}"


def few(utility: Record, at: Record) -> str | None:
    """The sentence that says that there are too few hits to compare lists, or None."""
    evidence = utility["evidence"]
    if evidence["enough"]:
        return None
    hits, n, k = evidence["hits"], utility["n"], at["k"]
    bought = counted(at["methods"][SCORE]["expected_hits"], "hit")
    return (
        f"Not enough evidence to compare lists at K = {number(k)}: the {number(k)} best by score hold {bought}, and "
        f"{number(hits)} of the {counted(n, 'molecule')} with score and truth are hits; {plain(evidence['reason'])}."
    )


def headline(known: Evidence, at: Record) -> str:
    """What buying the K best by score finds, against chance and today's filter, at K and around it."""
    utility = known.worth or {}
    scarce = few(utility, at)
    if scarce is not None:
        return scarce
    method, of_list = at["methods"][SCORE], utility["list"]
    rate, low, high = (number(100 * method[key]) for key in ("hit_rate", "wilson_low", "wilson_high"))
    compared = [
        difference(record, other, of_list["interval_reason"]) + around(utility, SCORE, other)
        for other, record in of_list["against"].items()
    ]
    return (
        f"Buying the {number(at['k'])} best by score finds {rate} hits per 100 evaluations ({low} to {high} if "
        f"molecules were independent): {'. Against today: '.join(compared)}."
    )


def measured(known: Evidence) -> str | None:
    """Base rate, AUC with its interval and enrichment of the score on truth, in a sentence; None without truth."""
    utility = known.worth
    if utility is None:
        return None
    hits, n, ranks = utility["evidence"]["hits"], utility["n"], utility["score_metrics"]
    area = ranks["roc_auc"]
    text = f"Measured: {number(hits)} of {counted(n, 'molecule')} are hits (base rate {number(100 * hits / n)} %)"
    if area["interval_reason"] is not None and area["ci_low"] is None and not utility["evidence"]["enough"]:
        return f"{text}; too few to say how well the score ranks them."
    shares = [(name, ranks[f"enrichment_factor_{name}"]["value"]) for name in ("5_percent", "10_percent")]
    early = ", ".join(f"{value:.2g} in its best {name.split('_')[0]} %" for name, value in shares if value is not None)
    return f"{text}; ROC-AUC of the score {_area(area)}; enrichment factor {early}."


def _area(area: Record) -> str:
    if area["ci_low"] is None:
        return f"{area['value']:.2f} (no interval: {plain(area['interval_reason'])})"
    return f"{area['value']:.2f} (95 % interval {area['ci_low']:.2f} to {area['ci_high']:.2f})"


def audit_comparison(known: Evidence) -> Iterator[str]:
    """What sending NO_SIGNAL last would have given: a measured comparison, never the list to send."""
    at, utility = known.primary, known.worth
    if at is None or utility is None:
        return
    scarce, uplift = few(utility, at), utility["uplift"]
    if scarce is not None:
        yield scarce
        return
    if uplift["discordant"]["lists_coincide"]:
        yield "Sending NO_SIGNAL last would have changed nothing at this K: both lists hold the same molecules."
        return
    compared = difference(uplift["against"][SCORE], SCORE, uplift["interval_reason"])
    rate = number(100 * at["methods"][AUDIT]["hit_rate"])
    yield (
        f"Sending NO_SIGNAL last would have found {rate} hits per 100 evaluations, {compared}"
        f"{around(utility, AUDIT, SCORE)}."
    )
