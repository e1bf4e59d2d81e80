"""What is checked of the decision: cost_lift.v1, cost_lift.v2 and hit_curve.csv."""

from __future__ import annotations

from typing import Any

from hetero2.pack.verification.arithmetic.agreement import Record, compared
from hetero2.pack.verification.arithmetic.molecules import molecules_of
from hetero2.pack.verification.arithmetic.ranked_list import expected_hits_of_first
from hetero2.pack.verification.decision.curves import curve_agrees, curve_problems, read_curve
from hetero2.pack.verification.decision.frozen_report import frozen_library, frozen_report
from hetero2.pack.verification.decision.utility import utility_problems
from hetero2.pack.verification.decision.ways import Choices
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import COST_LIFT, HIT_CURVE, MANIFEST, SUMMARY, TRUTH, UTILITY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import CONSISTENT, RECOMPUTED, Subject

_LIBRARY = "library"


def choices_of(evidence: Evidence) -> Choices:
    """The molecules with score and truth, ranked in every way, once."""
    choices: Choices = evidence.kept("choices", lambda: Choices(molecules_of(evidence)))
    return choices


def _selection(evidence: Evidence) -> tuple[int, int]:
    selection = evidence.config["selection"]
    return int(selection["k"]), int(selection["seed"])


def _frozen(evidence: Evidence) -> tuple[Any, Any]:
    k, seed = _selection(evidence)
    report: tuple[Any, Any] = evidence.kept("cost_lift.v1", lambda: frozen_report(molecules_of(evidence), k, seed))
    return report


def check_frozen_report(evidence: Evidence, problems: Problems) -> None:
    """All of cost_lift_report.json, the bootstrap and the random draw included."""
    report, why_not = _frozen(evidence)
    if report is None:
        problems.add(f"{COST_LIFT}: is present, but it had to be refused: {why_not}")
        return
    said = evidence.json(COST_LIFT)
    missing = [name for name in report["methods"] if name not in said["methods"]]
    problems.add_all(f"{COST_LIFT}: methods: {name} is missing" for name in missing)
    problems.add_all(compared(COST_LIFT, said, report, f"{SUMMARY} and {TRUTH}"))


def check_refusal(evidence: Evidence, problems: Problems) -> None:
    """Whether cost_lift.v1 was refused and why, and what the library says beside it."""
    report, why_not = _frozen(evidence)
    k, _ = _selection(evidence)
    follows = {
        "cost_lift_v1": {"refused": report is None, "reason": why_not},
        _LIBRARY: frozen_library(molecules_of(evidence), k, expected_hits_of_first),
    }
    problems.add_all(compared(UTILITY, evidence.json(UTILITY), follows, f"{SUMMARY} and {TRUTH}"))


def check_utility(evidence: Evidence, problems: Problems) -> None:
    """Coverage, methods, uplift, before and after, extrapolation, score metrics and their intervals."""
    selection = evidence.config["selection"]
    problems.add_all(utility_problems(evidence.json(UTILITY), molecules_of(evidence), choices_of(evidence), selection))


def check_hit_curve(evidence: Evidence, problems: Problems) -> None:
    """Hits of every way of choosing at many K."""
    by_k, choices = read_curve(evidence), choices_of(evidence)
    k = min(_selection(evidence)[0], choices.n)
    problems.add_all(curve_problems(by_k, choices, k))
    utility = evidence.json(UTILITY)
    for entry in utility["utility"]["at"] if utility else []:
        problems.add_all(curve_agrees(by_k.get(entry["k"], {}), entry["methods"]))


def check_truth_facts(evidence: Evidence, problems: Problems) -> None:
    """Numbers of hits and others, and the source of the labels, as the manifest states them of truth.csv."""
    counts, sources = {"PASS": 0, "FAIL": 0}, set()
    for label, source in evidence.rows(TRUTH, "expensive_label", "truth_source"):
        counts[label] += 1
        sources.add(source)
    if len(sources) > 1:
        problems.add(f"{TRUTH}: truth_source is not the same in all rows")
    follows: Record = {"n_pass": counts["PASS"], "n_fail": counts["FAIL"]}
    if len(sources) == 1:
        follows["truth_source"] = next(iter(sources))
    problems.add_all(compared(f"{MANIFEST}: truth", evidence.json(MANIFEST)["truth"], follows, f"the rows of {TRUTH}"))


_TABLES = (SUMMARY, TRUTH, MANIFEST)
DECISION = (
    Subject(
        f"{MANIFEST}: truth.n_pass, truth.n_fail, truth.truth_source",
        RECOMPUTED,
        f"rows of {TRUTH}",
        (MANIFEST, TRUTH),
        check_truth_facts,
    ),
    Subject(
        f"{COST_LIFT}: all of it, bootstrap and random draw included",
        RECOMPUTED,
        f"{SUMMARY}, {TRUTH}, selection of the configuration",
        (*_TABLES, COST_LIFT),
        check_frozen_report,
    ),
    Subject(
        f"{UTILITY}: cost_lift_v1, library",
        RECOMPUTED,
        f"{SUMMARY}, {TRUTH}, selection of the configuration",
        (*_TABLES, UTILITY),
        check_refusal,
    ),
    Subject(
        f"{UTILITY}: truth_coverage, population, utility; up to 800 molecules with their bootstrap intervals",
        RECOMPUTED,
        f"{SUMMARY}, {TRUTH}, selection of the configuration",
        (*_TABLES, UTILITY),
        check_utility,
    ),
    Subject(f"{HIT_CURVE}: all of it", RECOMPUTED, f"{SUMMARY}, {TRUTH}", (*_TABLES, HIT_CURVE), check_hit_curve),
    Subject(
        f"{UTILITY}, {HIT_CURVE}: baseline_topk, screen_topk",
        CONSISTENT,
        "their hits are stated, since their scores are not in the pack; all that follows from them is computed",
    ),
)
