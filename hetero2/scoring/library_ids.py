"""The ids of a library, to find which keys of a score table are among them."""

import functools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hetero2.io import structure_keys as hashed
from hetero2.io.tables import read_parquet
from hetero2.scoring.score_index import KeyPair, hash_keys, id_keys

BAD_IDS = ("missing_id", "duplicate_id")  # reasons of rows that no id names
HASH_PATTERN = r"^[0-9a-f]{64}\z"  # of a structure hash, as Arrow's RE2 writes it

_SLICE = 65_536  # ids that are Python texts at a time


def have_hash_form(texts: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    """(n,): whether each text has the form of a structure hash, 64 lower-case hex digits."""
    return np.asarray(pc.match_substring_regex(texts, HASH_PATTERN).to_numpy(zero_copy_only=False), bool)


def _sorted(keys: KeyPair) -> KeyPair:
    high, low = keys
    order = np.lexsort((low, high))
    return high[order], low[order]


class LibraryIds:
    """The ids of a library, 16 bytes each once they are looked up; an id must match exactly, spaces included."""

    def __init__(self, ids: pa.ChunkedArray) -> None:
        """`ids`: (n,) text, each once."""
        self._ids = ids

    @property
    def first(self) -> str:
        """The first id, to be shown as an example; empty where the library has none."""
        return str(self._ids[0].as_py()) if len(self._ids) else ""

    @functools.cached_property
    def keys(self) -> KeyPair:
        """Keys of all ids, sorted."""
        starts = range(0, len(self._ids), _SLICE) or range(1)
        halves = [id_keys(self._ids.slice(start, _SLICE).to_pylist()) for start in starts]
        high, low = (np.concatenate(half) for half in zip(*halves, strict=True))
        return _sorted((high, low))

    @functools.cached_property
    def hash_form(self) -> KeyPair:
        """Keys of the ids that have the form of a structure hash, as if they were hashes; sorted."""
        return _sorted(hash_keys(self._ids.filter(pa.array(have_hash_form(self._ids)))))

    def have(self, ids: list[str]) -> NDArray[np.bool_]:
        """(n,): whether each text is an id of the library."""
        return hashed.find(*self.keys, id_keys(ids)) >= 0

    def have_hashes(self, keys: KeyPair) -> NDArray[np.bool_]:
        """(n,): whether the structure hash of each key is the text of an id too."""
        return hashed.find(*self.hash_form, keys) >= 0


def read_library_ids(path: Path) -> LibraryIds:
    """The ids of the numbered rows of a library; rows whose id is missing or repeats another have none."""
    rows = read_parquet(path, "input_row.v1", ["id", "reason"])
    return LibraryIds(rows["id"].filter(has_good_id(rows["reason"])))


def has_good_id(reasons: pa.ChunkedArray) -> pa.ChunkedArray:
    """(n,): whether the reason of each row is another than a missing or repeated id."""
    return pc.invert(pc.is_in(reasons, value_set=pa.array(BAD_IDS)))
