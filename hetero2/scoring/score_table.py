"""`hetero_score_table.v1`: one score a structure, keyed by structure hash; CSV, CSV.gz or Parquet."""

import math
import re
from collections.abc import Container, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hetero2.errors import InputError
from hetero2.scoring.hetero_scores import Scored, check_weight
from hetero2.tables import check_names, read_csv

SCHEMA = "hetero_score_table.v1"
_KEYS = ("structure_hash", "molecule_id", "id")
_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def _key(names: list[str], where: str) -> str:
    for key in _KEYS:
        if key in names:
            return key
    raise InputError(f"{where}: no key column; expected one of {', '.join(_KEYS)} with structure hashes")


def _number(text: object, what: str, where: str) -> float:
    number = math.nan
    is_number = isinstance(text, int | float) and not isinstance(text, bool)
    if is_number or (isinstance(text, str) and _NUMBER.fullmatch(text.strip())):
        number = float(text)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise InputError(f"{where}: {what} is {text!r}, expected a finite number")
    return number


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
            key, number = _key(names, str(path)), 0
            wanted = [key, "score", *(["weight"] if "weight" in names else [])]
            for batch in file.iter_batches(columns=wanted):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: data row {number}", row[key], row["score"], row.get("weight")
    except pa.ArrowException as error:
        raise InputError(f"{path}: not a readable Parquet file: {error}") from None


def read(path: Path, wanted: Container[str] | None = None) -> dict[str, Scored]:
    """Scores by structure hash, all or only the `wanted`; raises InputError with file and line.

    A hash may occur again with the same score and weight; with others it is an error. O(rows) time; memory holds what
    is wanted.
    """
    rows = _parquet_rows(path) if path.name.lower().endswith(".parquet") else _csv_rows(path)
    found: dict[str, Scored] = {}
    for where, key, score, weight in rows:
        if not isinstance(key, str) or not _HASH.fullmatch(key):
            raise InputError(
                f"{where}: {key!r} is not a structure hash (64 lower-case hex digits)",
                "return the column id of score_request.csv unchanged",
            )
        scored = Scored(
            _number(score, "score", where), 1.0 if weight in ("", None) else _number(weight, "weight", where)
        )
        check_weight(scored.weight, where)
        if wanted is not None and key not in wanted:
            continue
        if found.setdefault(key, scored) != scored:
            raise InputError(
                f"{where}: {key} was given another score or weight before: {found[key].score} and {scored.score}"
            )
    return found
