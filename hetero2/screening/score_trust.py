"""The team's score as prior mean: how much of it the labels support, from a spike and a slab on its slope.

The latent function is m + b·z + g, z the normal score of the rank of the team's score in the library, g the process.
The slope b is either next to nothing (spike) or something (slab); the labels weight the two by marginal likelihood
(George and McCulloch, doi 10.1080/01621459.1993.10476353).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hetero2.screening.gaussian_process import Fit, cholesky_inverse, fit

Floats = NDArray[np.float64]


class Slope(NamedTuple):
    """A normal prior of the slope, and the probability that it is the one."""

    probability: float
    mean: float
    sd: float


class Mixture(NamedTuple):
    """Posterior of slope and process.

    slope: its posterior mean; weights: (n,), of the kernel to the labels; inverse: (n, n) of the process alone;
    supported: posterior probability of the slab.
    """

    slope: float
    process: Fit
    supported: float


DEFAULT_PRIOR = (Slope(0.8, 0.0, 0.03), Slope(0.2, 0.3, 0.3))


def prior_of_trust(probability: float) -> tuple[Slope, ...]:
    """The prior with this probability of the slab."""
    spike, slab = DEFAULT_PRIOR
    return spike._replace(probability=1.0 - probability), slab._replace(probability=probability)


def posterior_of_slope(
    prior: tuple[Slope, ...], covariance: Floats, z: Floats, signs: Floats, residuals: Floats
) -> Mixture:
    """Posterior given labels.

    covariance: (n, n) of the labels, noise included; z: (n,) normal scores of their molecules; signs: (n,) ±1, which
    weight the components, under an unknown mean of variance 1, since labels are picked rather than drawn; residuals:
    (n,) label code less the prior mean.
    """
    if not len(z):
        slope = sum(part.probability * part.mean for part in prior)
        return Mixture(slope, Fit(np.zeros((0, 0)), np.zeros(0), 0.0), prior[-1].probability)
    outer = np.outer(z, z)
    evidence = [
        math.log(part.probability) + fit(covariance + 1.0 + part.sd**2 * outer, signs - part.mean * z).log_likelihood
        if part.probability > 0
        else -math.inf
        for part in prior
    ]
    shares = np.exp(np.array(evidence) - max(evidence))
    shares /= shares.sum()
    slope, weights = 0.0, np.zeros(len(z))
    for share, part in zip(shares.tolist(), prior, strict=True):
        fitted = fit(covariance + part.sd**2 * outer, residuals - part.mean * z)
        slope += share * (part.mean + part.sd**2 * float(z @ fitted.weights))
        weights += share * fitted.weights
    inverse, _ = cholesky_inverse(covariance)
    return Mixture(slope, Fit(inverse, weights, float(max(evidence))), float(shares[-1]))
