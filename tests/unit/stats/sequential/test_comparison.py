"""Looks, their interval and the verdict, against the e-values written out."""

import numpy as np
import pytest

from hetero2.stats.sequential.comparison import Look, Round, Verdict, count_round, looks, lower_bounds, verdict
from tests.unit.stats.sequential import slow_twin

ROUNDS = [(12, 2, 13, 6), (13, 1, 12, 5), (0, 0, 0, 0), (10, 3, 4, 0), (14, 1, 20, 9)]


def rounds_of(rows):
    return [Round(*row) for row in rows]


def swapped(rows):
    return [(n_new, hits_new, n_today, hits_today) for n_today, hits_today, n_new, hits_new in rows]


def twin_lower_bounds(rows, level):
    """Of each look: the first difference, in steps of 0.05, whose e-value is below 1/level, and the step before."""
    bounds = [None] * len(rows)
    for step in range(-19, 20):
        for at, e_value in enumerate(slow_twin.e_values(rows, step / 20)):
            if bounds[at] is None and e_value < 1 / level:
                bounds[at] = ((step - 1) / 20, step / 20)
    return bounds


def test_the_bounds_are_where_the_twins_e_value_falls_below_the_threshold():
    bounds = lower_bounds(np.array([ROUNDS]), 0.025)
    expected = twin_lower_bounds(ROUNDS, 0.025)
    assert all(low <= bound <= high for bound, (low, high) in zip(bounds, expected, strict=True))
    for at, bound in list(enumerate(bounds))[::2]:
        assert slow_twin.e_values(ROUNDS, bound + 0.001)[at] < 40 < slow_twin.e_values(ROUNDS, bound - 0.001)[at]


def test_looks_add_up_the_rounds_and_intersect_the_intervals():
    seen = looks(rounds_of(ROUNDS))
    assert [(look.n_today, look.hits_today, look.n_new, look.hits_new) for look in seen] == [
        tuple(row) for row in np.cumsum(ROUNDS, axis=0).tolist()
    ]
    assert seen[-1].difference == pytest.approx(20 / 49 - 7 / 49)
    low = lower_bounds(np.array([ROUNDS]), 0.025)
    high = [-bound for bound in lower_bounds(np.array([swapped(ROUNDS)]), 0.025)]
    assert [look.low for look in seen] == [max(low[: i + 1]) for i in range(5)]
    assert [look.high for look in seen] == [min(high[: i + 1]) for i in range(5)]
    assert [look.e_better for look in seen] == pytest.approx(slow_twin.e_values(ROUNDS, 0.0))
    assert [look.e_worse for look in seen] == pytest.approx(slow_twin.e_values(swapped(ROUNDS), 0.0))
    assert seen[0].e_different == pytest.approx((seen[0].e_better + seen[0].e_worse) / 2)


def test_a_look_does_not_depend_on_what_comes_after_it():
    assert looks(rounds_of(ROUNDS))[:2] == looks(rounds_of(ROUNDS[:2]))
    assert looks(rounds_of(ROUNDS))[2] == looks(rounds_of(ROUNDS))[1]
    assert looks([]) == []


def test_exchanged_arms_give_the_mirrored_interval():
    for look, mirrored in zip(looks(rounds_of(ROUNDS)), looks(rounds_of(swapped(ROUNDS))), strict=True):
        assert (look.low, look.high) == (-mirrored.high, -mirrored.low)
        assert look.e_better == mirrored.e_worse


def test_without_purchases_in_both_arms_nothing_is_known():
    (look,) = looks([Round(20, 3, 0, 0)])
    assert (look.difference, look.low, look.high) == (None, -1, 1)
    assert (look.e_better, look.e_worse) == pytest.approx((1, 1))
    assert verdict(look) == Verdict("not_shown", "interval_includes_0")


@pytest.mark.parametrize("rate", [0, 1])
def test_arms_of_hits_alone_or_of_none_differ_little(rate):
    seen = looks([Round(40, 40 * rate, 40, 40 * rate)] * 5)
    assert all(-0.4 < look.low < 0 < look.high < 0.4 for look in seen[2:])
    assert verdict(seen[-1]).call == "not_shown"


def test_arms_of_hits_alone_against_none_differ_as_far_as_can_be():
    look = looks([Round(100, 0, 100, 100)] * 20)[-1]
    assert 0.8 < look.low < look.high == 1
    assert look.e_better == pytest.approx(np.exp(690))
    assert verdict(look).call == "new_better"


def test_the_verdict_is_the_e_value_of_forty():
    """The interval excludes 0 exactly where the evidence in one direction reaches 1/0.025."""
    rng = np.random.default_rng(5)
    calls = set()
    for rates in [(0.1, 0.3), (0.3, 0.1), (0.2, 0.2)]:
        for _ in range(2):
            hits = rng.binomial(20, rates, (8, 2)).tolist()
            seen = looks([Round(20, today, 20, new) for today, new in hits])
            for i, look in enumerate(seen):
                shown = max(past.e_better for past in seen[: i + 1]) >= 40
                assert (verdict(look).call == "new_better") == shown
                calls.add(verdict(look).call)
    assert calls == {"new_better", "today_better", "not_shown"}


def look_with(low, high):
    return Look(100, 10, 100, 20, 0.1, low, high, 1.0, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "power", "expected"),
    [
        (0.02, 0.2, None, ("new_better", None)),
        (0.02, 0.2, 0.8, ("new_better", None)),
        (0.02, 0.2, 0.79, ("not_shown", "planned_power_below_80")),
        (-0.2, -0.02, 0.9, ("today_better", None)),
        (-0.2, 0.02, 0.9, ("not_shown", "interval_includes_0")),
        (0.0, 0.2, 0.9, ("not_shown", "interval_includes_0")),
        (0.03, 0.02, 0.9, ("not_shown", "rounds_disagree")),
    ],
)
def test_verdict(low, high, power, expected):
    assert verdict(look_with(low, high), power) == Verdict(*expected)


def test_rounds_that_contradict_each_other_are_called_so():
    look = looks([Round(100, 5, 100, 60)] * 3 + [Round(100, 60, 100, 5)] * 6)[-1]
    assert verdict(look) == Verdict("not_shown", "rounds_disagree")


def test_what_both_would_have_bought_is_not_counted():
    new_arm = np.array([0, 0, 0, 1, 1, 1, 1], bool)
    both = np.array([0, 0, 1, 0, 0, 1, 0], bool)
    hit = np.array([1, 0, 1, 1, 0, 1, 1], bool)
    assert count_round(new_arm, both, hit) == Round(2, 1, 3, 2)


@pytest.mark.parametrize("row", [(1, 2, 3, 0), (1, -1, 3, 0), (1, 0, 3, 4), (-1, 0, 3, 0)])
def test_a_round_with_more_hits_than_molecules_is_refused(row):
    with pytest.raises(ValueError, match="between 0 and the molecules bought"):
        Round(*row)
