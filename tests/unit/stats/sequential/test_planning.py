"""Planned purchases against the formula of a textbook, other software and simulations of the slow kind."""

import numpy as np
import pytest
from statsmodels.stats.proportion import power_proportions_2indep

from hetero2.errors import ConfigError
from hetero2.stats.sequential.planning import fixed_sample_size, plan, power_by_round, shown, simulated_counts
from tests.unit.stats.sequential import slow_twin


@pytest.mark.parametrize("rates", [(0.1, 0.2), (0.05, 0.1), (0.3, 0.45), (0.2, 0.1)])
def test_the_fixed_sample_has_the_power_that_other_software_says(rates):
    n = fixed_sample_size(*rates)
    powers = [power_proportions_2indep(rates[1] - rates[0], rates[0], size).power for size in (n - 1, n)]
    assert powers[0] < 0.8 <= powers[1] < 0.805


def test_from_ten_to_twenty_per_cent():
    assert fixed_sample_size(0.1, 0.2) == 199
    planned = plan(0.1, 0.2, 25)
    assert planned.fixed_per_arm == 199
    assert planned.sequential_per_arm in (325, 350, 375)
    assert planned.fixed_per_arm < planned.expected_per_arm < 250  # stopped when shown, hardly more than one look
    assert planned.power[-2] < 0.8 <= planned.power[-1]
    assert list(planned.power) == sorted(planned.power)
    assert len(planned.power) * 25 == planned.sequential_per_arm


def test_expected_purchases_are_those_of_campaigns_that_stop():
    planned = plan(0.1, 0.4, 10, seed=3)
    rounds = planned.sequential_per_arm // 10
    by_look = shown(simulated_counts((0.1, 0.4), 10, 60, 2000, seed=3))[:, :rounds]
    stops = [next((i for i, yes in enumerate(row) if yes), rounds - 1) + 1 for row in by_look.tolist()]
    assert planned.expected_per_arm == pytest.approx(10 * np.mean(stops), rel=0.02)


def test_a_new_order_that_is_worse_can_be_planned_for():
    worse, better = plan(0.4, 0.1, 10), plan(0.1, 0.4, 10)
    assert worse.fixed_per_arm == better.fixed_per_arm
    assert worse.sequential_per_arm == pytest.approx(better.sequential_per_arm, abs=10)
    assert worse == plan(0.4, 0.1, 10)


def test_a_larger_campaign_has_more_power_and_equal_rates_next_to_none():
    powers = power_by_round(0.1, 0.2, 25, 16, campaigns=400)
    assert (np.diff(powers) >= 0).all()
    assert powers[3] < 0.5 < 0.8 < powers[15]
    nearly_equal = power_by_round(0.1, 0.1001, 25, 16, campaigns=400)
    assert nearly_equal[-1] < 0.03


def test_shown_is_the_twins_e_value_at_any_look():
    counts = simulated_counts((0.1, 0.35), 12, 6, 6, seed=2)
    expected = [np.maximum.accumulate(slow_twin.e_values(rows, 0.0)) >= 40 for rows in counts.tolist()]
    assert np.array_equal(shown(counts), expected)
    assert 0 < np.mean(expected) < 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0.2, 25), "base rate is 0"),
        ((0.1, 20, 25), "expected rate is 20"),
        ((0.1, 0.1, 25), "both 0.1"),
        ((0.1, 0.2, 0), "0 molecules per arm"),
        ((float("nan"), 0.2, 25), "base rate is nan"),
    ],
)
def test_rates_that_make_no_plan_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        plan(*arguments)


def test_a_plan_of_too_many_rounds_is_refused_with_the_number_needed():
    n = fixed_sample_size(0.1, 0.1001)
    with pytest.raises(ConfigError, match=f"each arm must buy at least {n} molecules: too many rounds of 25") as caught:
        plan(0.1, 0.1001, 25)
    per_round = int(caught.value.hint.rsplit(" ", 1)[1])
    with pytest.raises(ConfigError, match="too many rounds"):
        plan(0.1, 0.1001, per_round - 1)


@pytest.mark.parametrize(
    ("refuse", "message", "hint"),
    [
        (lambda: plan(0, 0.2, 25), "base rate is 0, expected a fraction between 0 and 1", "10 % is written 0.1"),
        (lambda: plan(0.2, 1, 25), "expected rate is 1, expected a fraction between 0 and 1", "10 % is written 0.1"),
        (lambda: plan(0.1, 0.1, 25), "base rate and expected rate are both 0.1", "give the rate you hope for"),
        (
            lambda: power_by_round(0.1, 0.2, 0, 3),
            "0 molecules per arm in 3 rounds",
            "both must be at least 1",
        ),
        (
            lambda: power_by_round(0.1, 0.2, 3, 0),
            "3 molecules per arm in 0 rounds",
            "both must be at least 1",
        ),
        (
            lambda: plan(0.1, 0.2, 1),
            "to show 0.1 against 0.2 each arm must buy at least 199 molecules: too many rounds of 1 to simulate",
            "plan for a larger difference, or with more molecules per round: at least 2",
        ),
    ],
)
def test_what_is_refused_says_what_to_do(refuse, message, hint):
    with pytest.raises(ConfigError) as caught:
        refuse()
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_one_round_and_one_molecule_a_round_are_campaigns_too():
    assert power_by_round(0.1, 0.9, 60, 1, campaigns=50).tolist() == [1.0]
    assert power_by_round(0.1, 0.9, 1, 2, campaigns=50).tolist() == [0.0, 0.0]
    planned = plan(0.05, 0.95, 1)
    assert planned.sequential_per_arm == len(planned.power)


def test_a_plan_that_shows_nothing_within_six_times_the_fixed_sample_says_none(monkeypatch):
    monkeypatch.setattr("hetero2.stats.sequential.planning._MOST_TIMES_FIXED", 0.5)
    planned = plan(0.1, 0.2, 25)
    assert (planned.fixed_per_arm, planned.sequential_per_arm, planned.expected_per_arm) == (199, None, None)
    assert len(planned.power) == 4
    assert planned.power[-1] < 0.8
