"""Writing tables as CSV: UTF-8, `,`, line feeds, quotes where RFC 4180 needs them."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.io.files import atomic_path
from hetero2.io.tables import check, columns

_NEEDS_QUOTES = re.compile('[",\r\n]')  # csv.writer leaves a lone \\r unquoted before Python 3.13
_ROWS = 65_536


def cell(value: Any) -> str:
    """A value as a cell of a CSV, quoted where RFC 4180 needs it."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def _cells(column: pa.Array) -> list[str]:
    """The cells of a column; single cells are checked only where some text of the column needs quotes."""
    values = column.to_pylist()
    plain = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if pa.types.is_string(column.type):
        plain = not pc.any(pc.match_substring_regex(column, _NEEDS_QUOTES.pattern)).as_py()
    return ["" if value is None else str(value) for value in values] if plain else list(map(cell, values))


def write_csv(path: Path, batches: Iterable[pa.Table], contract: str) -> int:
    """Write tables one after the other as one CSV; return the number of rows. At most 65,536 rows are text at once."""
    count = 0
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        handle.write(",".join(columns(contract)) + "\n")
        for table in batches:
            checked = check(table, contract, str(path))
            count += len(checked)
            for batch in checked.to_batches(_ROWS):
                handle.writelines(",".join(row) + "\n" for row in zip(*map(_cells, batch.columns), strict=True))
    return count
