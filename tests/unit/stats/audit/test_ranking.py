"""The audit against a slow twin that enumerates every labelling, and its invariances."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetero2.stats.audit.ranking import (
    MARGIN,
    auc_one_positive,
    audit,
    audit_unweighted,
    null_quantile,
    permuted_quantile,
)

SCORES = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=9)
Q = Fraction(95, 100)


def slow_auc(positives, negatives, weights_pos, weights_neg):
    """Weighted Mann-Whitney AUC by its definition, over all pairs."""
    above = total = Fraction(0)
    for p, wp in zip(positives, weights_pos, strict=True):
        for n, wn in zip(negatives, weights_neg, strict=True):
            pair = Fraction(wp) * Fraction(wn)
            total += pair
            above += pair * (Fraction(1) if p > n else Fraction(1, 2) if p == n else Fraction(0))
    return above / total


def slow_null_quantile(n_pos, n_neg, q=Q):
    """Smallest u/(m·n) whose cumulative count reaches q of all labelings of distinct scores."""
    n = n_pos + n_neg
    counts = {}
    for positives in combinations(range(n), n_pos):
        negatives = [i for i in range(n) if i not in positives]
        u = sum(p > m for p in positives for m in negatives)
        counts[u] = counts.get(u, 0) + 1
    total, cumulative = sum(counts.values()), 0
    for u in sorted(counts):
        cumulative += counts[u]
        if cumulative >= q * total:
            return u / (n_pos * n_neg)
    raise AssertionError


@pytest.mark.parametrize("n_neg", range(1, 60))
def test_null_quantile_is_that_of_all_labelings(n_neg):
    assert null_quantile(n_neg) == slow_null_quantile(1, n_neg)


@given(SCORES)
def test_auc_is_that_of_all_pairs(scores):
    first, *decoys = scores
    value = auc_one_positive(first, np.array(decoys), np.ones(len(decoys)))
    assert value == pytest.approx(float(slow_auc([first], decoys, [1], [1] * len(decoys))), abs=1e-12)


@given(SCORES, st.data())
def test_weighted_auc_is_that_of_all_pairs(scores, data):
    first, *decoys = scores
    weights = data.draw(st.lists(st.integers(1, 5), min_size=len(decoys), max_size=len(decoys)))
    value = auc_one_positive(first, np.array(decoys), np.array(weights, float))
    assert value == pytest.approx(float(slow_auc([first], decoys, [3], weights)), abs=1e-12)


@given(SCORES)
def test_permuted_quantile_is_that_of_all_relabelings(scores):
    n = len(scores)
    aucs = sorted(float(slow_auc([s], scores[:i] + scores[i + 1 :], [1], [1] * (n - 1))) for i, s in enumerate(scores))
    value = permuted_quantile(np.array(scores), np.ones(n))
    assert value == pytest.approx(aucs[max(1, round(0.95 * n)) - 1], abs=1e-12)


def test_auc_agrees_with_scikit_learn_and_scipy():
    from scipy.stats import mannwhitneyu
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    for _ in range(50):
        decoys, score = rng.integers(0, 6, 20).astype(float), float(rng.integers(0, 6))
        weights = rng.integers(1, 4, 20).astype(float)
        value = auc_one_positive(score, decoys, weights)
        labels, scores = [1] + [0] * 20, [score, *decoys]
        assert value == pytest.approx(roc_auc_score(labels, scores, sample_weight=[1, *weights]))
        unweighted = auc_one_positive(score, decoys, np.ones(20))
        assert unweighted == pytest.approx(mannwhitneyu([score], decoys).statistic / 20)


def test_a_constant_scorer_has_auc_half_and_fails():
    result = audit(1.0, 1.0, np.ones(20), np.ones(20))
    assert (result.auc_tie_aware, result.slack, result.verdict, result.p_value) == (0.5, -0.5, "FAIL", 1.0)
    assert result.n_decoys_tied == 20


@pytest.mark.parametrize("n", [1, 4, 18, 20])
def test_with_at_most_20_decoys_pass_means_above_every_decoy(n):
    top = audit(1.0, 1.0, np.linspace(0, 0.9, n), np.ones(n))
    tied = audit(0.9, 1.0, np.linspace(0.9, 0, n), np.ones(n))
    assert (top.verdict, top.gate, top.slack) == ("PASS", 1.0, 0.0)
    assert tied.verdict == "FAIL"


def test_the_gate_of_19_decoys_is_just_below_one():
    assert audit(1.0, 1.0, np.zeros(19), np.ones(19)).gate == min(1.0, 18 / 19 + MARGIN)


@pytest.mark.parametrize("n", [1, 4, 9, 20])
def test_a_random_score_passes_one_time_in_n_plus_one(n):
    verdicts = [
        audit(float(i), 1.0, np.array([float(j) for j in range(n + 1) if j != i]), np.ones(n)) for i in range(n + 1)
    ]
    assert [v.verdict for v in verdicts].count("PASS") == 1
    assert sum(v.p_value for v in verdicts) / (n + 1) == pytest.approx((n + 2) / (2 * (n + 1)))


@given(SCORES, st.randoms())
def test_order_of_decoys_and_monotone_rescaling_change_nothing(scores, random):
    first, *decoys = scores
    shuffled = decoys[:]
    random.shuffle(shuffled)
    single = audit(first, 1.0, np.array(decoys), np.ones(len(decoys)))
    two = audit(np.exp(first) * 7 + 1, 1.0, np.exp(np.array(shuffled)) * 7 + 1, np.ones(len(decoys)))
    assert single == two


def test_weights_of_very_different_size_lose_nothing():
    weights = np.array([1e100, 1e-100, 1e100, 1e-100])
    value = permuted_quantile(np.array([1.0, 2.0, 3.0, 4.0]), weights)
    assert 0 <= value <= 1
    assert audit(1.0, 1e-100, np.array([0.5, 2.0]), np.array([1e100, 1e-100])).auc_tie_aware == pytest.approx(1)


def test_weights_are_marked():
    assert audit(1.0, 2.0, np.zeros(2), np.ones(2)).weighted
    assert not audit(1.0, 1.0, np.zeros(2), np.ones(2)).weighted


@given(st.lists(SCORES, min_size=1, max_size=6))
def test_many_molecules_at_once_are_audited_to_the_bit_as_each_by_itself(library):
    """Other than one, the number of decoys and of molecules is free; ties are frequent."""
    starts = np.cumsum([0, *(len(block) for block in library[:-1])]).astype(np.int64)
    at_once = audit_unweighted(np.concatenate([np.array(block) for block in library]), starts)
    for number, (score, *decoys) in enumerate(library):
        ones = np.ones(len(decoys))
        alone = vars(audit(score, 1.0, np.array(decoys), ones))
        assert alone.pop("weighted") is False
        assert {name: values[number] for name, values in at_once.items()} == alone


def test_the_audit_of_one_molecule_field_by_field():
    decoys = np.array([0.0, 1.0, 2.0, 2.0, 5.0])
    outcome = audit(2.0, 1.0, decoys, np.array([1.0, 1.0, 1.0, 1.0, 2.0]))
    auc = (1 + 1 + 0.5 + 0.5) / 6
    assert (outcome.auc_tie_aware, outcome.null_q, outcome.gate) == (auc, 1.0, 1.0)
    assert (outcome.slack, outcome.verdict) == (auc - 1.0, "FAIL")
    assert (outcome.reps_used, outcome.n_neg, outcome.n_decoys_tied) == (6, 5, 2)
    assert (outcome.p_value, outcome.weighted) == ((1 + 3) / 6, True)
    assert outcome.neg_auc_max == max(outcome.perm_q, outcome.null_q) == 1.0
    many = audit(1.0, 1.0, np.zeros(40), np.ones(40))
    assert (many.null_q, many.gate, many.verdict, many.weighted) == (0.95, 1.0, "PASS", False)
