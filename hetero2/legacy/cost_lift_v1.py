"""`cost_lift.v1` (frozen): what buying the top K is worth under three ways of choosing.

Known limits, kept because the contract is frozen: `baseline_score_only_topk` ranks by the audit's AUC, not by the
user's own score, and the intervals treat the bought molecules as independent.
"""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from random import Random
from typing import Any

_RESAMPLES, _LOW, _HIGH = 500, int(0.025 * 499), int(0.975 * 499)
RANDOM, SCORE, FILTERED = "baseline_random", "baseline_score_only_topk", "filtered_score_plus_audit_topk"


class RefusedError(Exception):
    """The report cannot be computed from these data; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of summary.csv with its truth: `hit` is None where the truth is unknown. About 300 bytes."""

    id: str
    status: str
    verdict: str | None
    gate: float | None
    slack: float | None
    auc: float | None
    n_decoys_generated: int
    n_decoys_scored: int
    hit: bool | None
    score: float | None = None


def ineligible_reason(row: Row) -> str | None:
    """Why a row may not be bought, or None: the first of the contract's conditions that it breaks."""
    if row.status != "OK":
        return "status_not_ok"
    if row.hit is None:
        return "truth_unknown"
    if row.verdict not in ("PASS", "FAIL"):
        return "verdict_not_pass_fail"
    if row.gate is None or row.slack is None or not (math.isfinite(row.gate) and math.isfinite(row.slack)):
        return "gate_or_slack_missing"
    return None


def _auc(row: Row) -> float:
    return row.auc if row.auc is not None else (row.gate or 0.0) + (row.slack or 0.0)


def _choose(eligible: Sequence[Row], k: int, seed: int) -> dict[str, list[Row]]:
    passed = [row for row in eligible if row.verdict == "PASS"]
    return {
        RANDOM: Random(seed ^ zlib.adler32(RANDOM.encode())).sample(list(eligible), k),
        SCORE: nsmallest(k, eligible, key=lambda row: (-_auc(row), row.id)),
        FILTERED: nsmallest(k, passed, key=lambda row: (-(row.slack or 0.0), row.id)),
    }


def bootstrap_interval(hits: Sequence[bool], seed: int) -> tuple[float, float]:
    """Percentile interval of the hit rate: 500 resamples of len(hits) draws, sorted rates 12 and 486 (from 0).

    On all hits or on none it is a point: the contract's known weakness on few molecules.
    """
    rng, n = Random(seed), len(hits)
    rates = sorted(sum(hits[rng.randrange(n)] for _ in range(n)) / n for _ in range(_RESAMPLES))
    return rates[_LOW], rates[_HIGH]


def _method(name: str, chosen: Sequence[Row], seed: int) -> dict[str, Any]:
    hits = [bool(row.hit) for row in chosen]
    low, high = bootstrap_interval(hits, (seed + 1) ^ zlib.adler32(name.encode()))
    return {
        "k_effective": len(hits),
        "hits": sum(hits),
        "hit_rate": sum(hits) / len(hits),
        "ci_low": low,
        "ci_high": high,
    }


def _eligibility(rows: Sequence[Row], reasons: Counter[str], n_eligible: int) -> dict[str, Any]:
    top = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return {
        "rows_total": len(rows),
        "rows_ok": sum(row.status == "OK" for row in rows),
        "rows_verdict_pass_fail": sum(row.verdict in ("PASS", "FAIL") for row in rows),
        "rows_truth_known": sum(row.hit is not None for row in rows),
        "rows_scores_present": sum(row.status == "OK" for row in rows),
        "rows_eligible_for_cost_lift": n_eligible,
        "K_effective_reason_top": [{"reason": r, "count": n, "share": n / len(rows)} for r, n in top],
    }


def _scores_coverage(rows: Sequence[Row]) -> dict[str, int]:
    return {
        "rows_total": len(rows),
        "rows_with_decoys_scored_gt0": sum(row.n_decoys_scored > 0 for row in rows),
        "rows_with_decoys_scored_eq0": sum(row.n_decoys_scored == 0 for row in rows),
        "decoys_scored_total": sum(row.n_decoys_scored for row in rows),
        "decoys_missing_total": sum(row.n_decoys_generated - row.n_decoys_scored for row in rows),
    }


def _counts(rows: Sequence[Row]) -> dict[str, Any]:
    status = Counter(row.status for row in rows)
    with_truth = sum(row.status == "OK" and row.hit is not None for row in rows)
    return {
        "N_total": len(rows),
        "N_ok": status["OK"],
        "N_skip": status["SKIP"],
        "N_error": status["ERROR"],
        "N_with_truth": with_truth,
        "truth_coverage_rate": with_truth / status["OK"],
        "unknown_bucket_rate": 1.0 - with_truth / status["OK"],
    }


def cost_lift(rows: Sequence[Row], k: int, seed: int, summary_csv: str, truth_csv: str) -> dict[str, Any]:
    """The whole `cost_lift.v1` report of a library; raises RefusedError where the data do not allow it.

    Cost O(N log N + 500·K).
    """
    if k <= 0:
        raise ValueError("K must be at least 1")
    if not any(row.status == "OK" for row in rows):
        raise RefusedError("no row of the library is OK")
    reasons: Counter[str] = Counter()
    eligible = []
    for row in rows:
        reason = ineligible_reason(row)
        if reason is None:
            eligible.append(row)
        else:
            reasons[reason] += 1
    if not eligible:
        raise RefusedError(f"no row is eligible: {', '.join(f'{n} {r}' for r, n in sorted(reasons.items()))}")
    chosen = _choose(eligible, min(k, len(eligible)), seed)
    if not chosen[FILTERED]:
        raise RefusedError(
            f"none of the {len(eligible)} eligible rows has the verdict PASS, so the audit selects nothing"
        )
    methods = {name: _method(name, rows_chosen, seed) for name, rows_chosen in chosen.items()}
    filtered = methods[FILTERED]["hit_rate"]
    return {
        "report_schema": "cost_lift.v1",
        "truth_schema": "customer_truth.v1",
        "summary_csv": summary_csv,
        "truth_csv": truth_csv,
        "skip_policy": "unknown_bucket",
        "seed": seed,
        "K_requested": k,
        "K_effective": min(k, len(eligible)),
        **_counts(rows),
        "eligibility": _eligibility(rows, reasons, len(eligible)),
        "scores_coverage": _scores_coverage(rows),
        "methods": methods,
        "uplift_score_plus_audit_vs_score_only": filtered - methods[SCORE]["hit_rate"],
        "uplift_score_plus_audit_vs_random": filtered - methods[RANDOM]["hit_rate"],
    }
