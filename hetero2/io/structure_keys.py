"""Structure hashes as numbers: the first 128 of their 256 bits, enough to tell any two structures apart."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]


def keys(hashes: Sequence[str] | pa.Array | pa.ChunkedArray) -> tuple[Keys, Keys]:
    """(high, low): the first and second 64 bits of each sha256 in hex, each (n,)."""
    column = hashes if isinstance(hashes, pa.Array | pa.ChunkedArray) else pa.array(hashes, pa.string())
    halves = pc.utf8_slice_codeunits(column, 0, 32)
    chunks = halves.chunks if isinstance(halves, pa.ChunkedArray) else [halves]
    digits = np.frombuffer(b"".join(map(_bytes, chunks)), ">u8").astype(np.uint64)
    return digits[0::2], digits[1::2]


def _bytes(halves: pa.Array) -> bytes:
    """The bytes of texts of 32 hex digits each."""
    _, _, letters = halves.buffers()
    start = 32 * halves.offset
    return b"" if letters is None else bytes.fromhex(str(letters[start : start + 32 * len(halves)], "ascii"))


def first_of_each(high: Keys, low: Keys) -> tuple[NDArray[np.bool_], Ints]:
    """(whether each element is the first with its key, and at these the number of elements with it), each (n,).

    O(n log n).
    """
    order, starts = _groups(high, low)
    first, count = np.zeros(len(order), bool), np.zeros(len(order), np.int64)
    first[order[starts]] = True
    count[order[starts]] = np.diff(starts, append=len(order))
    return first, count


def place_of_first(high: Keys, low: Keys) -> Ints:
    """(n,): index of the first element with the same key as each. O(n log n)."""
    order, starts = _groups(high, low)
    firsts = np.empty(len(order), np.int64)
    firsts[order] = np.repeat(order[starts], np.diff(starts, append=len(order)))
    return firsts


def _groups(high: Keys, low: Keys) -> tuple[Ints, Ints]:
    """(indices sorted by key, where in them each key begins); equal keys keep their order."""
    order = np.lexsort((low, high))
    new = np.ones(len(order), bool)
    for half in (high, low):
        ordered = half[order]
        same = ordered[1:] == ordered[:-1]
        new[1:] = ~same if half is high else new[1:] | ~same
    return order, np.flatnonzero(new)


def in_order(high: Keys, low: Keys) -> tuple[Keys, Keys]:
    """The keys sorted by (high, low), as `find` needs them. O(n log n)."""
    order = np.lexsort((low, high))
    return high[order], low[order]


def find(high: Keys, low: Keys, queries: tuple[Keys, Keys]) -> Ints:
    """(n,): index of each query (high, low) in keys that are unique and sorted by (high, low); -1 where it is absent.

    O(n log keys).
    """
    end = len(high)
    if not end:
        return np.full(len(queries[0]), -1, np.int64)
    place = np.searchsorted(high, queries[0])
    for _ in range(end):  # steps over structures that share their first 64 bits, which hardly ever happens
        inside = np.minimum(place, end - 1)
        further = (place < end) & (high[inside] == queries[0]) & (low[inside] < queries[1])
        if not further.any():
            break
        place = place + further
    inside = np.minimum(place, end - 1)
    return np.where((place < end) & (high[inside] == queries[0]) & (low[inside] == queries[1]), inside, -1)
