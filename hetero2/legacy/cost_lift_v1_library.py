"""What the library itself says beside `cost_lift.v1`: base rate, the user's own score, and hits by verdict."""

from collections.abc import Sequence
from typing import Any

from hetero2.legacy.cost_lift_v1 import Row, ineligible_reason
from hetero2.stats.benefit.enrichment import expected_hits_of_top


def _rate(hits: Sequence[bool]) -> dict[str, Any]:
    return {"n": len(hits), "hits": sum(hits), "hit_rate": sum(hits) / len(hits) if hits else None}


def library_facts(rows: Sequence[Row], k: int) -> dict[str, Any] | None:
    """Base rate, top K by the user's own score, hits by verdict and ties, over the rows that cost_lift.v1 may buy.

    None where there is none. Exact for this library; no interval, since nothing is drawn but ties.
    """
    eligible = [row for row in rows if ineligible_reason(row) is None and row.score is not None]
    if not eligible:
        return None
    hits, k = [bool(row.hit) for row in eligible], min(k, len(eligible))
    by_score = expected_hits_of_top([float(row.score or 0.0) for row in eligible], hits, k)
    passed = [row.slack or 0.0 for row in eligible if row.verdict == "PASS"]
    return {
        "all": _rate(hits),
        "PASS": _rate([bool(row.hit) for row in eligible if row.verdict == "PASS"]),
        "FAIL": _rate([bool(row.hit) for row in eligible if row.verdict == "FAIL"]),
        "score_topk": {"k": k, "expected_hits": by_score, "hit_rate": by_score / k},
        "n_pass_with_the_highest_slack": passed.count(max(passed)) if passed else 0,
    }
