"""The ways of choosing K molecules that utility_report.json and hit_curve.csv compare, and the hits of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hetero2.pack.verification.arithmetic.agreement import Record
from hetero2.pack.verification.arithmetic.distributions import wilson_interval
from hetero2.pack.verification.arithmetic.molecules import Molecules
from hetero2.pack.verification.arithmetic.ranked_list import RankedList

BY_SCORE, BY_TODAY, BY_AUDIT, BY_SCREEN, BY_CHANCE = (
    "score_topk",
    "baseline_topk",
    "score_plus_audit_topk",
    "screen_topk",
    "random",
)
FROM_ELSEWHERE = (BY_TODAY, BY_SCREEN)  # by scores that no pack holds: their hits are taken as stated
_LAST = -math.inf


class Choices:
    """The molecules with score and truth, and the ways of choosing among them that a pack has all data of."""

    def __init__(self, molecules: Molecules) -> None:
        rows = [row for row in molecules.has_score() if molecules.hit[row] is not None]
        self.rows, self.n = rows, len(rows)
        self.hit = [bool(molecules.hit[row]) for row in rows]
        self.n_hits = sum(self.hit)
        self.scaffold = [molecules["scaffold"][row] for row in rows]
        score, call, verdict = ([molecules[name][row] for row in rows] for name in ("score", "call", "verdict"))
        auc, slack = (
            [_LAST if molecules[name][row] is None else molecules[name][row] for row in rows]
            for name in ("auc_tie_aware", "slack")
        )
        keys: dict[str, list[Any]] = {
            BY_SCORE: score,
            BY_AUDIT: [(name != "NO_SIGNAL", value) for name, value in zip(call, score)],
            "signal_first_topk": [(name == "SIGNAL", name != "NO_SIGNAL", value) for name, value in zip(call, score)],
            "audit_auc_topk": auc,
            "pass_slack_topk": [(name == "PASS", value) for name, value in zip(verdict, slack)],
        }
        self.lists = {name: RankedList(values, self.hit) for name, values in keys.items()}

    @property
    def is_one_class(self) -> bool:
        """Whether nothing can be said of hits."""
        return self.n_hits in (0, self.n)


def bought(hits: float, k: int, base: float, price: float | None) -> Record:
    """What is stated of a way of choosing that holds so many hits among k."""
    low, high = wilson_interval(hits / k, k)
    return {
        "expected_hits": hits,
        "hit_rate": hits / k,
        "wilson_low": low,
        "wilson_high": high,
        "enrichment": hits / k / base if base else None,
        "cost_per_hit": price * k / hits if price is not None and hits else None,
    }


def methods_at_k(choices: Choices, k: int, price: float | None, stated: Mapping[str, float]) -> Record:
    """The methods of one K. `stated`: the hits of lists by scores that the pack does not hold."""
    hits = {name: ranking.expected_hits(k) for name, ranking in choices.lists.items()}
    hits = {**hits, **stated, BY_CHANCE: choices.n_hits * k / choices.n}
    return {name: bought(number, k, choices.n_hits / choices.n, price) for name, number in hits.items()}


def stated_hits(methods: Any) -> dict[str, float]:
    """Hits of the lists by scores that the pack does not hold, as stated of one K."""
    numbers = {name: methods[name].get("expected_hits") for name in FROM_ELSEWHERE if name in methods}
    return {name: float(number) for name, number in numbers.items() if isinstance(number, (int, float))}
