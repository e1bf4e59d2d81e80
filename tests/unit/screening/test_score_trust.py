"""The posterior of the slope against integration on a grid."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from hetero2.config.models import Screen
from hetero2.screening.score_trust import TRUST, Support, posterior_with_score, prior_of_trust

RNG = np.random.default_rng(1)
Z = RNG.normal(size=8)
COVARIANCE = 0.5 * np.eye(8) + 0.3
SIGNS = np.where(Z + RNG.normal(size=8) > 0, 1.0, -1.0)


def _support(trust: float, covariance: np.ndarray, z: np.ndarray, signs: np.ndarray) -> Support:
    return posterior_with_score(prior_of_trust(trust), covariance, z, signs, signs + 0.9)[0]


def test_components_and_slopes_are_those_of_integration_over_the_slope() -> None:
    prior = prior_of_trust()
    grid = np.linspace(-4, 5, 9001)
    evidence, means = [], []
    for part in prior:
        z = np.clip(Z, -part.limit, part.limit)
        residuals = SIGNS[None] - grid[:, None] * z[None]
        likelihood = multivariate_normal(np.zeros(8), COVARIANCE + 1.0).pdf(residuals)
        weight = likelihood * norm(part.mean, part.sd).pdf(grid)
        evidence.append(part.probability * weight.sum())
        means.append((weight * grid).sum() / weight.sum())
    shares = np.array(evidence) / np.sum(evidence)
    support, weights = posterior_with_score(prior, COVARIANCE, Z, SIGNS, SIGNS + 0.9)
    assert support.probability == pytest.approx(shares[1:].sum(), abs=1e-6)
    np.testing.assert_allclose([slope for slope, _ in support.slopes], shares * means, atol=1e-6)
    expected = np.zeros(8)
    for share, mean, part in zip(shares, means, prior, strict=True):
        matrix = COVARIANCE + (1.0 if part.free_mean else 0.0)
        expected += (
            share * part.process * np.linalg.solve(matrix, SIGNS + 0.9 - mean * np.clip(Z, -part.limit, part.limit))
        )
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_probabilities_of_the_prior_add_up_to_one() -> None:
    for trust in (0.0, TRUST, 0.9, 1.0):
        prior = prior_of_trust(trust)
        assert sum(part.probability for part in prior) == pytest.approx(1)
        assert 1 - prior[0].probability == pytest.approx(trust)


def test_labels_that_follow_the_score_support_it_and_others_do_not() -> None:
    z = np.linspace(-2, 2, 40)
    covariance = 0.1 * np.eye(40)
    follow = _support(TRUST, covariance, z, np.sign(z))
    against = _support(TRUST, covariance, z, np.where(np.arange(40) % 2, 1.0, -1.0))
    assert follow.probability > 0.99
    assert against.probability < 0.1
    assert (np.diff(follow.offsets(z)) > 0).all()
    assert abs(against.offsets(z)).max() < 0.1


def test_no_trust_adds_almost_nothing() -> None:
    support = _support(0.0, COVARIANCE, Z, SIGNS)
    assert support.probability == 0
    assert abs(support.offsets(Z)).max() < 0.05


def test_without_labels_the_order_is_that_of_the_score() -> None:
    support = _support(TRUST, np.zeros((0, 0)), np.zeros(0), np.zeros(0))
    assert (np.diff(support.offsets(np.linspace(-3, 3, 50))) > 0).all()


def test_the_configuration_has_the_same_default() -> None:
    assert Screen().trust == TRUST
