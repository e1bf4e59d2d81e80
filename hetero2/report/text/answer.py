"""The first screen: the question, the answer in one sentence, and the selections side by side."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hetero2.pack.verify import CANDIDATES
from hetero2.report.evidence import BASELINE, RANDOM, SCORE, SCREEN, Evidence
from hetero2.report.text import isomers, sentences, trust, worth
from hetero2.report.text.words import counted, number

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


def void(evidence: Evidence) -> str | None:
    """Why nothing can be answered at all, or None."""
    nothing = next(sentences.nothing_matches(evidence.metrics, evidence.utility), None)
    if nothing is not None:
        return nothing
    if not evidence.metrics["counts"]["OK"]:
        return f"none of the {counted(evidence.n_rows, 'row')} could be audited"
    return None


def audit_void(evidence: Evidence) -> str | None:
    """Why nothing that rests on decoys may be relied upon, or None; hits by the score do not rest on them."""
    if evidence.controls["audit"]["status"] == "FAILED":
        return f"the audit has failed on this library ({evidence.controls['audit']['reason']})"
    return void(evidence)


def made_up(evidence: Evidence) -> str | None:
    """What stands in for a model or for measurements, or None where both are real."""
    stands_in = sentences.STAND_INS.get(evidence.facts["scores"]["source"])
    if stands_in:
        return f"the scores are {stands_in}"
    truth = evidence.facts["truth"]
    if truth is not None and truth["truth_source"] == "proxy_rule_v1":
        return "the truth is a hash of the SMILES, which tests the arithmetic and says nothing of molecules"
    return None


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


def to_send(evidence: Evidence) -> str:
    """Which molecules to send downstream, and where they are listed."""
    k = evidence.facts["config"]["selection"]["k"]
    return f"To send: ranks 1 to {number(k)} of {CANDIDATES}, the best by score."


def answer(evidence: Evidence) -> str:
    """The answer in one sentence, with its interval; first of all what makes any answer void."""
    why, at, only = void(evidence), evidence.primary, made_up(evidence)
    if why is not None:
        return f"No answer: {why}."
    text = isomers.diagnose(evidence).sentence() if at is None else worth.headline(evidence, at)
    return text if only is None else f"A test, not evidence: {only}. {text}"


def more(evidence: Evidence) -> list[str]:
    """What the answer leaves out: how the score ranks the truth, the diagnoses, or why nothing is said of hits."""
    if void(evidence) is not None:
        return []
    trusted = trust.sentence(evidence)
    diagnosis = [] if trusted is None else [trusted]
    if evidence.primary is not None:
        ranked = worth.measured(evidence)
        return [*([ranked] if ranked else []), *diagnosis, isomers.diagnose(evidence).sentence()]
    if evidence.utility is None:
        return [*diagnosis, "No truth was given, so nothing is said of hits and money."]
    reason = evidence.utility["utility"]["reason"] or "the report of hits is of an older version"
    return [*diagnosis, f"Nothing can be said of hits and money: {str(reason).replace('_', ' ')}."]


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
