"""Evidence that one arm of a campaign has the higher hit rate, valid at every look: an e-process for two proportions.

A round (a block) buys n_today molecules by today's order and n_new by the new one; h_today and h_new of them are hits.
For any alternative (t, u) of the two rates and any convex set H0 of rates,

    S = (t/t0)^h_today ((1-t)/(1-t0))^(n_today-h_today) (u/u0)^h_new ((1-u)/(1-u0))^(n_new-h_new)

has an expectation of at most 1 under all of H0, if (t0, u0) is the point of H0 with the least Kullback-Leibler
divergence n_today KL(t, t0) + n_new KL(u, u0) from (t, u): Turner, Ly and Grünwald, doi 10.1016/j.jspi.2023.106116,
and for differences of rates Turner and Grünwald, arXiv 2203.09785. The proof bounds S by the power of a weighted mean
(arithmetic and geometric means) that is linear in the rates. So it asks for less than one rate for all molecules of
an arm: outcomes must be independent given the past, and the mean rates of the arms must lie in H0. The product over
rounds is a supermartingale, and ever exceeds 1/alpha with a chance of at most alpha (Ville).

The alternative of a round may use all earlier rounds. Ours has the pooled hit rate of the past and an odds ratio
between the arms; the e-process is the mean over a prior on odds ratios. Learning the pooled rate and mixing over odds
ratios needs fewer molecules than a plug-in of both rates or a prior on both (docs/campaign_statistics.md).
"""

from typing import Final

import numpy as np
from scipy.optimize.elementwise import find_root
from scipy.special import logsumexp, xlogy
from scipy.stats import norm

from hetero2.stats.benefit.cluster_bootstrap import Floats, Ints

# Before the first round the pooled hit rate is taken to be 10 %, as if 10 molecules had been measured: the level does
# not depend on it, and by the second round the purchases outweigh it.
_PRIOR_RATE, _PRIOR_MOLECULES = 0.1, 10.0
LOG_ODDS_RATIOS: Final[Floats] = np.linspace(-4.5, 4.5, 61)


def _odds_ratio_prior() -> Floats:
    """(61,) weights: four fifths on gains of the usual size, one fifth on anything.

    An order worth a campaign has about twice the odds of a hit (a log odds ratio of 0.8 ± 0.5, positive); the standard
    normal keeps the interval short where the arms differ little or the other way.
    """
    gains = np.where(LOG_ODDS_RATIOS > 0, norm.pdf(LOG_ODDS_RATIOS, 0.8, 0.5), 0.0)
    anything = norm.pdf(LOG_ODDS_RATIOS)
    weights: Floats = 0.8 * gains / gains.sum() + 0.2 * anything / anything.sum()
    return weights


ODDS_RATIO_PRIOR: Final[Floats] = _odds_ratio_prior()


def alternatives(pooled_rate: Floats, share_new: Floats) -> tuple[Floats, Floats]:
    """Rates (today, new), each (campaigns, 61), with a given mean and each odds ratio of the prior.

    `pooled_rate` (campaigns,) in (0, 1) is (1 - share)·today + share·new, `share_new` (campaigns,) in (0, 1).
    """
    excess = np.exp(LOG_ODDS_RATIOS) - 1
    rate, share = pooled_rate[:, None], share_new[:, None]
    # (1 - share)·excess·today² + linear·today - rate = 0, solved in the form that loses no digits.
    linear = 1 + (share - rate) * excess
    today = 2 * rate / (linear + np.sqrt(linear**2 + 4 * (1 - share) * excess * rate))
    new = today * (1 + excess) / (1 + excess * today)
    return today, new


def closest_null(today: Floats, new: Floats, share_new: Floats, difference: Floats) -> tuple[Floats, Floats]:
    """The rates (today, new) with new - today ≤ `difference` of least divergence from the given ones; arrays broadcast.

    Least (1 - share)·KL(today, x) + share·KL(new, x + difference) over x; rates in (0, 1), difference in (-1, 1). Rates
    that meet the bound are their own closest ones.
    """
    gap = np.minimum(difference, new - today)
    if not np.any(difference):  # the slope below is linear then
        x = np.where(gap < new - today, (1 - share_new) * today + share_new * new, today)
        return x, x + gap

    def scaled_slope(x: Floats, t: Floats, u: Floats, d: Floats, share: Floats) -> Floats:
        """Derivative of the divergence times x(1 - x)y(1 - y), which keeps its sign and is finite at 0 and 1."""
        y = x + d
        slope: Floats = (1 - share) * (x - t) * y * (1 - y) + share * (y - u) * x * (1 - x)
        return slope

    low, high = np.maximum(today, -gap), np.minimum(new - gap, 1.0)
    roots = find_root(scaled_slope, (low, high), args=(today, new, gap, share_new))
    x = np.where(roots.success, roots.x, (low + high) / 2)  # no bracket where rates meet the bound: low = high
    return x, x + gap


def _log_ratio(hits: Floats, bought: Floats, rate: Floats, null_rate: Floats) -> Floats:
    ratio: Floats = xlogy(hits, rate / null_rate) + xlogy(bought - hits, (1 - rate) / (1 - null_rate))
    return ratio


def log_e_process(counts: Ints, differences: Floats) -> Floats:
    """(campaigns, rounds, nulls): log of the e-process against "new - today ≤ difference in every round", after each.

    `counts` (campaigns, rounds, 4): molecules bought by today's order, hits among them, bought by the new order, hits.
    `differences` (nulls,) of hit rates, each in (-1, 1). A round in which one arm bought nothing changes nothing. With
    the arms exchanged and -difference it is the evidence against "new - today ≥ difference". At a difference of 0 it
    tests that the new order is no better. O(campaigns·rounds·nulls·61) time, O(campaigns·nulls·(61 + rounds)) memory.
    """
    campaigns, rounds, _ = counts.shape
    log_wealth = np.zeros((campaigns, differences.size, LOG_ODDS_RATIOS.size))
    log_e = np.empty((campaigns, rounds, differences.size))
    bought, hits = np.zeros(campaigns), np.zeros(campaigns)
    for index in range(rounds):
        n_today, hits_today, n_new, hits_new = counts[:, index].astype(float).T
        pooled = (hits + _PRIOR_RATE * _PRIOR_MOLECULES) / (bought + _PRIOR_MOLECULES)
        comparable = (n_today > 0) & (n_new > 0)
        share = np.where(comparable, n_new / np.maximum(1, n_today + n_new), 0.5)
        today, new = (rates[:, None, :] for rates in alternatives(pooled, share))
        null_today, null_new = closest_null(today, new, share[:, None, None], differences[:, None])
        n_today, hits_today, n_new, hits_new = (
            np.where(comparable, column, 0)[:, None, None] for column in (n_today, hits_today, n_new, hits_new)
        )
        log_wealth += _log_ratio(hits_today, n_today, today, null_today)
        log_wealth += _log_ratio(hits_new, n_new, new, null_new)
        log_e[:, index] = logsumexp(log_wealth, axis=2, b=ODDS_RATIO_PRIOR)
        bought += counts[:, index, 0] + counts[:, index, 2]
        hits += counts[:, index, 1] + counts[:, index, 3]
    return log_e
