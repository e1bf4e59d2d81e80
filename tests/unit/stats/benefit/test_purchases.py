"""The paired bootstrap over clusters, beside a twin that draws them one by one."""

import numpy as np
import pytest

from hetero2.stats.benefit.purchases import RESAMPLES, difference_interval


def example(n_clusters=40, per_cluster=5, seed=3):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), per_cluster)
    gain = np.where(rng.random(len(cluster)) < 0.2, 1, 0) - np.where(rng.random(len(cluster)) < 0.1, 1, 0)
    return gain, cluster


def test_it_draws_whole_clusters():
    gain, cluster = example()
    per_cluster = np.bincount(cluster, weights=gain)
    rng = np.random.Generator(np.random.PCG64(7))
    sums = [per_cluster[rng.integers(0, 40, 40)].sum() for _ in range(RESAMPLES)]
    low, high = difference_interval(gain, cluster, 7)
    assert (low, high) == pytest.approx(np.percentile(sums, [2.5, 97.5]))
    assert low < gain.sum() < high


def test_it_holds_the_difference_in_95_of_100_worlds():
    """Clusters drawn from a population in which the expected difference is known."""
    rng, n_held = np.random.default_rng(0), 0
    for seed in range(300):
        of_cluster = rng.integers(-2, 5, 60)  # expected: 1 a cluster
        low, high = difference_interval(np.repeat(of_cluster, 1), np.arange(60), seed)
        n_held += low <= 60 <= high
    assert 0.91 < n_held / 300 < 0.98


def test_few_clusters_give_none():
    gain, cluster = example(n_clusters=29)
    assert difference_interval(gain, cluster, 0) is None
    assert difference_interval(*example(n_clusters=30), 0) is not None
