"""What bulk properties explain of a score, beside scipy and scikit-learn."""

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from hetero2.stats.diagnosis.bulk_properties import PROPERTY_MODEL, bulk_properties, explained_share, rank_correlation
from hetero2.stats.diagnosis.scaffold_folds import scaffold_folds


@pytest.fixture
def library():
    """(properties (300, 8), scaffold (300,)), and a random generator."""
    rng = np.random.default_rng(7)
    return rng.normal(size=(300, 8)).round(2), rng.integers(0, 60, 300), rng


def test_rank_correlation_is_that_of_scipy(library):
    properties, _, rng = library
    score = (properties[:, 1] + rng.normal(size=300)).round(1)  # with ties
    assert rank_correlation(score, properties[:, 1]) == pytest.approx(
        spearmanr(score, properties[:, 1]).statistic, abs=1e-6
    )
    assert rank_correlation(np.ones(300), score) is None


def test_the_explained_share_is_r2_of_ranks_out_of_fold(library):
    properties, scaffold, rng = library
    score = properties[:, 0] + 0.5 * rng.normal(size=300)
    model = HistGradientBoostingRegressor(
        max_iter=150, learning_rate=0.05, max_leaf_nodes=15, early_stopping=False, random_state=0
    )
    rank = rankdata(score) / 300
    predicted = cross_val_predict(model, properties, rank, cv=PredefinedSplit(scaffold_folds(scaffold)))
    share, reason = explained_share(score, properties, scaffold)
    assert share == pytest.approx(r2_score(rank, predicted), abs=1e-6)
    assert reason is None
    assert explained_share(np.exp(3 * score), properties, scaffold) == (share, None)


def test_a_property_model_is_called_one_and_noise_is_not(library):
    properties, scaffold, rng = library
    model, noise = (bulk_properties(score, properties, scaffold) for score in (properties[:, 0], rng.normal(size=300)))
    assert model["is_property_model"] is True
    assert model["explained_share"] > 0.95 > PROPERTY_MODEL
    assert noise["is_property_model"] is False
    assert noise["explained_share"] < 0.1


@pytest.mark.parametrize(
    ("score", "n_scaffolds", "reason"),
    [
        (np.zeros(300), 60, "all_scores_are_equal"),
        (np.arange(99.0), 60, "fewer_than_100_molecules"),
        (np.arange(300.0), 4, "fewer_than_5_scaffolds"),
        (np.zeros(0), 60, "all_scores_are_equal"),
    ],
)
def test_where_there_is_no_share_there_is_a_reason(library, score, n_scaffolds, reason):
    properties, scaffold, _ = library
    n = len(score)
    result = bulk_properties(score, properties[:n], scaffold[:n] % n_scaffolds)
    assert (result["explained_share"], result["is_property_model"], result["reason"]) == (None, None, reason)


def test_logp_is_the_second_property_and_heavy_atoms_are_the_last(library):
    properties, scaffold, _ = library
    result = bulk_properties(properties[:, 1], properties, scaffold % 4)
    assert result == {
        "n": 300,
        "rank_correlation_heavy_atoms": rank_correlation(properties[:, 1], properties[:, 7]),
        "rank_correlation_logp": 1.0,
        "explained_share": None,
        "reason": "fewer_than_5_scaffolds",
        "is_property_model": None,
    }
    assert abs(result["rank_correlation_heavy_atoms"]) < 0.3


def test_two_molecules_have_a_rank_correlation():
    assert rank_correlation(np.array([1.0, 2.0]), np.array([3.0, 1.0])) == -1.0
    assert rank_correlation(np.array([1.0, 2.0]), np.array([3.0, 3.0])) is None
