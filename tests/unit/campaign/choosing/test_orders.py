"""The order of the screen: normal scores, threads, ties."""

import numpy as np

from hetero2.campaign.actions import read_state
from hetero2.campaign.choosing.orders import FittedScreen, ranked
from hetero2.chem.count_features import count_features
from hetero2.screening.screen import Settings
from tests.campaigns import start


def test_without_a_score_last_and_ties_by_structure():
    hashes = ["d", "c", "b", "a"]
    assert ranked(np.array([1.0, np.nan, 2.0, 1.0]), np.arange(4), hashes).tolist() == [2, 3, 0, 1]
    assert ranked(np.array([1.0, np.nan, 2.0, 1.0]), np.array([0, 1]), hashes).tolist() == [0, 1]


def test_means_from_stored_features_are_those_of_the_screen_whatever_the_threads(tmp_path):
    campaign = start(tmp_path)
    state = read_state(campaign)
    fitted = FittedScreen.fit(state.library, state.labels(), state.elsewhere, Settings(), 0)
    rows = np.arange(0, 60, 2)
    means = fitted.means(campaign / "features.parquet", rows, 1)
    assert np.array_equal(means, fitted.means(campaign / "features.parquet", rows, 4), equal_nan=True)
    assert np.flatnonzero(np.isfinite(means)).tolist() == rows.tolist()
    features = count_features(state.library.canonical_smiles[row] for row in rows)
    assert means[rows].tolist() == fitted.screen.predict(features, fitted.today[rows]).mean.tolist()
