"""The e-process: its expectation by enumeration, a twin written out, the closest rates of H0 by minimisation."""

from itertools import product
from math import comb, exp, prod

import numpy as np
import pytest

from hetero2.stats.sequential import e_process
from hetero2.stats.sequential.e_process import (
    LOG_ODDS_RATIOS,
    ODDS_RATIO_PRIOR,
    alternatives,
    closest_null,
    log_e_process,
)
from tests.unit.stats.sequential import slow_twin


def e_values(rounds, difference):
    """(rounds,) of one campaign at one difference."""
    return np.exp(log_e_process(np.array([rounds]), np.array([difference]))[0, :, 0])


def chance(n, hits, rate):
    return comb(n, hits) * rate**hits * (1 - rate) ** (n - hits)


def expectation(sizes, rates, difference, before=()):
    """Exact expectation of the e-value after rounds of `sizes`, given the rounds before, over that of before."""
    outcomes = product(*(product(range(a + 1), range(b + 1)) for a, b in sizes))
    rounds = [[(a, x, b, y) for (a, b), (x, y) in zip(sizes, outcome, strict=True)] for outcome in outcomes]
    weights = [prod(chance(a, x, rates[0]) * chance(b, y, rates[1]) for a, x, b, y in outcome) for outcome in rounds]
    counts = np.array([[*before, *outcome] for outcome in rounds])
    after = np.exp(log_e_process(counts, np.array([difference]))[:, -1, 0])
    return np.dot(weights, after) / (e_values(before, difference)[-1] if before else 1.0)


PAST = ((5, 1, 7, 4), (0, 0, 6, 2), (9, 3, 4, 3))


@pytest.mark.parametrize("sizes", [[(1, 1)], [(3, 4)], [(6, 1)], [(2, 2), (1, 3)]])
@pytest.mark.parametrize("difference", [-0.3, 0.0, 0.15])
@pytest.mark.parametrize("before", [(), PAST])
def test_the_expectation_is_at_most_one_wherever_the_difference_is_at_most_that(sizes, difference, before):
    largest = 0.0
    for today in np.linspace(0.02, 0.98, 9):
        for gap in (difference, difference - 0.1):
            if 0 <= today + gap <= 1:
                largest = max(largest, expectation(sizes, (today, today + gap), difference, before))
    assert 0.9 < largest <= 1 + 1e-9


def test_the_expectation_exceeds_one_where_the_new_order_is_better():
    assert expectation([(6, 6)], (0.1, 0.4), 0.0, PAST) > 1.2
    assert expectation([(6, 6)], (0.1, 0.4), 0.15, PAST) > 1.05
    assert expectation([(6, 6)], (0.4, 0.1), 0.0, PAST) < 0.9


def poisson_binomial(rates):
    shares = np.ones(1)
    for rate in rates:
        shares = np.convolve(shares, [1 - rate, rate])
    return shares


@pytest.mark.parametrize("difference", [-0.2, 0.0, 0.1])
def test_only_the_mean_rate_of_an_arm_matters_where_its_molecules_differ(difference):
    """Molecules further down an order are hits less often: the expectation stays at most 1."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        today, new = rng.uniform(size=3), rng.uniform(size=4)
        new -= new.mean() - today.mean() - difference
        if new.min() < 0 or new.max() > 1:
            continue
        chances = np.outer(poisson_binomial(today), poisson_binomial(new)).ravel()
        counts = np.array([[*PAST, (3, x, 4, y)] for x, y in np.ndindex(4, 5)])
        after = np.exp(log_e_process(counts, np.array([difference]))[:, -1, 0])
        assert chances @ after / e_values(PAST, difference)[-1] <= 1 + 1e-9


@pytest.mark.parametrize("difference", [-0.97, -0.4, -0.01, 0.0, 0.05, 0.6])
def test_the_e_process_is_the_twins(difference):
    rounds = [(10, 1, 10, 4), (3, 0, 8, 8), (0, 0, 5, 1), (20, 9, 20, 11), (4, 4, 1, 0)]
    assert e_values(rounds, difference) == pytest.approx(slow_twin.e_values(rounds, difference), rel=1e-6)


def test_a_round_with_an_empty_arm_teaches_the_pooled_rate_alone():
    first, second, third = e_values([(10, 1, 10, 4), (0, 0, 9, 7), (0, 0, 0, 0)], 0.0)
    assert first == second == third
    assert e_values([(10, 1, 10, 4), (0, 0, 9, 7), (10, 5, 10, 9)], 0.0)[2] != pytest.approx(
        e_values([(10, 1, 10, 4), (10, 5, 10, 9)], 0.0)[1], rel=1e-3
    )


def test_campaigns_and_nulls_are_worked_on_side_by_side():
    rng = np.random.default_rng(1)
    counts = np.stack([np.full((3, 5), 9), rng.integers(0, 10, (3, 5))] * 2, axis=2)
    nulls = np.array([-0.2, 0.0, 0.3])
    together = log_e_process(counts, nulls)
    for i, j in np.ndindex(3, 3):
        alone = log_e_process(counts[i : i + 1], nulls[j : j + 1])[0, :, 0]
        assert together[i, :, j] == pytest.approx(alone, abs=1e-9)


def test_alternatives_have_the_pooled_rate_and_the_odds_ratios():
    pooled, share = np.array([0.003, 0.1, 0.5, 0.97]), np.array([0.5, 0.8, 0.2, 0.5])
    today, new = alternatives(pooled, share)
    mean = (1 - share[:, None]) * today + share[:, None] * new
    assert mean == pytest.approx(np.broadcast_to(pooled[:, None], mean.shape))
    odds = np.log(new / (1 - new)) - np.log(today / (1 - today))
    assert odds == pytest.approx(np.broadcast_to(LOG_ODDS_RATIOS, odds.shape), abs=1e-9)


@pytest.mark.parametrize("difference", [-0.995, -0.2, 0.0, 0.1, 0.995])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_the_closest_rates_of_the_null_minimise_the_divergence(difference, share):
    for today, new in [(0.1, 0.3), (0.3, 0.1), (0.02, 0.98), (0.5, 0.9), (0.1, 0.1), (0.1, 0.3 + 1e-15)]:
        null_rates = closest_null(*(np.array([value]) for value in (today, new, share)), np.array([difference]))
        rates = tuple(float(rate[0]) for rate in null_rates)
        assert rates == pytest.approx(slow_twin.closest(today, new, share, difference), abs=2e-6)
        assert rates[1] - rates[0] <= difference + 1e-12
        if new - today <= difference:
            assert rates == pytest.approx((today, new), abs=1e-15)


def test_the_prior_is_four_fifths_gains_and_one_fifth_anything():
    ratios = [-4.5 + 0.15 * step for step in range(61)]
    gains = [exp(-(((x - 0.8) / 0.5) ** 2) / 2) if x > 1e-9 else 0.0 for x in ratios]
    anything = [exp(-(x**2) / 2) for x in ratios]
    twin = [0.8 * a / sum(gains) + 0.2 * b / sum(anything) for a, b in zip(gains, anything, strict=True)]
    assert LOG_ODDS_RATIOS.tolist() == pytest.approx(ratios)
    for weights in (ODDS_RATIO_PRIOR, e_process._odds_ratio_prior()):
        assert weights == pytest.approx(twin)
        assert weights.sum() == pytest.approx(1.0)
