"""The files of a verb in the form of their contracts while it works; what it says is of the user's own files."""

import contextlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hetero2.errors import HeteroError
from hetero2.inputs.recognised import converted, measured
from hetero2.inputs.recognised.tables import open_table
from hetero2.inputs.recognised.written import Brought, Names
from hetero2.io.csv_reader import csv_rows
from hetero2.io.files import check_file
from hetero2.runtime.log import notice

_LINE = re.compile(r"(?<=: )line (\d+)(?=:)|(?<= in )line (\d+)$|(?<=than in )line (\d+)$")
Column = tuple[str, str]  # (column of a score, option that names it)


class InForm(NamedTuple):
    """The user's own files, and as what they are taken, by role."""

    own: dict[str, Path]
    brought: dict[str, Brought]

    def path(self, role: str) -> Path | None:
        """The file to read, None where there is none."""
        return self.brought[role].path if role in self.brought else None

    def told(self, text: str) -> str:
        """A text about files that were written anew as one about the user's own."""
        for role, file in self.brought.items():
            if file.was_converted:
                text = text.replace(str(file.path), str(self.own[role])).replace(file.path.name, self.own[role].name)
        return text


AS_THEY_ARE = InForm({}, {})  # files that were read as they are


@contextlib.contextmanager
def of_own_files(files: InForm) -> Iterator[None]:
    """An error in a file that was written anew is one in the user's own: its name, and the line or row there."""
    try:
        yield
    except HeteroError as error:
        for role, file in files.brought.items():
            if file.was_converted and error.message.startswith(f"{file.path}:"):
                error.message = _with_places(error.message, file, files.own[role])
        error.message = files.told(error.message)
        error.hint = None if error.hint is None else files.told(error.hint)
        raise


def _with_places(message: str, file: Brought, own: Path) -> str:
    """A message with the places in the user's file for those in the one that was written."""
    if not _LINE.search(message):
        return message
    is_table = not own.name.lower().endswith(".sdf")
    places = [place for place, _ in open_table(own).rows] if is_table else []
    rows = {line: number for number, (line, _) in enumerate(csv_rows(file.path, ())[1])}

    def place(match: re.Match[str]) -> str:
        row = rows.get(int(next(filter(None, match.groups()))))
        if row is None:
            return match[0]
        number = row if file.kept is None else file.kept[row]
        return places[number] if is_table else f"record {number + 1}"

    return _LINE.sub(place, message)


@contextlib.contextmanager
def in_form(
    own: Mapping[str, Path | None], names: Names, columns: Mapping[str, Column] | None = None
) -> Iterator[InForm]:
    """Files (library, today, scores; anything else is measurements), for as long as the context lasts.

    columns: of today and scores. What was understood of a file that is not in the form of its contract is said.
    """
    given = {role: path for role, path in own.items() if path is not None}
    for path in given.values():
        check_file(path)
    with tempfile.TemporaryDirectory(prefix="hetero2-") as name:
        brought = dict[str, Brought]()
        for role, path in given.items():
            out = Path(name, f"{role}-as-read.csv")
            if role == "library":
                brought[role] = converted.library(path, names, Path(name))
            elif columns is not None and role in columns:
                brought[role] = measured.scores(path, names, *columns[role], out)
            else:
                brought[role] = measured.known(path, names, out)
        converted.check_named(list(given.values()), names)
        for role, file in brought.items():
            if file.was_converted:
                notice("%s", f"{given[role]}: {file.understood}")
        files = InForm(given, brought)
        with of_own_files(files):
            yield files
