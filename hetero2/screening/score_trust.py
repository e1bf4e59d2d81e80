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
    """A normal prior of the slope, and how probable it is to be the right one.

    limit: of |z|; process: share of g that is kept; free_mean: the mean of the labels is whatever they say, rather than
    that of the library.
    """

    probability: float
    mean: float
    sd: float
    limit: float = math.inf
    process: float = 1.0
    free_mean: bool = False


class Support(NamedTuple):
    """What the labels say of the score.

    slopes: (posterior probability times posterior mean of the slope, limit) of each component; probability: of the
    slabs together.
    """

    slopes: tuple[tuple[float, float], ...]
    probability: float

    @property
    def slope(self) -> float:
        """The posterior mean of the slope."""
        return sum(slope for slope, _ in self.slopes)

    def offsets(self, z: Floats) -> Floats:
        """(n,): what the score adds to the mean."""
        parts = [slope * np.clip(z, -limit, limit) for slope, limit in self.slopes]
        offsets: Floats = np.add.reduce(parts) if parts else np.zeros(len(z))
        return offsets


TRUST = 0.25
NOTHING = Support((), 0.0)
_SPIKE = Slope(1.0, 0.0, 0.03)
_WEAK = Slope(0.6, 0.2, 0.15, limit=1.0)
# Where the labels follow a score this closely, what a few of them add to it is mostly noise.
_STRONG = Slope(0.4, 0.7, 0.3, process=0.2, free_mean=True)


def prior_of_trust(trust: float = TRUST) -> tuple[Slope, ...]:
    """The prior under which the score says something with this probability."""
    slabs = [slab._replace(probability=trust * slab.probability) for slab in (_WEAK, _STRONG)]
    return _SPIKE._replace(probability=1.0 - trust), *slabs


def posterior_with_score(
    prior: Sequence[Slope], covariance: Floats, z: Floats, signs: Floats, residuals: Floats
) -> tuple[Support, Floats]:
    """(support of the score, (n,) weights of the kernel to the labels) given labels.

    covariance: (n, n) of the labels, noise included; z: (n,) normal scores of their molecules; signs: (n,) ±1, by which
    the components are weighted, under an unknown mean of variance 1, since labels are picked rather than drawn;
    residuals: (n,) label code less the mean of the library. O(n³) a component.
    """
    if not len(z):
        slopes = tuple((part.probability * part.mean, part.limit) for part in prior)
        return Support(slopes, 1.0 - prior[0].probability), np.zeros(0)
    log_weights, means = [], []
    for part in prior:
        limited = np.clip(z, -part.limit, part.limit)
        fitted = fit(covariance + 1.0 + part.sd**2 * np.outer(limited, limited), signs - part.mean * limited)
        log_prior = math.log(part.probability) if part.probability > 0 else -math.inf
        log_weights.append(log_prior + fitted.log_likelihood)
        means.append(part.mean + part.sd**2 * float(limited @ fitted.weights))
    shares = np.exp(np.array(log_weights) - max(log_weights))
    shares /= shares.sum()
    weights = np.zeros(len(z))
    for share, mean, part in zip(shares.tolist(), means, prior, strict=True):
        rest = residuals - mean * np.clip(z, -part.limit, part.limit)
        weights += share * part.process * fit(covariance + float(part.free_mean), rest).weights
    slopes = tuple((share * mean, part.limit) for share, mean, part in zip(shares.tolist(), means, prior, strict=True))
    return Support(slopes, float(shares[1:].sum())), weights
