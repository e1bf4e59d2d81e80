"""The process against textbook formulas written out."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hetero2.screening.gaussian_process import cholesky_inverse, fit, posterior_mean, posterior_sd

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(30, 3))
RBF = np.exp(-((POINTS[:, None] - POINTS[None]) ** 2).sum(axis=2))
LABELS, REST = np.arange(12), np.arange(12, 30)
NOISY = RBF[np.ix_(LABELS, LABELS)] + 0.1 * np.eye(12)
VALUES = RNG.normal(size=12)


def test_mean_and_sd_are_those_of_the_conditional_normal() -> None:
    process = fit(NOISY, VALUES)
    block = RBF[np.ix_(REST, LABELS)]
    precision = np.linalg.inv(NOISY)
    np.testing.assert_allclose(posterior_mean(process, block), block @ precision @ VALUES, atol=1e-10)
    variance = 1.0 - np.einsum("ij,jk,ik->i", block, precision, block)
    np.testing.assert_allclose(posterior_sd(process, block, np.ones(len(REST))), np.sqrt(variance), atol=1e-10)


def test_log_likelihood_is_that_of_the_normal_density() -> None:
    expected = multivariate_normal(np.zeros(12), NOISY).logpdf(VALUES)
    assert fit(NOISY, VALUES).log_likelihood == pytest.approx(expected, abs=1e-9)


def test_a_row_has_its_value_whatever_it_is_computed_with() -> None:
    process, block = fit(NOISY, VALUES), RBF[np.ix_(REST, LABELS)]
    alone = [posterior_mean(process, block[[row]])[0] for row in range(len(REST))]
    np.testing.assert_array_equal(alone, posterior_mean(process, block))
    alone = [posterior_sd(process, block[[row]], np.ones(1))[0] for row in range(len(REST))]
    np.testing.assert_array_equal(alone, posterior_sd(process, block, np.ones(len(REST))))


def test_a_covariance_that_is_singular_by_rounding_is_factored() -> None:
    inverse, _ = cholesky_inverse(np.ones((4, 4)))
    assert np.isfinite(inverse).all()


def test_without_labels_nothing_is_added() -> None:
    process = fit(np.zeros((0, 0)), np.zeros(0))
    np.testing.assert_array_equal(posterior_mean(process, np.zeros((3, 0))), 0.0)
    np.testing.assert_array_equal(posterior_sd(process, np.zeros((3, 0)), np.full(3, 0.25)), 0.5)
