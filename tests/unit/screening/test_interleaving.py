"""Team-draft interleaving: properties of any batch, and each draft followed by hand."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as st

from hetero2.errors import ConfigError
from hetero2.screening.interleaving import interleave


@st.composite
def campaigns(draw):
    """(today, new, frameworks) of one library; some have molecules that only one order holds."""
    n = draw(st.integers(1, 40))
    today, new = (np.array(draw(st.permutations(range(n))), np.int64) for _ in range(2))
    frameworks = draw(st.lists(st.integers(0, 8), min_size=n, max_size=n))
    kept = draw(st.integers(1, n))
    return today[:kept], new, frameworks


@for_any(
    campaigns(), st.integers(1, 45), st.integers(1, 4), st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), st.integers(0, 9)
)
@settings(deadline=None)
def test_any_batch(library, size, most, share, seed):
    today, new, frameworks = library
    batch = interleave(today, new, frameworks, size, most, share, seed)
    everything = set(today.tolist()) | set(new.tolist())
    rows = batch.rows.tolist()
    assert len(rows) == len(set(rows)) == min(size, len(everything))
    assert set(rows) <= everything
    assert len(batch.new_arm) == len(batch.both) == len(rows)
    for row, by_new in zip(rows, batch.new_arm, strict=True):
        assert row in (new if by_new else today)
    n_today = int((~batch.new_arm).sum())
    if len(today) == len(new) and size <= len(new):
        assert n_today in (int(np.floor(share * size)), int(np.ceil(share * size)))
    over = {f: n for f, n in Counter(frameworks[row] for row in rows).items() if n > most}
    if over and len(today) == len(new):  # only where no molecule of a framework with room was left
        left = everything - set(rows)
        assert all(Counter(frameworks[row] for row in rows)[frameworks[row]] >= most for row in left)
    assert 0 <= batch.share_shared <= 1
    assert not set(batch.passed_over.tolist()) & set(rows)
    again = interleave(today, new, frameworks, size, most, share, seed)
    assert all(np.array_equal(a, b) for a, b in zip(batch, again, strict=True))


def best_left(order, drafted, frameworks, most):
    """The best molecule of an order that may still be drafted, by looking at all of them."""
    for row in order:
        if row not in drafted and sum(frameworks[row_before] == frameworks[row] for row_before in drafted) < most:
            return row
    return next(row for row in order if row not in drafted)


def alone(order, frameworks, size, most):
    drafted = []
    for _ in range(min(size, len(order))):
        drafted.append(best_left(order, drafted, frameworks, most))
    return set(drafted)


@pytest.mark.parametrize("seed", range(8))
def test_equal_arms_draft_in_turn_each_its_best_molecule(seed):
    rng = np.random.default_rng(seed)
    n, size, most = 60, 20, 2
    today, new, frameworks = rng.permutation(n), rng.permutation(n), (rng.permutation(n) // 4).tolist()
    batch = interleave(today, new, frameworks, size, most, 0.5, seed)
    assert all(batch.new_arm[i] != batch.new_arm[i + 1] for i in range(0, size, 2))
    drafted = []
    for row, by_new in zip(batch.rows.tolist(), batch.new_arm, strict=True):
        assert row == best_left((new if by_new else today).tolist(), drafted, frameworks, most)
        drafted.append(row)
    lists = [alone(order.tolist(), frameworks, size, most) for order in (today, new)]
    expected = [row in lists[0 if by_new else 1] for row, by_new in zip(drafted, batch.new_arm, strict=True)]
    assert batch.both.tolist() == expected
    assert 0 < sum(expected) < size
    assert batch.share_shared == len(lists[0] & lists[1]) / size
    assert batch.passed_over.size == 0


def test_a_coin_decides_who_drafts_first_in_each_pair():
    order = np.arange(200)
    first = np.concatenate([interleave(order, order[::-1], order, 20, seed=seed).new_arm[::2] for seed in range(60)])
    assert abs(first.mean() - 0.5) < 4 * 0.5 / len(first) ** 0.5
    assert abs((first[1:] == first[:-1]).mean() - 0.5) < 4 * 0.5 / len(first) ** 0.5


def test_a_coin_rounds_the_share():
    order = np.arange(50)
    n_today = [int((~interleave(order, order[::-1], order, 5, seed=seed).new_arm).sum()) for seed in range(400)]
    assert set(n_today) == {2, 3}
    assert abs(np.mean(n_today) - 2.5) < 4 * 0.5 / 400**0.5


def test_equal_orders_would_have_bought_everything_twice():
    order = np.random.default_rng(0).permutation(100)
    batch = interleave(order, order, (order // 3).tolist(), 30)
    assert batch.both.all()
    assert batch.share_shared == 1
    assert batch.new_arm.sum() == 15


def test_a_small_arm_goes_down_its_order_as_deep_as_the_large_one_and_evenly():
    """Of 50, today's order drafts 10 and the new one 40: today's are 1 of each 4 of its first 40, not its best 10."""
    n = 2000
    today, new = np.arange(n), np.arange(n)[::-1]
    places = []
    for seed in range(100):
        batch = interleave(today, new, range(n), 50, 2, 0.2, seed)
        drafted = sorted(batch.rows[~batch.new_arm].tolist())
        assert [row // 4 for row in drafted] == list(range(10))
        assert sorted(drafted + batch.passed_over.tolist()) == list(range(40))
        assert batch.rows[batch.new_arm].tolist() == list(range(n - 1, n - 41, -1))
        places += drafted
    assert abs(np.mean(places) - 19.5) < 0.2


def test_what_the_small_arm_passed_over_comes_last_and_counts_for_both():
    n = 100
    today, new = np.arange(n), np.array([3, *range(99, 3, -1), 0, 1, 2])
    batch = interleave(today, new, range(n), 10, 2, 0.2, 1, passed_over={0, 1, 2, 3})
    by_today = batch.rows[~batch.new_arm]
    assert by_today.min() >= 4
    assert by_today.max() < 12
    assert batch.both[batch.rows == 3].all()
    assert 3 in batch.rows[batch.new_arm]
    equal = interleave(today, new, range(n), 10, 2, 0.5, 1, passed_over={0, 1, 2, 3})
    assert equal.rows[~equal.new_arm][0] in (0, 3)


def test_a_cap_is_kept_by_both_arms_together_and_gives_way_to_the_size():
    frameworks = [0] * 6 + [1] * 6
    order = np.arange(12)
    batch = interleave(order, order[::-1], frameworks, 4)
    assert Counter(frameworks[row] for row in batch.rows) == {0: 2, 1: 2}
    assert len(interleave(order, order[::-1], frameworks, 9).rows) == 9


@pytest.mark.parametrize(
    "arguments", [{"size": 0}, {"most": 0}, {"share_today": -0.1}, {"share_today": 1.1}, {"share_today": float("nan")}]
)
def test_what_makes_no_batch_is_refused(arguments):
    order = np.arange(5)
    with pytest.raises(ConfigError, match="control share"):
        interleave(order, order, order, **{"size": 3, **arguments})


def test_an_order_with_repeats_is_refused():
    with pytest.raises(ValueError, match="names a row twice"):
        interleave(np.array([0, 1, 1]), np.arange(3), range(3), 2)


def test_empty_orders_make_an_empty_batch():
    batch = interleave(np.array([], np.int64), np.array([], np.int64), [], 5)
    assert batch.rows.size == batch.new_arm.size == batch.both.size == 0
    assert batch.share_shared == 0
