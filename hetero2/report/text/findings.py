"""What the controls of the audit found, and whether the pack is in order, a line each."""

from collections.abc import Iterator, Mapping
from typing import Any

from hetero2.pack import accept
from hetero2.report.evidence import Evidence
from hetero2.report.text.vocabulary import (
    AUDIT,
    FAMILIARITY,
    ISOMERS,
    LOOKALIKES,
    NO,
    PACK,
    TRUST,
    YES,
    Answer,
    Question,
)
from hetero2.report.text.words import spoken

CALLS: Mapping[str, str] = {  # how many molecules, in words
    "SIGNAL": "stand out from their isomers",
    "NO_SIGNAL": "do not: isomers often score as high",
    "UNDECIDABLE": "not shown: too close to call",
}


def in_words(code: object) -> str:
    """A code of a reason in words."""
    return str(code).replace("_", " ")


def judgement(controls: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(what, finding) of controls.json, for people: does the audit work here, and what does it say about the score."""
    audit, library, inference = controls["audit"], controls["library"], controls["inference"]
    silent = "negative controls silent, positive control found"
    yield "audit works", f"{AUDIT.word(audit['status'])}: {in_words(audit['reason'] or silent)}"
    yield "look-alikes", f"{LOOKALIKES.word(library['interpretation'])}: {library['why']}"
    answer = ISOMERS.word(inference["verdict"])
    if inference["verdict"] == "NOT_ASSESSABLE":
        yield "isomers", f"{answer} by Y-randomisation: {in_words(inference['reason'])}"
    else:
        hint = ", a quick look" if inference["quick_look"] else ""
        seeds = f" for each of {inference['model_seeds']} model seeds" if inference["model_seeds"] > 1 else ""
        refits = f"Y-randomisation, {inference['refits']} refits on shuffled labels{seeds}{hint}"
        yield "isomers", f"{answer} by {refits} (p = {inference['p_value']:.2g})"
    if inference["explanation"]:
        stronger = " and ".join(map(spoken, inference["explained_by"]))
        verb = "prefers" if len(inference["explained_by"]) == 1 else "prefer"
        answer = FAMILIARITY.word(inference["explanation"])
        yield "more than familiarity", f"{answer}: {stronger} {verb} the molecules more than the score"


def pack_in_order(criteria: list[accept.Criterion]) -> Answer:
    """Whether the contents of the pack are in order; its files can only be checked from outside."""
    missed = [criterion_in_words(criterion) for criterion in criteria if not criterion.met]
    if missed:
        return Answer(PACK.asked, NO, "; ".join(missed))
    return Answer(PACK.asked, YES, "as far as its contents say; hetero2 accept also checks its files")


def criterion_in_words(criterion: accept.Criterion) -> str:
    """A criterion of acceptance with its value and what is needed."""
    return f"{accept.named(criterion.name)}: {in_words(criterion.value)}, needed {criterion.threshold}"


def codes(evidence: Evidence) -> Iterator[tuple[Question, str]]:
    """The codes of this run that its answers stand for, for the appendix."""
    controls, diagnosis = evidence.controls, evidence.diagnosis
    if diagnosis is not None:
        yield TRUST, diagnosis["codes"][0]
    yield ISOMERS, controls["inference"]["verdict"]
    yield LOOKALIKES, controls["library"]["interpretation"]
    if controls["inference"]["explanation"]:
        yield FAMILIARITY, controls["inference"]["explanation"]
    yield AUDIT, controls["audit"]["status"]
