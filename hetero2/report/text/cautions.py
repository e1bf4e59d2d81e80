"""The warnings that a reader must not miss, most serious first; the same in report, terminal and index.md."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from hetero2.pack.verification.layout import CONTROLS, DECOY_QUALITY, LEAKAGE
from hetero2.report.evidence import SCORE, Evidence
from hetero2.report.text import isomers, sentences, worth
from hetero2.report.text.advice import made_up
from hetero2.report.text.words import counted, number, spoken

SERIOUS, CAUTION, NOTE = "Serious", "Caution", "Note"  # none is called STOP, which is about the pack
FEW_MOLECULES = 20  # below, there are no calls
_UTILITY = "utility_report.json"
_PER_100 = "Per 100 evaluations,"
_WRONG_WAY = "The score points the wrong way: is scores.higher_is_better right?"
_NOT_ON_HARD = {
    "ILLUSION": "The score tells molecules from easy decoys, but not demonstrably from those that look like them.",
    "NOT_SHOWN_ON_HARD": "It is not shown that the score tells molecules from decoys that look like them.",
}
_COMPUTING = {"rdkit", "numpy", "numba", "llvmlite", "scipy", "scikit-learn", "pyarrow"}


class Warned(NamedTuple):
    """A warning: its level, its text, and the file that it rests on."""

    level: str
    text: str
    file: str


def _origin(evidence: Evidence) -> Iterator[Warned]:
    facts = evidence.facts
    only = made_up(evidence)
    if only is not None:
        yield Warned(SERIOUS, f"This is a test and not evidence: {only}.", "manifest.json")
    yield from _environment(evidence.lock_differences)
    if not facts["config"]["input"].get("structures", True):
        yield Warned(NOTE, "No structures were given: whatever needs them is missing.", "manifest.json")


def _environment(differences: Sequence[str]) -> Iterator[Warned]:
    """Other versions than the locked ones: a caution where they could change a number, since some always differ."""
    computing = [text for text in differences if text.split(" ")[0] in _COMPUTING]
    if computing:
        yield Warned(
            CAUTION, f"This environment is not the locked one: {', '.join(computing[:5])}.", "environment.json"
        )
    elif differences:
        text = f"{len(differences)} packages have other versions than the locked ones, none of them one that computes."
        yield Warned(NOTE, text, "environment.json")


def _audit(evidence: Evidence) -> Iterator[Warned]:
    controls = evidence.controls
    audit, inference = controls["audit"], controls["inference"]
    if audit["status"] == "FAILED":
        yield Warned(SERIOUS, f"The audit failed its own controls: {audit['reason']}.", CONTROLS)
    elif audit["status"] != "OK":
        yield Warned(CAUTION, f"Whether the audit works here could not be tested: {isomers.untested(audit)}.", CONTROLS)
    unscored = sentences.decoys_without_scores(evidence.metrics)
    if unscored is not None:
        yield Warned(CAUTION, f"Isomer audit not possible: {unscored}.", "missing_decoy_scores.csv")
    elif isomers.prefers_decoys(evidence):
        yield Warned(CAUTION, "The score prefers decoys to the molecules.", "hardness_curve.csv")
    elif controls["library"]["interpretation"] in _NOT_ON_HARD:
        yield Warned(CAUTION, _NOT_ON_HARD[controls["library"]["interpretation"]], "hardness_curve.csv")
    if inference["explanation"]:
        by = " and ".join(map(spoken, inference["explained_by"]))
        yield Warned(
            NOTE,
            f"Familiarity explains it at least as well: {by} alone prefers the molecules more than the score does.",
            CONTROLS,
        )
    if inference["verdict"] == "NOT_SHOWN":
        p = f"{inference['refits']} refits, p = {inference['p_value']:.3g}" + (
            ", a quick look" if inference["quick_look"] else ""
        )
        p += f", the median of {inference['model_seeds']} model seeds" if inference["model_seeds"] > 1 else ""
        yield Warned(NOTE, f"It is not shown that the model resolves structure (Y-randomisation: {p}).", CONTROLS)
    elif inference["verdict"] == "NOT_ASSESSABLE":
        reason = str(inference["reason"]).replace("_", " ")
        yield Warned(NOTE, f"The model could not be tested by Y-randomisation: {reason}.", CONTROLS)


def _rows(evidence: Evidence) -> Iterator[Warned]:
    counts, metrics = evidence.metrics["counts"], evidence.metrics
    if counts["ERROR"]:
        yield Warned(SERIOUS, f"{counted(counts['ERROR'], 'row')} failed.", "metrics.json")
    skipped = counts["SKIP"]
    if skipped > 0.1 * max(1, evidence.n_rows):
        share = number(100 * skipped / evidence.n_rows)
        yield Warned(CAUTION, f"{share} % of the rows were left out of the audit.", "metrics.json")
    missing = metrics["scores_coverage"]["decoys_missing"]
    if missing and sentences.decoys_without_scores(metrics) is None:
        yield Warned(CAUTION, f"{counted(missing, 'decoy')} had no score.", "missing_decoy_scores.csv")
    few, ok = metrics["rows_with_fewer_than_19_scored_decoys"], counts["OK"]
    if few > 0.1 * max(1, ok):
        text = f"{number(few)} of {number(ok)} molecules have fewer than 19 scored decoys, too few for a 5 % level."
        yield Warned(CAUTION, text, "metrics.json")
    if ok < FEW_MOLECULES:
        text = f"Only {counted(ok, 'molecule')} could be audited: below {FEW_MOLECULES} none can stand out."
        yield Warned(CAUTION, text, "metrics.json")
    if metrics["population"] is not None:
        yield Warned(CAUTION, "Only a sample of the library was audited.", "metrics.json")


def _leakage(evidence: Evidence) -> Iterator[Warned]:
    if not evidence.knows_training and evidence.facts["config"]["input"].get("structures", True):
        yield Warned(NOTE, f"Train–test leakage: {sentences.NOT_LOOKED_FOR}.", LEAKAGE)
    for kind, level in (("molecule_in_training", SERIOUS), ("molecule_near_training", CAUTION)):
        if evidence.leaks.get(kind):
            yield Warned(level, f"{sentences.leak(kind, evidence.leaks[kind])}.", LEAKAGE)
    for kind in ("duplicate_in_library", "truth_id_unknown"):
        if evidence.leaks.get(kind):
            yield Warned(NOTE, f"{sentences.leak(kind, evidence.leaks[kind])}.", LEAKAGE)


def _decoys(evidence: Evidence) -> Iterator[Warned]:
    targets = evidence.quality["targets"] or {}
    missed = [spoken(name) for name, target in targets.items() if target["met"] is False]
    if missed:
        text = f"Decoy bias: something other than structure tells them from molecules; missed: {', '.join(missed)}."
        yield Warned(NOTE, text, DECOY_QUALITY)


def _sign(evidence: Evidence) -> Iterator[Warned]:
    """Whether the score points the wrong way: by truth, by training labels, or by values as docking gives them.

    Decoys say nothing of the sign: a good model may well prefer isomers of its molecules.
    """
    utility = evidence.worth
    area = utility["score_metrics"]["roc_auc"] if utility is not None else {}
    if area.get("ci_high") is not None and area["ci_high"] < 0.5:
        interval = f"{area['ci_low']:.2f} to {area['ci_high']:.2f}"
        text = f"Hits score lower than non-hits (ROC-AUC {area['value']:.2f}, {interval})"
        yield Warned(CAUTION, f"{text}. {_WRONG_WAY}", _UTILITY)
    folds = [value for value in evidence.controls["cross_validation"].get("by_fold") or () if value is not None]
    if len(folds) > 1 and max(folds) < 0.5:
        text = f"In each of {len(folds)} folds of the training labels hits score lower than non-hits"
        yield Warned(CAUTION, f"{text}. {_WRONG_WAY}", CONTROLS)
    scores = evidence.metrics.get("score_range") or {"lowest": None, "highest": None}
    if scores["highest"] is not None and scores["lowest"] == scores["highest"]:
        yield Warned(CAUTION, "All scores are equal: the score puts the list in no order.", "metrics.json")
    turned = not evidence.facts["scores"].get("higher_is_better", True)
    is_right = area.get("ci_low") is not None and area["ci_low"] > 0.5
    if scores["highest"] is not None and scores["lowest"] < scores["highest"] <= 0 and not (turned or is_right):
        text = "No score is above 0, as with docking energies, where lower is better: is scores.higher_is_better right?"
        yield Warned(CAUTION, text, "metrics.json")


def _below(record: dict[str, Any] | None) -> bool:
    return record is not None and record["ci_high"] is not None and bool(record["ci_high"] < 0)


def _losses(evidence: Evidence) -> Iterator[Warned]:
    """Lists whose interval against chance or today's filter lies below 0, and acting on the calls at a loss."""
    utility = evidence.worth
    if utility is None:
        return
    for reference, record in utility["list"]["against"].items():
        if _below(record):
            text = f"{_PER_100} the list by score finds {worth.difference(record, reference, None)}."
            yield Warned(CAUTION, text, _UTILITY)
    against_score = utility["uplift"]["against"].get(SCORE)
    if _below(against_score):
        lost = worth.difference(against_score, SCORE, None)
        text = f"Acting on the audit would cost hits. {_PER_100} putting those that do not stand out at the end finds"
        text += f" {lost}."
        yield Warned(CAUTION, text, _UTILITY)


def _partial(coverage: dict[str, Any]) -> str:
    """What is known about the list to send where truth is known for only some of the scored molecules."""
    text = f"Truth is known for {number(coverage['with_truth'])} of {number(coverage['scored'])} scored molecules"
    of_list = coverage.get("of_the_list")
    if of_list is None:
        return f"{text}."
    return (
        f"{text}, and hits are counted among those. Of the {number(of_list['k'])} to send, "
        f"{number(of_list['with_truth'])} have truth, and {number(of_list['hits'])} of these are hits."
    )


def _worth(evidence: Evidence) -> Iterator[Warned]:
    if evidence.utility is None:
        return
    coverage, utility = evidence.utility["truth_coverage"], evidence.utility["utility"]
    if coverage["verification_bias"]:
        yield Warned(CAUTION, "Truth is known for what the score preferred: hit rates are biased.", _UTILITY)
    if coverage["with_truth"] < coverage["scored"]:
        yield Warned(CAUTION, _partial(coverage), _UTILITY)
    if utility.get("k_reason"):
        k, n = number(utility["k_requested"]), number(utility["k"])
        yield Warned(CAUTION, f"K = {k} was requested, but only {n} molecules can be bought.", _UTILITY)


def grave(evidence: Evidence) -> list[Warned]:
    """The warnings that accompany the answer wherever it is given: all but the notes."""
    return [warning for warning in warnings(evidence) if warning.level != NOTE]


def warnings(evidence: Evidence) -> list[Warned]:
    """All warnings, the most serious first."""
    parts = (_origin, _sign, _losses, _audit, _rows, _leakage, _decoys, _worth)
    all_warnings = [warning for part in parts for warning in part(evidence)]
    return sorted(all_warnings, key=lambda warning: (SERIOUS, CAUTION, NOTE).index(warning.level))
