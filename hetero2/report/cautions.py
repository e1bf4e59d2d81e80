"""The warnings that a reader of the report must not miss, the gravest first."""

from collections.abc import Iterator
from typing import NamedTuple

from hetero2.pack.verify import CONTROLS, DECOY_QUALITY, LEAKAGE
from hetero2.report import sentences
from hetero2.report.answer import made_up, upside_down
from hetero2.report.evidence import Evidence
from hetero2.report.words import counted, number

STOP, CAUTION, NOTE = "STOP", "CAUTION", "NOTE"
_COINCIDE = "lists_coincide"
_NOT_ON_HARD = {
    "ILLUSION": "The score tells molecules from easy decoys; from those that look like them that is not shown.",
    "NOT_SHOWN_ON_HARD": "That the score tells molecules from decoys that look like them is not shown.",
}


class Warned(NamedTuple):
    """A warning: how grave, what, and the file that says so."""

    level: str
    text: str
    file: str


def _origin(known: Evidence) -> Iterator[Warned]:
    facts = known.facts
    only = made_up(known)
    if only is not None:
        yield Warned(STOP, f"This is a test and no evidence: {only}.", "manifest.json")
    if known.lock_differences:
        shown = ", ".join(known.lock_differences[:5])
        yield Warned(CAUTION, f"This environment is not the locked one: {shown}.", "environment.json")
    if not facts["config"]["input"].get("structures", True):
        yield Warned(NOTE, "No structures were given: what needs them is absent.", "manifest.json")


def _audit(known: Evidence) -> Iterator[Warned]:
    controls = known.controls
    audit, found = controls["audit"], controls["inference"]
    if audit["status"] == "FAILED":
        yield Warned(STOP, f"The audit failed its own controls: {audit['reason']}.", CONTROLS)
    elif audit["status"] != "OK":
        reason = str(audit["reason"]).replace("_", " ")
        yield Warned(CAUTION, f"Whether the audit works here could not be tested: {reason}.", CONTROLS)
    if upside_down(known):
        text = "The score prefers decoys to the molecules: look at scores.higher_is_better, or distrust the model."
        yield Warned(CAUTION, text, "hardness_curve.csv")
    elif controls["library"]["interpretation"] in _NOT_ON_HARD:
        yield Warned(CAUTION, _NOT_ON_HARD[controls["library"]["interpretation"]], "hardness_curve.csv")
    if found["explanation"]:
        by = " and ".join(found["explained_by"]).replace("_", " ")
        yield Warned(
            CAUTION,
            f"Novelty explains it at least as well: {by} alone prefers the molecules more than the score does.",
            CONTROLS,
        )
    if found["verdict"] == "NOT_SHOWN":
        p = f"{found['refits']} refits, p = {found['p_value']:.3g}" + (", a quick look" if found["quick_look"] else "")
        p += f", the median of {found['model_seeds']} model seeds" if found["model_seeds"] > 1 else ""
        yield Warned(CAUTION, f"That the model resolves structure is not shown ({p}).", CONTROLS)
    elif found["verdict"] == "NOT_ASSESSABLE":
        reason = str(found["reason"]).replace("_", " ")
        yield Warned(NOTE, f"The model could not be tested by refits: {reason}.", CONTROLS)


def _rows(known: Evidence) -> Iterator[Warned]:
    counts, metrics = known.metrics["counts"], known.metrics
    if counts["ERROR"]:
        yield Warned(STOP, f"{counted(counts['ERROR'], 'row')} ended in ERROR.", "metrics.json")
    skipped = counts["SKIP"]
    if skipped > 0.1 * max(1, known.n_rows):
        share = number(100 * skipped / known.n_rows)
        yield Warned(CAUTION, f"{share} % of the rows were not audited (SKIP).", "metrics.json")
    missing = metrics["scores_coverage"]["decoys_missing"]
    if missing:
        yield Warned(CAUTION, f"{counted(missing, 'decoy')} had no score.", "missing_decoy_scores.csv")
    few, ok = metrics["rows_with_fewer_than_19_scored_decoys"], counts["OK"]
    if few > 0.1 * max(1, ok):
        text = f"{number(few)} of {number(ok)} molecules have fewer than 19 scored decoys, too few for a 5 % level."
        yield Warned(CAUTION, text, "metrics.json")
    if metrics["population"] is not None:
        yield Warned(CAUTION, "Only a sample of the library was audited.", "metrics.json")


def _leakage(known: Evidence) -> Iterator[Warned]:
    for kind, level in (("molecule_in_training", STOP), ("molecule_near_training", CAUTION)):
        if known.leaks.get(kind):
            yield Warned(level, f"{sentences.leak(kind, known.leaks[kind])}.", LEAKAGE)
    for kind in ("duplicate_in_library", "truth_id_unknown"):
        if known.leaks.get(kind):
            yield Warned(NOTE, f"{sentences.leak(kind, known.leaks[kind])}.", LEAKAGE)


def _decoys(known: Evidence) -> Iterator[Warned]:
    targets = known.quality["targets"] or {}
    missed = [name.replace("_", " ") for name, one in targets.items() if one["met"] is False]
    if missed:
        text = f"Something other than structure can tell decoys from molecules: target missed for {', '.join(missed)}."
        yield Warned(NOTE, text, DECOY_QUALITY)


def _worth(known: Evidence) -> Iterator[Warned]:
    if known.utility is None:
        return
    coverage, utility = known.utility["truth_coverage"], known.utility["utility"]
    if coverage["verification_bias"]:
        yield Warned(
            CAUTION, "Truth is known for what the score preferred: hit rates are biased.", "utility_report.json"
        )
    if coverage["with_truth"] < coverage["scored"]:
        text = f"Truth is known for {number(coverage['with_truth'])} of {number(coverage['scored'])} scored molecules."
        yield Warned(NOTE, text, "utility_report.json")
    if utility.get("k_reason"):
        text = f"K = {number(utility['k_requested'])} was asked for, {number(utility['k'])} is all there is."
        yield Warned(CAUTION, text, "utility_report.json")
    if utility["uplift"] and utility["uplift"]["discordant"]["reason"] == _COINCIDE:
        yield Warned(
            NOTE, "The audit changes nothing at this K: both lists hold the same molecules.", "utility_report.json"
        )


def warnings(known: Evidence) -> list[Warned]:
    """All of them, the gravest first."""
    parts = (_origin, _audit, _rows, _leakage, _decoys, _worth)
    found = [one for part in parts for one in part(known)]
    return sorted(found, key=lambda one: (STOP, CAUTION, NOTE).index(one.level))
