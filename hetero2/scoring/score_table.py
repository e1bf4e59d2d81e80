"""`hetero_score_table.v1`: one score a structure, keyed by structure hash; CSV, CSV.gz or Parquet.

Tables are read in batches, whole columns at a time; the plain reader below it, a row at a time, is the authority: it is
asked whenever a batch looks odd, accepts what it can, and else says which line is wrong.
"""

import math
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hetero2.errors import InputError
from hetero2.scoring.batches import Odd, read_batches
from hetero2.scoring.hetero_scores import MAX_WEIGHT, MIN_WEIGHT, Scored, check_weight
from hetero2.tables import check_names, read_csv

SCHEMA = "hetero_score_table.v1"
_KEYS = ("structure_hash", "molecule_id", "id")
_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
HINT = "return the column id of score_request.csv unchanged"


def _key(names: list[str], where: str) -> str:
    for key in _KEYS:
        if key in names:
            return key
    raise InputError(f"{where}: no key column; expected one of {', '.join(_KEYS)} with structure hashes")


def number(text: object, what: str, where: str) -> float:
    """A cell as a finite number; raises InputError with what and where."""
    found = math.nan
    is_number = isinstance(text, int | float) and not isinstance(text, bool)
    if is_number or (isinstance(text, str) and _NUMBER.fullmatch(text.strip())):
        found = float(text)  # type: ignore[arg-type]
    if not math.isfinite(found):
        raise InputError(f"{where}: {what} is {text!r}, expected a finite number")
    return found


def scored(score: object, weight: object, where: str) -> Scored:
    """Cells as a score and a weight (1 where there is none)."""
    found = Scored(number(score, "score", where), 1.0 if weight in ("", None) else number(weight, "weight", where))
    check_weight(found.weight, where)
    return found


def _csv_rows(path: Path) -> Iterator[tuple[str, object, object, object]]:
    for line, row in read_csv(path, ["score"]):
        where = f"{path}: line {line}"
        yield where, row[_key(list(row), f"{path}: line 1")], row["score"], row.get("weight", "")


def _parquet_rows(path: Path) -> Iterator[tuple[str, object, object, object]]:
    try:
        with pq.ParquetFile(path) as file:
            names = check_names(path, file.schema_arrow.names)
            if "score" not in names:
                raise InputError(f"{path}: there is no column 'score'; found {', '.join(map(repr, names))}")
            key, row_number = _key(names, str(path)), 0
            wanted = [key, "score", *(["weight"] if "weight" in names else [])]
            for batch in file.iter_batches(columns=wanted):
                for row in batch.to_pylist():
                    row_number += 1
                    yield f"{path}: data row {row_number}", row[key], row["score"], row.get("weight")
    except pa.ArrowException as error:
        raise InputError(f"{path}: not a readable Parquet file: {error}") from None


def read_plainly(path: Path, wanted: Collection[str] | None = None) -> dict[str, Scored]:
    """As `read`, a row at a time."""
    rows = _parquet_rows(path) if path.name.lower().endswith(".parquet") else _csv_rows(path)
    found: dict[str, Scored] = {}
    for where, key, score, weight in rows:
        if not isinstance(key, str) or not _HASH.fullmatch(key):
            raise InputError(f"{where}: {key!r} is not a structure hash (64 lower-case hex digits)", HINT)
        one = scored(score, weight, where)
        if wanted is not None and key not in wanted:
            continue
        if found.setdefault(key, one) != one:
            raise InputError(
                f"{where}: {key} was given another score or weight before: {found[key].score} and {one.score}"
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


def read(path: Path, wanted: Collection[str] | None = None) -> dict[str, Scored]:
    """Scores by structure hash, all or only the `wanted`; raises InputError with file and line.

    A hash may occur again with the same score and weight; with others it is an error. O(rows) time; memory holds what
    is wanted.
    """
    found: dict[str, Scored] = {}
    chosen = None if wanted is None else pa.array(list(wanted), pa.string())
    try:
        for keys, scores, weights in _batches(path):
            mask = None if chosen is None else pc.is_in(keys, value_set=chosen)
            columns = (keys, scores, weights) if mask is None else [one.filter(mask) for one in (keys, scores, weights)]
            for key, score, weight in zip(*(one.to_pylist() for one in columns), strict=True):
                if found.setdefault(key, Scored(score, weight)) != (score, weight):
                    raise Odd
    except Odd:
        return read_plainly(path, wanted)
    return found


def check(path: Path) -> int:
    """Check a whole table and count its structures; 32 bytes of memory a row, however long it is.

    Raises InputError with file and line.
    """
    parts: list[np.ndarray] = []
    try:
        for keys, scores, weights in _batches(path):
            row = np.zeros(len(keys), [("high", "u8"), ("low", "u8"), ("score", "f8"), ("weight", "f8")])
            halves = pc.utf8_slice_codeunits(keys, 0, 32).to_pylist()
            digits = np.frombuffer(bytes.fromhex("".join(halves)), ">u8")
            row["high"], row["low"] = digits[0::2], digits[1::2]
            row["score"], row["weight"] = scores.to_numpy(zero_copy_only=False), weights.to_numpy(zero_copy_only=False)
            parts.append(row)
        if not parts:
            return 0
        rows = np.concatenate(parts)
        rows = rows[np.lexsort((rows["low"], rows["high"]))]
        same = (rows["high"][1:] == rows["high"][:-1]) & (rows["low"][1:] == rows["low"][:-1])
        agree = (rows["score"][1:] == rows["score"][:-1]) & (rows["weight"][1:] == rows["weight"][:-1])
        if (same & ~agree).any():
            raise Odd
        return len(rows) - int(same.sum())
    except Odd:
        return len(read_plainly(path))
