"""A batch filled by two orders at once, so that their hit rates can be compared: team-draft interleaving.

Radlinski, Kurup and Joachims, CIKM 2008, doi 10.1145/1458082.1458092: the orders draft in turn, each the best molecule
that is still there; a coin decides who drafts first in each pair of turns.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hetero2.errors import ConfigError
from hetero2.screening.acquisition import batch, capped

Array = NDArray[Any]


class Interleaved(NamedTuple):
    """A batch of n molecules in the order of the draft.

    rows (n,): rows of the library; new_arm (n,) bool: drafted by the new order, else by today's; both (n,) bool: the
    order that did not draft it would have bought it too, had it filled the batch alone; share_shared: share of the
    molecules of such a batch that both orders would have bought; passed_over (m,): rows that the smaller arm left out
    on its way down to the depth of the larger, empty where both arms are equal.
    """

    rows: Array
    new_arm: Array
    both: Array
    share_shared: float
    passed_over: Array


class _Arm:
    """One order, its quota of the batch, and what it can still draft.

    `order`: all its rows, best first; `alone`: the rows that it would have bought by now had it filled the batch alone;
    `top`: the rows down to the depth of the larger arm, if this is the smaller one.
    """

    def __init__(self, order: list[int], quota: int, alone: set[int], top: list[int], rng: np.random.Generator) -> None:
        self.quota, self.alone, self.top = quota, alone, top
        self._order = _spread(top, quota, rng) + order
        self._next = {True: 0, False: 0}  # place in the order, with and without the cap: what is passed stays passed

    def draft(self, taken: Collection[int], full: set[Hashable], frameworks: Sequence[Hashable]) -> int | None:
        """The best row that is not taken and whose framework is not full; then the best that is not taken; or None."""
        for with_cap, place in self._next.items():
            while place < len(self._order) and (
                self._order[place] in taken or (with_cap and frameworks[self._order[place]] in full)
            ):
                place += 1
            self._next[with_cap] = place
            if place < len(self._order):
                return self._order[place]
        return None


def _spread(rows: list[int], n: int, rng: np.random.Generator) -> list[int]:
    """All of `rows`, so ordered that the first n, the next n, and so on, come evenly from top to bottom."""
    if not rows:
        return []
    stratum = np.arange(len(rows)) * n // len(rows)
    shuffled = np.lexsort((rng.random(len(rows)), stratum))
    place = np.arange(len(rows)) - np.searchsorted(stratum, stratum)  # within the stratum
    return [rows[i] for i in shuffled[np.lexsort((stratum, place))]]


def interleave(
    today: Array,
    new: Array,
    frameworks: Sequence[Hashable],
    size: int,
    most: int = 2,
    share_today: float = 0.5,
    seed: int = 0,
    passed_over: Collection[int] = (),
) -> Interleaved:
    """A batch of `size` molecules (or all there are) that today's and the new order (n,) fill by team draft.

    The orders are rows of the library that are left, best first, without repeats; `frameworks` is indexed by row, and
    at most `most` of one are bought in a batch while others are left. `share_today` of the batch is drafted by
    today's order (a share that is no whole number of molecules is rounded up or down by a coin). The smaller arm
    drafts evenly down to the depth that the larger arm reaches, and returns last to what it left out, in this batch
    or in earlier ones (`passed_over`: their fields of this name together). Else it would be compared on its best
    molecules alone, and keep them for longer. Deterministic in `seed`. ConfigError for sizes and shares that make no
    batch, ValueError for an order with repeats.
    """
    if size < 1 or most < 1 or not 0 <= share_today <= 1:
        raise ConfigError(
            f"batch of {size}, {most} per framework, control share {share_today}",
            "a batch and its cap are at least 1, the share of the control arm is between 0 and 1",
        )
    if any(len(np.unique(order)) < len(order) for order in (today, new)):
        raise ValueError("an order names a row twice")
    rng = np.random.Generator(np.random.PCG64(seed))
    n_today = int(size * share_today + rng.random())
    quotas = (n_today, size - n_today)
    arms = []
    for order, quota in zip((today, new), quotas, strict=True):
        smaller = quota < max(quotas)
        passed = set(passed_over) if smaller else set()
        ordered = np.array(sorted(order.tolist(), key=passed.__contains__), np.int64)  # stable: those passed over last
        alone = set(batch(ordered, frameworks, size, most).tolist()) | passed
        depth = max(quotas) if smaller and quota else 0
        top = [row for row, _ in zip(capped(ordered, frameworks, most), range(depth), strict=False)]
        arms.append(_Arm(ordered.tolist(), quota, alone, top, rng))
    rows, by = _draft(arms, frameworks, size, most, rng)
    bought = set(rows)
    lists = [arm.alone for arm in arms]
    return Interleaved(
        np.array(rows, np.int64),
        np.array(by, np.int64) == 1,
        np.array([row in lists[1 - drafter] for row, drafter in zip(rows, by, strict=True)], bool),
        len(lists[0] & lists[1]) / max(1, min(map(len, lists))),
        np.array([row for arm in arms for row in arm.top if row not in bought], np.int64),
    )


def _draft(
    arms: Sequence[_Arm], frameworks: Sequence[Hashable], size: int, most: int, rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """(rows, arm of each): whoever has less of its quota drafts next, a coin decides where both have the same share."""
    counts: Counter[Hashable] = Counter()
    full: set[Hashable] = set()
    drafted: dict[int, int] = {}
    n_by = [0, 0]
    while len(drafted) < size:
        served = [n / arm.quota if arm.quota else np.inf for n, arm in zip(n_by, arms, strict=True)]
        first = int(rng.integers(2)) if served[0] == served[1] else int(served[1] < served[0])
        for by in (first, 1 - first):
            row = arms[by].draft(drafted, full, frameworks)
            if row is not None:
                break
        else:
            break
        drafted[row] = by
        n_by[by] += 1
        counts[frameworks[row]] += 1
        if counts[frameworks[row]] >= most:
            full.add(frameworks[row])
    return list(drafted), list(drafted.values())
