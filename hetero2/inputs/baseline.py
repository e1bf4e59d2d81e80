"""Today's filter: a file of its own, or a column of the library."""

from pathlib import Path

from hetero2.errors import InputError
from hetero2.inputs.library import read_library
from hetero2.io.tables import number_cell


def read_baseline(path: Path, column: str | None = None, higher_is_better: bool = True) -> dict[str, float]:
    """The score of every id, signed so that larger is better; raises InputError with file and line.

    With `column`, `path` is the library: an empty cell is no score, and the first row of an id counts, as everywhere.
    """
    name, scores = column or "score", dict[str, float | None]()
    for row in read_library(path, structures=False, more=name):
        line, molecule_id, text = row.place, row.id, row.cell
        if molecule_id in scores:
            if column is not None:
                continue
            raise InputError(f"{path}: {line}: the id {molecule_id!r} occurs twice", "give each molecule one score")
        scores[molecule_id] = None if column is not None and not text.strip() else number_cell(text, path, line, name)
    sign = 1 if higher_is_better else -1
    return {molecule_id: sign * value + 0.0 for molecule_id, value in scores.items() if value is not None}
