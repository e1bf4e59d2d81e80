"""What to do next: send the list, do not send it, or measure more before relying on it."""

import math
from typing import Any, NamedTuple

from hetero2.report.evidence import Evidence
from hetero2.report.text import sentences, trust, worth
from hetero2.report.text.vocabulary import CHANCE, NO, NOT_SHOWN, TODAY, TRUST, YES
from hetero2.report.text.words import counted, number

SEND, DO_NOT, MEASURE = "send", "do not send", "measure"
LABELS, SCAFFOLDS = 10, 30  # hits, non-hits and scaffolds that an answer takes
Record = dict[str, Any]


class Advice(NamedTuple):
    """What to do with the list by the score, and the next step as a sentence."""

    act: str
    step: str


def void(evidence: Evidence) -> str | None:
    """Why nothing can be answered at all, or None."""
    nothing = next(sentences.nothing_matches(evidence.metrics, evidence.utility), None)
    if nothing is not None:
        return nothing
    if not evidence.metrics["counts"]["OK"]:
        return f"none of the {counted(evidence.n_rows, 'row')} could be audited"
    return None


def made_up(evidence: Evidence) -> str | None:
    """What stands in for a model or for measurements, or None where both are real."""
    stands_in = sentences.STAND_INS.get(evidence.facts["scores"]["source"])
    if stands_in:
        return f"the scores are {stands_in}"
    truth = evidence.facts["truth"]
    if truth is not None and truth["truth_source"] == "proxy_rule_v1":
        return "the truth is a hash of the SMILES, which tests the arithmetic and says nothing of molecules"
    return None


def n_to_send(evidence: Evidence) -> int:
    """How many molecules the list to send holds."""
    utility = evidence.worth
    return int(evidence.facts["config"]["selection"]["k"] if utility is None else utility["k"])


def advise(evidence: Evidence) -> Advice:
    """The next step: what would make an answer void first, then what says no, then what is not shown."""
    if void(evidence) is not None:
        return Advice(
            DO_NOT, "do not send by this score: bring scores and truth that belong to this library, and run again"
        )
    if made_up(evidence) is not None:
        return Advice(DO_NOT, "do not send by this score: bring a real model and measured labels, and run again")
    diagnosis, k = evidence.diagnosis, number(n_to_send(evidence))
    trusted = NOT_SHOWN if diagnosis is None else TRUST.word(diagnosis["codes"][0])
    lists = {answer.asked: answer.answer for answer in worth.compared(evidence)}
    if trusted == NO and diagnosis is not None:
        return Advice(DO_NOT, f"do not send by this score: {_instead(diagnosis['codes'][0])}")
    if lists.get(CHANCE.asked) == NO:
        return Advice(DO_NOT, "do not send by this score: its list finds fewer hits than choosing at random")
    if lists.get(TODAY.asked) == NO:
        return Advice(DO_NOT, "do not send by this score: today's filter finds more hits, keep to it")
    if trusted == YES or (diagnosis is None and lists.get(CHANCE.asked) == YES):
        return Advice(SEND, f"send these {k}{_after(lists)}")
    more = "measure more molecules" if diagnosis is None else _more(diagnosis)
    return Advice(MEASURE, f"{more}, and run again")


def _instead(code: str) -> str:
    if code == "WRONG_WAY":
        return "check scores.higher_is_better, and run again"
    if code == "NO_BETTER_THAN_CHANCE":
        return "it ranks no better than chance, so choose by today's filter or fit another model"
    name = "heavy atoms" if code == "NO_BETTER_THAN_HEAVY_ATOMS" else "logP"
    return f"{name} alone would do as well, so choose by today's filter or fit another model"


def _after(lists: dict[str, str]) -> str:
    """What the results of the list are good for."""
    if lists.get(CHANCE.asked, NOT_SHOWN) == NOT_SHOWN:
        return ", and give their results as truth, to show what the list is worth"
    if lists.get(TODAY.asked) == NOT_SHOWN:
        return "; whether that beats today's filter, a campaign of both would show (hetero2 campaign)"
    return ""


def _more(diagnosis: Record) -> str:
    """What to measure, and how much of it, before the question of trust has an answer."""
    code, labels = diagnosis["codes"][0], diagnosis["labels"]
    if code == "ALL_SCORES_EQUAL":
        return "bring a score that puts the molecules in an order"
    if code == "NO_STRUCTURES":
        return "bring the structures of the library"
    if code == "NO_LABELS":
        return f"measure some of the library, until {LABELS} hits and {LABELS} other molecules are known"
    if code == "LABELS_SEEN":
        return f"measure molecules that the model was not fitted on, until {LABELS} hits and {LABELS} others are known"
    if code == "TOO_FEW_LABELS":
        return _until_enough(labels["hits"], labels["n"] - labels["hits"])
    if code == "TOO_FEW_SCAFFOLDS":
        missing = counted(max(1, SCAFFOLDS - labels["scaffolds"]), "more scaffold")
        return f"measure molecules of at least {missing}"
    return _until_decided(diagnosis)


def _until_enough(hits: int, others: int) -> str:
    """How many more measurements give enough of both kinds, at the share of hits so far."""
    n = hits + others
    known = f"{LABELS} hits and {LABELS} others are needed, {number(hits)} and {number(others)} are known"
    if not hits or not others:
        return f"measure more molecules ({known})"
    more = max((LABELS - hits) * n / hits, (LABELS - others) * n / others)
    return f"measure {number(max(1, math.ceil(more)))} more molecules or so ({known})"


def _until_decided(diagnosis: Record) -> str:
    """How many more labels would narrow the interval enough, if the difference stays as it is."""
    ranking, labels = diagnosis["ranking"], diagnosis["labels"]
    name = diagnosis["codes"][0].rpartition("THAN_")[2].lower()
    low, high, auc = ranking["ci_low"], ranking["ci_high"], 0.5
    entry = next((rival for rival in ranking["competitors"] if rival["name"] == name), None)
    if entry is not None:
        low, high, auc = entry["ci_low"], entry["ci_high"], entry["auc"]
    else:
        low, high = (None if end is None else end - auc for end in (low, high))
    gain = 0.0 if None in (low, high, ranking["auc"], auc) else ranking["auc"] - auc
    if gain <= 0.01 or low is None or high is None:
        return f"measure more molecules, or bring another score: this one is hardly above {trust.NAMES.get(name, name)}"
    times = ((high - low) / 2 / gain) ** 2
    more = max(1, math.ceil((max(1.0, times) - 1) * labels["n"]))
    return f"measure {number(float(f'{more:.2g}'))} more molecules or so (if the difference stays at {gain:+.2f})"
