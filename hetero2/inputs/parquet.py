"""Parquet tables that a user brings, of whatever types their writer chose: the twin of `csv_reader.read_csv`.

What pyarrow, pandas, polars and DuckDB write for texts (string, large, view, dictionary, bytes that are UTF-8) and for
numbers (whole numbers of any width, floats of 16 to 64 bits, decimals) is read; dates, booleans and nested columns are
refused where a text or a number is needed, and ignored elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hetero2.errors import InputError
from hetero2.io.files import check_file
from hetero2.io.tables import check_names, shown_names

Kind = Literal["text", "id", "number", "any"]
_EXPECTED: Mapping[Kind, str] = {
    "text": "text",
    "id": "text or whole numbers",
    "number": "numbers",
    "any": "text or numbers",
}
_TEXT_TESTS = (
    pa.types.is_null,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
)


def values_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values of a column: that of its dictionary where it has one."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts, bytes that may be UTF-8, or nothing at all."""
    return any(test(values_type(kind)) for test in _TEXT_TESTS)


def is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers; booleans are none."""
    plain = values_type(kind)
    return any(test(plain) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal))


def is_id(kind: pa.DataType) -> bool:
    """Whether a column of this type can hold ids: texts, UUIDs, whole numbers, decimals without a fraction."""
    plain = values_type(kind)
    whole = pa.types.is_integer(plain) or (pa.types.is_decimal(plain) and plain.scale == 0)
    return is_text(plain) or whole or isinstance(plain, pa.UuidType)


def as_texts(values: pa.Array) -> pa.Array:
    """Texts of a column for which `is_id` holds; raises ArrowInvalid where bytes are not UTF-8."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_decimal(values.type) or isinstance(values.type, pa.UuidType):
        return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
    if pa.types.is_fixed_size_binary(values.type) or pa.types.is_binary_view(values.type):
        values = values.cast(pa.binary())
    texts = values.cast(pa.string())
    texts.validate(full=True)  # a writer may have called bytes a text
    return texts


def as_numbers(values: pa.Array) -> pa.Array:
    """Doubles of a column for which `is_number` holds; null for nan, which is no value either."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_decimal(values.type):  # to the nearest double, as Python reads the same digits in a CSV
        return pa.array([None if value is None else float(value) for value in values.to_pylist()], pa.float64())
    doubles = values.cast(pa.float64(), safe=False)
    return pc.if_else(pc.is_nan(doubles), pa.scalar(None, pa.float64()), doubles)


def batches_of(file: pq.ParquetFile, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The batches of a Parquet file, a row group at a time: else pyarrow holds what it has read until the end."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(row_groups=[group], columns=columns)


def _check_type(path: Path | str, name: str, column: pa.DataType, kind: Kind) -> None:
    """Raise InputError unless a column is of a type that can hold this kind of value."""
    numbers = kind in ("number", "any") and is_number(column)
    if is_text(column) or numbers or (kind in ("id", "any") and is_id(column)):
        return
    floats = pa.types.is_floating(values_type(column)) or pa.types.is_decimal(values_type(column))
    raise InputError(
        f"{path}: the column {name!r} is of type {column}, expected {_EXPECTED[kind]}",
        "12 would become 12.0: write the column as text, or as whole numbers (pandas: astype('Int64'))"
        if kind == "id" and floats
        else f"write the column as {_EXPECTED[kind]}",
    )


def _read_column(path: Path | str, name: str, values: pa.Array, kind: Kind, row: int) -> pa.Array:
    """The values as texts or numbers; `row`: how many rows came before. Raises InputError for what is no text."""
    if kind in ("number", "any") and is_number(values.type):
        whole = kind == "any" and pa.types.is_integer(values_type(values.type))
        return values if whole else as_numbers(values)
    try:
        texts = as_texts(values)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        raise InputError(
            f"{path}: the column {name!r} holds bytes that are not UTF-8 text", "write the column as text"
        ) from None
    holds_nul = pc.match_substring(texts, "\0")
    if pc.any(holds_nul).as_py():
        place = row + 1 + pc.index(holds_nul, True).as_py()
        raise InputError(f"{path}: data row {place}: column {name!r}: contains a NUL character")
    return texts


def read_parquet_rows(
    path: Path, required: Iterable[str], optional: Iterable[str], kinds: Mapping[str, Kind]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (row, cells) of a Parquet table that a user brought, rows counted from 1.

    Cells of `text` and `id` columns are texts, those of `number` columns floats (or texts, where the file has texts),
    those of columns without a kind texts, whole numbers or floats; None where there is no value. Raises InputError for
    another type, a missing column, or what is no Parquet; an error of the disk stays what it is.
    """
    check_file(path)
    try:
        with pq.ParquetFile(path.absolute()) as file:
            yield from _rows(path, file.schema_arrow, partial(batches_of, file), (required, optional, kinds))
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(
            f"{path}: not a readable Parquet file: {' '.join(str(error).split())}",
            "is the file complete? Numbers wider than 64 bits are not supported",
        ) from None


def table_rows(
    name: str, table: pa.Table, required: Iterable[str], kinds: Mapping[str, Kind]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The same of the `required` columns of a table in memory, which messages call `name`."""
    yield from _rows(name, table.schema, lambda columns: table.select(columns).to_batches(), (required, (), kinds))


def _rows(
    path: Path | str,
    schema: pa.Schema,
    read_batches: Callable[[list[str]], Iterable[pa.RecordBatch]],
    columns: tuple[Iterable[str], Iterable[str], Mapping[str, Kind]],
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a table; `columns`: the required ones, the optional ones, and the kinds of both."""
    required, optional, kinds = columns
    names = check_names(path, schema.names)
    for name in required:
        if name not in names:
            raise InputError(f"{path}: there is no column {name!r}; found {shown_names(names)}")
    present = [name for name in dict.fromkeys((*required, *optional)) if name in names]
    for name in present:
        _check_type(path, name, schema.field(name).type, kinds.get(name, "any"))
    row = 0
    for batch in read_batches(present):
        values = [_read_column(path, name, batch[name], kinds.get(name, "any"), row) for name in present]
        yield from enumerate(pa.RecordBatch.from_arrays(values, present).to_pylist(), start=row + 1)
        row += len(batch)
