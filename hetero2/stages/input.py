"""input: every row of the library once, in its order, numbered, with duplicate and missing ids marked."""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hetero2.errors import ConfigError, InputError
from hetero2.files import check_sha256, pretty_json, write_text
from hetero2.log import logger
from hetero2.provenance import file_facts
from hetero2.tables import check_names, read_csv, to_table, write_parquet

EXAMPLE = "hetero2 input --library my.csv --out input/rows.parquet --facts input/facts.json"
_COLUMNS = ("id", "smiles", "scores_input")
Raw = tuple[str, str, str]


def _read_smi(path: Path) -> Iterator[Raw]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}", "save the file as UTF-8") from None
    for line in lines[:-1] if lines[-1] == "" else lines:
        smiles, _, name = line.strip().partition("\t" if "\t" in line else " ")
        yield name.strip(), smiles, ""


def _check_type(path: Path, field: pa.Field) -> None:
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)
    text = any(kind(field.type) for kind in kinds)
    if not text and not (field.name == "id" and pa.types.is_integer(field.type)):
        raise InputError(f"{path}: the column {field.name!r} is of type {field.type}, expected text")


def _read_parquet(path: Path) -> Iterator[Raw]:
    try:
        with pq.ParquetFile(path) as file:
            names = check_names(path, file.schema_arrow.names)
            for name in _COLUMNS[:2]:
                if name not in names:
                    raise InputError(f"{path}: there is no column {name!r}; found {', '.join(map(repr, names))}")
            wanted = [name for name in _COLUMNS if name in names]
            for name in wanted:
                _check_type(path, file.schema_arrow.field(name))
            for batch in file.iter_batches(columns=wanted):
                for row in batch.to_pylist():
                    yield tuple("" if row.get(name) is None else str(row[name]) for name in _COLUMNS)  # type: ignore[misc]
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {error}") from None


def _parquet_column(path: Path, column: str) -> Iterator[tuple[str, str, str]]:
    try:
        with pq.ParquetFile(path) as file:
            for name in ("id", column):
                if name not in check_names(path, file.schema_arrow.names):
                    raise InputError(f"{path}: there is no column {name!r}")
            rows = (row for batch in file.iter_batches(columns=["id", column]) for row in batch.to_pylist())
            for number, row in enumerate(rows, start=1):
                molecule_id, cell = ("" if row[name] is None else str(row[name]) for name in ("id", column))
                yield f"row {number}", molecule_id, cell
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {error}") from None


def read_column(path: Path, column: str) -> Iterator[tuple[str, str, str]]:
    """(place, id, cell) of one more column of a CSV or Parquet table with ids."""
    if path.name.lower().endswith(".parquet"):
        return _parquet_column(path, column)
    if path.name.lower().endswith((".csv", ".csv.gz")):
        return ((f"line {line}", row["id"], row[column].strip()) for line, row in read_csv(path, ["id", column]))
    raise InputError(f"{path}: has no columns, so no {column!r}", "give the library as .csv, .csv.gz or .parquet")


def read_library(path: Path) -> Iterator[Raw]:
    """(id, smiles, scores_input) of every row of a library file; raises InputError where it cannot be read."""
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz")):
        return ((row["id"], row["smiles"], row.get("scores_input", "")) for _, row in read_csv(path, _COLUMNS[:2]))
    if name.endswith(".parquet"):
        return _read_parquet(path)
    if name.endswith(".smi"):
        return _read_smi(path)
    raise ConfigError(f"{path}: unknown suffix", "read are .csv, .csv.gz, .parquet and .smi")


def mark(rows: Iterable[Raw]) -> list[dict[str, Any]]:
    """Number the rows and mark ids that are missing or were there before (the first of them stays)."""
    marked, seen = [], set()
    for number, (molecule_id, smiles, scores_input) in enumerate(rows):
        reason = "missing_id" if not molecule_id.strip() else "duplicate_id" if molecule_id in seen else None
        seen.add(molecule_id)
        marked.append(
            {
                "row": number,
                "id": molecule_id,
                "smiles": smiles,
                "scores_input": scores_input.strip() or None,
                "status": "ERROR" if reason else None,
                "reason": reason,
            }
        )
    return marked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--library", type=Path, required=True, help=".csv, .csv.gz, .parquet or .smi")
    parser.add_argument("--sha256", default="none", help="sha256 that the library must have")
    parser.add_argument("--out", type=Path, required=True, help="where to write the rows (Parquet)")
    parser.add_argument("--facts", type=Path, required=True, help="where to write what is recorded of the library")


def run(args: argparse.Namespace) -> None:
    """Read and mark a library."""
    digest = check_sha256(args.library, args.sha256, "library")
    rows = mark(read_library(args.library))
    if not rows:
        raise InputError(f"{args.library}: no row after the header", "give at least one molecule")
    write_parquet(args.out, to_table(rows, "input_row.v1"), "input_row.v1")
    facts = {"kind": "input", "rows": len(rows), "inputs": [file_facts("library", args.library, digest)]}
    write_text(args.facts, pretty_json(facts))
    logger.info("%d rows, sha256 %s", len(rows), digest)
