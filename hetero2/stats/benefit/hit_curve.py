"""Hits of every way of choosing at many K, for a curve."""

import numpy as np

from hetero2.stats.benefit.choosing import Library, Record, methods_at, priorities

GRID = 60  # points at most, save K itself


def curve(library: Library, k: int) -> list[Record]:
    """`methods_at` a grid of K from 1 to n, K itself in it; empty where nothing can be said of hits. O(GRID·n)."""
    n = library.hit.size
    if n == 0 or library.hit.all() or not library.hit.any():
        return []
    sizes = np.unique(np.append(np.geomspace(1, n, GRID).round().astype(np.int64), min(k, n)))
    ways = priorities(library)
    return [methods_at(library, ways, int(size), None) for size in sizes]
