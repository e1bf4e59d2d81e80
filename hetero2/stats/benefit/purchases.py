"""Two lists of molecules bought from one library: the difference of their hits when whole clusters are drawn again."""

import numpy as np

from hetero2.stats.benefit.cluster_bootstrap import MIN_CLUSTERS, Ints, draws

RESAMPLES = 2000
_CHUNK = 500


def difference_interval(gain: Ints, cluster: Ints, seed: int) -> tuple[float, float] | None:
    """95 % percentile interval of the sum of `gain` (n,) over a library of n molecules; None below 30 clusters.

    gain: 1 for a hit that only the new list holds, -1 for one that only today's holds, else 0. A paired bootstrap
    (doi 10.1214/aos/1176344552) over clusters (n,), such as frameworks: molecules of one are hits together.
    """
    if len(np.unique(cluster)) < MIN_CLUSTERS:
        return None
    sums = np.concatenate([weights @ gain for weights in draws(cluster, RESAMPLES, seed, _CHUNK)])
    low, high = np.percentile(sums, [2.5, 97.5])
    return float(low), float(high)
