"""Which molecules a batch is made of: the best of an order, with a cap by framework."""

import itertools
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def capped(order: Array, frameworks: Sequence[Hashable], most: int) -> Iterator[int]:
    """Rows of an order, at most `most` of a framework; when none is left, those passed over, in order."""
    counts: Counter[Hashable] = Counter()
    passed_over = []
    for row in order.tolist():
        if counts[frameworks[row]] < most:
            counts[frameworks[row]] += 1
            yield row
        else:
            passed_over.append(row)
    yield from passed_over


def batch(order: Array, frameworks: Sequence[Hashable], size: int, most: int) -> Array:
    """The first rows of `capped`, (at most size,)."""
    return np.array(list(itertools.islice(capped(order, frameworks, most), size)), np.int64)
