"""Tables in memory as the files that a verb reads, and its options as keyword arguments.

So the functions of Python and the verbs are one code: what a verb checks, a function checks, in its words.
"""

import argparse
import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from hetero2.campaign.structures import LIMITS
from hetero2.commands.tables.molecules import as_molecules
from hetero2.errors import ConfigError, HeteroError, InputError
from hetero2.inputs.parquet import Kind, table_rows
from hetero2.io.csv_writer import cell
from hetero2.io.files import write_text
from hetero2.io.in_memory import as_table

_OPTION = re.compile(r"(?<![^\s(`])--(no-)?([a-z][a-z0-9-]*)")  # not within an id or a SMILES
_CAN_BE_DENIED = {"today_lower_is_better"}  # switches whose False is not silence, but --no-...
_TAKE_A_WORD = {key.rpartition(".")[2] for key in LIMITS}  # options whose true and false are words
_KINDS: Mapping[str, Kind] = {"id": "id", "smiles": "text", "status": "text", "value": "number", "label": "number"}


class Brought(NamedTuple):
    """A table that a caller brought, or the path of its file; `columns`: those that are read, id first."""

    data: Any
    columns: tuple[str, ...]


def _in_python(text: str) -> str:
    """A message with options as keyword arguments: --no-today-lower-is-better is today_lower_is_better=False."""
    return _OPTION.sub(lambda match: match[2].replace("-", "_") + ("=False" if match[1] else ""), text)


def _csv(name: str, source: Brought) -> str:
    """The columns of a table as CSV; booleans are 1 and 0, and so are labels that became floats."""
    import pyarrow as pa

    table = as_table(as_molecules(source.data, name), name)
    for place, field in enumerate(table.schema):
        if pa.types.is_boolean(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int8()))
    present = [column for column in source.columns if column in table.column_names]
    if "id" not in present:
        raise InputError(f"{name}: there is no column 'id'", f"read are the columns {', '.join(source.columns)}")
    lines = [",".join(map(cell, present))]
    for _, row in table_rows(name, table, present, {column: _KINDS.get(column, "number") for column in present}):
        label = row.get("label")
        if isinstance(label, float) and label.is_integer():
            row["label"] = int(label)
        lines.append(",".join(map(cell, row.values())))
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def as_verb() -> Iterator[None]:
    """What is raised inside speaks of keyword arguments, not of options."""
    try:
        yield
    except HeteroError as error:
        error.message = _in_python(error.message)
        error.hint = None if error.hint is None else _in_python(error.hint)
        raise


@contextlib.contextmanager
def as_files(**sources: Brought | None) -> Iterator[dict[str, Path]]:
    """The files of what was brought, by name: those that a path named, and tables in a folder that lasts as long.

    Errors call the file of a table `name.csv`. Raises InputError for what is no table.
    """
    with tempfile.TemporaryDirectory(prefix="hetero2-") as folder, as_verb():
        files = dict[str, Path]()
        for name, source in sources.items():
            if source is not None and isinstance(source.data, Path | str):
                files[name] = Path(source.data)
            elif source is not None and source.data is not None:
                files[name] = Path(folder, f"{name}.csv")
                write_text(files[name], _csv(name, source))
        try:
            yield files
        except HeteroError as error:
            error.message = error.message.replace(f"{folder}/", "")
            raise


class _Parser(argparse.ArgumentParser):
    """A parser that raises what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Raise ConfigError in the place of ending the process."""
        raise ConfigError(message.removeprefix("argument "))


def _text(value: object) -> str:
    try:
        return str(value).lower() if isinstance(value, bool) else str(value)
    except ValueError:  # a number of thousands of digits
        return type(value).__name__


def _words(values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        option = name.replace("_", "-")
        if value is False and name in _CAN_BE_DENIED:
            yield f"--no-{option}"
        elif isinstance(value, bool) and name not in _TAKE_A_WORD:
            yield from [f"--{option}"] if value else []
        elif value is not None:
            yield f"--{option}={_text(value)}"


def parsed(add_arguments: Callable[[argparse.ArgumentParser], None], **values: object) -> argparse.Namespace:
    """The options of a verb from keyword arguments, each checked as on the command line; None: its default.

    A switch that is False is left out. Raises ConfigError for a value that the verb would not take.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    add_arguments(parser)
    return parser.parse_args(list(_words(values)))
