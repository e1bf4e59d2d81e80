"""Gaussian process regression on a given kernel, with the posterior of every molecule computed by itself.

Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1. The prior variance of the latent
function is 1 before centring, so values are in units of the label code (`labels`).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Fit(NamedTuple):
    """A fitted process.

    inverse: (n, n) lower triangular, inverse Cholesky factor of kernel + noise; weights: (n,), (kernel + noise)⁻¹ times
    the residuals; log_likelihood: of the residuals.
    """

    inverse: Floats
    weights: Floats
    log_likelihood: float


def cholesky_inverse(covariance: Floats) -> tuple[Floats, float]:
    """(inverse of the lower Cholesky factor, log determinant of the covariance).

    A covariance that is not positive definite by rounding gets the smallest power of ten times its mean diagonal that
    makes it so.
    """
    from scipy.linalg import solve_triangular  # half a second to import; a fit that is there needs none

    if not len(covariance):
        return np.zeros((0, 0)), 0.0
    scale, jitter = float(np.trace(covariance)) / len(covariance), 0.0
    while True:
        try:
            factor = np.linalg.cholesky(covariance + jitter * scale * np.eye(len(covariance)))
        except np.linalg.LinAlgError:
            jitter = max(1e-10, jitter * 10)
            if jitter > 1:
                raise
            continue
        break
    inverse: Floats = solve_triangular(factor, np.eye(len(covariance)), lower=True)
    return np.ascontiguousarray(inverse), 2.0 * float(np.log(np.diag(factor)).sum())


def fit(covariance: Floats, residuals: Floats) -> Fit:
    """The process given the covariance of the labels, noise included, and labels minus prior mean. O(n³)."""
    inverse, log_determinant = cholesky_inverse(covariance)
    whitened = inverse @ residuals
    log_likelihood = -0.5 * (float(whitened @ whitened) + log_determinant + len(residuals) * math.log(2 * math.pi))
    return Fit(inverse, inverse.T @ whitened, log_likelihood)


@njit(cache=True, nogil=True)
def _means(block, weights, mean):  # type: ignore[no-untyped-def]
    for row in range(len(block)):
        total = 0.0
        for label in range(len(weights)):
            total += block[row, label] * weights[label]
        mean[row] = total


@njit(cache=True, nogil=True)
def _variances(block, prior, inverse_transposed, variance):  # type: ignore[no-untyped-def]
    """variance[i] = prior[i] − |inverse · k_i|²; by columns, which the processor can take several of at a time."""
    n_labels = len(inverse_transposed)
    whitened = np.empty(n_labels)
    for row in range(len(block)):
        whitened[:] = 0.0
        for label in range(n_labels):
            value = block[row, label]
            for place in range(label, n_labels):
                whitened[place] += inverse_transposed[label, place] * value
        explained = 0.0
        for place in range(n_labels):
            explained += whitened[place] * whitened[place]
        variance[row] = max(prior[row] - explained, 0.0)


def posterior_mean(process: Fit, block: Floats) -> Floats:
    """(m,): posterior mean less the prior mean, from the (m, n) kernel to the labels; a row's value is its own."""
    mean = np.empty(len(block))
    _means(np.ascontiguousarray(block), process.weights, mean)
    return mean


def posterior_sd(process: Fit, block: Floats, prior_variances: Floats) -> Floats:
    """(m,): posterior standard deviation of the latent function. O(m n²); a row's value is its own."""
    variance = np.empty(len(block))
    _variances(np.ascontiguousarray(block), prior_variances, np.ascontiguousarray(process.inverse.T), variance)
    deviation: Floats = np.sqrt(variance)
    return deviation
