"""The ways of choosing K molecules of a library with measured truth, and the hits of each.

Ties are taken in expectation over their random order, so they never help; random choice is exact, never one draw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtri  # scipy.stats takes longer to import than all this to compute

from hetero2.stats.benefit.cluster_bootstrap import Bools, Floats, Ints
from hetero2.stats.benefit.enrichment import dense_priority, expected_hits_of_top

PRESENT, BASELINE, OURS, FIRST = "score_topk", "baseline_topk", "score_plus_audit_topk", "signal_first_topk"
SCREEN = "screen_topk"
RANDOM = "random"
SIGNS = {1: "more", 0: "as_many", -1: "fewer"}
Record = dict[str, Any]


@dataclass(frozen=True)
class Library:
    """n molecules that may be bought: OK, with truth and score. Every field (n,).

    `score`, `baseline` and `screen`: larger first; the two latter only where there is one. `call`: SIGNAL, NO_SIGNAL,
    UNDECIDABLE. `cluster`: scaffold. `auc`, `slack`, `passed`: of the frozen audit, -inf and False where it has none.
    """

    score: Floats
    hit: Bools
    call: NDArray[Any]
    cluster: Ints
    auc: Floats
    slack: Floats
    passed: Bools
    baseline: Floats | None = None
    screen: Floats | None = None


def priorities(library: Library) -> dict[str, Ints]:
    """The ways of choosing, each as a rank (n,); what a method drops comes after what it keeps, so that all buy K."""
    kept, signal = library.call != "NO_SIGNAL", library.call == "SIGNAL"
    ways = {
        PRESENT: dense_priority(library.score),
        OURS: dense_priority(kept, library.score),
        FIRST: dense_priority(signal, kept, library.score),
        "audit_auc_topk": dense_priority(library.auc),
        "pass_slack_topk": dense_priority(library.passed, library.slack),
    }
    brought = {BASELINE: library.baseline, SCREEN: library.screen}
    return ways | {name: dense_priority(scores) for name, scores in brought.items() if scores is not None}


def wilson(rate: float, n: int) -> tuple[float, float]:
    """95 % Wilson interval of a rate seen in n (doi 10.1080/01621459.1927.10502953): descriptive, as if independent."""
    z2 = float(ndtri(0.975)) ** 2
    centre, half = rate + z2 / (2 * n), (z2 * rate * (1 - rate) / n + (z2 / (2 * n)) ** 2) ** 0.5
    return max(0.0, (centre - half) / (1 + z2 / n)), min(1.0, (centre + half) / (1 + z2 / n))


def _method(hits: float, k: int, base: float, price: float | None) -> Record:
    low, high = wilson(hits / k, k)
    return {
        "expected_hits": hits,
        "hit_rate": hits / k,
        "wilson_low": low,
        "wilson_high": high,
        "enrichment": hits / k / base if base else None,
        "cost_per_hit": price * k / hits if price is not None and hits else None,
    }


def hypergeometric_interval(n: int, hits: int, k: int) -> tuple[int, int]:
    """The 2.5 % and 97.5 % quantiles of the number of hits among k molecules drawn at random from n. O(min(k, hits)).

    A quantile is the smallest number of hits whose distribution function reaches it, rounding aside.
    """
    drawn = np.arange(max(0, k - (n - hits)), min(k, hits) + 1)
    ways = -gammaln(drawn + 1) - gammaln(hits - drawn + 1) - gammaln(k - drawn + 1) - gammaln(n - hits - k + drawn + 1)
    reached = np.cumsum(np.exp(ways - ways.max()))
    low, high = drawn[np.searchsorted(reached, np.array([0.025, 0.975]) * reached[-1] * (1 - 1e-9))].tolist()
    return low, high


def methods_at(library: Library, ways: Mapping[str, Ints], k: int, price: float | None) -> Record:
    """Hits among K for every way of choosing; random is exact: the hypergeometric mean and its 95 % interval.

    Today's filter and the screen are left out where they know fewer than K molecules: the rest would be random choice
    under their name.
    """
    n, hits = library.hit.size, int(library.hit.sum())
    brought = ((BASELINE, library.baseline), (SCREEN, library.screen))
    short = {name for name, scores in brought if scores is not None and np.isfinite(scores).sum() < k}
    ways = {name: way for name, way in ways.items() if name not in short}
    methods = {name: _method(expected_hits_of_top(p, library.hit, k), k, hits / n, price) for name, p in ways.items()}
    low, high = hypergeometric_interval(n, hits, k)
    drawn = {"hits_low": low, "hits_high": high}
    return {"k": k, "methods": methods | {"random": _method(hits * k / n, k, hits / n, price) | drawn}}


def around_k(library: Library, ways: Mapping[str, Ints], at: Record) -> Record:
    """How lists compare at K (`methods_at`), and at how many of some 20 other K from K/4 to 4·K they hold more hits.

    Against random `more` is above and `fewer` below 95 % of draws; between lists by half a hit or more. O(20·n log n).
    """
    n, k, methods = library.hit.size, at["k"], at["methods"]
    sizes = np.unique(np.clip(np.geomspace(k / 4, 4 * k, 21).round(), 1, n).astype(np.int64))
    every = [methods_at(library, ways, int(size), None)["methods"] for size in sizes if size not in (k, n)]
    pairs = [(PRESENT, RANDOM), (PRESENT, BASELINE), (OURS, PRESENT)]
    return {
        "k_from": int(sizes[0]),
        "k_to": int(sizes[-1]),
        "compared": [
            {
                "method": method,
                "against": against,
                "at_k": SIGNS[_sign(methods[method], methods[against])],
                "n_k": sum(against in looked for looked in every),
                **_tally(every, method, against),
            }
            for method, against in pairs
            if against in methods
        ],
    }


def _tally(every: Sequence[Record], method: str, against: str) -> Record:
    signs = [_sign(methods[method], methods[against]) for methods in every if against in methods]
    return {name: signs.count(sign) for sign, name in SIGNS.items()}


def _sign(of_list: Record, against: Record) -> int:
    """1, 0 or -1: a list holds more hits than another, as many, or fewer."""
    hits, theirs = of_list["expected_hits"], against["expected_hits"]
    if "hits_low" in against:
        return int(hits > against["hits_high"]) - int(hits < against["hits_low"])
    return int(hits >= theirs + 0.5) - int(hits <= theirs - 0.5)
