"""Counts of metrics.json from the rows of summary.csv."""

from __future__ import annotations

from collections import Counter

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import METRICS, SUMMARY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import RECOMPUTED, Subject


def check_counts(evidence: Evidence, problems: Problems) -> None:
    """Rows by status, audited rows by verdict, and the rates of these."""
    summary, metrics = evidence.summary, evidence.json(METRICS)
    rows = Counter(zip(summary.texts("status"), summary.texts("verdict")))
    counts = {key: sum(n for (status, _), n in rows.items() if status == key) for key in ("ERROR", "OK", "SKIP")}
    verdicts = {key: rows["OK", key] for key in ("FAIL", "PASS", "SKIP")}
    rates = {key: verdicts[key] / counts["OK"] if counts["OK"] else None for key in ("PASS", "FAIL")}
    for key, counted in (
        ("counts", counts),
        ("verdict_counts", verdicts),
        ("pass_rate", rates["PASS"]),
        ("fail_rate", rates["FAIL"]),
    ):
        if metrics.get(key) != counted:
            problems.add(f"{METRICS}: {key} is {metrics.get(key)}, the rows of {SUMMARY} give {counted}")


COUNTS = (
    Subject(
        f"{METRICS}: counts, verdict_counts, pass_rate, fail_rate",
        RECOMPUTED,
        f"rows of {SUMMARY}",
        (METRICS, SUMMARY),
        check_counts,
    ),
)
