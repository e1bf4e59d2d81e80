"""The whole of cost_lift.v1 again: arithmetic and Python's own random numbers, so that it agrees exactly."""

from __future__ import annotations

import zlib
from collections import Counter
from heapq import nsmallest
from random import Random
from typing import Any

from hetero2.pack.verification.arithmetic.agreement import Record
from hetero2.pack.verification.arithmetic.frozen_bootstrap import frozen_interval
from hetero2.pack.verification.arithmetic.molecules import Molecules

FROZEN_RANDOM, FROZEN_SCORE = "baseline_random", "baseline_score_only_topk"
MOST_DRAWN = 10_000  # molecules of a list: the interval of a longer one takes too long
FROZEN_FILTERED = "filtered_score_plus_audit_topk"


def why_not_bought(molecules: Molecules, row: int) -> str | None:
    """Why cost_lift.v1 may not buy a row, or None: the first of its conditions that the row breaks."""
    if molecules["status"][row] != "OK":
        return "status_not_ok"
    if molecules.hit[row] is None:
        return "truth_unknown"
    if molecules["verdict"][row] not in ("PASS", "FAIL"):
        return "verdict_not_pass_fail"
    if molecules["gate"][row] is None or molecules["slack"][row] is None:
        return "gate_or_slack_missing"
    return None


def _auc_of(molecules: Molecules, row: int) -> float:
    auc = molecules["auc_tie_aware"][row]
    return float(auc if auc is not None else molecules["gate"][row] + molecules["slack"][row])


def _chosen(molecules: Molecules, eligible: list[int], k: int, seed: int) -> dict[str, list[int]]:
    names, slack = molecules["id"], molecules["slack"]
    passed = [row for row in eligible if molecules["verdict"][row] == "PASS"]
    return {
        FROZEN_RANDOM: Random(seed ^ zlib.adler32(FROZEN_RANDOM.encode())).sample(eligible, k),
        FROZEN_SCORE: nsmallest(k, eligible, key=lambda row: (-_auc_of(molecules, row), names[row])),
        FROZEN_FILTERED: nsmallest(k, passed, key=lambda row: (-slack[row], names[row])),
    }


def _bought(molecules: Molecules, name: str, rows: list[int], seed: int) -> Record:
    hits = [bool(molecules.hit[row]) for row in rows]
    bought = {"k_effective": len(hits), "hits": sum(hits), "hit_rate": sum(hits) / len(hits)}
    if len(hits) > MOST_DRAWN:
        return bought
    low, high = frozen_interval(hits, (seed + 1) ^ zlib.adler32(name.encode()))
    return {**bought, "ci_low": low, "ci_high": high}


def _row_counts(molecules: Molecules, reasons: Counter[str], n_eligible: int) -> Record:
    n, status = molecules.n, Counter(molecules["status"])
    has_truth = sum(s == "OK" and hit is not None for s, hit in zip(molecules["status"], molecules.hit))
    scored, generated = molecules["n_decoys_scored"], molecules["n_decoys_generated"]
    reasons_first = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return {
        "N_total": n,
        "N_ok": status["OK"],
        "N_skip": status["SKIP"],
        "N_error": status["ERROR"],
        "N_with_truth": has_truth,
        "truth_coverage_rate": has_truth / status["OK"],
        "unknown_bucket_rate": 1.0 - has_truth / status["OK"],
        "eligibility": {
            "rows_total": n,
            "rows_ok": status["OK"],
            "rows_verdict_pass_fail": sum(verdict in ("PASS", "FAIL") for verdict in molecules["verdict"]),
            "rows_truth_known": sum(hit is not None for hit in molecules.hit),
            "rows_scores_present": status["OK"],
            "rows_eligible_for_cost_lift": n_eligible,
            "K_effective_reason_top": [
                {"reason": reason, "count": count, "share": count / n} for reason, count in reasons_first
            ],
        },
        "scores_coverage": {
            "rows_total": n,
            "rows_with_decoys_scored_gt0": sum(count > 0 for count in scored),
            "rows_with_decoys_scored_eq0": sum(count == 0 for count in scored),
            "decoys_scored_total": sum(scored),
            "decoys_missing_total": sum(generated) - sum(scored),
        },
    }


def frozen_report(molecules: Molecules, k: int, seed: int) -> tuple[Record | None, str | None]:
    """(cost_lift_report.json of a library, None), or (None, why it had to be refused). O(n log n + 500·k)."""
    if "OK" not in molecules["status"]:
        return None, "no row of the library is OK"
    reasons: Counter[str] = Counter()
    eligible: list[int] = []
    for row in range(molecules.n):
        reason = why_not_bought(molecules, row)
        if reason is None:
            eligible.append(row)
        else:
            reasons[reason] += 1
    if not eligible:
        listed = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
        return None, f"no row is eligible: {listed}"
    used = min(k, len(eligible))
    chosen = _chosen(molecules, eligible, used, seed)
    if not chosen[FROZEN_FILTERED]:
        return None, f"none of the {len(eligible)} eligible rows has the verdict PASS, so the audit selects nothing"
    methods = {name: _bought(molecules, name, rows, seed) for name, rows in chosen.items()}
    filtered = methods[FROZEN_FILTERED]["hit_rate"]
    return {
        "report_schema": "cost_lift.v1",
        "truth_schema": "customer_truth.v1",
        "summary_csv": "summary.csv",
        "truth_csv": "truth.csv",
        "skip_policy": "unknown_bucket",
        "seed": seed,
        "K_requested": k,
        "K_effective": used,
        **_row_counts(molecules, reasons, len(eligible)),
        "methods": methods,
        "uplift_score_plus_audit_vs_score_only": filtered - methods[FROZEN_SCORE]["hit_rate"],
        "uplift_score_plus_audit_vs_random": filtered - methods[FROZEN_RANDOM]["hit_rate"],
    }, None


def _part(hits: list[bool]) -> Record:
    return {"n": len(hits), "hits": sum(hits), "hit_rate": sum(hits) / len(hits) if hits else None}


def frozen_library(molecules: Molecules, k: int, hits_of_top: Any) -> Record | None:
    """What utility_report.json says beside cost_lift.v1: base rate, hits by verdict and of the user's own score.

    `hits_of_top(scores, hits, k)`: expected hits of the k highest. None where nothing may be bought.
    """
    rows = [
        row
        for row in range(molecules.n)
        if molecules["score"][row] is not None and why_not_bought(molecules, row) is None
    ]
    if not rows:
        return None
    used = min(k, len(rows))
    hits = [bool(molecules.hit[row]) for row in rows]
    expected = hits_of_top([molecules["score"][row] for row in rows], hits, used)
    by_verdict = {
        verdict: [bool(molecules.hit[row]) for row in rows if molecules["verdict"][row] == verdict]
        for verdict in ("PASS", "FAIL")
    }
    slacks = [molecules["slack"][row] for row in rows if molecules["verdict"][row] == "PASS"]
    return {
        "all": _part(hits),
        **{verdict: _part(part) for verdict, part in by_verdict.items()},
        "score_topk": {"k": used, "expected_hits": expected, "hit_rate": expected / used},
        "n_pass_with_the_highest_slack": slacks.count(max(slacks)) if slacks else 0,
    }
