"""Columns of a summary.csv, for the stages that read it."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hetero2.io.tables import number_cell, read_csv, row_schema

_ROWS = 65_536
Row = tuple[int, dict[str, str]]


def page_name(row: int) -> str:
    """Name in the pack of the page of a row, counted from 0: an id is data, and never becomes a file name."""
    return f"molecules/{row:08d}.html"


def read_summary(path: Path, names_needed: Sequence[str], later: Iterable[str] = ()) -> pa.Table:
    """Columns of a summary.csv, numbers as float64, null for an empty one; raises InputError with file and line.

    Columns that came `later` may be missing: their cells are then empty. As many bytes a row as its cells have letters.
    """
    properties = row_schema("summary.v1")["properties"]
    numeric = {name for name in names_needed if "number" in properties[name].get("type", "string")}
    names = [*names_needed, *later]
    schema = pa.schema([(name, pa.float64() if name in numeric else pa.string()) for name in names])

    def column(name: str, rows: list[Row]) -> list[Any]:
        if name not in numeric:
            return [row.get(name, "") for _, row in rows]
        return [number_cell(row[name], path, f"line {line}", name) if row[name] else None for line, row in rows]

    def batches() -> Iterator[pa.Table]:
        source = read_csv(path, names_needed)
        while rows := list(itertools.islice(source, _ROWS)):
            yield pa.table([column(name, rows) for name in names], schema)

    return pa.concat_tables([schema.empty_table(), *batches()])
