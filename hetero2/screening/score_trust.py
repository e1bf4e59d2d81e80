"""The team's score as prior mean: how much of it the labels support, from a spike and slabs on its slope.

The latent function is m + b·z + g: z the normal score of the rank of the team's score in the library, g the process.
The slope b is next to nothing (spike), weak or strong (slabs); the labels weight the three by marginal likelihood
(George and McCulloch, doi 10.1080/01621459.1993.10476353). Under a weak slope z is limited to ±1:
the extremes of a score that says little, such as the largest molecules of a docking run, say no more than its better
third.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hetero2.screening.gaussian_process import fit

Floats = NDArray[np.float64]


class Slope(NamedTuple):
    """A normal prior of the slope, how probable it is to be the right one, and the limit of |z| under it."""

    probability: float
    mean: float
    sd: float
    limit: float = math.inf


class Support(NamedTuple):
    """What the labels say of the score.

    slopes: (posterior probability times posterior mean of the slope, limit) of each component; probability: of the
    slabs together.
    """

    slopes: tuple[tuple[float, float], ...]
    probability: float

    def offsets(self, z: Floats) -> Floats:
        """(n,): what the score adds to the mean."""
        parts = [slope * np.clip(z, -limit, limit) for slope, limit in self.slopes]
        offsets: Floats = np.add.reduce(parts) if parts else np.zeros(len(z))
        return offsets


TRUST = 0.22
_SPIKE, _WEAK, _STRONG = Slope(1.0, 0.0, 0.03), Slope(2 / 3, 0.2, 0.15, 1.0), Slope(1 / 3, 0.7, 0.3)
NOTHING = Support((), 0.0)


def prior_of_trust(trust: float = TRUST) -> tuple[Slope, ...]:
    """The prior under which the score says something with this probability."""
    slabs = [slab._replace(probability=trust * slab.probability) for slab in (_WEAK, _STRONG)]
    return _SPIKE._replace(probability=1.0 - trust), *slabs


def support_of_score(prior: Sequence[Slope], covariance: Floats, z: Floats, signs: Floats) -> Support:
    """Posterior of the slope given labels.

    covariance: (n, n) of the labels, noise included; z: (n,) normal scores of their molecules; signs: (n,) ±1. Their
    mean is unknown (variance 1), since labels are picked rather than drawn. O(n³) a component.
    """
    if not len(z):
        return Support(tuple((part.probability * part.mean, part.limit) for part in prior), prior[1].probability)
    log_weights, means = [], []
    for part in prior:
        limited = np.clip(z, -part.limit, part.limit)
        fitted = fit(covariance + 1.0 + part.sd**2 * np.outer(limited, limited), signs - part.mean * limited)
        log_prior = math.log(part.probability) if part.probability > 0 else -math.inf
        log_weights.append(log_prior + fitted.log_likelihood)
        means.append(part.mean + part.sd**2 * float(limited @ fitted.weights))
    shares = np.exp(np.array(log_weights) - max(log_weights))
    shares /= shares.sum()
    slopes = tuple((share * mean, part.limit) for share, mean, part in zip(shares.tolist(), means, prior, strict=True))
    return Support(slopes, float(shares[1:].sum()))
