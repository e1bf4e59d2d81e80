"""Counts of metrics.json from the rows of summary.csv, and the arithmetic of cost_lift_report.json."""

from __future__ import annotations

from typing import Any

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.form.tables import check_table
from hetero2.pack.verification.layout import COST_LIFT, SUMMARY_COLUMNS, TRUTH_COLUMNS
from hetero2.pack.verification.problems import Problems


def check_report(report: Any, problems: Problems) -> None:
    """The arithmetic of cost_lift_report.json."""
    if not isinstance(report, dict):
        return
    methods = report["methods"]
    for name, method in methods.items():
        if method["hits"] > method["k_effective"] or method["hit_rate"] != method["hits"] / method["k_effective"]:
            problems.add(f"{COST_LIFT}: {name}: hit_rate is not hits / k_effective")
    filtered = methods["filtered_score_plus_audit_topk"]["hit_rate"]
    for key, name in (("score_only", "baseline_score_only_topk"), ("random", "baseline_random")):
        if report[f"uplift_score_plus_audit_vs_{key}"] != filtered - methods[name]["hit_rate"]:
            problems.add(f"{COST_LIFT}: the uplift against {name} is not the difference of the hit rates")


def check_counts(pack: Pack, parsed: dict[str, Any], problems: Problems) -> None:
    """Tables, and that metrics.json counts the rows of summary.csv."""
    status = {"OK", "SKIP", "ERROR"}
    verdict = {"PASS", "FAIL", "SKIP", ""}
    rows = check_table(pack, "summary.csv", SUMMARY_COLUMNS, {"status": status, "verdict": verdict}, problems)
    labels = {"expensive_label": {"PASS", "FAIL"}, "truth_version": {"customer_truth.v1"}}
    check_table(pack, "truth.csv", TRUTH_COLUMNS, labels, problems)
    metrics = parsed.get("metrics.json")
    if not isinstance(metrics, dict):
        return
    counts = {key: sum(n for (s, _), n in rows.items() if s == key) for key in sorted(status)}
    verdicts = {key: rows["OK", key] for key in sorted(verdict - {""})}
    rates = {key: verdicts[key] / counts["OK"] if counts["OK"] else None for key in ("PASS", "FAIL")}
    for key, counted in (
        ("counts", counts),
        ("verdict_counts", verdicts),
        ("pass_rate", rates["PASS"]),
        ("fail_rate", rates["FAIL"]),
    ):
        if metrics.get(key) != counted:
            problems.add(f"metrics.json: {key} is {metrics.get(key)}, the rows of summary.csv give {counted}")
