"""What the list to send is worth on measured truth: hits, intervals, the curve around K, and what the score ranks."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from hetero2.report.evidence import AUDIT, BASELINE, RANDOM, SCORE, Evidence
from hetero2.report.text.vocabulary import CHANCE, NOT_SHOWN, TODAY, Answer, by_interval
from hetero2.report.text.words import counted, number

Record = dict[str, Any]
OTHERS = {RANDOM: "choosing at random", BASELINE: "today's filter", SCORE: "the score alone"}
_NEEDED = {
    "fewer_than_10_hits": "at least 10 hits with score and truth are needed",
    "fewer_than_10_non_hits": "at least 10 non-hits with score and truth are needed",
    "k_below_10": "a K of at least 10 is needed",
    "k_is_the_whole_library": "K takes every molecule, which leaves nothing to choose",
    "fewer_than_5_hits_bought": "no way of choosing finds 5 hits or more",
}


_FROM_CHANCE = {
    "more": "above 95 % of random draws",
    "as_many": "within what random draws give",
    "fewer": "below 95 % of random draws",
}
_FROM_A_LIST = {"more": "more hits than {}", "as_many": "about as many hits as {}", "fewer": "fewer hits than {}"}


def plain(reason: str) -> str:
    """A reason code in words, with what is needed where hits are too few."""
    return _NEEDED.get(reason, reason.replace("_", " "))


def interval(record: Mapping[str, Any], scale: float, reason: str | None) -> str:
    """The interval of a difference in brackets, or why there is none."""
    if reason is not None or None in (record["ci_low"], record["ci_high"]):
        return f"(no interval: {plain(reason or 'undefined')})"
    low, high = (number(scale * record[key]) for key in ("ci_low", "ci_high"))
    return f"(95 % interval of the difference {low} to {high})"


def difference(record: Mapping[str, Any], reference: str, reason: str | None) -> str:
    """How many more hits per 100 evaluations a list finds than another, with the interval."""
    gained = 100 * record["uplift"]
    if number(gained) == "0":
        return f"as many as {OTHERS[reference]} {interval(record, 100, reason)}"
    sign = "more" if gained > 0 else "fewer"
    return f"{number(abs(gained))} {sign} than {OTHERS[reference]} {interval(record, 100, reason)}"


def around(utility: Record, method: str, reference: str) -> str:
    """What the curve around K says of two lists, as the end of a sentence; nothing where it was not looked at."""
    around_k = utility["around_k"]
    pairs = ((pair["method"], pair["against"]) for pair in around_k["compared"])
    pair = next(
        (pair for names, pair in zip(pairs, around_k["compared"], strict=True) if names == (method, reference)), None
    )
    if pair is None or not pair["n_k"]:
        return ""
    span = f"the {pair['n_k']} other K tried, {number(around_k['k_from'])} to {number(around_k['k_to'])}"
    says = (
        _FROM_CHANCE
        if reference == RANDOM
        else {sign: text.format(OTHERS[reference]) for sign, text in _FROM_A_LIST.items()}
    )
    most = max(says, key=lambda sign: int(pair[sign]))
    if 2 * pair[most] <= pair["n_k"]:
        counts = ", ".join(f"{says[sign]} at {pair[sign]}" for sign in says if pair[sign])
        return f"; {says[pair['at_k']]} at this K; of {span}: {counts}"
    if most == pair["at_k"]:
        return f"; {says[most]}, as at {pair[most]} of {span}"
    return f"; {says[pair['at_k']]} at this K, but {says[most]} at {pair[most]} of {span}"


def few(utility: Record, at: Record) -> str | None:
    """Why there are too few hits to compare lists, or None."""
    sufficiency = utility["evidence"]
    if sufficiency["enough"]:
        return None
    hits, n, k = sufficiency["hits"], utility["n"], at["k"]
    bought = counted(at["methods"][SCORE]["expected_hits"], "hit")
    return (
        f"the {number(k)} best by score hold {bought}, and {number(hits)} of the {counted(n, 'molecule')} with score "
        f"and truth are hits; {plain(sufficiency['reason'])}"
    )


def compared(evidence: Evidence) -> list[Answer]:
    """Whether buying the K best by score is better than chance, and than today's filter, at K and around it."""
    at, utility = evidence.primary, evidence.worth
    if at is None or utility is None:
        return []
    scarce = few(utility, at)
    if scarce is not None:
        return [Answer(CHANCE.asked, NOT_SHOWN, scarce)]
    method, of_list = at["methods"][SCORE], utility["list"]
    rate, low, high = (number(100 * method[key]) for key in ("hit_rate", "wilson_low", "wilson_high"))
    found = f"the {number(at['k'])} best by score hold {rate} hits per 100 evaluations{part(evidence)}"
    found += f" ({low} to {high} if molecules were independent), "
    answers = []
    for question, reference in ((CHANCE, RANDOM), (TODAY, BASELINE)):
        record = of_list["against"].get(reference)
        if record is not None:
            because = difference(record, reference, of_list["interval_reason"]) + around(utility, SCORE, reference)
            answers.append(Answer(question.asked, better(record, of_list["interval_reason"]), found + because))
        found = "per 100 evaluations it finds "
    return answers


def better(record: Mapping[str, Any], reason: str | None) -> str:
    """Whether a list is better than another, by the interval of the difference."""
    return by_interval(*((None, None) if reason is not None else (record["ci_low"], record["ci_high"])))


def part(evidence: Evidence) -> str:
    """Among which molecules hits are counted, where truth is known for some of the scored molecules only."""
    coverage = evidence.utility["truth_coverage"] if evidence.utility is not None else {}
    if not coverage or coverage["with_truth"] >= coverage["scored"]:
        return ""
    return f" (among the {number(coverage['with_truth'])} with truth, of {number(coverage['scored'])} scored)"


def measured(evidence: Evidence) -> str | None:
    """Base rate, AUC with its interval and enrichment of the score on truth, in a sentence; None without truth."""
    utility = evidence.worth
    if utility is None:
        return None
    hits, n, ranks = utility["evidence"]["hits"], utility["n"], utility["score_metrics"]
    area = ranks["roc_auc"]
    text = f"Measured: {number(hits)} of {counted(n, 'molecule')} are hits (base rate {number(100 * hits / n)} %)"
    if str(area["interval_reason"]).startswith("fewer_than_10"):
        return f"{text}; too few to say how well the score ranks them."
    early = ", ".join(f"{value} in its best {share} %" for share, value, _ in enrichment(evidence))
    return f"{text}; ROC-AUC of the score {_area(area)}; enrichment factor {early}."


def enrichment(evidence: Evidence) -> Iterator[tuple[int, str, str]]:
    """(best so many percent, enrichment factor of the score, interval as if molecules were independent)."""
    utility = evidence.worth
    if utility is None or not utility["evidence"]["hits"]:
        return
    n, base = utility["n"], utility["evidence"]["hits"] / utility["n"]
    for share in (5, 10):
        value = utility["score_metrics"][f"enrichment_factor_{share}_percent"]["value"]
        if value is not None:
            low, high = _wilson(value * base, max(1, round(share * n / 100)))
            yield share, f"{value:.2g}", f"{low / base:.2g} to {high / base:.2g}"


def measures(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    """(what, value, interval and what chance gives) of the score on truth, for the first screen."""
    utility, at = evidence.worth, evidence.primary
    if utility is None or at is None:
        return
    area, method, chance = utility["score_metrics"]["roc_auc"], at["methods"][SCORE], at["methods"][RANDOM]
    if not str(area["interval_reason"]).startswith("fewer_than_10"):
        interval_of_area = _area(area).partition(" ")[2].strip("()").removeprefix("95 % interval ")
        yield "ROC-AUC on truth", f"{area['value']:.2f}", f"{interval_of_area}; chance 0.5"
        for share, value, between in enrichment(evidence):
            yield f"enrichment, best {share} %", value, f"{between}; chance 1"
    low, high = (number(100 * method[key]) for key in ("wilson_low", "wilson_high"))
    rate, by_chance = (number(100 * way["hit_rate"]) for way in (method, chance))
    yield f"hits per 100, best {number(at['k'])}", rate, f"{low} to {high}; chance {by_chance}"


def _wilson(rate: float, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share of n."""
    z = 1.959964
    middle, half = rate + z * z / (2 * n), z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low, high = ((middle + sign * half) / (1 + z * z / n) for sign in (-1, 1))
    return max(0.0, low), min(1.0, high)


def _area(area: Record) -> str:
    if area["ci_low"] is None:
        return f"{area['value']:.2f} (no interval: {plain(area['interval_reason'])})"
    return f"{area['value']:.2f} (95 % interval {area['ci_low']:.2f} to {area['ci_high']:.2f})"


def audit_comparison(evidence: Evidence) -> Iterator[str]:
    """What sending NO_SIGNAL last would have given: a measured comparison, never the list to send."""
    at, utility = evidence.primary, evidence.worth
    if at is None or utility is None:
        return
    scarce, uplift = few(utility, at), utility["uplift"]
    if scarce is not None:
        yield f"Not shown: {scarce}."
        return
    if uplift["coincides_with_score"]:
        yield (
            "Putting those that do not stand out at the end would have changed nothing at this K: both lists hold the "
            "same molecules."
        )
        return
    compared = difference(uplift["against"][SCORE], SCORE, uplift["interval_reason"])
    rate = number(100 * at["methods"][AUDIT]["hit_rate"])
    yield (
        f"Putting those that do not stand out at the end would have found {rate} hits per 100 evaluations, {compared}"
        f"{around(utility, AUDIT, SCORE)}."
    )
