"""Metrics of a ranked list against RDKit, scikit-learn, slow twins and what a constant score must get."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit.ML.Scoring import Scoring
from sklearn.metrics import roc_auc_score

from hetero2.stats.benefit import enrichment

LISTS = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=2, max_size=7)


def draw(seed, n=200):
    rng = np.random.default_rng(seed)
    hit = rng.uniform(size=n) < 0.2
    return rng.permutation(n) + 40.5 * hit, hit


@pytest.mark.parametrize("seed", range(5))
def test_without_ties_they_are_rdkits_and_sklearns(seed):
    score, hit = draw(seed)
    rows = sorted(zip(score, hit, strict=True), key=lambda row: -row[0])
    assert enrichment.bedroc(score, hit)[0] == pytest.approx(Scoring.CalcBEDROC(rows, 1, 20.0))
    assert enrichment.enrichment_factor(score, hit, 0.1)[0] == pytest.approx(Scoring.CalcEnrichment(rows, 1, [0.1])[0])
    assert enrichment.roc_auc(score, hit)[0] == pytest.approx(roc_auc_score(hit, score))


@given(LISTS)
def test_ties_are_the_mean_over_all_their_orders(rows):
    score, hit = [row[0] for row in rows], [row[1] for row in rows]
    n, hits = len(rows), sum(hit)
    if hits in (0, n):
        assert enrichment.bedroc(score, hit)[2] == enrichment.roc_auc(score, hit)[1] == "truth_has_one_class"
        return
    values, factors = [], []
    for order in itertools.permutations(range(n)):
        if any(score[a] < score[b] for a, b in itertools.pairwise(order)):
            continue
        ordered = [(-place, hit[i]) for place, i in enumerate(order)]
        values.append(Scoring.CalcBEDROC(ordered, 1, 20.0))
        factors.append(sum(hit[i] for i in order[:2]) / 2 / (hits / n))
    assert enrichment.bedroc(score, hit)[0] == pytest.approx(np.mean(values))
    assert enrichment.enrichment_factor(score, hit, 2 / n)[0] == pytest.approx(np.mean(factors))
    assert enrichment.roc_auc(score, hit)[0] == pytest.approx(roc_auc_score(hit, score))


def test_a_constant_score_gets_the_random_value():
    _, hit = draw(0)
    assert enrichment.enrichment_factor(np.zeros(200), hit, 0.05)[0] == pytest.approx(1)
    value, random, _ = enrichment.bedroc(np.zeros(200), hit)
    assert value == pytest.approx(random)
    rng = np.random.default_rng(1)
    drawn = [enrichment.bedroc(rng.permutation(200), hit)[0] for _ in range(800)]
    assert np.mean(drawn) == pytest.approx(random, abs=0.01)
    assert enrichment.roc_auc(np.zeros(200), hit)[0] == 0.5


def test_invariances():
    score, hit = draw(3)
    order = np.random.default_rng(0).permutation(200)
    for measure in (enrichment.roc_auc, enrichment.bedroc, lambda s, h: enrichment.enrichment_factor(s, h, 0.1)):
        assert measure(score[order], hit[order]) == pytest.approx(measure(score, hit))
        assert measure(np.exp(score / 50), hit) == pytest.approx(measure(score, hit))
    flipped = enrichment.roc_auc(score, ~hit)[0]
    assert flipped == pytest.approx(1 - enrichment.roc_auc(score, hit)[0])


def test_priorities_keep_ties_and_order():
    priority = enrichment.dense_priority([0, 1, 1, 0], [5.0, 1.0, 1.0, 7.0])
    assert priority.tolist() == [0, 2, 2, 1]
    assert enrichment.order_candidates(priority, ["d", "c", "b", "a"]).tolist() == [2, 1, 3, 0]


def test_what_is_sent_is_a_list_of_places():
    order = enrichment.order_candidates(np.array([2, 5, 2, 2]), np.array(["b", "a", "a", "c"]), np.array([0, 0, 1, 0]))
    assert order.tolist() == [1, 2, 0, 3]
    assert order.dtype == np.int64
