"""Libraries with measured truth, and hits of a list counted by hand: shared by the tests of this folder."""

import numpy as np

from hetero2.stats.benefit.choosing import Library


def library(seed=0, n=200, digits=6, calls=("SIGNAL", "NO_SIGNAL", "UNDECIDABLE"), baseline=False, uneven=False):
    """`uneven`: scaffolds of 1, 2, 3 and 6 molecules, so that resamples differ in size; else three each."""
    rng = np.random.default_rng(seed)
    hit = rng.uniform(size=n) < 0.3
    score = np.round(hit + rng.normal(size=n), digits)
    call = rng.choice(np.array(calls, object), n)
    passed = rng.uniform(size=n) < 0.3
    cluster = np.repeat(np.arange(n), np.resize([1, 2, 3, 6], n))[:n] if uneven else np.arange(n) // 3
    today = np.round(hit + 2 * rng.normal(size=n), 2) if baseline else None
    return Library(score, hit, call, cluster, score, np.where(passed, 0.0, -0.5), passed, today)


def brute_force(priority, hit, k):
    """Mean over random orders within ties, by simulation-free arithmetic: tied hits come evenly."""
    total, left = 0.0, k
    for value in sorted(set(priority.tolist()), reverse=True):
        tied = priority == value
        taken = min(left, int(tied.sum()))
        total += taken * hit[tied].mean()
        left -= taken
    return total


def molecules_for(priority, hit, n_hits):
    """How many molecules from the top hold the `wanted` number of hits, tied hits coming evenly; all where too few."""
    sent = hits = 0.0
    for value in sorted(set(priority.tolist()), reverse=True):
        tied = priority == value
        tied_hits = int(hit[tied].sum())
        if tied_hits and hits + tied_hits >= n_hits - 1e-9:
            return sent + tied.sum() * (n_hits - hits) / tied_hits
        sent, hits = sent + tied.sum(), hits + tied_hits
    return sent
