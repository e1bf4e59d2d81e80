"""Rows of a library file that a user brought: .csv, .csv.gz, .parquet or .smi."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from hetero2.errors import ConfigError, InputError
from hetero2.inputs import smi
from hetero2.inputs.parquet import Kind, read_parquet_rows, table_rows
from hetero2.io.csv_reader import read_csv
from hetero2.io.files import TABLES
from hetero2.io.tables import quoted
from hetero2.runtime.log import notice


class Raw(NamedTuple):
    """A row as it is in the file; empty where there is no such cell."""

    id: str
    smiles: str
    scores_input: str = ""
    scaffold: str = ""
    decoy: str | None = None  # None: there is no such column
    cell: str = ""  # of one more column that was asked for
    place: str = ""
    status: str = ""  # SKIP or ERROR, with the reason, where reading alone tells
    reason: str = ""


_NAMES = ("id", "smiles", "scores_input", "scaffold", "decoy")


def _read_smi(path: Path) -> Iterator[Raw]:
    n_with_more = 0
    for number, line in smi.read(path):
        if isinstance(line, str):
            notice("%s: line %d is a header: %s", path, number, quoted(line))
        else:
            n_with_more += line.more
            yield Raw(line.name, line.smiles, place=f"line {number}")
    if n_with_more:
        notice(
            "%s: columns after the id are not read (lines that have some: %d); after spaces, an id is one word",
            path,
            n_with_more,
        )


def header_of(path: Path) -> str | None:
    """The header line of a .smi file that has one; None for the other formats, which always or never have one."""
    return smi.header(path) if path.name.lower().endswith(".smi") else None


def _read_parquet(path: Path, required: Sequence[str], more: str | None) -> Iterator[Raw]:
    kinds: dict[str, Kind] = {**dict.fromkeys(_NAMES, "text"), "id": "id", "decoy": "id"}
    if more is not None:
        kinds[more] = "number"
    for number, row in read_parquet_rows(path, required, _NAMES, kinds):
        texts = {name: "" if value is None else str(value) for name, value in row.items()}
        yield _raw(texts, more, f"row {number}")


def rows_of_table(name: str, table: pa.Table) -> Iterator[Raw]:
    """Every row of a table in memory with the columns id and smiles, which messages call `name`."""
    for number, row in table_rows(name, table, ("id", "smiles"), {"id": "id", "smiles": "text"}):
        yield Raw(row["id"] or "", row["smiles"] or "", place=f"{name}: row {number}")


def _raw(texts: dict[str, str], more: str | None, place: str) -> Raw:
    molecule_id, smiles, scores_input, scaffold = (texts.get(name, "") for name in _NAMES[:4])
    return Raw(
        molecule_id, smiles, scores_input, scaffold, texts.get("decoy"), texts[more].strip() if more else "", place
    )


def read_library(path: Path, structures: bool = True, more: str | None = None) -> Iterator[Raw]:
    """Every row of a library file, with the cells of one more column where one is named.

    Without `structures` only ids are needed.

    Raises InputError, with file and line, where it cannot be read. Memory does not grow with the file.
    """
    name = path.name.lower()
    required = ("id", *(["smiles"] if structures else []), *([more] if more is not None else []))
    if more is not None and not name.endswith(TABLES):
        raise InputError(f"{path}: has no columns, so no {more!r}", "give the library as .csv, .csv.gz or .parquet")
    if name.endswith((".csv", ".csv.gz")):
        return (_raw(row, more, f"line {line}") for line, row in read_csv(path, required))
    if name.endswith(".parquet"):
        return _read_parquet(path, required, more)
    if name.endswith(".smi"):
        return _read_smi(path)
    raise ConfigError(f"{path}: unknown suffix", "supported: .csv, .csv.gz, .parquet, .smi and, for structures, .sdf")
