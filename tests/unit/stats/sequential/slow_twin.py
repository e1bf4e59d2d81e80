"""The e-process written out: one loop a sum, the closest rates of H0 by minimising the divergence itself."""

from math import exp, log

from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm

LOG_ODDS = [0.15 * step for step in range(-30, 31)]


def prior():
    gains = [norm.pdf(value, 0.8, 0.5) if value > 1e-9 else 0.0 for value in LOG_ODDS]
    anything = [norm.pdf(value) for value in LOG_ODDS]
    return [0.8 * g / sum(gains) + 0.2 * a / sum(anything) for g, a in zip(gains, anything, strict=True)]


def rates(pooled, share_new, log_odds):
    def new_rate(today):
        odds = today / (1 - today) * exp(log_odds)
        return odds / (1 + odds)

    def excess(today):
        return (1 - share_new) * today + share_new * new_rate(today) - pooled

    today = brentq(excess, 1e-12, 1 - 1e-12, xtol=1e-14)
    return today, new_rate(today)


def divergence(p, q):
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


def closest(today, new, share_new, difference):
    if new - today <= difference:
        return today, new
    ends = max(0.0, -difference) + 1e-12, min(1.0, 1 - difference) - 1e-12
    best = minimize_scalar(
        lambda x: (1 - share_new) * divergence(today, x) + share_new * divergence(new, x + difference),
        bounds=ends,
        method="bounded",
        options={"xatol": 1e-12},
    ).x
    return best, best + difference


def likelihood(n, hits, rate):
    return rate**hits * (1 - rate) ** (n - hits)


def e_values(rounds, difference):
    """The e-value after each of the rounds (n_today, hits_today, n_new, hits_new)."""
    wealth = prior()
    hits_before, n_before = 1.0, 10.0
    after = []
    for n_today, hits_today, n_new, hits_new in rounds:
        if n_today and n_new:
            share = n_new / (n_today + n_new)
            for i, log_odds in enumerate(LOG_ODDS):
                today, new = rates(hits_before / n_before, share, log_odds)
                null_today, null_new = closest(today, new, share, difference)
                wealth[i] *= likelihood(n_today, hits_today, today) / likelihood(n_today, hits_today, null_today)
                wealth[i] *= likelihood(n_new, hits_new, new) / likelihood(n_new, hits_new, null_new)
        hits_before, n_before = hits_before + hits_today + hits_new, n_before + n_today + n_new
        after.append(sum(wealth))
    return after
