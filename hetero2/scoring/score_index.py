"""The index of a score table: scores by structure hash and by id of the library, looked up from disk.

A key is 128 bits: the first half of a structure hash, or of the sha256 of an id. Its highest bit tells the two apart
(0 a hash, 1 an id), so an id is never mistaken for a structure, and the ids come after all hashes.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hetero2.errors import InputError
from hetero2.io import structure_keys as hashed
from hetero2.io.files import atomic_path
from hetero2.io.structure_keys import Keys

_LARGE = 1 << 21
_ID_BIT = np.uint64(1 << 63)
Packed = NDArray[np.uint64]
Floats = NDArray[np.float64]
KeyPair = tuple[Keys, Keys]


class Contradiction(Exception):  # noqa: N818 - the index knows only that there is one; the slow reader says which
    """A key has two scores or weights."""


def hash_keys(hashes: Sequence[str] | pa.Array | pa.ChunkedArray) -> KeyPair:
    """(high, low) halves of the keys of structure hashes, each (n,)."""
    high, low = hashed.keys(hashes)
    return high & ~_ID_BIT, low


def id_keys(ids: Iterable[str]) -> KeyPair:
    """(high, low) halves of the keys of ids of a library, each (n,)."""
    digests = b"".join(hashlib.sha256(text.encode("utf-8")).digest()[:16] for text in ids)
    halves = np.frombuffer(digests, ">u8").astype(np.uint64)
    return halves[0::2] | _ID_BIT, halves[1::2]


def packed(keys: KeyPair, scores: Floats, weights: Floats) -> Packed:
    """(4, n): the rows of an index, in any order: both halves of the key, score and weight as their bits."""
    return np.stack([*keys, scores.view(np.uint64), weights.view(np.uint64)])


def large(parts: Iterable[Packed]) -> Iterator[Packed]:
    """The same rows in parts of 64 MB or more: memory in pieces of that size returns to the system once it is freed."""
    held, rows = list[Packed](), 0
    for part in parts:
        held.append(part)
        rows += part.shape[1]
        if rows >= _LARGE:
            yield np.concatenate(held, axis=1)
            held, rows = [], 0
    if held:
        yield np.concatenate(held, axis=1)


def ordered(parts: list[Packed]) -> Packed:
    """The rows of all parts by key, each key once; raises Contradiction where one has two scores. Empties `parts`.

    O(rows log rows); 32 bytes a row, and 20 more while they are sorted.
    """
    rows, end = np.empty((4, sum(part.shape[1] for part in parts)), np.uint64), 0
    parts.reverse()
    while parts:  # one by one, so that only one part is in memory twice
        part = parts.pop()
        rows[:, end : end + part.shape[1]] = part
        end += part.shape[1]
    order = np.lexsort((rows[1], rows[0]))
    for row in rows:
        row[:] = row[order]
    same = (rows[0, 1:] == rows[0, :-1]) & (rows[1, 1:] == rows[1, :-1])
    for row in rows[2:].view(np.float64):
        if (same & (row[1:] != row[:-1])).any():
            raise Contradiction
    return rows if not same.any() else np.ascontiguousarray(rows[:, np.concatenate([[True], ~same])])


def n_hashes(index: Packed) -> int:
    """How many structures an index has; the ids follow them."""
    return int(np.searchsorted(index[0], _ID_BIT))


def places(index: Packed, keys: KeyPair) -> NDArray[np.int64]:
    """(n,): where each key stands in an index; -1: nowhere. O(n log keys)."""
    return hashed.find(index[0], index[1], keys)


def find(index: Packed, keys: KeyPair) -> tuple[Floats, Floats]:
    """(scores, weights) of these keys, each (n,), nan where the index has none. O(n log keys)."""
    place = places(index, keys)
    scored = place >= 0
    scores, weights = (np.full(len(place), np.nan) for _ in range(2))
    scores[scored], weights[scored] = (index[row].view(np.float64)[place[scored]] for row in (2, 3))
    return scores, weights


def write_index(path: Path, index: Packed | None) -> None:
    """Write an index; an empty one for scores that are not a table."""
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.save(handle, np.zeros((4, 0), np.uint64) if index is None else index)


def open_index(path: Path) -> Packed:
    """An index on disk; only what is looked up is read. Raises InputError for any other file."""
    try:
        index: Packed = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable index of scores: {error}") from None
    return index
