"""metrics.json: every figure again, from the rows of summary.csv."""

from __future__ import annotations

import statistics
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import MANIFEST, METRICS, SUMMARY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.population import population_of
from hetero2.pack.verification.recompute.subject import RECOMPUTED, Subject

_FIGURE_COLUMNS = (
    "status reason verdict call score slack margin n_decoys n_decoys_scored n_decoys_excluded auc_tie_aware "
    "sample_part sample_weight"
).split()
_FEW = 19  # scored decoys: with fewer a verdict cannot hold a level of 5 %


def nearest_rank(values: Sequence[float], q: float) -> float | None:
    """sorted[max(1, round(q·n)) - 1] with Python's rounding; None without values."""
    return sorted(values)[max(1, round(q * len(values))) - 1] if values else None


class _Figures:
    """Counts of a library, row by row."""

    def __init__(self) -> None:
        self.status, self.reasons, self.verdicts = Counter[str](), Counter[str](), Counter[str]()
        self.verdict_skips, self.calls, self.coverage = Counter[str](), Counter[str](), Counter[str]()
        self.by_chance = 0.0
        self.slacks, self.margins = array("d"), array("d")
        self.lowest: float | None = None
        self.highest: float | None = None
        self.sampled: list[tuple[str, float, tuple[float, float, float] | None]] = []

    def add(self, cells: dict[str, str]) -> None:
        """Add a row."""
        is_ok = cells["status"] == "OK"
        self.status[cells["status"]] += 1
        self.coverage["with_decoys"] += int(cells["n_decoys"]) > 0
        if cells["score"]:
            score = float(cells["score"])
            self.lowest = score if self.lowest is None else min(self.lowest, score)
            self.highest = score if self.highest is None else max(self.highest, score)
        if is_ok:
            self._add_audited(cells)
        else:
            self.reasons[cells["reason"]] += 1
        if cells["sample_part"]:
            passed, called = float(cells["verdict"] == "PASS"), float(cells["call"] == "SIGNAL")
            measures = (passed, called, float(cells["auc_tie_aware"] or "nan")) if is_ok else None
            self.sampled.append((cells["sample_part"], float(cells["sample_weight"] or "nan"), measures))

    def _add_audited(self, cells: dict[str, str]) -> None:
        generated, scored = int(cells["n_decoys"]), int(cells["n_decoys_scored"])
        excluded = int(cells["n_decoys_excluded"] or 0)
        self.verdicts[cells["verdict"]] += 1
        self.calls[cells["call"]] += 1
        self.coverage.update(total=generated, scored=scored, excluded=excluded)
        self.coverage["rows_with_missing"] += scored + excluded < generated
        if not cells["slack"]:
            gone = excluded == generated
            self.verdict_skips["all_decoys_excluded" if gone else "missing_scores_for_all_decoys"] += 1
            return
        self.coverage["few"] += scored < _FEW
        self.by_chance += 1 / (scored + 1)  # one after the other, as it was summed
        self.slacks.append(float(cells["slack"]))
        self.margins.append(float(cells["margin"]))

    def metrics(self) -> dict[str, Any]:
        """What metrics.json must say; `config` and `population` are compared elsewhere."""
        rows, ok, coverage = sum(self.status.values()), self.status["OK"], self.coverage
        return {
            "counts": {key: self.status[key] for key in ("OK", "SKIP", "ERROR")},
            "top_reasons": [list(item) for item in sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))],
            "scores_coverage": {
                "rows_total": rows,
                "rows_with_scores_input": ok,
                "rows_missing_scores_input": self.reasons["missing_scores_input"],
                "rows_with_missing_decoys": coverage["rows_with_missing"],
                "decoys_total": coverage["total"],
                "decoys_scored": coverage["scored"],
                "decoys_excluded": coverage["excluded"],
                "decoys_missing": coverage["total"] - coverage["scored"] - coverage["excluded"],
            },
            "score_range": {"lowest": self.lowest, "highest": self.highest},
            "share_rows_with_n_decoys_gt_0": coverage["with_decoys"] / rows if rows else None,
            "verdict_counts": {key: self.verdicts[key] for key in ("PASS", "FAIL", "SKIP")},
            "call_counts": {key: self.calls[key] for key in ("SIGNAL", "NO_SIGNAL", "UNDECIDABLE")},
            "verdict_skip_reasons": dict(self.verdict_skips),
            "pass_expected_by_chance": self.by_chance,
            "rows_with_fewer_than_19_scored_decoys": coverage["few"],
            "pass_rate": self.verdicts["PASS"] / ok if ok else None,
            "fail_rate": self.verdicts["FAIL"] / ok if ok else None,
            "mean_slack": statistics.fmean(self.slacks) if self.slacks else None,
            "p25_slack": nearest_rank(self.slacks, 0.25),
            "median_slack": statistics.median(self.slacks) if self.slacks else None,
            "p75_slack": nearest_rank(self.slacks, 0.75),
            "median_margin": statistics.median(self.margins) if self.margins else None,
        }


def _without_later(reported: Any, computed: Any) -> Any:
    """What is computed, without keys that an older file lacks."""
    if isinstance(reported, dict) and isinstance(computed, dict):
        return {key: value for key, value in computed.items() if key in reported}
    return computed


def check_metrics(evidence: Evidence, problems: Problems) -> None:
    """Compare every figure, to the last digit; those of a sample within 1e-9, since they are sums in another order."""
    figures, metrics = _Figures(), evidence.json(METRICS)
    for row in evidence.rows(SUMMARY, *_FIGURE_COLUMNS):
        figures.add(dict(zip(_FIGURE_COLUMNS, row)))
    for key, computed in figures.metrics().items():
        expected = _without_later(metrics.get(key), computed)
        if key in metrics and metrics[key] != expected:
            problems.add(f"{METRICS}: {key} is {metrics[key]}, the rows of {SUMMARY} give {expected}")
    problems.add_all(
        f"{METRICS}: population: {text}" for text in population_of(figures.sampled, metrics.get("population"))
    )
    for section, said in metrics["config"].items():
        if evidence.config.get(section) != said:
            problems.add(f"{METRICS}: config.{section} is not that of {MANIFEST}")


METRICS_FIGURES = (
    Subject(f"{METRICS}: every figure; population within 1e-9", RECOMPUTED, SUMMARY, (METRICS, SUMMARY), check_metrics),
    Subject(f"{METRICS}: config", RECOMPUTED, f"config of {MANIFEST}"),
)
