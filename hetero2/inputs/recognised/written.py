"""A user's file as it is taken: in the form that it has, or written anew."""

import filecmp
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from hetero2.errors import InputError
from hetero2.inputs.recognised.columns import ID, Role, needed
from hetero2.inputs.recognised.tables import Opened
from hetero2.io.csv_writer import cell
from hetero2.io.files import atomic_path
from hetero2.io.tables import quoted

AS_IT_IS = "as it is"


class Names(NamedTuple):
    """Columns that the user named, in place of those that are usually called so."""

    id: str | None = None
    smiles: str | None = None
    score: str | None = None
    label: str | None = None


class Brought(NamedTuple):
    """A file as it is taken; `understood`: in words, how the user's own was read; whether it was written anew.

    `kept`: which rows of the user's file were written, None for all of them. `by_threshold`: its results are numbers.
    """

    path: Path
    understood: str
    was_converted: bool = False
    kept: Sequence[int] | None = None
    by_threshold: bool = False


def id_column(path: Path, table: Opened, asked: str | None, role: Role = ID) -> str:
    """The column of ids; raises InputError where it holds floating numbers, which are no ids."""
    key = needed(path, table.header, role, asked)
    if key in table.floats:
        raise InputError(
            f"{path}: the column {key!r} holds floating numbers, expected text or whole numbers",
            "12 would become 12.0: write the column as text, or as whole numbers (pandas: astype('Int64'))",
        )
    return key


def fits(path: Path, table: Opened, columns: dict[str, str]) -> bool:
    """Whether a table is in the form of its contract already; `columns`: what it calls each column of it."""
    readable = path.name.lower().endswith((".csv", ".csv.gz", ".parquet"))
    return readable and not table.form and all(name == column for name, column in columns.items())


def said(table: Opened, count: str, columns: str) -> str:
    """How a table was read, in words."""
    return "; ".join(filter(None, (count, columns, table.form)))


def check_once(path: Path, rows: Sequence[tuple[str, dict[str, str]]], key: str) -> None:
    """Raise InputError, in the user's file, where an id is there twice: each molecule has one result."""
    places: dict[str, str] = {}
    for place, row in rows:
        if not row[key].strip():
            raise InputError(f"{path}: {place}: the id is empty", "give each molecule its id")
        if row[key] in places:
            raise InputError(
                f"{path}: {place}: the id {quoted(row[key])} occurs twice, first in {places[row[key]]}",
                "give each molecule one line",
            )
        places[row[key]] = place


def write(out: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a CSV, and return the number of rows; a file that says the same, and its time of change, is left alone."""
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh, n_lines = out.with_name(f".{out.name}.new"), 0
    with atomic_path(fresh) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as handle:
        for row in itertools.chain([header], rows):
            handle.write(",".join(map(cell, row)) + "\n")
            n_lines += 1
    if out.is_file() and filecmp.cmp(out, fresh, shallow=False):
        fresh.unlink()
    else:
        fresh.replace(out)
    return n_lines - 1
