"""Molecules that only one of two lists holds, and what they can show, against sums written out."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binomtest

from hetero2.stats.benefit.choosing import OURS, PRESENT, priorities
from hetero2.stats.benefit.discordant import discordant, intraclass_correlation
from tests.unit.stats.benefit.libraries import library


def test_discordant_counts_are_the_twins():
    data = library(5)
    k = 40
    ways = priorities(data)
    ours, theirs = (set(np.argsort(-ways[name])[:k].tolist()) for name in (OURS, PRESENT))
    compared = discordant(data.hit, data.cluster, ways[OURS], ways[PRESENT], k)
    gained, lost = sum(data.hit[i] for i in ours - theirs), sum(data.hit[i] for i in theirs - ours)
    assert (compared.hits_gained, compared.hits_lost) == (gained, lost)
    assert compared.expected_discordant == len(ours ^ theirs)
    interval = binomtest(int(gained), int(gained + lost)).proportion_ci()
    assert compared.exact_low == pytest.approx((2 * interval.low - 1) * (gained + lost) / k)
    assert compared.exact_high == pytest.approx((2 * interval.high - 1) * (gained + lost) / k)


def analysis_of_variance(hit, cluster):
    """(ICC, mean size of the scaffold that a molecule is in), by sums over molecules and scaffolds written out."""
    groups = [[float(h) for h, c in zip(hit, cluster, strict=True) if c == name] for name in sorted(set(cluster))]
    n, grand = len(hit), sum(map(sum, groups)) / len(hit)
    between = sum(len(g) * (sum(g) / len(g) - grand) ** 2 for g in groups) / (len(groups) - 1)
    within = sum((h - sum(g) / len(g)) ** 2 for g in groups for h in g) / (n - len(groups))
    typical_size = (n - sum(len(g) ** 2 for g in groups) / n) / (len(groups) - 1)
    return (between - within) / (between + (typical_size - 1) * within), sum(len(g) ** 2 for g in groups) / n


def alike_in_scaffolds(seed):
    """A library whose scaffolds are mostly all hits or all misses."""
    data = library(seed, uneven=True)
    data.hit[:] = np.random.default_rng(seed).uniform(size=data.hit.size) < np.where(data.cluster % 3 == 0, 0.8, 0.1)
    return data


def test_the_intraclass_correlation_is_that_of_an_analysis_of_variance():
    data = alike_in_scaffolds(31)
    expected = analysis_of_variance(data.hit.tolist(), data.cluster.tolist())
    assert expected[0] > 0.3
    assert intraclass_correlation(data.hit, data.cluster) == pytest.approx(expected)
    dealt = np.random.default_rng(0).permutation(data.hit)
    assert intraclass_correlation(dealt, data.cluster)[0] < 0.1
    assert intraclass_correlation(data.hit, np.arange(data.hit.size)) == (0.0, 1.0)
    assert intraclass_correlation(np.arange(9) // 3 == 1, np.arange(9) // 3) == (1.0, 3.0)


def test_the_smallest_detectable_uplift_is_written_out():
    """Two-sided at 5 %, power 80 %: what both quantiles of the normal add up to, in standard errors of the uplift."""
    data, k = alike_in_scaffolds(32), 40
    ways = priorities(data)
    ours, theirs = (set(np.argsort(-ways[name])[:k].tolist()) for name in (OURS, PRESENT))
    icc, size = analysis_of_variance(data.hit.tolist(), data.cluster.tolist())
    base = data.hit.mean()
    error = ((1 + (size - 1) * icc) * len(ours ^ theirs) * base * (1 - base)) ** 0.5 / k
    compared = discordant(data.hit, data.cluster, ways[OURS], ways[PRESENT], k)
    assert compared.design_effect == pytest.approx(1 + (size - 1) * icc)
    assert compared.smallest_detectable_uplift == pytest.approx(2.801585 * error, rel=1e-6)
    detected = NormalDist(compared.smallest_detectable_uplift, error)
    assert 1 - detected.cdf(1.959964 * error) == pytest.approx(0.80, abs=1e-6)


def test_an_uplift_that_these_lists_cannot_reach_is_not_called_detectable():
    data = alike_in_scaffolds(33)
    score = np.arange(200)
    swapped = score.copy()
    swapped[[159, 160]] = swapped[[160, 159]]  # one molecule on each side of the cut changes places
    compared = discordant(data.hit, data.cluster, swapped, score, 40)
    assert compared.expected_discordant == 2
    assert compared.smallest_detectable_uplift is None
    assert compared.smallest_detectable_reason == "more_than_these_lists_can_show"
