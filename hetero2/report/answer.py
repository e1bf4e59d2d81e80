"""The first screen of the report: the question, the answer in one sentence, and the selections side by side."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hetero2.report import sentences
from hetero2.report.evidence import AUDIT, BASELINE, RANDOM, SCORE, Evidence
from hetero2.report.words import counted, number

WAYS = {
    RANDOM: "at random",
    BASELINE: "today's filter",
    SCORE: "by the score",
    AUDIT: "score + audit",
    "signal_first_topk": "SIGNAL first",
}
_WITHOUT_AUDIT = (RANDOM, BASELINE, SCORE)
_WHERE = {
    "ILLUSION": "that holds for decoys that look little like it, and is not shown for those that look like it",
    "INCONCLUSIVE_DECOYS_TOO_EASY": "too few decoys look like the molecules to say more",
    "INCONCLUSIVE_TOO_FEW_HARD": "too few molecules have decoys that look like them to say more",
}
Record = dict[str, Any]


class Selection(NamedTuple):
    """A way of choosing K molecules: hits bought per 100 evaluations with their interval, and what it saves.

    `saved` counts the evaluations that random choice would need beyond K for the same hits, `today` those that the
    present practice would, for its own hits (only of the audit); `price` is that of one evaluation.
    """

    label: str
    per_100: float
    low: float
    high: float
    saved: float | None
    today: float | None
    price: float | None
    ours: bool


def saved(evaluations: float | None, price: float | None) -> str:
    """What is saved, as evaluations, or as their price; a loss says so."""
    if evaluations is None:
        return "–"
    return number(evaluations) if price is None else f"{number(evaluations * price, 0)} ({number(evaluations)})"


def void(known: Evidence) -> str | None:
    """Why nothing that rests on the audit may be relied upon, or None."""
    nothing = next(sentences.nothing_matches(known.metrics, known.utility), None)
    if nothing is not None:
        return nothing
    if not known.metrics["counts"]["OK"]:
        return f"none of the {counted(known.n_rows, 'row')} could be audited"
    if known.controls["audit"]["status"] == "FAILED":
        reason = known.controls["audit"]["reason"]
        return f"the audit has failed on this library ({reason}), so no call, verdict or curve of it counts"
    return None


def made_up(known: Evidence) -> str | None:
    """What stands in for a model or for measurements, or None where both are real."""
    stands_in = sentences.STAND_INS.get(known.facts["scores"]["source"])
    if stands_in:
        return f"the scores are {stands_in}"
    truth = known.facts["truth"]
    if truth is not None and truth["truth_source"] == "proxy_rule_v1":
        return "the truth is a hash of the SMILES, which tests the arithmetic and says nothing of molecules"
    return None


def question(known: Evidence) -> str:
    """What the run was asked."""
    source = known.facts["scores"]["source"].removeprefix("reference:")
    score = {"external": "the score", "command": "the model"}.get(source, source)
    utility = known.utility["utility"] if known.utility else None
    if utility is None or not utility["at"]:
        return f"Can {score} tell these {counted(known.n_rows, 'molecule')} from matched decoys?"
    molecules = counted(utility["n"], "molecule")
    return f"Which {number(utility['k'])} of these {molecules} are worth paying for, and does {score} know?"


def selections(known: Evidence) -> list[Selection]:
    """The ways of choosing K molecules, for the primary K; without truth none, with a failed audit those without it."""
    at = known.primary
    if at is None or known.utility is None:
        return []
    price = known.utility["price_per_evaluation"]
    fewer = known.utility["utility"]["before_after"]["sent_for_the_same_hits"]["fewer"]
    names = [name for name in WAYS if name in at["methods"]]
    if void(known) is not None:
        names = [name for name in names if name in _WITHOUT_AUDIT]
    return [_selection(name, at, known.present, fewer if name == AUDIT else None, price) for name in names]


def _selection(name: str, at: Record, present: str, fewer: float | None, price: float | None) -> Selection:
    one, k = at["methods"][name], at["k"]
    low, high = one["wilson_low"], one["wilson_high"]
    if name == RANDOM:  # exact, where the others have the interval of a share
        low, high = one["hits_low"] / k, one["hits_high"] / k
    gain = None if name == RANDOM or one["enrichment"] is None else (one["enrichment"] - 1) * k
    label = f"{WAYS[name]} (today)" if name == present and name != BASELINE else WAYS[name]
    return Selection(label, 100 * one["hit_rate"], 100 * low, 100 * high, gain, fewer, price, name == AUDIT)


def _practice(known: Evidence) -> str:
    return "today's filter" if known.present == BASELINE else "the score alone"


def _difference(known: Evidence, other: str) -> str:
    """How many more hits per 100 the audit's list finds than another, with its interval."""
    utility = known.utility["utility"] if known.utility else {}
    found, label = utility["uplift"]["against"][other], "at random" if other == RANDOM else _practice(known)
    if other != RANDOM and utility["uplift"]["discordant"]["lists_coincide"]:
        return f"as many as {label}, whose list holds the same molecules"
    gained = 100 * found["uplift"]
    if number(gained) == "0":
        text = f"as many as {label} "
    else:
        text = f"{number(abs(gained))} {'more' if gained > 0 else 'fewer'} than {label} "
    reason = utility["uplift"]["interval_reason"]
    if reason is not None or None in (found["ci_low"], found["ci_high"]):
        return text + f"(no interval: {(reason or 'undefined').replace('_', ' ')})"
    low, high = (number(100 * found[key]) for key in ("ci_low", "ci_high"))
    return f"{text}(95 % interval of the difference {low} to {high})"


def _worth(known: Evidence, at: Record) -> str:
    ours = at["methods"][AUDIT]
    rate, low, high = (number(100 * ours[key]) for key in ("hit_rate", "wilson_low", "wilson_high"))
    return (
        f"Buying {number(at['k'])} by score and audit finds {rate} hits per 100 evaluations ({low} to {high} if "
        f"molecules were independent): {_difference(known, RANDOM)}, and {_difference(known, known.present)}."
    )


def _bin(known: Evidence, name: str) -> Record | None:
    return next((row for row in known.hardness if row["bin"] == name and row["auc"] is not None), None)


def _auc(row: Record) -> str:
    bounds = "" if row["ci_low"] is None else f" ({row['ci_low']:.2f} to {row['ci_high']:.2f})"
    return f"{row['auc']:.2f}{bounds}"


def upside_down(known: Evidence) -> bool:
    """Whether the score prefers decoys to the molecules."""
    row = _bin(known, "all")
    return row is not None and row["ci_high"] is not None and bool(row["ci_high"] < 0.5)


def skill(known: Evidence) -> str:
    """Whether the score tells molecules from decoys, and what else could explain that."""
    whole, hard = _bin(known, "all"), _bin(known, "hard")
    if whole is None:
        return "Whether the score tells molecules from their decoys cannot be said: nothing was ranked among decoys."
    interpretation = known.controls["library"]["interpretation"]
    text = f"The score ranks a molecule above one of its decoys with probability {_auc(whole)}"
    if upside_down(known):
        text += ", below a coin toss: it prefers the decoys (is higher_is_better right?)"
    elif interpretation in _WHERE:
        text += f": {_WHERE[interpretation]}"
    elif hard is not None:
        text += f", above one of those that look most like it with {_auc(hard)}"
    found = known.controls["inference"]
    if found["explanation"]:
        names = " and ".join(found["explained_by"]).replace("_", " ")
        text += f"; {names} alone prefers the molecules more, so this is no evidence of knowing the target"
    return f"{text}."


def answer(known: Evidence) -> str:
    """The answer in one sentence, with its interval; first of all what makes any answer void."""
    why, at, only = void(known), known.primary, made_up(known)
    if why is not None:
        return f"No answer: {why}."
    text = skill(known) if at is None else _worth(known, at)
    return text if only is None else f"A test, not evidence: {only}. {text}"


def second(known: Evidence) -> str | None:
    """What the answer leaves out: the skill of the score where hits come first, or why there are no hits."""
    if void(known) is not None:
        return None
    if known.primary is not None:
        return skill(known)
    if known.utility is None:
        return "No truth was given, so nothing is said of hits and money."
    reason = known.utility["utility"]["reason"]
    return f"Nothing can be said of hits and money: {str(reason).replace('_', ' ')}."


def saving(known: Evidence) -> Iterator[str]:
    """What the audit saves against the present practice for the same hits, with its interval."""
    utility = known.utility["utility"] if known.utility else None
    if utility is None or utility["before_after"] is None or void(known) is not None:
        return
    same = utility["before_after"]["sent_for_the_same_hits"]
    hits, fewer = counted(same["hits"], "hit"), same["fewer"]
    if number(fewer) == "0":
        needs = "as many evaluations"
    else:
        needs = f"{number(abs(fewer))} {'fewer' if fewer > 0 else 'more'} evaluations"
    yield f"For the {hits} of {_practice(known)}, score and audit need {needs}{_range(same, '')}."
    if same["saving"] is None:
        yield "No price was given (selection.price_per_evaluation), so savings are told in evaluations."
    else:
        told = "saves" if same["saving"] >= 0 else "costs"
        yield f"That {told} {number(abs(same['saving']), 0)} in money{_range(same, 'saving_', 'saved')}."


def _range(same: Record, prefix: str, what: str = "fewer") -> str:
    low, high = same[f"{prefix}ci_low"], same[f"{prefix}ci_high"]
    return "" if low is None or high is None else f" (95 % interval: {number(low)} to {number(high)} {what})"
