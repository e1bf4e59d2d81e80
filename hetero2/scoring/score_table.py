"""`hetero_score_table.v1`: one score a structure, keyed by structure hash; CSV, CSV.gz or Parquet.

Tables are read in batches, whole columns at a time, into an index that is looked up from disk. The plain reader, a row
at a time, is the authority: it is asked whenever a batch looks odd, accepts what it can, and else says which line is
wrong.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hetero2 import keys as hashed
from hetero2.errors import InputError
from hetero2.files import atomic_path
from hetero2.inputs.parquet import read_parquet_rows
from hetero2.scoring.batches import Odd, read_batches
from hetero2.scoring.hetero_scores import MAX_WEIGHT, MIN_WEIGHT, Scored, check_weight
from hetero2.tables import number, quoted, read_csv

SCHEMA = "hetero_score_table.v1"
_KEYS = ("structure_hash", "molecule_id", "id")
_HASH = re.compile(r"[0-9a-f]{64}")
_LARGE = 1 << 21
Packed = NDArray[np.uint64]
Floats = NDArray[np.float64]
HINT = "return the column id of score_request.csv unchanged"


def _key(names: list[str], where: str) -> str:
    for key in _KEYS:
        if key in names:
            return key
    raise InputError(f"{where}: no key column; expected one of {', '.join(_KEYS)} with structure hashes")


def finite(text: object, what: str, where: str) -> float:
    """A cell as a finite number; raises InputError with what and where."""
    found = number(text) if isinstance(text, str) else math.nan
    if isinstance(text, int | float) and not isinstance(text, bool):
        found = float(text)
    if not math.isfinite(found):
        raise InputError(f"{where}: {what} is {'missing' if text is None else quoted(text)}, expected a finite number")
    return found


def scored(score: object, weight: object, where: str) -> Scored:
    """Cells as a score and a weight (1 where there is none)."""
    found = Scored(finite(score, "score", where), 1.0 if weight in ("", None) else finite(weight, "weight", where))
    check_weight(found.weight, where)
    return found


def _rows(path: Path) -> Iterator[tuple[str, object, object, object]]:
    """(place, key, score, weight) of every row."""
    if path.name.lower().endswith(".parquet"):
        rows, line, head = read_parquet_rows(path, ["score"], (*_KEYS, "weight"), {}), "data row", str(path)
    else:
        rows, line, head = read_csv(path, ["score"]), "line", f"{path}: line 1"
    for place, row in rows:
        yield f"{path}: {line} {place}", row[_key(list(row), head)], row["score"], row.get("weight")


def read(path: Path) -> dict[str, Scored]:
    """Scores by structure hash, a row at a time; raises InputError with file and line.

    A hash may occur again with the same score and weight; with others it is an error.
    """
    found: dict[str, Scored] = {}
    for where, key, score, weight in _rows(path):
        if not isinstance(key, str) or not _HASH.fullmatch(key):
            raise InputError(f"{where}: {quoted(key)} is not a structure hash (64 lower-case hex digits)", HINT)
        one = scored(score, weight, where)
        if found.setdefault(key, one) != one:
            raise InputError(
                f"{where}: {key} was given another score or weight before: {tuple(found[key])} and {tuple(one)}"
            )
    return found


def _batches(path: Path) -> Iterator[tuple[pa.Array, pa.Array, pa.Array]]:
    """(keys, scores, weights) of a table that is in order, batch by batch; raises Odd for any other."""
    for batch in read_batches(path, _KEYS, ("score", "weight")):
        names = batch.schema.names
        key = next((name for name in _KEYS if name in names), None)
        if key is None or "score" not in names:
            raise Odd
        keys, scores = batch[key], batch["score"]
        weights = batch["weight"] if "weight" in names else pa.array(np.ones(len(batch)))
        whole = keys.null_count == 0 and scores.null_count == 0 and weights.null_count == 0
        if not whole or pc.all(pc.match_substring_regex(keys, r"^[0-9a-f]{64}\z")).as_py() not in (True, None):
            raise Odd
        values = weights.to_numpy(zero_copy_only=False)
        if not np.isfinite(scores.to_numpy(zero_copy_only=False)).all():
            raise Odd
        if not ((values >= MIN_WEIGHT) & (values <= MAX_WEIGHT)).all():
            raise Odd
        yield keys, scores, weights


def _packed(hashes: Sequence[str] | pa.Array, scores: Floats, weights: Floats) -> Packed:
    high, low = hashed.keys(hashes)
    return np.stack([high, low, scores.view(np.uint64), weights.view(np.uint64)])


def _large(parts: Iterable[Packed]) -> Iterator[Packed]:
    """The same rows in parts of 64 MB or more: memory of that size goes back to the system when it is given up."""
    held, rows = list[Packed](), 0
    for part in parts:
        held.append(part)
        rows += part.shape[1]
        if rows >= _LARGE:
            yield np.concatenate(held, axis=1)
            held, rows = [], 0
    if held:
        yield np.concatenate(held, axis=1)


def _sorted(parts: list[Packed]) -> Packed:
    """The rows of all parts by key, each structure once; raises Odd where one has two scores. Empties `parts`."""
    rows, end = np.empty((4, sum(part.shape[1] for part in parts)), np.uint64), 0
    parts.reverse()
    while parts:  # one by one, so that no row is in memory twice
        part = parts.pop()
        rows[:, end : end + part.shape[1]] = part
        end += part.shape[1]
    order = np.lexsort((rows[1], rows[0]))
    for row in rows:
        row[:] = row[order]
    same = (rows[0, 1:] == rows[0, :-1]) & (rows[1, 1:] == rows[1, :-1])
    for row in rows[2:].view(np.float64):
        if (same & (row[1:] != row[:-1])).any():
            raise Odd
    return rows if not same.any() else np.ascontiguousarray(rows[:, np.concatenate([[True], ~same])])


def index(path: Path) -> Packed:
    """A checked table, sorted for lookup: (4, structures), 128 bits of the hash, score and weight as their bits.

    Raises InputError with file and line. O(rows log rows); 32 bytes a row, and 20 more while they are sorted.
    """
    try:
        packed = list(
            _large(_packed(keys, _floats(scores), _floats(weights)) for keys, scores, weights in _batches(path))
        )
        if not packed:
            raise Odd
        return _sorted(packed)
    except Odd:
        found = read(path)
        values = np.array(list(found.values()), float).reshape(-1, 2)
        try:
            return _sorted([_packed(list(found), values[:, 0].copy(), values[:, 1].copy())])
        except Odd:
            raise InputError(f"{path}: two structure hashes agree in their first half: no sha256 does", HINT) from None


def _floats(column: pa.Array) -> Floats:
    found: Floats = np.ascontiguousarray(column.to_numpy(zero_copy_only=False), np.float64)
    return found


def find(table: Packed, hashes: Sequence[str] | pa.Array | pa.ChunkedArray) -> tuple[Floats, Floats]:
    """(scores, weights) of these structures, each (n,), nan where the table has none. O(n log structures)."""
    place = hashed.find(table[0], table[1], hashed.keys(hashes))
    known = place >= 0
    scores, weights = (np.full(len(place), np.nan) for _ in range(2))
    scores[known], weights[known] = (table[row].view(np.float64)[place[known]] for row in (2, 3))
    return scores, weights


def write_index(path: Path, table: Packed | None) -> None:
    """Write an index, an empty one for scores that are no table."""
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.save(handle, np.zeros((4, 0), np.uint64) if table is None else table)


def open_index(path: Path) -> Packed:
    """An index on disk; only what is looked up is read. Raises InputError where it is none."""
    try:
        found: Packed = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable index of scores: {error}") from None
    return found
