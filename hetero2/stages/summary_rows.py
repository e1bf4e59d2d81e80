"""Rows of a summary.csv, for the stages that read it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hetero2.tables import number_cell, read_csv, row_schema


def read_summary(path: Path, wanted: Iterable[str], later: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Rows of a summary.csv, numbers as numbers, None for an empty one; raises InputError with file and line.

    Columns that came `later` may be missing: their cells are then empty.
    """
    names, properties = list(wanted), row_schema("summary.v1")["properties"]
    numeric = {name for name in names if "number" in properties[name].get("type", "string")}

    def read(line: int, name: str, text: str) -> Any:
        if name not in numeric:
            return text
        return number_cell(text, path, f"line {line}", name) if text else None

    return [
        {name: read(line, name, row[name]) for name in names} | {name: row.get(name, "") for name in later}
        for line, row in read_csv(path, names)
    ]
