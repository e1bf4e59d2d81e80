"""cost_lift_report.json (cost_lift.v1)."""

from __future__ import annotations

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import COST_LIFT
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import CONSISTENT, Subject


def check_lift_arithmetic(evidence: Evidence, problems: Problems) -> None:
    """Hit rates are hits / k_effective, and uplifts their differences."""
    report = evidence.json(COST_LIFT)
    methods = report["methods"]
    for name, method in methods.items():
        if method["hits"] > method["k_effective"] or method["hit_rate"] != method["hits"] / method["k_effective"]:
            problems.add(f"{COST_LIFT}: {name}: hit_rate is not hits / k_effective")
    filtered = methods["filtered_score_plus_audit_topk"]["hit_rate"]
    for key, name in (("score_only", "baseline_score_only_topk"), ("random", "baseline_random")):
        if report[f"uplift_score_plus_audit_vs_{key}"] != filtered - methods[name]["hit_rate"]:
            problems.add(f"{COST_LIFT}: the uplift against {name} is not the difference of the hit rates")


LIFT = (
    Subject(
        f"{COST_LIFT}: hit rates and uplifts", CONSISTENT, "hits and k_effective", (COST_LIFT,), check_lift_arithmetic
    ),
)
