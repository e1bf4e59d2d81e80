"""Decoy sets against a slow obvious twin, exact enumeration and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from hetero2.stats.audit.decoy_sets import describe_decoy_sets, library_test, relative_ranks

LIBRARY = st.lists(st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=8), min_size=1, max_size=6)


def flat(library):
    starts = np.cumsum([0, *(len(block) for block in library[:-1])]).astype(np.int64)
    return np.array([score for block in library for score in block], float), starts


def auc(scores, item):
    others = scores[:item] + scores[item + 1 :]
    return sum((scores[item] > score) + 0.5 * (scores[item] == score) for score in others) / len(others)


@given(LIBRARY)
def test_twin(library):
    described = describe_decoy_sets(*flat(library))
    for number, block in enumerate(library):
        each = [auc(block, item) for item in range(len(block))]
        squares = [(value - 0.5) ** 2 for value in each]
        assert described.n_decoys[number] == len(block) - 1
        assert described.n_at_or_above[number] == sum(decoy >= block[0] for decoy in block[1:])
        assert described.block_max[number] == max(block)
        assert described.auc[number] == pytest.approx(each[0])
        assert described.auc_variance[number] == pytest.approx(np.mean(squares))
        assert described.dispersion_variance[number] == pytest.approx(np.var(squares), abs=1e-12)
        spread = np.std(block, ddof=1)
        if len(set(block)) == 1:
            assert described.studentised_max[number] == -np.inf
        else:
            assert described.studentised_max[number] == pytest.approx((max(block) - np.mean(block)) / spread)


@given(LIBRARY)
def test_relative_ranks_are_scipys(library):
    scores, starts = flat(library)
    expected = np.concatenate([(rankdata(block) - 1) / (len(block) - 1) for block in library])
    assert relative_ranks(scores, starts) == pytest.approx(expected)


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 3).map(float), min_size=3, max_size=4), min_size=1, max_size=4))
def test_moments_are_exact(library):
    """Over all choices of which item is the molecule, both z have mean 0 and variance 1, ties or not."""
    choices = [[]]
    for block in library:
        choices = [[*done, [block[i], *block[:i], *block[i + 1 :]]] for done in choices for i in range(len(block))]
    tests = [library_test(describe_decoy_sets(*flat(choice))) for choice in choices]
    for name in ("mean_z", "dispersion_z"):
        values = [getattr(test, name) for test in tests]
        if values[0] is None:
            assert values == [None] * len(values)
        else:
            assert np.mean(values) == pytest.approx(0, abs=1e-9)
            assert np.mean(np.square(values)) == pytest.approx(1)


def test_undefined_is_named():
    assert library_test(describe_decoy_sets(*flat([[1.0, 1.0, 1.0]]))).reason == "all_scores_equal"
    assert library_test(describe_decoy_sets(*flat([[1.0, 0.0], [0.0, 2.0]]))).reason == "squared_auc_cannot_vary"
    for size in (4, 6, 10, 20, 28, 44):  # two values, half and half
        half = [[1.0] * (size // 2) + [0.0] * (size // 2)] * 30
        assert library_test(describe_decoy_sets(*flat(half))).reason == "squared_auc_cannot_vary"
    empty = np.zeros(0), np.zeros(0, np.int64)
    assert library_test(describe_decoy_sets(*empty)).reason == "no_molecules"


def test_where_the_dispersion_cannot_vary_the_mean_is_still_said():
    """One decoy each: AUC 1 or 0, variance 1/4."""
    outcome = library_test(describe_decoy_sets(*flat([[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]])))
    assert (outcome.n, outcome.mean_auc) == (3, pytest.approx(2 / 3))
    assert outcome.mean_z == pytest.approx(0.5 / 0.75**0.5)
    assert (outcome.dispersion_z, outcome.reason) == (None, "squared_auc_cannot_vary")
    constant = library_test(describe_decoy_sets(*flat([[1.0, 1.0], [2.0, 2.0]])))
    assert (constant.n, constant.mean_auc, constant.mean_z) == (2, 0.5, None)
