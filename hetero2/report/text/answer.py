"""The first screen: the question, the answer in one sentence, and the selections side by side."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hetero2.pack.verify import CANDIDATES
from hetero2.report.evidence import BASELINE, RANDOM, SCORE, Evidence
from hetero2.report.text import isomers, sentences, worth
from hetero2.report.text.words import counted, number

WAYS = {RANDOM: "at random", BASELINE: "today's filter", SCORE: "the best by score"}
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


def void(known: Evidence) -> str | None:
    """Why nothing can be answered at all, or None."""
    nothing = next(sentences.nothing_matches(known.metrics, known.utility), None)
    if nothing is not None:
        return nothing
    if not known.metrics["counts"]["OK"]:
        return f"none of the {counted(known.n_rows, 'row')} could be audited"
    return None


def audit_void(known: Evidence) -> str | None:
    """Why nothing that rests on decoys may be relied upon, or None; hits by the score do not rest on them."""
    if known.controls["audit"]["status"] == "FAILED":
        return f"the audit has failed on this library ({known.controls['audit']['reason']})"
    return void(known)


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
    """The ways of choosing K molecules, for the primary K; none without truth."""
    at, utility = known.primary, known.worth
    if at is None or utility is None or known.utility is None or void(known) is not None:
        return []
    price, enough = known.utility["price_per_evaluation"], utility["evidence"]["enough"]
    same = utility["list"]["sent_for_the_same_hits"]
    fewer = same["fewer"] if same is not None and enough else None
    chosen = [
        _selection(name, at, enough, fewer if name == SCORE else None, price) for name in WAYS if name in at["methods"]
    ]
    return [one._replace(label=one.label + _sign(known)) if one.label == WAYS[BASELINE] else one for one in chosen]


def _sign(known: Evidence) -> str:
    """Which way today's filter was taken to be better."""
    baseline = (known.utility or {}).get("baseline") or {}
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


def to_send(known: Evidence) -> str:
    """Which molecules to send downstream, and where they are listed."""
    k = known.facts["config"]["selection"]["k"]
    return f"To send: ranks 1 to {number(k)} of {CANDIDATES}, the best by score."


def answer(known: Evidence) -> str:
    """The answer in one sentence, with its interval; first of all what makes any answer void."""
    why, at, only = void(known), known.primary, made_up(known)
    if why is not None:
        return f"No answer: {why}."
    text = isomers.diagnose(known).sentence() if at is None else worth.headline(known, at)
    return text if only is None else f"A test, not evidence: {only}. {text}"


def more(known: Evidence) -> list[str]:
    """What the answer leaves out: how the score ranks the truth, the diagnosis, or why nothing is said of hits."""
    if void(known) is not None:
        return []
    if known.primary is not None:
        ranked = worth.measured(known)
        return [*([ranked] if ranked else []), isomers.diagnose(known).sentence()]
    if known.utility is None:
        return ["No truth was given, so nothing is said of hits and money."]
    reason = known.utility["utility"]["reason"] or "the report of hits is of an older version"
    return [f"Nothing can be said of hits and money: {str(reason).replace('_', ' ')}."]


def saving(known: Evidence) -> Iterator[str]:
    """What the list by the score saves against today's filter for the same hits, with its interval."""
    utility = known.worth
    if utility is None or void(known) is not None or not utility["evidence"]["enough"]:
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
