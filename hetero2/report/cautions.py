"""The warnings that a reader of the report must not miss, the gravest first."""

from collections.abc import Iterator
from typing import NamedTuple

from hetero2.pack.verify import CONTROLS, DECOY_QUALITY, LEAKAGE
from hetero2.report import sentences
from hetero2.report.answer import counted, number
from hetero2.report.evidence import Evidence
from hetero2.report.index import STAND_INS

STOP, CAUTION, NOTE = "STOP", "CAUTION", "NOTE"
_COINCIDE = "lists_coincide"


class Warned(NamedTuple):
    """A warning: how grave, what, and the file that says so."""

    level: str
    text: str
    file: str


def _origin(known: Evidence) -> Iterator[Warned]:
    facts = known.facts
    made_up = STAND_INS.get(facts["scores"]["source"])
    if made_up:
        yield Warned(STOP, f"The scores ({facts['scores']['source']}) are {made_up}.", "manifest.json")
    if facts["truth"] is not None and facts["truth"]["truth_source"] == "proxy_rule_v1":
        yield Warned(
            STOP, "The truth is a hash of the SMILES: it tests the arithmetic, not molecules.", "manifest.json"
        )
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
    if found["explanation"]:
        by = ", ".join(found["explained_by"]).replace("_", " ")
        yield Warned(
            CAUTION,
            f"Novelty explains it at least as well: {by} prefers the molecules more than the score does.",
            CONTROLS,
        )
    if found["verdict"] == "NOT_SHOWN":
        p = f"{found['refits']} refits, p = {found['p_value']:.3g}" + (", a quick look" if found["quick_look"] else "")
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
            yield Warned(level, f"{number(known.leaks[kind])} {sentences.LEAKS[kind]}.", LEAKAGE)
    for kind in ("duplicate_in_library", "truth_id_unknown"):
        if known.leaks.get(kind):
            yield Warned(NOTE, f"{number(known.leaks[kind])} {sentences.LEAKS[kind]}.", LEAKAGE)


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
