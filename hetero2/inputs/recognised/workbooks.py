"""The one table of an Excel workbook, as text."""

import itertools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError, HeteroError, InputError
from hetero2.io.csv_reader import check_is_text
from hetero2.io.tables import MAX_COLUMNS, check_names, quoted

Line = tuple[str, list[str]]  # (place in the file, cells)
_FORMULA = b"<f>", b"<f "
_PART = 1 << 20


def read(path: Path) -> tuple[list[str], Iterator[Line], str]:
    """(header, rows, title of the sheet) of the only sheet that holds a table.

    Raises InputError where it cannot be read, ConfigError where several sheets could be meant.
    """
    with path.open("rb") as handle:
        if handle.read(4) != b"PK\x03\x04":
            check_is_text(path)
            raise InputError(f"{path}: not a readable Excel file: it is no zip archive", "save it as .xlsx, or .csv")
    lines = _guarded(path, _lines(path))
    _, (title, *_) = next(lines)
    _, header = next(lines)
    return header, lines, title


def _guarded(path: Path, lines: Iterator[Line]) -> Iterator[Line]:
    """The lines; whatever a broken workbook makes openpyxl raise, it raises while it reads, and is one error."""
    try:
        yield from lines
    except (HeteroError, MemoryError):
        raise
    except Exception as error:
        raise InputError(
            f"{path}: not a readable Excel file: {' '.join(str(error).split())[:200]}",
            "open it in Excel and save it anew as .xlsx, or as .csv",
        ) from None


def _lines(path: Path) -> Iterator[Line]:
    """The title of the sheet, its header, then its rows; empty rows are left out."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    sheets = [sheet for sheet in book.worksheets if (sheet.max_row or 2) > 1]
    if len(sheets) != 1:
        names = ", ".join(quoted(sheet.title) for sheet in book.worksheets)
        if not sheets:
            raise ConfigError(f"{path}: no sheet holds a table ({names})", "a table has a header and rows below it")
        raise ConfigError(f"{path}: {len(sheets)} sheets hold a table ({names})", "keep the one that is meant")
    yield "", [sheets[0].title]
    numbered: Iterator[tuple[int, tuple[Any, ...]]] = enumerate(_rows(sheets[0]), start=1)
    if _has_formulas(path):
        formulas = openpyxl.load_workbook(path, read_only=True)[sheets[0].title]
        numbered = _calculated(path, numbered, _rows(formulas))
    filled = ((number, cells) for number, cells in numbered if any(cell is not None for cell in cells))
    place, first = next(filled, (1, ()))
    header = [_shown(cell, f"{path}: row {place}") for cell in first]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise InputError(f"{path}: the sheet {sheets[0].title!r} is empty; expected a header row")
    yield f"row {place}", check_names(path, header)
    for number, cells in filled:
        texts = [_shown(cell, f"{path}: row {number}") for cell in cells]
        width = max((place for place, text in enumerate(texts, start=1) if text), default=0)
        if width > len(header):
            raise InputError(f"{path}: row {number}: {width} cells, but the header has {len(header)}")
        yield f"row {number}", [*texts, *[""] * len(header)][: len(header)]


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """The rows as long as they are: a size that is declared too small would cut them, one too large would pad them."""
    sheet.reset_dimensions()
    for cells in sheet.iter_rows(values_only=True):
        yield cells[:MAX_COLUMNS]


def _has_formulas(path: Path) -> bool:
    """Whether any sheet holds a formula, so that the workbook is read a second time only then."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            with archive.open(name) as sheet:
                before = b""
                while part := sheet.read(_PART):
                    if any(mark in before + part for mark in _FORMULA):
                        return True
                    before = part[-3:]
    return False


def _calculated(
    path: Path, rows: Iterator[tuple[int, tuple[Any, ...]]], formulas: Iterator[tuple[Any, ...]]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The rows; raises InputError at a formula whose result is not stored, which would be taken for an empty cell."""
    for (number, values), texts in itertools.zip_longest(rows, formulas, fillvalue=(0, ())):
        for value, text in zip(values, texts, strict=False):
            if value is None and text is not None:
                raise InputError(
                    f"{path}: row {number}: the formula {quoted(text)} has no stored result",
                    "open the file in Excel, let it calculate, and save it; or save the table as .csv",
                )
        yield number, values


def _shown(cell: object, where: str) -> str:
    """A cell as text: 12 and 12.0 alike as 12. Raises InputError for what Excel made a date or error."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, str) and cell.startswith("#") and cell.endswith(("!", "?", "/A")):
        raise InputError(f"{where}: the cell holds the error {cell}", "mend the formula")
    if not isinstance(cell, str | int | float):
        raise InputError(
            f"{where}: the cell holds the date {cell}", "format the column as text before the values are typed"
        )
    return str(cell).strip()
