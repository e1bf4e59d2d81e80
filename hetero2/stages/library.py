"""Rows of a library file that a user brought: .csv, .csv.gz, .parquet or .smi."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from hetero2.errors import ConfigError, InputError
from hetero2.tables import check_names, read_csv, unreadable_parquet


class Raw(NamedTuple):
    """A row as it is in the file; empty where there is no such cell."""

    id: str
    smiles: str
    scores_input: str = ""
    scaffold: str = ""
    decoy: str | None = None  # None: there is no such column
    cell: str = ""  # of one more column that was asked for
    place: str = ""


_NAMES = ("id", "smiles", "scores_input", "scaffold", "decoy")


def _read_smi(path: Path) -> Iterator[Raw]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as handle:
            for number, line in enumerate(handle, start=1):
                smiles, _, name = line.strip().partition("\t" if "\t" in line else " ")
                yield Raw(name.strip(), smiles, place=f"line {number}")
    except UnicodeDecodeError:
        raise InputError(f"{path}: near line {number + 1}: not UTF-8", "save the file as UTF-8") from None


def _check_type(path: Path, field: pa.Field, number: bool) -> None:
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)
    text = any(kind(field.type) for kind in kinds)
    numeric = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    if not text and not (number and numeric) and not (field.name == "id" and pa.types.is_integer(field.type)):
        raise InputError(f"{path}: the column {field.name!r} is of type {field.type}, expected text")


def _read_parquet(path: Path, required: Sequence[str], more: str | None) -> Iterator[Raw]:
    try:
        with pq.ParquetFile(path) as file:
            names = check_names(path, file.schema_arrow.names)
            for name in (*required, *([more] if more else [])):
                if name not in names:
                    raise InputError(f"{path}: there is no column {name!r}; found {', '.join(map(repr, names))}")
            wanted = [name for name in dict.fromkeys((*_NAMES, *([more] if more else []))) if name in names]
            for name in wanted:
                _check_type(path, file.schema_arrow.field(name), name == more)
            rows = (row for batch in file.iter_batches(columns=wanted) for row in batch.to_pylist())
            for number, row in enumerate(rows, start=1):
                texts = {name: "" if value is None else str(value) for name, value in row.items()}
                yield _raw(texts, more, f"row {number}")
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise unreadable_parquet(path, error) from None


def _raw(texts: dict[str, str], more: str | None, place: str) -> Raw:
    molecule_id, smiles, scores_input, scaffold = (texts.get(name, "") for name in _NAMES[:4])
    return Raw(
        molecule_id, smiles, scores_input, scaffold, texts.get("decoy"), texts[more].strip() if more else "", place
    )


def _there(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    return path


def read_library(path: Path, structures: bool = True, more: str | None = None) -> Iterator[Raw]:
    """Every row of a library file, with the cells of one more column where one is named.

    Without `structures` only ids are needed.

    Raises InputError, with file and line, where it cannot be read. Memory does not grow with the file.
    """
    name, required = path.name.lower(), ("id", "smiles") if structures else ("id",)
    if more is not None and not name.endswith((".csv", ".csv.gz", ".parquet")):
        raise InputError(f"{path}: has no columns, so no {more!r}", "give the library as .csv, .csv.gz or .parquet")
    if name.endswith((".csv", ".csv.gz")):
        rows = read_csv(path, (*required, *([more] if more else [])))
        return (_raw(row, more, f"line {line}") for line, row in rows)
    if name.endswith(".parquet"):
        return _read_parquet(_there(path), required, more)
    if name.endswith(".smi"):
        return _read_smi(_there(path))
    raise ConfigError(f"{path}: unknown suffix", "read are .csv, .csv.gz, .parquet, .smi and, for structures, .sdf")
