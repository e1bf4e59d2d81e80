"""Structure hashes as numbers: 128 of their 256 bits, enough to tell any two structures apart."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]


def keys(hashes: Sequence[str]) -> tuple[Keys, Keys]:
    """(high, low): the first and the second 64 bits of sha256 in hex, each (n,)."""
    digits = np.frombuffer(bytes.fromhex("".join(one[:32] for one in hashes)), ">u8").astype(np.uint64)
    return digits[0::2], digits[1::2]


def first_of_each(high: Keys, low: Keys) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """(whether a place is the first of its key, how many have the key, told at that place), each (n,). O(n log n)."""
    order = np.lexsort((low, high))  # stable: of equal keys the first place comes first
    new = np.ones(len(order), bool)
    new[1:] = (high[order[1:]] != high[order[:-1]]) | (low[order[1:]] != low[order[:-1]])
    starts = np.flatnonzero(new)
    first, count = np.zeros(len(order), bool), np.zeros(len(order), np.int64)
    first[order[starts]] = True
    count[order[starts]] = np.diff(starts, append=len(order))
    return first, count
