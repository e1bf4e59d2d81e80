"""One way of ranking molecules, with ties: hits of its first k in expectation over their random order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

_ROUNDING = 1e-9  # of a number of molecules or hits


class RankedList:
    """n molecules by keys (n,), larger first. `sizes`, `hits`: those up to the end of each group of ties."""

    def __init__(self, keys: Sequence[Any], hit: Sequence[bool]) -> None:
        self.keys = keys
        self.order = sorted(range(len(keys)), key=keys.__getitem__, reverse=True)
        self.sizes: list[int] = []
        self.hits: list[int] = []
        before, n_hits = None, 0
        for place, row in enumerate(self.order, start=1):
            n_hits += hit[row]
            if self.sizes and keys[row] == before:
                self.sizes[-1], self.hits[-1] = place, n_hits
            else:
                self.sizes.append(place)
                self.hits.append(n_hits)
            before = keys[row]

    def expected_hits(self, k: int) -> float:
        """Expected hits among the first k, in [0, k]; 1 <= k <= n. O(log n)."""
        group = bisect_left(self.sizes, k)
        above, above_hits = (self.sizes[group - 1], self.hits[group - 1]) if group else (0, 0)
        return above_hits + (k - above) * ((self.hits[group] - above_hits) / (self.sizes[group] - above))

    def sent_for(self, hits: float) -> float:
        """The least number from the top that holds so many hits in expectation. O(log n)."""
        n_sought = min(hits, self.hits[-1])
        group = min(bisect_left(self.hits, n_sought - _ROUNDING), len(self.sizes) - 1)
        above, above_hits = (self.sizes[group - 1], self.hits[group - 1]) if group else (0, 0)
        step = self.hits[group] - above_hits
        share = (n_sought - above_hits) / step if step > 0 else 0.0
        return above + share * (self.sizes[group] - above)

    def inclusion(self, k: int) -> list[float]:
        """(n,): the chance of each molecule to be among the first k; those of a tie across the cut share it. O(n)."""
        group = bisect_left(self.sizes, k)
        above = self.sizes[group - 1] if group else 0
        chances = [0.0] * len(self.order)
        for row in self.order[:above]:
            chances[row] = 1.0
        for row in self.order[above : self.sizes[group]]:
            chances[row] = (k - above) / (self.sizes[group] - above)
        return chances

    def roc_auc(self) -> float | None:
        """Mann-Whitney AUC (doi 10.1214/aoms/1177730491), ties one half; None where all or none are hits. O(n)."""
        n, n_hits = self.sizes[-1] if self.sizes else 0, self.hits[-1] if self.hits else 0
        if n_hits in (0, n):
            return None
        beaten, above, above_hits = 0.0, 0, 0
        for size, hits in zip(self.sizes, self.hits):
            below = (n - n_hits) - (size - hits)
            tied = (size - hits) - (above - above_hits)
            beaten += (hits - above_hits) * (below + tied / 2)
            above, above_hits = size, hits
        return beaten / (n_hits * (n - n_hits))


def expected_hits_of_first(scores: Sequence[float], hit: Sequence[bool], k: int) -> float:
    """Expected hits among the k highest scores (n,). O(n log n)."""
    return RankedList(scores, hit).expected_hits(k)
