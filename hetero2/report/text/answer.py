"""The first screen: what to send, whether to trust the score, what it is worth, what to do next; and the selections."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hetero2.pack.verification.layout import CANDIDATES
from hetero2.report.evidence import BASELINE, RANDOM, SCORE, SCREEN, Evidence
from hetero2.report.text import isomers, trust, worth
from hetero2.report.text.advice import DO_NOT, SEND, advise, made_up, n_to_send, void
from hetero2.report.text.vocabulary import Answer
from hetero2.report.text.words import clipped, counted, number

WAYS = {RANDOM: "at random", BASELINE: "today's filter", SCORE: "the best by score", SCREEN: "the best by the screen"}
MIN_HITS = 5  # of today's filter, below which nothing is said of what is saved
Record = dict[str, Any]


class Selection(NamedTuple):
    """A way of choosing K molecules: hits bought per 100 evaluations with their interval, and what it saves.

    `saved` counts the evaluations that random choice would need beyond K for the same hits, `today` those that today's
    filter would, for its own hits (only of the list); None also where there are too few hits. `price` is that of one.
    """

    label: str
    expected_hits: float
    per_100: float
    low: float
    high: float
    saved: float | None
    today: float | None
    price: float | None
    is_list: bool


def saved(evaluations: float | None, price: float | None) -> str:
    """What is saved, as evaluations, or as their price; a loss says so."""
    if evaluations is None:
        return "–"
    return number(evaluations) if price is None else f"{number(evaluations * price, 0)} ({number(evaluations)})"


def audit_void(evidence: Evidence) -> str | None:
    """Why nothing that rests on decoys may be relied upon, or None; hits by the score do not rest on them."""
    if evidence.controls["audit"]["status"] == "FAILED":
        return f"the audit has failed on this library ({evidence.controls['audit']['reason']})"
    return void(evidence)


def question(evidence: Evidence) -> str:
    """What the run was asked."""
    source = evidence.facts["scores"]["source"].removeprefix("reference:")
    score = {"external": "the score", "command": "the model"}.get(source, source)
    utility = evidence.utility["utility"] if evidence.utility else None
    if utility is None or not utility["at"]:
        return f"Can {score} tell these {counted(evidence.n_rows, 'molecule')} from matched decoys?"
    molecules = counted(utility["n"], "molecule")
    return f"Which {number(utility['k'])} of these {molecules} are worth paying for, and does {score} know?"


def selections(evidence: Evidence) -> list[Selection]:
    """The ways of choosing K molecules, for the primary K; none without truth."""
    at, utility = evidence.primary, evidence.worth
    if at is None or utility is None or evidence.utility is None or void(evidence) is not None:
        return []
    price, enough = evidence.utility["price_per_evaluation"], utility["evidence"]["enough"]
    same = utility["list"]["sent_for_the_same_hits"]
    fewer = same["fewer"] if same is not None and enough else None
    chosen = [
        _selection(name, at, enough, fewer if name == SCORE else None, price) for name in WAYS if name in at["methods"]
    ]
    return [
        selection._replace(label=selection.label + _sign(evidence)) if selection.label == WAYS[BASELINE] else selection
        for selection in chosen
    ]


def _sign(evidence: Evidence) -> str:
    """Which way today's filter was taken to be better."""
    baseline = (evidence.utility or {}).get("baseline") or {}
    if "higher_is_better" not in baseline:  # a pack of an older version
        return ""
    return " (larger is better)" if baseline["higher_is_better"] else " (smaller is better)"


def _selection(name: str, at: Record, enough: bool, fewer: float | None, price: float | None) -> Selection:
    method, k = at["methods"][name], at["k"]
    low, high = method["wilson_low"], method["wilson_high"]
    if name == RANDOM:  # exact, where the others have the interval of a share
        low, high = method["hits_low"] / k, method["hits_high"] / k
    gain = (method["enrichment"] - 1) * k if enough and name != RANDOM and method["enrichment"] is not None else None
    return Selection(
        WAYS[name],
        method["expected_hits"],
        100 * method["hit_rate"],
        100 * low,
        100 * high,
        gain,
        fewer,
        price,
        name == SCORE,
    )


def heading(evidence: Evidence) -> str:
    """What the list to send is to be taken for."""
    best = f"{number(n_to_send(evidence))} best by score"
    act = advise(evidence).act
    if act == SEND:
        return f"Send the {best}"
    return f"Do not send by this score; its {best}" if act == DO_NOT else f"The {best}, not shown to be a good choice"


def where(evidence: Evidence) -> str:
    """Where the list to send is."""
    return f"ranks 1 to {number(n_to_send(evidence))} of {CANDIDATES}"


def names(text: str) -> str:
    """An id of the user's within a sentence, on one line and cut where it is long."""
    return clipped(" ".join(text.split()), 30)


def to_send(evidence: Evidence, shown: Callable[[str], str] = names) -> str:
    """Which molecules to send downstream by their ids, and where they are listed; `shown` writes an id."""
    first = [shown(row["id"]) for row in evidence.first]
    more = n_to_send(evidence) - len(first)
    listed = ", ".join(first) + (f" and {number(more)} more" if first and more > 0 else "")
    return (
        f"{heading(evidence)}: {listed} ({where(evidence)})." if listed else f"{heading(evidence)}: {where(evidence)}."
    )


def next_step(evidence: Evidence) -> str:
    """What to do next."""
    return f"Next: {advise(evidence).step}."


def answer(evidence: Evidence) -> str:
    """Whether the score can be trusted and why, in one sentence; first of all what makes any answer void."""
    why, only = void(evidence), made_up(evidence)
    if why is not None:
        return f"No answer: {why}."
    text = (trust.judged(evidence) or isomers.diagnose(evidence)).sentence()
    return text if only is None else f"A test, not evidence: {only}. {text}"


def others(evidence: Evidence) -> list[Answer]:
    """The answers to the other questions: is the list better than chance and today's filter, what of isomers."""
    if void(evidence) is not None:
        return []
    diagnosed = [isomers.diagnose(evidence)] if evidence.diagnosis is not None else []
    return [*worth.compared(evidence), *diagnosed]


def more(evidence: Evidence) -> list[str]:
    """What the answer leaves out: the other answers, how the score ranks the truth, or why nothing is said of hits."""
    if void(evidence) is not None:
        return []
    sentences = [answered.sentence() for answered in others(evidence)]
    if evidence.primary is None:
        return [*sentences, unmeasured(evidence)]
    ranked = worth.measured(evidence)
    return [*([ranked] if ranked else []), *sentences]


def unmeasured(evidence: Evidence) -> str:
    """Why nothing is said of hits."""
    if evidence.utility is None:
        return "No truth was given, so nothing is said of hits and money."
    reason = evidence.utility["utility"]["reason"] or "the report of hits is of an older version"
    return f"Nothing can be said of hits and money: {str(reason).replace('_', ' ')}."


def saving(evidence: Evidence) -> Iterator[str]:
    """What the list by the score saves against today's filter for the same hits, with its interval."""
    utility = evidence.worth
    if utility is None or void(evidence) is not None or not utility["evidence"]["enough"]:
        return
    same = utility["list"]["sent_for_the_same_hits"]
    if same is None:
        return
    hits, fewer = counted(same["hits"], "hit"), same["fewer"]
    needs = "as many evaluations"
    if number(fewer) != "0":
        needs = f"{number(abs(fewer))} {'fewer' if fewer > 0 else 'more'} evaluations"
    if same["hits"] < MIN_HITS:
        yield f"Today's filter finds {hits}, too few to say what the score saves."
        return
    yield f"For the {hits} of today's filter, the score needs {needs}{_range(same, '')}."
    if same["saving"] is None:
        yield "No price was given (selection.price_per_evaluation), so savings are counted in evaluations."
    else:
        verb = "saves" if same["saving"] >= 0 else "costs"
        yield f"That {verb} {number(abs(same['saving']), 0)} in money{_range(same, 'saving_', 'saved')}."


def _range(same: Record, prefix: str, what: str = "fewer") -> str:
    low, high = same[f"{prefix}ci_low"], same[f"{prefix}ci_high"]
    return "" if low is None or high is None else f" (95 % interval: {number(low)} to {number(high)} {what})"
