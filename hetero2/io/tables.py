"""Tables by contract: `schemas/<contract>.schema.json` describes a row, from which columns, types and checks follow.

The order of the schema's properties is the order of the columns. Checks run on whole columns, on write and on read, so
that a million rows take seconds.
"""

import contextlib
import csv
import functools
import gzip
import io
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hetero2.errors import ContractError, InputError
from hetero2.io.files import atomic_path
from hetero2.paths import SCHEMAS

_ARROW = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
_ROW_GROUP = 65_536
_LONGEST_LINE = 64 << 20
MAX_COLUMNS = 16_384  # of a CSV, as in a spreadsheet
_NAMES_SHOWN = 10
csv.field_size_limit(16 << 20)
Row = Mapping[str, Any]


@functools.cache
def row_schema(contract: str) -> dict[str, Any]:
    """The JSON Schema of one row of `contract`."""
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{contract}.schema.json").read_text(encoding="utf-8"))
    return schema


@functools.cache
def columns(contract: str) -> tuple[str, ...]:
    """Column names of `contract`, in order."""
    return tuple(row_schema(contract)["properties"])


def _types(column: Mapping[str, Any]) -> list[str]:
    kind = column.get("type", "string")
    return [kind] if isinstance(kind, str) else list(kind)


@functools.cache
def arrow_schema(contract: str) -> pa.Schema:
    """The Arrow schema of `contract`; a column is nullable where its JSON type allows null."""
    fields = []
    for name, column in row_schema(contract)["properties"].items():
        kinds = _types(column)
        arrow = _ARROW[next(kind for kind in kinds if kind != "null")]
        fields.append(pa.field(name, arrow, nullable="null" in kinds))
    return pa.schema(fields)


def _violations(values: pa.ChunkedArray, column: Mapping[str, Any]) -> Iterator[tuple[str, pa.ChunkedArray]]:
    if "null" not in _types(column):
        yield "a value is required", pc.is_null(values)
    if "enum" in column:
        allowed = [value for value in column["enum"] if value is not None]
        is_allowed = pc.is_in(values, value_set=pa.array(allowed, values.type))
        yield f"allowed are {', '.join(map(str, allowed))}", pc.invert(pc.or_(is_allowed, pc.is_null(values)))
    if "const" in column:
        yield f"must be {column['const']!r}", pc.not_equal(values, column["const"])
    if "minLength" in column:
        yield "must not be empty", pc.less(pc.utf8_length(values), column["minLength"])
    if "pattern" in column:
        yield f"must match {column['pattern']}", pc.invert(pc.match_substring_regex(values, column["pattern"]))
    if "minimum" in column:
        yield f"must be at least {column['minimum']}", pc.less(values, column["minimum"])
    if "exclusiveMinimum" in column:
        yield f"must be more than {column['exclusiveMinimum']}", pc.less_equal(values, column["exclusiveMinimum"])
    if "maximum" in column:
        yield f"must be at most {column['maximum']}", pc.greater(values, column["maximum"])
    if pa.types.is_floating(values.type):
        yield "must be a finite number", pc.invert(pc.is_finite(values))


def check(table: pa.Table, contract: str, where: str, only: Iterable[str] | None = None) -> pa.Table:
    """`table` with the columns of `contract`, or `only` some; raises ContractError at the first invalid cell."""
    properties = row_schema(contract)["properties"]
    properties = properties if only is None else {name: properties[name] for name in only}
    for name, column in properties.items():
        if name not in table.column_names:
            raise ContractError(f"{where}: there is no column {name!r}, which {contract} requires")
        for rule, broken in _violations(table[name], column):
            if pc.any(broken).as_py():
                row = pc.index(broken, True).as_py()
                value = table[name][row].as_py()
                raise ContractError(f"{where}: data row {row + 1}, column {name!r}: found {value!r}; {rule}")
    return table.select(list(properties))


def to_table(rows: Iterable[Row], contract: str) -> pa.Table:
    """Rows as a checked Arrow table."""
    schema = arrow_schema(contract)
    nullable = pa.schema([field.with_nullable(True) for field in schema])
    return check(pa.Table.from_pylist([dict(row) for row in rows], schema=nullable), contract, contract)


def from_columns(contract: str, n: int, values: Mapping[str, Any]) -> pa.Table:
    """A table of n rows from columns (n,) or single values by name; other columns, and nan, become null."""
    arrays = []
    for field in arrow_schema(contract):
        value = values.get(field.name)
        if isinstance(value, pa.Array | pa.ChunkedArray):
            arrays.append(value.cast(field.type))
        elif value is None or isinstance(value, str | int | float):
            arrays.append(pa.repeat(pa.scalar(value, field.type), n))
        else:
            arrays.append(pa.array(value, field.type, from_pandas=True))
    return pa.table(arrays, pa.schema([field.with_nullable(True) for field in arrow_schema(contract)]))


def write_parquet(path: Path, table: pa.Table, contract: str) -> None:
    """Write a checked table atomically: zstd, row groups of fixed size, so that bytes do not depend on batches."""
    checked = check(table, contract, str(path)).combine_chunks()
    with atomic_path(path) as temporary:
        pq.write_table(checked, temporary, compression="zstd", row_group_size=_ROW_GROUP)


def write_parquet_rows(path: Path, rows: Iterable[Row], contract: str) -> int:
    """Write rows as they come, a row group at a time, so that memory does not grow with them; return their number."""
    count, source = 0, iter(rows)
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, arrow_schema(contract), compression="zstd") as out:
        while batch := list(itertools.islice(source, _ROW_GROUP)):
            out.write_table(to_table(batch, contract).cast(arrow_schema(contract)), row_group_size=_ROW_GROUP)
            count += len(batch)
    return count


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(
            f"{path}: not a readable Parquet file: {error}", "delete it and run again; it will be rebuilt"
        ) from None
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None


def read_parquet(path: Path, contract: str, only: Sequence[str] | None = None) -> pa.Table:
    """A table that a stage wrote, or `only` some of its columns, checked again; raises InputError or ContractError."""
    with _readable(path):
        # a single file: pq.read_table would look for a data set in its folder
        table = pq.ParquetFile(path.absolute()).read(None if only is None else list(only))
    return check(table, contract, str(path), only)


def read_shard(path: Path, contract: str, shard: int, shards: int) -> pa.Table:
    """Rows of part `shard` (from 0) of `shards` consecutive parts of nearly equal size; only their groups are read."""
    with _readable(path), pq.ParquetFile(path.absolute()) as file:
        total = file.metadata.num_rows
        start, end = (total * step // shards for step in (shard, shard + 1))
        first, position = 0, 0
        groups: list[int] = []
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if position + size > start and position < end:
                first = position if not groups else first
                groups.append(group)
            position += size
        table = file.read_row_groups(groups) if groups else file.schema_arrow.empty_table()
    return check(table.slice(start - first, end - start), contract, str(path))


def open_text(path: Path) -> io.TextIOWrapper:
    """Open a UTF-8 text, gzipped or not, with or without a byte order mark; line ends are kept."""
    raw = gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # noqa: SIM115 - the caller closes it
    return io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def text_lines(handle: io.TextIOWrapper, path: Path) -> Iterator[str]:
    """The lines of a text; raises InputError for a NUL, and for a line too long for memory."""
    number = 0
    while line := handle.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise InputError(
                f"{path}: line {number}: longer than {_LONGEST_LINE >> 20} million characters",
                "is it a text file with line ends?",
            )
        if "\0" in line:
            raise InputError(f"{path}: line {number}: contains a NUL character", "save the file as UTF-8 text")
        yield line


def shown_names(names: Sequence[str]) -> str:
    """Column names for a message: all of a few, the first ten of many."""
    shown = ", ".join(quoted(name) for name in names[:_NAMES_SHOWN])
    return shown if len(names) <= _NAMES_SHOWN else f"{shown}, … and {len(names) - _NAMES_SHOWN:,} more"


def check_names(path: Path | str, names: list[str]) -> list[str]:
    """The column names of a user's file; raises InputError where one occurs twice. O(columns)."""
    doubled = sorted(name for name, count in Counter(names).items() if count > 1)
    if doubled:
        raise InputError(f"{path}: the column {quoted(doubled[0])} occurs twice", "give each column a name of its own")
    return names


_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_LONGEST, _SHOWN = 400, 80


def number(text: str) -> float:
    """A cell as a number; nan unless it is a finite one."""
    value = float(text) if len(text) <= _LONGEST and _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else math.nan


def quoted(value: object) -> str:
    """A cell for a message: as Python shows it, cut at 80 characters."""
    text = repr(value[: 2 * _SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 4] + "..'"


def number_cell(text: str, path: Path, where: str, column: str) -> float:
    """A cell as a finite number; raises InputError with file, place and column."""
    value = number(text)
    if math.isnan(value):
        raise InputError(f"{path}: {where}: column {column!r}: found {quoted(text)}, expected a finite number")
    return value
