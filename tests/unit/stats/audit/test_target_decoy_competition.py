"""Calls against a slow obvious twin, scipy, statsmodels, and the invariances that they promise."""

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from hetero2.stats.audit import target_decoy_competition
from hetero2.stats.audit.decoy_sets import describe_decoy_sets


def random_library(seed, n=60, true=0.3, shift=3.0, digits=1, sizes=(19, 24)):
    rng = np.random.default_rng(seed)
    blocks = []
    for number in range(n):
        scores = rng.normal(size=rng.integers(*sizes) + 1)
        scores[0] += shift * (number < true * n)
        blocks.append(np.round(scores * rng.uniform(0.5, 2) + rng.normal(), digits))
    return blocks


def flat(blocks):
    starts = np.cumsum([0, *(len(block) for block in blocks[:-1])]).astype(np.int64)
    return np.concatenate(blocks), starts


def called(blocks, **options):
    return target_decoy_competition.call(describe_decoy_sets(*flat(blocks)), **options)


def twin_q(blocks, order):
    """Every threshold tried, in plain Python."""
    m = min(len(block) - 1 for block in blocks)
    weight = [order(block) for block in blocks]
    wins = [max(block[1:]) < block[0] for block in blocks]
    rates = {}
    for t in set(weight):
        losers = sum(w >= t and not win for w, win in zip(weight, wins, strict=True))
        winners = sum(w >= t and win for w, win in zip(weight, wins, strict=True))
        rates[t] = (1 + losers) / (m * max(1, winners))
    return [
        min(rate for t, rate in rates.items() if t <= w) if win else np.inf for w, win in zip(weight, wins, strict=True)
    ]


def studentised(block):
    spread = np.std(block, ddof=1)
    return round((max(block) - np.mean(block)) / spread, 10) if spread > 0 else -np.inf


ORDERS = {"block_max": max, "studentised_block_max": studentised}


@pytest.mark.parametrize("seed", range(12))
def test_q_values_are_the_twins(seed):
    blocks = random_library(seed, digits=seed % 3)
    both = {name: np.array(twin_q(blocks, order)) for name, order in ORDERS.items()}
    for name, q in both.items():
        calls = called(blocks, method=name)
        assert np.nan_to_num(calls.q_value, nan=9) == pytest.approx(np.where(q <= 1, q, 9))
        assert ((calls.call == "SIGNAL") == (q <= 0.1)).all()
    union = 2 * np.minimum(*both.values())
    calls = called(blocks)
    assert ((calls.call == "SIGNAL") == (union <= 0.1)).all()
    assert (calls.call == "SIGNAL").any() or seed % 3 != 1


def test_every_call_is_one_of_three_with_its_reason():
    calls = called(random_library(1, n=200))
    reasons = {call: set(calls.reason[calls.call == call]) for call in set(calls.call)}
    assert reasons["SIGNAL"] <= {"both_orderings", "block_max", "studentised_block_max"}
    assert reasons["NO_SIGNAL"] == {"decoys_score_as_high"}
    assert reasons["UNDECIDABLE"] == {"share_not_told_from_0.05"}
    assert (calls.m_needed[calls.call != "UNDECIDABLE"] == 0).all()


@pytest.mark.parametrize("method", ["union", "block_max", "studentised_block_max"])
def test_invariances(method):
    blocks = random_library(3)
    base = called(blocks, method=method)
    order = np.random.default_rng(0).permutation(len(blocks))
    shuffled = called([blocks[i] for i in order], method=method)
    assert (shuffled.call == base.call[order]).all()
    assert (shuffled.reason == base.reason[order]).all()
    assert (called([3.7 * block - 100 for block in blocks], method=method).call == base.call).all()
    inside = [np.append(block[:1], block[1:][::-1]) for block in blocks]
    assert (called(inside, method=method).call == base.call).all()
    if method == "block_max":
        assert (called([np.exp(block) for block in blocks], method=method).call == base.call).all()


def test_a_constant_score_calls_nothing():
    calls = called([np.ones(21)] * 50)
    assert set(calls.call) == {"NO_SIGNAL"}
    assert set(calls.reason) == {"all_scores_equal"}


def test_one_over_m_is_enough_at_twenty():
    """(1 + 0)/(20·1) is exactly half of 0.1: one clear molecule of twenty can be called."""
    blocks = [np.append([-1.0], np.arange(20.0))] * 19 + [np.append([99.0], np.arange(20.0))]
    assert (called(blocks).call == "SIGNAL").tolist() == [False] * 19 + [True]


def test_small_libraries_and_few_decoys_are_named():
    blocks = random_library(0, n=19)
    assert set(called(blocks).reason) == {"library_too_small"}
    few = [*random_library(0, n=30), np.array([1.0, 0.0])]
    assert (called(few).call[-1], called(few).reason[-1]) == ("UNDECIDABLE", "too_few_decoys")
    empty = target_decoy_competition.call(describe_decoy_sets(np.zeros(0), np.zeros(0, np.int64)))
    assert len(empty.call) == 0
    with pytest.raises(ValueError, match="method is 'best'"):
        called(blocks, method="best")


def test_bounds_are_scipys():
    for x, m in [(0, 20), (1, 20), (7, 20), (20, 20), (3, 59)]:
        interval = binomtest(x, m).proportion_ci(0.9)
        assert target_decoy_competition.lower_bound(x, m) == pytest.approx(interval.low)
        assert target_decoy_competition.upper_bound(x, m) == pytest.approx(interval.high)


def test_decoys_needed():
    assert target_decoy_competition.decoys_needed(0, 20) == 59
    assert target_decoy_competition.decoys_needed(1, 20) == 0
    for x, m in [(2, 20), (3, 20), (1, 40)]:
        number = target_decoy_competition.decoys_needed(x, m)
        twin = next(
            n
            for n in range(m + 1, 5000)
            if (
                target_decoy_competition.lower_bound(n * x / m, n) > 0.05
                if x / m > 0.05
                else target_decoy_competition.upper_bound(n * x / m, n) < 0.05
            )
        )
        assert number == twin


@pytest.mark.parametrize(
    ("x", "m", "least", "needed"),
    [(0, 59, 19, 0), (0, 60, 19, 0), (1, 100, 19, 0), (0, 58, 19, 59), (4, 4, 19, 19), (1, 1, 19, 19), (20, 20, 19, 0)],
)
def test_no_decoys_are_needed_where_the_share_is_decided(x, m, least, needed):
    assert target_decoy_competition.decoys_needed(x, m, least) == needed


def test_what_more_decoys_cannot_settle_is_named():
    """One of 100 decoys is below 5 %, but a molecule that loses is never called."""
    lost = np.append([50.5], np.arange(100.0) - 49 + (np.arange(100) == 99))
    blocks = [np.append([-1.0], np.arange(100.0))] * 30 + [lost]
    calls = called(blocks)
    assert (calls.call[-1], calls.reason[-1]) == ("UNDECIDABLE", "share_below_0.05_but_not_called")
    assert calls.m_needed[-1] == 0
    assert set(called(blocks[-5:]).m_needed) == {0}


def test_a_molecule_far_above_its_decoys_has_the_smallest_pooled_p():
    rng = np.random.default_rng(0)
    blocks = [rng.normal(size=21) for _ in range(30)]
    for far in (10.0, 1e6, 1e9, 1e12):
        blocks[0][0] = far
        assert target_decoy_competition.pooled_residual_p(*flat(blocks))[0] == 1 / (30 * 20 + 1)


def test_pooled_residuals_are_the_twins_and_find_a_clear_signal():
    blocks = random_library(5, digits=6)
    pool, of_molecules = [], []

    def residual(value, others):
        return (value - np.mean(others)) / (np.std(others, ddof=1) * (1 + 1 / len(others)) ** 0.5)

    for block in blocks:
        of_molecules.append(residual(block[0], block[1:]))
        pool += [residual(block[i], np.delete(block, [0, i])) for i in range(1, len(block))]
    expected = [(1 + sum(p >= r - 1e-9 for p in pool)) / (1 + len(pool)) for r in of_molecules]
    p_values = target_decoy_competition.pooled_residual_p(*flat(blocks))
    assert p_values == pytest.approx(expected)
    assert target_decoy_competition.pooled_residual_p(*flat([np.ones(5), np.array([1.0, 0.0])])).tolist() == [1.0, 1.0]
    calls = called(blocks, method="pooled_residuals_bh", pooled_p=p_values)
    assert set(calls.reason[calls.call == "SIGNAL"]) == {"pooled_residuals"}
    assert calls.q_value == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


def test_a_q_value_beyond_1_is_none():
    """Fifteen losers stand before the one winner in both orderings: 16/20, and 32/20 where each has half the level."""
    winner = np.array([0.5, *[-1.0] * 10, *[0.49] * 10])
    before, behind = np.array([0.0, *[4.0] * 19, 50.0]), np.array([-3.0, *[-2.0] * 2, *[-1.0] * 18])
    blocks = [winner, *[before] * 15, *[behind] * 5]
    for method in ORDERS:
        q = called(blocks, method=method).q_value
        assert q[0] == pytest.approx(0.8)
        assert np.isnan(q[1:]).all()
    assert np.isnan(called(blocks).q_value).all()


def test_residuals_of_flat_or_few_decoys_are_undefined():
    flat_decoys, two, three = [5.0, 1.0, 1.0, 1.0, 1.0], [5.0, 1.0, 2.0], [5.0, 1.0, 2.0, 4.0]
    of_molecules, of_decoys = target_decoy_competition.residuals(
        *flat([np.array(x) for x in (flat_decoys, two, three)])
    )
    assert np.isnan(of_molecules).tolist() == [True, False, False]
    assert np.isnan(of_decoys).tolist() == [True] * 4 + [True] * 2 + [False] * 3
    spread = np.std([1.0, 2.0], ddof=1)
    assert of_molecules[1] == pytest.approx((5 - 1.5) / (spread * (1 + 1 / 2) ** 0.5))
    assert of_decoys[6] == pytest.approx((1 - 3) / (np.std([2.0, 4.0], ddof=1) * (1 + 1 / 2) ** 0.5))


def test_the_decoys_that_are_needed_are_those_of_its_own_share():
    blocks = random_library(1, n=60)
    sets = describe_decoy_sets(*flat(blocks))
    calls = target_decoy_competition.call(sets, min_decoys=21)
    undecided = calls.call == "UNDECIDABLE"
    assert 5 < undecided.sum() < 60
    for number in np.flatnonzero(undecided):
        x, m = int(sets.n_at_or_above[number]), int(sets.n_decoys[number])
        assert calls.m_needed[number] == target_decoy_competition.decoys_needed(x, m, 21)
    assert set(calls.reason[sets.n_decoys < 21]) == {"too_few_decoys"}
