"""Two orders draft a batch in turn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetero2.campaign.draft import NEW, TODAY, draft


def picks_of(n, size, share, most, seed, n_frameworks=5):
    rng = np.random.default_rng(seed)
    orders = rng.permutation(n), rng.permutation(n)
    frameworks = [f"f{row % n_frameworks}" for row in range(n)]
    return orders, frameworks, draft(*orders, size, share, frameworks, most, (seed, 1))


@given(
    n=st.integers(1, 40),
    size=st.integers(1, 50),
    share=st.sampled_from([0.0, 0.25, 0.5, 0.7, 1.0]),
    most=st.integers(1, 4),
    seed=st.integers(0, 999),
)
def test_a_batch_has_its_size_its_shares_and_nobody_twice(n, size, share, most, seed):
    _, frameworks, picks = picks_of(n, size, share, most, seed)
    rows = [pick.row for pick in picks]
    assert len(rows) == len(set(rows)) == min(n, size)
    n_today = sum(pick.arm == TODAY for pick in picks)
    assert abs(n_today - share * len(picks)) < 1
    counts = [sum(frameworks[row] == name for row in rows) for name in set(frameworks)]
    if len(rows) <= sum(min(most, frameworks.count(name)) for name in set(frameworks)):
        assert max(counts) <= most
    assert picks == picks_of(n, size, share, most, seed)[2]


def test_each_arm_takes_its_best_that_is_left():
    orders, _, picks = picks_of(30, 12, 0.5, 30, 3)
    left = {TODAY: orders[0].tolist(), NEW: orders[1].tolist()}
    for pick in picks:
        assert pick.row == left[pick.arm][0]
        for rows in left.values():
            rows.remove(pick.row)
    for first, second in zip(picks[::2], picks[1::2], strict=True):
        assert {first.arm, second.arm} == {TODAY, NEW}, "of two picks in a row each arm has one"


def test_who_begins_is_a_coin_by_seed_and_round():
    order = np.arange(10)
    begins = [draft(order, order[::-1], 2, 0.5, list(range(10)), 1, (0, number))[0].arm for number in range(40)]
    assert 10 <= begins.count(TODAY) <= 30


def test_what_both_would_buy_is_marked():
    today, new = np.array([0, 1, 2, 3, 4]), np.array([1, 4, 3, 2, 0])
    picks = draft(today, new, 2, 0.5, list(range(5)), 1, (0, 1))
    assert {pick.row: pick.in_both for pick in picks} in ({0: False, 1: True}, {1: True, 4: False}, {1: True, 0: False})
    same = draft(today, today, 3, 0.5, list(range(5)), 1, (0, 1))
    assert all(pick.in_both for pick in same)
    assert [pick.row for pick in same] == [0, 1, 2]


@pytest.mark.parametrize(("share", "arm"), [(0.0, NEW), (1.0, TODAY)])
def test_one_arm_alone(share, arm):
    _, _, picks = picks_of(20, 6, share, 2, 1)
    assert {pick.arm for pick in picks} == {arm}
