"""One vocabulary of answers: yes, no or not shown to each question, and the codes in the files that say the same.

People read the words, programs the codes. "Not shown" means that the data do not decide it; the reason always follows.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hetero2.pack import accept

YES, NO, NOT_SHOWN = "yes", "no", "not shown"
ANSWERS = (YES, NO, NOT_SHOWN)


class Question(NamedTuple):
    """What is asked, the file that answers it, and for each code there (its answer, what it says)."""

    asked: str
    file: str
    codes: Mapping[str, tuple[str, str]]

    def word(self, code: str | None) -> str:
        """The answer that a code stands for; no code, as of a row that was not audited, is no answer."""
        return "" if code is None or code not in self.codes else self.codes[code][0]


class Answer(NamedTuple):
    """An answer to a question, and why."""

    asked: str
    answer: str
    because: str

    def reply(self) -> str:
        """Answer and reason, for where the question stands above."""
        return f"{self.answer.capitalize()}{': ' if self.because else ''}{self.because}."

    def sentence(self) -> str:
        """Question, answer and reason, as people read them everywhere."""
        return f"{self.asked} {self.reply()}"


_UNFITTED = {"CHANCE": "chance", "HEAVY_ATOMS": "counting atoms", "LOGP": "logP"}
_FITTED = {"PROPERTY_MODEL": "a property model", "NEAREST_HIT": "the nearest known hit"}

TRUST = Question(
    "Can this score be trusted?",
    "diagnosis.json",
    {
        "INFORMATIVE": (YES, "better than chance, counting atoms and logP, on labels that the model has not seen"),
        "WRONG_WAY": (NO, "hits score lower than non-hits"),
        **{f"NO_BETTER_THAN_{code}": (NO, f"no better than {name}") for code, name in _UNFITTED.items()},
        **{
            f"NOT_SHOWN_BETTER_THAN_{code}": (NOT_SHOWN, f"the labels do not show that it is better than {name}")
            for code, name in _UNFITTED.items()
        },
        "ALL_SCORES_EQUAL": (NOT_SHOWN, "all scores are equal"),
        "NO_LABELS": (NOT_SHOWN, "there are no labels"),
        "TOO_FEW_LABELS": (NOT_SHOWN, "there are fewer than 10 hits or 10 non-hits"),
        "TOO_FEW_SCAFFOLDS": (NOT_SHOWN, "the labels lie on fewer than 30 scaffolds"),
        "NO_INTERVAL": (NOT_SHOWN, "there is no interval, for a stated reason"),
        "NO_STRUCTURES": (NOT_SHOWN, "without structures it cannot be compared with counting atoms"),
        "LABELS_SEEN": (NOT_SHOWN, "the only labels are those that the model was fitted on"),
    },
)
REMARKS: Mapping[str, str] = {  # of diagnosis.json beside the code that decides: they answer nothing by themselves
    "PROPERTY_MODEL": "bulk properties explain 70 % or more of its order",
    "NO_VALUE_ABOVE_0": "no value is above 0, as with docking energies",
    **{f"NO_BETTER_THAN_{code}": f"no better than {name}" for code, name in _FITTED.items()},
    **{f"NOT_SHOWN_BETTER_THAN_{code}": f"not shown to be better than {name}" for code, name in _FITTED.items()},
}
ISOMERS = Question(
    "Does it tell molecules from their isomers?",
    "controls.json (inference)",
    {
        "RESOLVES_STRUCTURE": (YES, "better than the same learner on shuffled labels (Y-randomisation)"),
        "NOT_SHOWN": (NOT_SHOWN, "Y-randomisation does not show it"),
        "NOT_ASSESSABLE": (NOT_SHOWN, "there was no Y-randomisation: the isomers that look most alike decide"),
    },
)
LOOKALIKES = Question(
    "Does it tell molecules from the isomers that look most like them?",
    "controls.json (library)",
    {
        "SIGNAL_ON_HARD": (YES, "also from hard decoys"),
        "ILLUSION": (NOT_SHOWN, "from easy decoys only"),
        "NOT_SHOWN_ON_HARD": (NOT_SHOWN, "hard decoys score about as high"),
        "INCONCLUSIVE_DECOYS_TOO_EASY": (NOT_SHOWN, "fewer than 5 % of the decoys are hard"),
        "INCONCLUSIVE_TOO_FEW_HARD": (NOT_SHOWN, "too few molecules have hard decoys"),
        "INCONCLUSIVE_NO_SCORED_DECOYS": (NOT_SHOWN, "no decoy has a score"),
    },
)
FAMILIARITY = Question(
    "Is it more than familiarity?",
    "controls.json (inference)",
    {"EXPLAINED_BY_NOVELTY": (NO, "a familiarity control prefers the molecules more than the score does")},
)
AUDIT = Question(
    "Does the audit work on this library?",
    "controls.json (audit)",
    {
        "OK": (YES, "negative controls are silent, the positive control is found"),
        "FAILED": (NO, "do not rely on anything that rests on decoys"),
        "INCONCLUSIVE": (NOT_SHOWN, "its controls could not be run"),
    },
)
CHANCE = Question("Is the list better than chance?", "utility_report.json", {})  # an interval decides: no code
TODAY = Question("Is the list better than today's filter?", "utility_report.json", {})
PACK = Question(
    accept.PACK,
    "acceptance.v1, registry_row.json",
    {"GO": (YES, "complete and as agreed"), "STOP": (NO, "a criterion is not met")},
)
CAMPAIGN = Question(
    "Is the new order better than today's?",
    "campaign_report.json",
    {
        "new_better": (YES, "it buys more hits"),
        "today_better": (NO, "today's order buys more hits"),
        "not_shown": (NOT_SHOWN, "the difference may be 0, or the campaign was planned too small"),
    },
)
CALL = Question(
    "Does this molecule stand out from its isomers?",
    "summary.csv (call)",
    {
        "SIGNAL": (YES, "at the false discovery rate of the run"),
        "NO_SIGNAL": (NO, "at least 5 % of its isomers would score as high, with 95 % confidence"),
        "UNDECIDABLE": (NOT_SHOWN, "neither can be said; call_reason says why"),
    },
)
VERDICT = Question(
    "Does this molecule score above all its decoys?",
    "summary.csv (verdict)",
    {
        "PASS": (YES, "no statement about activity"),
        "FAIL": (NO, "at least one decoy scores as high"),
        "SKIP": (NOT_SHOWN, "it has no decoy with a score"),
    },
)
QUESTIONS = (TRUST, ISOMERS, LOOKALIKES, FAMILIARITY, AUDIT, CHANCE, TODAY, PACK, CAMPAIGN, CALL, VERDICT)
STATUS: dict[str, str] = {"OK": "audited", "SKIP": "left out", "ERROR": "failed"}  # of a row of the library


def by_interval(low: float | None, high: float | None) -> str:
    """Whether a difference is above 0, by its interval."""
    if low is None or high is None or low <= 0 <= high:
        return NOT_SHOWN
    return YES if low > 0 else NO


def statuses(counts: Mapping[str, int]) -> str:
    """How many rows were audited, left out, or failed.

    >>> statuses({"OK": 1200, "SKIP": 3, "ERROR": 0})
    '1,200 audited, 3 left out, 0 failed'
    """
    return ", ".join(f"{counts[code]:,} {word}" for code, word in STATUS.items())


def glossary() -> Iterator[tuple[str, str, str, str]]:
    """(question, answer, code, what it says) for every code: the table of the glossary."""
    for question in QUESTIONS:
        for code, (answer, says) in question.codes.items():
            yield question.asked, answer, code, says
