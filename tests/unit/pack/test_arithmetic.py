"""Verification in plain Python against numpy and scipy of the stages: same draws, same intervals, same ranks."""

import itertools
import math
from random import Random

import numpy as np
import pytest
from scipy.stats import beta, hypergeom, spearmanr, t

from hetero2.legacy.cost_lift_v1 import bootstrap_interval
from hetero2.pack.verification.arithmetic.distributions import (
    beta_quantile,
    hypergeometric_share,
    is_hypergeometric_quantile,
    t_quantile,
)
from hetero2.pack.verification.arithmetic.frozen_bootstrap import frozen_interval
from hetero2.pack.verification.arithmetic.pcg64 import bounded
from hetero2.pack.verification.arithmetic.ranked_list import RankedList
from hetero2.pack.verification.arithmetic.redrawn import clusters_of, percentile_interval, quantile, redrawn
from hetero2.pack.verification.arithmetic.structures import heavy_atoms
from hetero2.pack.verification.audit_evidence.hardness import clustered_mean
from hetero2.pack.verification.audit_evidence.trust import rank_correlation_of
from hetero2.pack.verification.decision.apart import design_effect
from hetero2.pack.verification.decision.early import bedroc_20
from hetero2.stats.audit.hardness import cluster_mean
from hetero2.stats.benefit.cluster_bootstrap import Ranked, cumulative_auc, resampled
from hetero2.stats.benefit.discordant import inclusion, intraclass_correlation
from hetero2.stats.benefit.enrichment import bedroc, dense_priority, expected_hits_of_top, roc_auc


def library(seed, n=90, levels=None):
    """(scores, hits, scaffolds) at random; with few `levels` many scores tie."""
    rng = Random(seed)
    scores = [rng.randrange(levels) / levels if levels else rng.random() for _ in range(n)]
    hits = [rng.random() < 0.2 + 0.4 * score for score in scores]
    return scores, hits, [f"scaffold {rng.randrange(n // 2)}" for _ in range(n)]


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**64 + 7, 2**200 + 3])
@pytest.mark.parametrize("bound", [1, 2, 3, 155, 99_991, 2**31 + 11])
def test_bounded_integers_are_those_of_numpy(seed, bound):
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = np.concatenate([rng.integers(0, bound, size) for size in (7, 500, 33)])
    assert list(itertools.islice(bounded(seed, bound), 540)) == drawn.tolist()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 50, 64, 65, 300])
def test_the_frozen_bootstrap_is_that_of_the_contract_draw_for_draw(n):
    rng = Random(n)
    for seed in (0, 5, 10**9):
        hits = [rng.random() < 0.3 for _ in range(n)]
        assert frozen_interval(hits, seed) == bootstrap_interval(hits, seed)


def test_the_frozen_bootstrap_of_more_molecules_than_half_a_word_counts():
    hits = [place % 3 == 0 for place in range(70_000)]
    low, high = frozen_interval(hits, 1)
    rng = Random(1)
    first = sum(hits[rng.randrange(70_000)] for _ in range(70_000)) / 70_000
    assert low < high
    assert abs((low + high) / 2 - 1 / 3) < 0.001
    assert abs(first - 1 / 3) < 5 * (high - low) / 4


def test_quantiles_are_those_of_scipy():
    rng = Random(3)
    for _ in range(40):
        a, b, degrees = rng.randint(1, 400), rng.randint(1, 400), rng.randint(1, 3000)
        for q in (0.025, 0.05, 0.975):
            assert beta_quantile(q, a, b) == pytest.approx(beta.ppf(q, a, b), abs=1e-10)
        assert t_quantile(0.975, degrees) == pytest.approx(t.ppf(0.975, degrees), rel=1e-9)


def test_the_range_of_random_choice_is_recognised_and_its_neighbours_are_not():
    rng, neighbours = Random(4), 0
    for _ in range(120):
        n = rng.choice([14, 40, 533, 100_000])
        hits, k = rng.randint(1, n - 1), rng.randint(1, n)
        for q, value in zip((0.025, 0.975), hypergeom(n, hits, k).interval(0.95), strict=True):
            assert is_hypergeometric_quantile(value, q, n, hits, k)
            neighbours += sum(is_hypergeometric_quantile(value + step, q, n, hits, k) for step in (-1, 1))
        place = rng.randint(0, k)
        assert hypergeometric_share(n, hits, k, place) == pytest.approx(hypergeom(n, hits, k).cdf(place), abs=1e-8)
    assert neighbours <= 3  # where a share is exactly the quantile


@pytest.mark.parametrize("levels", [None, 2, 6])
def test_a_ranked_list_is_that_of_the_stages(levels):
    for seed in range(6):
        scores, hits, _ = library(seed, levels=levels)
        ranking, priority = RankedList(scores, hits), dense_priority(scores)
        ranked = Ranked(priority, np.array(hits))
        sizes, totals = ranked.groups(np.ones((1, len(hits))))
        assert [ranking.sizes, ranking.hits] == [sizes[0].tolist(), totals[0].tolist()]
        for k in (1, 2, 17, 89, 90):
            assert ranking.expected_hits(k) == pytest.approx(expected_hits_of_top(scores, hits, k), abs=1e-12)
            assert ranking.inclusion(k) == pytest.approx(inclusion(priority, k).tolist())
        assert ranking.roc_auc() == pytest.approx(roc_auc(scores, hits)[0])
        assert bedroc_20(ranking) == pytest.approx(bedroc(scores, hits)[:2])


@pytest.mark.parametrize("levels", [None, 5])
def test_resamples_are_those_of_the_stages(levels):
    scores, hits, scaffolds = library(11, levels=levels)
    ranking, hit = RankedList(scores, hits), np.array(hits)
    drawn = redrawn(ranking, ranking, hits, scaffolds, 20, seed=3)
    ranked = {"score": Ranked(dense_priority(scores), hit)}

    def measure(rankings, weight, k):
        sizes, totals = rankings["score"].groups(weight)
        bought = rankings["score"].expected_hits(weight, k) / k
        return np.column_stack([bought, totals[:, -1] / sizes[:, -1], cumulative_auc(sizes, totals)])

    theirs = resampled(ranked, np.array(clusters_of(scaffolds)), 20 / 90, 2000, 3, measure)
    for ours, column in zip((drawn.score, drawn.chance, drawn.auc), theirs.T, strict=True):
        assert np.allclose(ours, column, rtol=1e-12, equal_nan=True)
    assert drawn.audit == drawn.score
    assert percentile_interval(drawn.score) == pytest.approx(np.quantile(theirs[:, 0], [0.025, 0.975]))


def test_fewer_than_30_scaffolds_are_not_drawn_again():
    scores, hits, _ = library(1)
    ranking = RankedList(scores, hits)
    assert redrawn(ranking, ranking, hits, [f"{place % 29}" for place in range(90)], 20, 0) is None


def test_means_and_ranks_are_those_of_the_stages():
    rng = Random(8)
    for _ in range(10):
        scores, hits, scaffolds = library(rng.randrange(1000), levels=7)
        mean = cluster_mean(np.array(scores), np.array(scaffolds))
        assert clustered_mean(scores, scaffolds) == pytest.approx((mean.estimate, mean.low, mean.high))
        values = [rng.randrange(9) for _ in scores]
        assert rank_correlation_of(scores, values) == pytest.approx(spearmanr(scores, values)[0], abs=1e-6)
        icc, size = intraclass_correlation(np.array(hits), np.array(clusters_of(scaffolds)))
        assert design_effect(hits, scaffolds) == pytest.approx(1 + (size - 1) * icc)
    assert rank_correlation_of([1.0, 1.0], [1, 2]) is None
    assert math.isclose(quantile([3.0, 1.0, 2.0, 5.0], 0.4), float(np.quantile([3, 1, 2, 5], 0.4)))


def test_heavy_atoms_are_counted_in_brackets_and_out_of_them():
    smiles = {
        "CC(=O)Oc1ccccc1C(=O)O": 13,
        "[2H]C([2H])Cl": 2,
        "C[N+](C)(C)CC[O-]": 7,
        "[Na+].[Cl-]": 2,
        "BrC1=C[nH]c2ccccc12": 10,
        "C[C@@H](N)C(=O)O": 6,
        "[H][H]": 0,
        "[HH].[He]": 1,
        "c1cc[se]c1": 5,
        "*C": 1,
    }
    assert {text: heavy_atoms(text) for text in smiles} == smiles
