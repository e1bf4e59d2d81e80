"""A batch that two orders draft in turn, so that what each of them finds can be compared.

Team-draft interleaving (Radlinski, Kurup and Joachims, CIKM 2008, doi 10.1145/1458082.1458092).
"""

from collections import Counter
from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hetero2.screening import acquisition

Array = NDArray[Any]
TODAY, NEW = "today", "new"


class Pick(NamedTuple):
    """A molecule of a batch: its row, which order drafted it, and whether the other alone would have bought it."""

    row: int
    arm: str
    in_both: bool


def draft(
    order_today: Array,
    order_new: Array,
    size: int,
    control_share: float,
    frameworks: Sequence[Hashable],
    most: int,
    seed: Sequence[int],
) -> list[Pick]:
    """At most `size` rows of the library, in the order in which they are drafted.

    order_today, order_new: (n,) the same rows, the best first; control_share: what today's order drafts of them, a
    share from 0 to 1; the order that is further behind its share picks next, and a coin decides where none is;
    frameworks: of all rows of the library; most: picks of a framework, until no other is left.
    """
    whole_batch = {
        arm: set(acquisition.batch(order, frameworks, size, most).tolist())
        for arm, order in ((TODAY, order_today), (NEW, order_new))
    }
    rng = np.random.Generator(np.random.PCG64(list(seed)))
    picks: dict[int, str] = {}
    counts: Counter[Hashable] = Counter()
    choices = {
        TODAY: _choices(order_today, frameworks, most, picks, counts),
        NEW: _choices(order_new, frameworks, most, picks, counts),
    }
    for n_before in range(min(size, len(order_today))):
        n_today = sum(arm == TODAY for arm in picks.values())
        behind = round(control_share * n_before - n_today, 9)  # of today's order; the other one is ahead by as much
        arm = TODAY if behind > 0 or (behind == 0 and rng.random() < control_share) else NEW
        row = next(choices[arm])
        picks[row] = arm
        counts[frameworks[row]] += 1
    return [Pick(row, arm, row in whole_batch[NEW if arm == TODAY else TODAY]) for row, arm in picks.items()]


def _choices(
    order: Array, frameworks: Sequence[Hashable], most: int, picks: Container[int], counts: Mapping[Hashable, int]
) -> Iterator[int]:
    """What an order would pick next, given the picks so far: the caller adds each to them before it asks again."""
    passed_over = []
    for row in order.tolist():
        if row in picks:
            continue
        if counts[frameworks[row]] >= most:
            passed_over.append(row)
            continue
        yield row
    yield from (row for row in passed_over if row not in picks)
