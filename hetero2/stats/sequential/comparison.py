"""Before and after in a campaign: hit rates of two arms round by round, their difference with an interval, a verdict.

Counted are the molecules that only one of the two orders would have bought. What both would have bought is a hit for
both, or for neither: it says nothing of their difference. Between the hit rates of two whole batches, a difference d of
these rates is one of d·(1 - share of a batch that both orders would have bought).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from hetero2.stats.benefit.cluster_bootstrap import Bools, Floats, Ints
from hetero2.stats.sequential.e_process import log_e_process

LEVEL: Final = 0.05  # of the interval and the verdict, half of it on each side
MIN_POWER: Final = 0.8
SWAPPED: Final = [2, 3, 0, 1]  # columns of the counts with the arms exchanged
_GRID: Final[Floats] = np.arange(-199, 200) / 200  # differences at which the interval is searched; 0 is one of them
_MOST_LOG_E = 690.0  # an e-value stays a number


@dataclass(frozen=True)
class Round:
    """Molecules bought in one round that only one order would have bought, by arm, and the hits among them."""

    n_today: int
    hits_today: int
    n_new: int
    hits_new: int

    def __post_init__(self) -> None:
        if not (0 <= self.hits_today <= self.n_today and 0 <= self.hits_new <= self.n_new):
            raise ValueError(f"{self}: hits must be between 0 and the molecules bought")


@dataclass(frozen=True)
class Look:
    """What all rounds up to this one say of the hit rates; rates and bounds are fractions, not per cent.

    `difference`: new - today of the pooled rates, None while an arm has bought nothing. `low`, `high`: 95 % confidence
    sequence of the difference: with a chance of 95 % the intervals of all looks together hold it; a later one is never
    wider. `e_better`: e-value against "the new order is no better", `e_worse` against "no worse"; their mean,
    `e_different`, against equal rates. An e-value of 40 in one direction is what excludes 0 from the interval.
    """

    n_today: int
    hits_today: int
    n_new: int
    hits_new: int
    difference: float | None
    low: float
    high: float
    e_better: float
    e_worse: float

    @property
    def e_different(self) -> float:
        """E-value against equal hit rates of both arms."""
        return (self.e_better + self.e_worse) / 2


@dataclass(frozen=True)
class Verdict:
    """`call`: new_better, today_better or not_shown; `reason` of the last: see `verdict`."""

    call: Literal["new_better", "today_better", "not_shown"]
    reason: Literal["interval_includes_0", "planned_power_below_80", "rounds_disagree"] | None = None


def count_round(new_arm: Bools, both: Bools, hit: Bools) -> Round:
    """The round of measured molecules (n,): drafted by the new order, would both have bought it, is it a hit."""
    by_today, by_new = ~new_arm & ~both, new_arm & ~both
    return Round(int(by_today.sum()), int((by_today & hit).sum()), int(by_new.sum()), int((by_new & hit).sum()))


def lower_bounds(counts: Ints, level: float) -> Floats:
    """(rounds,): lower bound of new - today from each look alone, with an error of at most `level` at any time.

    `counts` (1, rounds, 4) as for `log_e_process`. The least difference d for which "new - today ≤ d" is not rejected,
    on a grid of 0.005 and by linear interpolation of the log e-value in the cell where that changes; -1 where none is
    rejected, 0.995 where all are.
    """
    log_e, threshold = log_e_process(counts, _GRID)[0], math.log(1 / level)
    bounds = []
    for excess in log_e - threshold:
        kept = int(np.argmax(excess < 0)) if (excess < 0).any() else _GRID.size
        if kept in (0, _GRID.size):
            bounds.append(-1.0 if kept == 0 else _GRID[-1])
        else:
            bounds.append(np.interp(0.0, -excess[kept - 1 : kept + 1], _GRID[kept - 1 : kept + 1]))
    return np.array(bounds)


def looks(rounds: Sequence[Round]) -> list[Look]:
    """What is known after each round; deterministic, and the same for a prefix of the rounds.

    A round with an empty arm, or with none at all, leaves interval and e-values as they were. The interval rests on one
    difference of mean hit rates in all rounds (see `e_process`); where it changes between rounds, `low` may come to lie
    above `high`. O(rounds²) time, 0.5 s for 20 rounds.
    """
    counts = np.array([[r.n_today, r.hits_today, r.n_new, r.hits_new] for r in rounds], np.int64).reshape(1, -1, 4)
    if not rounds:
        return []
    low = np.maximum.accumulate(lower_bounds(counts, LEVEL / 2))
    high = np.minimum.accumulate(-lower_bounds(counts[:, :, SWAPPED], LEVEL / 2))
    no_difference = np.zeros(1)
    better, worse = (log_e_process(counts[:, :, arms], no_difference)[0, :, 0] for arms in ([0, 1, 2, 3], SWAPPED))
    return [
        Look(
            n_today,
            hits_today,
            n_new,
            hits_new,
            difference=hits_new / n_new - hits_today / n_today if n_today and n_new else None,
            low=float(low[i]),
            high=float(high[i]),
            e_better=math.exp(min(_MOST_LOG_E, better[i])),
            e_worse=math.exp(min(_MOST_LOG_E, worse[i])),
        )
        for i, (n_today, hits_today, n_new, hits_new) in enumerate(np.cumsum(counts[0], axis=0).tolist())
    ]


def verdict(look: Look, planned_power: float | None = None) -> Verdict:
    """Which order buys more hits, if that is shown; it may be asked after every round.

    Not shown where the interval includes 0, where the campaign was planned with a power below 80 % (what it shows would
    be too large, and more often luck), and where the rounds contradict each other (`low` above `high`: the difference
    changed).
    """
    if look.low > look.high:
        return Verdict("not_shown", "rounds_disagree")
    if look.low <= 0 <= look.high:
        return Verdict("not_shown", "interval_includes_0")
    if planned_power is not None and planned_power < MIN_POWER:
        return Verdict("not_shown", "planned_power_below_80")
    return Verdict("new_better" if look.low > 0 else "today_better")
