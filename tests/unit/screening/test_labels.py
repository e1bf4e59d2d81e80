"""Labels as numbers."""

import numpy as np
import pytest
from scipy.stats import norm

from hetero2.screening.labels import Measurements, label_code, normal_scores, z_scored

NAN = float("nan")


def test_labels_alone_are_plus_and_minus_one() -> None:
    measured = Measurements(np.array([True, False, True]), np.array([NAN, 5.0, NAN]))
    np.testing.assert_array_equal(label_code(measured), [1, -1, 1])


def test_with_values_the_code_is_half_sign_and_half_rank() -> None:
    """Ranks 1.5, 1.5, 3, 4 of two inactives and two hits: mean 2.5, standard deviation √1.125."""
    measured = Measurements(np.array([True, False, True, False]), np.array([7.5, 3.0, 9.0, 4.0]))
    ranks = np.array([3.0, 1.5, 4.0, 1.5])
    expected = (np.array([1.0, -1.0, 1.0, -1.0]) + (ranks - 2.5) / np.sqrt(1.125)) / 2
    np.testing.assert_allclose(label_code(measured), expected)


def test_a_hit_without_a_value_stands_in_the_middle_of_the_hits() -> None:
    code = label_code(Measurements(np.array([True, True, True, False]), np.array([7.0, NAN, 9.0, NAN])))
    assert code[3] < code[0] < code[1] < code[2]
    assert (code[:3] > 0).all()


def test_hits_of_one_value_are_alike() -> None:
    np.testing.assert_array_equal(label_code(Measurements(np.ones(3, bool), np.full(3, 7.0))), 1.0)
    np.testing.assert_array_equal(z_scored(np.full(3, 7.0)), 0.0)


def test_normal_scores_are_quantiles_of_places_in_the_library() -> None:
    library = np.array([3.0, 1.0, NAN, 2.0, 2.0])
    expected = norm.ppf([0.875, 0.125, 0.5, 0.5])
    scores = normal_scores(library, library)
    np.testing.assert_allclose(scores[[0, 1, 3, 4]], expected, atol=1e-12)
    assert scores[2] == 0.0


def test_a_score_from_elsewhere_stands_between_its_neighbours() -> None:
    library = np.arange(10.0)
    inside, beyond = normal_scores(library, np.array([4.5, 1e9]))
    assert inside == pytest.approx(0.0, abs=1e-12)
    assert beyond == normal_scores(library, library).max()
    np.testing.assert_array_equal(normal_scores(np.full(3, NAN), np.array([1.0])), [0.0])
