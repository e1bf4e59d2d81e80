"""How many molecules must be bought before a difference of hit rates can be shown."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from hetero2.errors import ConfigError
from hetero2.stats.benefit.cluster_bootstrap import Bools, Floats, Ints
from hetero2.stats.sequential.comparison import LEVEL, MIN_POWER, SWAPPED
from hetero2.stats.sequential.e_process import log_e_process

CAMPAIGNS = 2000  # simulated: a power of 80 % is right to ± 1.8 points
_MOST_TIMES_FIXED = 6  # purchases simulated, in sizes of the fixed-sample test
_MOST_ROUNDS = 1000  # of a simulation: some 30 s and 250 MB
_CHUNK = 250  # campaigns at once: what is worked on stays in the cache of the processor


@dataclass(frozen=True)
class Plan:
    """Purchases per arm, of molecules that only one order would have bought.

    `fixed_per_arm`: for a test that looks once, at the end; `sequential_per_arm`: for the test that looks after every
    round (None: more than 6 times the former); `expected_per_arm`: what that test buys on average, if it stops once the
    difference is shown or all is bought; `power`: share of campaigns in which the difference is shown, by round.
    """

    fixed_per_arm: int
    sequential_per_arm: int | None
    expected_per_arm: float | None
    power: tuple[float, ...]


def _checked(base_rate: float, expected_rate: float) -> None:
    for name, rate in (("base rate", base_rate), ("expected rate", expected_rate)):
        if not 0 < rate < 1:
            raise ConfigError(f"{name} is {rate}, expected a fraction between 0 and 1", "10 % is written 0.1")
    if base_rate == expected_rate:
        raise ConfigError(f"base rate and expected rate are both {base_rate}", "give the rate you hope for")


def fixed_sample_size(base_rate: float, expected_rate: float, power: float = MIN_POWER) -> int:
    """Molecules per arm for a two-sided test of two proportions at 5 % that looks once.

    (z(.975)·√(2p̄(1-p̄)) + z(power)·√(p(1-p) + q(1-q)))²/(p-q)², without continuity correction (Fleiss, Levin and Paik,
    doi 10.1002/0471445428, ch. 4).

    >>> fixed_sample_size(0.1, 0.2)
    199
    """
    _checked(base_rate, expected_rate)
    mean = (base_rate + expected_rate) / 2
    under_null = norm.isf(LEVEL / 2) * math.sqrt(2 * mean * (1 - mean))
    variance = base_rate * (1 - base_rate) + expected_rate * (1 - expected_rate)
    n: float = ((under_null + norm.ppf(power) * math.sqrt(variance)) / (base_rate - expected_rate)) ** 2
    return math.ceil(n)


def shown(counts: Ints, difference: float = 0.0) -> Bools:
    """(campaigns, rounds): has it been shown by each look that new - today is more than `difference`?

    `counts` (campaigns, rounds, 4) as for `log_e_process`. Wrong in at most 2.5 % of campaigns; with the arms exchanged
    and -difference it says "less than", and at 0 both are the verdicts.
    """
    chunks = np.array_split(counts, max(1, math.ceil(len(counts) / _CHUNK)))
    log_e = np.concatenate([log_e_process(chunk, np.array([difference]))[:, :, 0] for chunk in chunks])
    by_look: Bools = np.maximum.accumulate(log_e, axis=1) >= math.log(2 / LEVEL)
    return by_look


def simulated_counts(rates: tuple[float, float], per_round: int, rounds: int, campaigns: int, seed: int) -> Ints:
    """(campaigns, rounds, 4): counts of two independent arms of constant hit rates (today, new), `per_round` each."""
    rng = np.random.Generator(np.random.PCG64(seed))
    hits = rng.binomial(per_round, rates, (campaigns, rounds, 2))
    bought = np.full((campaigns, rounds), per_round)
    return np.stack([bought, hits[:, :, 0], bought, hits[:, :, 1]], axis=2)


def power_by_round(
    base_rate: float, expected_rate: float, per_round: int, rounds: int, seed: int = 0, campaigns: int = CAMPAIGNS
) -> Floats:
    """(rounds,): share of simulated campaigns in which the difference has been shown by each round.

    `per_round`: molecules that each arm buys in a round and the other order would not have bought.
    """
    _checked(base_rate, expected_rate)
    if per_round < 1 or rounds < 1:
        raise ConfigError(f"{per_round} molecules per arm in {rounds} rounds", "both must be at least 1")
    counts = simulated_counts((base_rate, expected_rate), per_round, rounds, campaigns, seed)
    power: Floats = shown(counts if expected_rate > base_rate else counts[:, :, SWAPPED]).mean(axis=0)
    return power


def plan(base_rate: float, expected_rate: float, per_round: int, seed: int = 0) -> Plan:
    """Purchases per arm that show the difference with a power of 80 %, by formula and by simulation.

    `base_rate`, `expected_rate` in (0, 1): hit rates of today's and the new order; `per_round` as in `power_by_round`.
    ConfigError where these make no plan, or one of too many rounds to simulate.
    """
    fixed = fixed_sample_size(base_rate, expected_rate)
    rounds = math.ceil(_MOST_TIMES_FIXED * fixed / max(1, per_round))
    if per_round >= 1 and rounds > _MOST_ROUNDS:
        raise ConfigError(
            f"to show {base_rate} against {expected_rate} each arm must buy at least {fixed} molecules: too many "
            f"rounds of {per_round} to simulate",
            "plan for a larger difference, or with more molecules per round: at least "
            f"{math.ceil(_MOST_TIMES_FIXED * fixed / _MOST_ROUNDS)}",
        )
    power = power_by_round(base_rate, expected_rate, per_round, rounds, seed)
    if power[-1] < MIN_POWER:
        return Plan(fixed, None, None, tuple(power.tolist()))
    needed = int(np.argmax(power >= MIN_POWER)) + 1
    still_buying = np.concatenate([[1.0], 1 - power[: needed - 1]])  # share of campaigns that buy each round
    return Plan(fixed, needed * per_round, float(still_buying.sum()) * per_round, tuple(power[:needed].tolist()))
