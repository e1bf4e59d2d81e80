"""Resamples of whole scaffolds against lists of molecules written out."""

import numpy as np
import pytest

from hetero2.stats.benefit import cluster_bootstrap
from hetero2.stats.benefit.choosing import OURS, priorities
from hetero2.stats.benefit.enrichment import dense_priority
from tests.unit.stats.benefit.libraries import brute_force, library


def test_resamples_are_the_twins_lists():
    """The weights of a resample, written out as a list of molecules and ranked by sorting."""
    data = library(6, n=45, digits=0)
    way = priorities(data)[OURS]
    ranked = cluster_bootstrap.Ranked(way, data.hit)
    for weight in next(cluster_bootstrap.draws(data.cluster, 5, 0, 5)):
        members = np.repeat(np.arange(45), weight.astype(int))
        assert len({int(weight[data.cluster == c].max()) for c in data.cluster}) > 1
        for k in (1, 7, 20):
            value = ranked.expected_hits(weight[None, :], np.array([float(k)]))[0]
            assert value == pytest.approx(brute_force(way[members], data.hit[members], k))


def test_inverse_is_the_least_number_that_holds_the_hits():
    data = library(7, n=50)
    ranked = cluster_bootstrap.Ranked(dense_priority(data.score), data.hit)
    ones = np.ones((1, 50))
    order = np.argsort(-data.score)
    for n_hits in range(1, int(data.hit.sum()) + 1):
        value = cluster_bootstrap.inverse(*ranked.groups(ones), np.array([float(n_hits)]))[0]
        assert value == pytest.approx(np.flatnonzero(np.cumsum(data.hit[order]) >= n_hits)[0] + 1)


def test_auc_of_a_resample_of_one_class_is_undefined():
    ranked = cluster_bootstrap.Ranked(dense_priority(np.array([3.0, 2.0, 2.0])), np.array([True, False, True]))
    weights = np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0], [0.0, 3.0, 0.0]])
    area = cluster_bootstrap.cumulative_auc(*ranked.groups(weights))
    assert area[0] == pytest.approx(0.75)
    assert np.isnan(area[1:]).all()


def test_k_of_a_resample_is_the_same_share_of_it_rounded_to_the_nearest():
    """Scaffolds differ in size, so resamples do; a share of 0.11 of them is rounded up as often as down."""
    data = library(30, n=120, uneven=True)

    def sizes(_rankings, weight, k):
        return np.column_stack([weight.sum(axis=1), k])

    drawn = cluster_bootstrap.resampled({}, data.cluster, 0.11, 200, 0, sizes)
    expected = [max(1, round(0.11 * n_molecules)) for n_molecules in drawn[:, 0].tolist()]
    assert drawn[:, 1].tolist() == expected
    remainders = 0.11 * drawn[:, 0] % 1
    assert (remainders > 0.5).any()
    assert (remainders < 0.5).any()
    smallest = cluster_bootstrap.resampled({}, data.cluster, 0.001, 5, 0, sizes)
    assert set(smallest[:, 1]) == {1.0}
