"""The first screen of the report: the question, the answer in one sentence, and the selections side by side."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hetero2.report import sentences
from hetero2.report.evidence import Evidence

WAYS = {
    "random": "at random",
    "baseline_topk": "today's filter",
    "score_topk": "by the score",
    "score_plus_audit_topk": "score + audit",
    "signal_first_topk": "SIGNAL first",
}
_INTERPRETED = {
    "SIGNAL_ON_HARD": "it tells molecules even from decoys that look like them",
    "ILLUSION": "it tells molecules from easy decoys only, which is an illusion of skill",
    "NOT_SHOWN_ON_HARD": "that it tells molecules from decoys that look like them is not shown",
    "INCONCLUSIVE_DECOYS_TOO_EASY": "too few decoys look like the molecules to say more",
    "INCONCLUSIVE_TOO_FEW_HARD": "too few molecules have decoys that look like them to say more",
}
Record = dict[str, Any]


class Selection(NamedTuple):
    """A way of choosing K molecules: hits bought per 100 evaluations with their interval, and what it saves.

    `saved` counts the evaluations that random choice would need beyond K for the same hits; `money` is their price.
    """

    label: str
    per_100: float
    low: float
    high: float
    saved: float | None
    money: float | None
    ours: bool


def number(value: float, digits: int = 1) -> str:
    """A number for people: thousands apart, no digits behind a point that say nothing."""
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")


def counted(count: float, name: str, plural: str | None = None) -> str:
    """A count with its noun."""
    return f"{number(count)} {name if count == 1 else plural or f'{name}s'}"


def question(known: Evidence) -> str:
    """What the run was asked."""
    source, rows = known.facts["scores"]["source"].removeprefix("reference:"), counted(known.n_rows, "molecule")
    score = {"external": "the score", "command": "the model"}.get(source, source)
    if known.utility is None:
        return f"Can {score} tell these {rows} from matched decoys?"
    k = known.facts["config"]["selection"]["k"]
    return f"Which {number(k)} of these {rows} are worth paying for, and does {score} know?"


def selections(known: Evidence) -> list[Selection]:
    """The ways of choosing K molecules, for the primary K; none without truth."""
    at = known.primary
    if at is None or known.utility is None:
        return []
    price = known.utility["price_per_evaluation"]
    found = []
    for name, label in WAYS.items():
        one = at["methods"].get(name)
        if one is None:
            continue
        saved = None if name == "random" or one["enrichment"] is None else (one["enrichment"] - 1) * at["k"]
        rate, low, high = (100 * one[key] for key in ("hit_rate", "wilson_low", "wilson_high"))
        money = None if price is None or saved is None else saved * price
        today = name == known.present
        told = f"{label} (today)" if today and name != "baseline_topk" else label
        found.append(Selection(told, rate, low, high, saved, money, name == "score_plus_audit_topk"))
    return found


def _difference(known: Evidence, other: str) -> str:
    """How many more hits per 100 the audit's list finds than another, with its interval."""
    utility = known.utility["utility"] if known.utility else {}
    found = utility["uplift"]["against"][other]
    label = "at random" if other == "random" else "today's filter" if other == "baseline_topk" else "the score alone"
    if other != "random" and utility["uplift"]["discordant"]["lists_coincide"]:
        return f"the same as {label}, whose list holds the same molecules"
    more = "more" if found["uplift"] >= 0 else "fewer"
    reason = utility["uplift"]["interval_reason"]
    bounds = [found["ci_low"], found["ci_high"]]
    text = f"{number(abs(100 * found['uplift']))} {more} than {label} "
    if reason is not None or None in bounds:
        return text + f"(no interval: {(reason or 'undefined').replace('_', ' ')})"
    low, high = (100 * value for value in bounds)
    return text + f"(95 % interval of the difference {number(low)} to {number(high)})"


def _worth(known: Evidence, at: Record) -> str:
    ours = at["methods"]["score_plus_audit_topk"]
    k, rate = at["k"], number(100 * ours["hit_rate"])
    low, high = (number(100 * ours[key]) for key in ("wilson_low", "wilson_high"))
    return (
        f"Buying {number(k)} by score and audit finds {rate} hits per 100 evaluations ({low} to {high}): "
        f"{_difference(known, 'random')}, and {_difference(known, known.present)}."
    )


def _skill(known: Evidence) -> str:
    library = known.controls["library"]
    whole = next((row for row in known.hardness if row["bin"] == "all"), None)
    if whole is None or whole["auc"] is None:
        why = "nothing was scored" if whole is None else (whole["reason"] or "undefined").replace("_", " ")
        return f"Whether the score tells molecules from their decoys cannot be said: {why}."
    bounds = "" if whole["ci_low"] is None else f" ({whole['ci_low']:.2f} to {whole['ci_high']:.2f})"
    told = _INTERPRETED.get(library["interpretation"], str(library["interpretation"]).replace("_", " ").lower())
    return f"The score ranks a molecule above one of its decoys with probability {whole['auc']:.2f}{bounds}: {told}."


def answer(known: Evidence) -> str:
    """The answer in one sentence, with its interval; first of all what makes any answer void."""
    counts, at = known.metrics["counts"], known.primary
    void = next(sentences.nothing_matches(known.metrics, known.utility), None)
    if void is not None:
        return f"No answer: {void}."
    if not counts["OK"]:
        return f"No answer: none of the {counted(known.n_rows, 'row')} could be audited."
    if known.controls["audit"]["status"] == "FAILED":
        reason = known.controls["audit"]["reason"]
        return f"No answer: the audit has failed on this library ({reason}), so no call, verdict or curve of it counts."
    return _skill(known) if at is None else _worth(known, at)


def second(known: Evidence) -> str | None:
    """What the answer leaves out: the skill of the score where hits come first, or why there are no hits."""
    if answer(known).startswith("No answer"):
        return None
    if known.primary is not None:
        return _skill(known)
    if known.utility is None:
        return "No truth was given, so nothing is said of hits and money."
    reason = known.utility["utility"]["reason"]
    return f"Nothing can be said of hits and money: {str(reason).replace('_', ' ')}."


def saving(known: Evidence) -> Iterator[str]:
    """What the audit saves against the present practice for the same hits, with its interval."""
    utility = known.utility["utility"] if known.utility else None
    if utility is None or utility["before_after"] is None:
        return
    same = utility["before_after"]["sent_for_the_same_hits"]
    practice = "today's filter" if known.present == "baseline_topk" else "the score alone"
    interval, hits = _range(same["ci_low"], same["ci_high"]), counted(same["hits"], "hit")
    fewer = "fewer" if same["fewer"] >= 0 else "more"
    yield (
        f"For the {hits} of {practice}, score and audit need {number(abs(same['fewer']))} "
        f"{fewer} evaluations{interval}."
    )
    if same["saving"] is not None:
        yield f"That is {number(same['saving'])} in money{_range(same['saving_ci_low'], same['saving_ci_high'])}."
    else:
        yield "No price was given (selection.price_per_evaluation), so savings are told in evaluations."


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" (95 % interval {number(low)} to {number(high)})"
