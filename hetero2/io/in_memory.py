"""Tables that a caller holds in memory, as Arrow tables; messages call them by the name that the caller knows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import ContractError, InputError
from hetero2.io.tables import arrow_schema, check, columns, from_columns


def as_table(data: Any, name: str) -> pa.Table:
    """A table as Arrow: of Arrow, of pandas without its index, of a library with Arrow's C stream, or columns by name.

    pandas is used only where `data` is of pandas. Raises InputError for anything else.
    """
    try:
        if isinstance(data, pa.Table):
            return data
        if isinstance(data, pa.RecordBatch):
            return pa.Table.from_batches([data])
        if type(data).__module__.partition(".")[0] == "pandas":
            return pa.Table.from_pandas(data, preserve_index=False)
        if isinstance(data, Mapping):
            return pa.table(dict(data))
        if hasattr(data, "__arrow_c_stream__"):
            return pa.table(data)
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{name}: not a table: {' '.join(str(error).split())}") from None
    raise InputError(
        f"{name}: expected a table, found {type(data).__name__}",
        "give a pyarrow Table, a pandas DataFrame, or a mapping of column names to columns",
    )


def as_contract(data: Any, contract: str, name: str) -> pa.Table:
    """A table with the columns and types of a contract, whatever else it has; raises InputError or ContractError.

    Types that another library made of ours (whole numbers that became floats where one is missing) are turned back.
    """
    table = as_table(data, name)
    present = [column for column in columns(contract) if column in table.column_names]
    try:
        typed = from_columns(contract, len(table), {column: table[column] for column in present})
    except (pa.ArrowException, KeyError) as error:
        raise ContractError(f"{name}: does not meet {contract}: {' '.join(str(error).split())}") from None
    return check(typed.select(present), contract, name)


def from_cells(rows: Iterable[Sequence[str]], contract: str, name: str) -> pa.Table:
    """The rows of a CSV, header first, with the types of a contract; columns that it does not have are null.

    An empty cell is null where the contract allows that, and where it should be a number. Raises InputError for a row
    of another length, and for a cell of another type.
    """
    header, *lines = rows
    for number, line in enumerate(lines, start=1):
        if len(line) != len(header):
            raise InputError(f"{name}: data row {number}: {len(line)} cells, but the header has {len(header)}")
    cells = dict(zip(header, zip(*lines, strict=True) if lines else [()] * len(header), strict=True))
    try:
        typed = {
            field.name: _typed(cells[field.name], field) for field in arrow_schema(contract) if field.name in cells
        }
    except pa.ArrowInvalid as error:
        raise InputError(f"{name}: does not meet {contract}: {error}") from None
    return from_columns(contract, len(lines), typed)


def _typed(cells: Sequence[str], field: pa.Field) -> pa.Array:
    texts = pa.array(cells, pa.string())
    if field.nullable or field.type != pa.string():
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return texts.cast(field.type)
