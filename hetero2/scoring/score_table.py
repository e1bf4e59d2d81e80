"""`hetero_score_table.v1`: one score a row, keyed by structure hash or by id of the library; CSV, CSV.gz or Parquet.

Tables are read in batches, whole columns at a time, into an index that is looked up from disk. The slow reader, a row
at a time, is the authority: it takes over as soon as a batch has anything unusual, and says which line is wrong.
"""

import itertools
import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hetero2.errors import InputError
from hetero2.inputs.parquet import Kind, read_parquet_rows
from hetero2.io.csv_reader import read_csv
from hetero2.io.tables import number, quoted
from hetero2.scoring.batches import NeedsSlowReader, read_batches
from hetero2.scoring.hetero_scores import MAX_WEIGHT, MIN_WEIGHT, Scored, check_weight
from hetero2.scoring.library_ids import LibraryIds, have_hash_form
from hetero2.scoring.score_index import Contradiction, Floats, Packed, hash_keys, id_keys, large, ordered, packed

SCHEMA = "hetero_score_table.v1"
_KEYS = ("structure_hash", "molecule_id", "id")
_KINDS: Mapping[str, Kind] = {**dict.fromkeys(_KEYS, "id"), "score": "number", "weight": "number"}
_HASH = re.compile(r"[0-9a-f]{64}")
_HASH_IN_ANY_CASE = re.compile(r"[0-9A-Fa-f]{64}")
_NEEDS_A_LOOK = r"^([\pZ\pC]*|[0-9A-Fa-f]{64})\z"  # a key that may be blank, or a structure hash in capitals
_BATCH = 16_384
REQUEST_HINT = "return the column id of score_request.csv unchanged"
KEY_HINT = (
    "the key of a molecule is its id in the library; that of a molecule or decoy alike is its id in score_request.csv"
)
Row = tuple[str, str, Scored]


def _key_column(names: list[str], where: str) -> str:
    for name in _KEYS:
        if name in names:
            return name
    raise InputError(f"{where}: no key column; expected one of {', '.join(_KEYS)}", KEY_HINT)


def finite(text: object, what: str, where: str) -> float:
    """A cell as a finite number; raises InputError with what and where."""
    value = number(text) if isinstance(text, str) else math.nan
    if isinstance(text, int | float) and not isinstance(text, bool):
        value = float(text)
    if not math.isfinite(value):
        raise InputError(f"{where}: {what} is {'missing' if text is None else quoted(text)}, expected a finite number")
    return value


def scored(score: object, weight: object, where: str) -> Scored:
    """Cells as a score and a weight (1 where there is none)."""
    pair = Scored(finite(score, "score", where), 1.0 if weight in ("", None) else finite(weight, "weight", where))
    check_weight(pair.weight, where)
    return pair


def _cells(path: Path) -> Iterator[tuple[str, str, object, object, object]]:
    """(place, name of the key column, key, score, weight) of every row."""
    if path.name.lower().endswith(".parquet"):
        rows, line, head = read_parquet_rows(path, ["score"], (*_KEYS, "weight"), _KINDS), "data row", str(path)
    else:
        rows, line, head = read_csv(path, ["score"]), "line", f"{path}: line 1"
    for place, row in rows:
        column = _key_column(list(row), head)
        yield f"{line} {place}", column, row[column], row["score"], row.get("weight")


def _key_text(key: object, column: str, where: str, library: LibraryIds | None) -> str:
    """A key as text, a whole number as its digits; raises InputError for anything that cannot be a key."""
    text = str(key) if isinstance(key, int) and not isinstance(key, bool) else key
    if text is None or (isinstance(text, str) and not text.strip()):
        raise InputError(
            f"{where}: the key is empty (column {column!r})", REQUEST_HINT if library is None else KEY_HINT
        )
    if not isinstance(text, str):
        raise InputError(f"{where}: the key is {quoted(key)}, expected text or a whole number", "write ids as text")
    if _HASH.fullmatch(text):
        return text
    if library is None:
        raise InputError(f"{where}: {quoted(text)} is not a structure hash (64 lower-case hex digits)", REQUEST_HINT)
    if _HASH_IN_ANY_CASE.fullmatch(text) and not library.have([text])[0]:
        raise InputError(
            f"{where}: {quoted(text)} is a structure hash in capital letters, and not an id of the library",
            "write structure hashes in lower case, as score_request.csv has them",
        )
    return text


def _rows(path: Path, library: LibraryIds | None) -> Iterator[Row]:
    """(place, key, score and weight) of every row; raises InputError, with file and line, for a bad one."""
    for place, column, key, score, weight in _cells(path):
        where = f"{path}: {place}"
        yield place, _key_text(key, column, where, library), scored(score, weight, where)


def read(path: Path, library: LibraryIds | None = None) -> dict[str, Scored]:
    """Scores by key, a row at a time; raises InputError with file and line.

    Without `library` every key must be a structure hash. A key may occur again with the same score and weight; with
    others it is an error.
    """
    scores: dict[str, Scored] = {}
    for place, key, pair in _rows(path, library):
        before = scores.setdefault(key, pair)
        if before != pair:
            earlier = first_places(path, [key])[key]
            raise InputError(
                f"{path}: {place}: {quoted(key)} has {_described(pair)}, but {_described(before)} in {earlier}",
                "a key may occur again only with the same score and weight",
            )
    return scores


def _described(pair: Scored) -> str:
    return f"the score {pair.score:.15g}" + (f" (weight {pair.weight:.15g})" if pair.weight != 1 else "")


def first_places(path: Path, keys: Collection[str]) -> dict[str, str]:
    """Where each of these keys stands first in a table, such as "line 7"."""
    places: dict[str, str] = {}
    for place, _, key, _, _ in _cells(path):
        if str(key) in keys:
            places.setdefault(str(key), place)
    return places


def first_unknown_id(path: Path, library: LibraryIds) -> tuple[str, str] | None:
    """(place, key) of the first key that is neither a structure hash nor an id of the library; None: there is none."""
    cells = ((place, str(key)) for place, _, key, _, _ in _cells(path))
    while batch := list(itertools.islice(cells, _BATCH)):
        ids = [(place, key) for place, key in batch if not _HASH.fullmatch(key)]
        unknown = np.flatnonzero(~library.have([key for _, key in ids]))
        if len(unknown):
            return ids[int(unknown[0])]
    return None


def _index_rows(
    keys: pa.Array, is_hash: NDArray[np.bool_], scores: Floats, weights: Floats, library: LibraryIds | None
) -> Iterator[Packed]:
    """Rows of an index for rows of a table; a structure hash that is also an id of the library is entered as both."""
    if is_hash.all() and (library is None or not len(library.hash_form[0])):
        yield packed(hash_keys(keys), scores, weights)
        return
    hashes, is_id = hash_keys(keys.filter(pa.array(is_hash))), ~is_hash
    yield packed(hashes, scores[is_hash], weights[is_hash])
    if library is not None:
        is_id[is_hash] = library.have_hashes(hashes)
        yield packed(id_keys(keys.filter(pa.array(is_id)).to_pylist()), scores[is_id], weights[is_id])


def _batches(path: Path, library: LibraryIds | None) -> Iterator[Packed]:
    """The rows of an index, batch by batch; raises NeedsSlowReader for a table with anything unusual in it."""
    for batch in read_batches(path, _KEYS, ("score", "weight")):
        names = batch.schema.names
        key = next((name for name in _KEYS if name in names), None)
        if key is None or "score" not in names:
            raise NeedsSlowReader
        keys, scores = batch[key], batch["score"]
        weights = batch["weight"] if "weight" in names else pa.array(np.ones(len(batch)))
        if keys.null_count or scores.null_count or weights.null_count:
            raise NeedsSlowReader
        is_hash = have_hash_form(keys)
        if not is_hash.all():
            ids = keys.filter(pa.array(~is_hash))
            if library is None or pc.any(pc.match_substring_regex(ids, _NEEDS_A_LOOK)).as_py():
                raise NeedsSlowReader
        score, weight = _floats(scores), _floats(weights)
        if not np.isfinite(score).all() or not ((weight >= MIN_WEIGHT) & (weight <= MAX_WEIGHT)).all():
            raise NeedsSlowReader
        yield from _index_rows(keys, is_hash, score, weight, library)


def _plain_batches(path: Path, library: LibraryIds | None) -> Iterator[Packed]:
    """The same by the slow reader; raises InputError with file and line."""
    rows = _rows(path, library)
    while batch := list(itertools.islice(rows, _BATCH)):
        values = np.array([pair for _, _, pair in batch], float)
        keys = pa.array([key for _, key, _ in batch], pa.string())
        yield from _index_rows(keys, have_hash_form(keys), values[:, 0].copy(), values[:, 1].copy(), library)


def index(path: Path, library: LibraryIds | None = None) -> Packed:
    """A checked table, sorted for lookup, see score_index: structure hashes, then ids.

    Without `library` every key must be a structure hash. Raises InputError with file and line. O(rows log rows); 32
    bytes a row, and 20 more while they are sorted.
    """
    try:
        parts = list(large(_batches(path, library)))
        if parts:
            return ordered(parts)
    except (NeedsSlowReader, Contradiction, pa.ArrowException, UnicodeDecodeError):
        pass  # the slow reader says what is wrong, if anything is
    try:
        return ordered(list(large(_plain_batches(path, library))))
    except (Contradiction, InputError):
        read(path, library)  # says which line of the file is the first that is wrong
        raise InputError(
            f"{path}: two structure hashes share their first half, which does not happen with sha256", KEY_HINT
        ) from None


def _floats(column: pa.Array) -> Floats:
    values: Floats = np.ascontiguousarray(column.to_numpy(zero_copy_only=False), np.float64)
    return values
