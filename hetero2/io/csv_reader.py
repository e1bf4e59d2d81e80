"""Reading tables that a user brought as text: UTF-8, a header, and as many cells in each row."""

import contextlib
import csv
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from hetero2.errors import InputError
from hetero2.io.files import check_file
from hetero2.io.tables import MAX_COLUMNS, check_names, open_text, shown_names, text_lines


def _check_header(path: Path, header: list[str], required: Sequence[str], line: int) -> list[str]:
    if not header:
        columns_needed = f" with {', '.join(required)}" if required else ""
        raise InputError(f"{path}: the file is empty; expected a header line{columns_needed}")
    if len(header) > MAX_COLUMNS:
        raise InputError(
            f"{path}: line {line}: {len(header):,} columns, but at most {MAX_COLUMNS:,} are read",
            f"keep the columns that are needed{': ' * bool(required)}{', '.join(required)}",
        )
    for name in required:
        if name not in header:
            raise InputError(
                f"{path}: line {line}: there is no column {name!r}; found {shown_names(header)}",
                "the first line must name the columns; they are case-sensitive",
            )
    return check_names(path, header)


_UTF16 = "UTF-16 text", "save the file as UTF-8 (Excel: 'CSV UTF-8'), or convert it with iconv"
# What files are that are no text in UTF-8, by their first bytes, and what to do with them.
_BEGINNINGS = {
    b"PAR1": ("a Parquet file", "name it .parquet, or write the table as CSV"),
    b"PK\x03\x04": ("a zip archive or an Excel workbook", "name a workbook .xlsx; unpack an archive"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook, or one with a password", "save it as .xlsx, without a password"),
    b"\x1f\x8b": ("compressed by gzip", "let its name end in .gz, as .csv.gz, or unpack it"),
    b"\xff\xfe": _UTF16,
    b"\xfe\xff": _UTF16,
}


def check_is_text(path: Path) -> None:
    """Raise InputError where the first bytes of a file say that it is something else than text in UTF-8."""
    with path.open("rb") as handle:
        first = handle.read(4)
    for beginning, (what, hint) in _BEGINNINGS.items():
        if first.startswith(beginning) and not (beginning == b"\x1f\x8b" and path.suffix.lower() == ".gz"):
            raise InputError(f"{path}: is {what}, expected UTF-8 text", hint)


def read_csv(path: Path, required: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, row) of a user's CSV or CSV.gz; `line` is where the row begins.

    Raises InputError, with file and line, unless it is UTF-8 with a header, the `required` columns, and as many cells
    in each row as in the header.
    """
    _, rows = csv_rows(path, required)
    yield from rows


def csv_rows(
    path: Path, required: Iterable[str], delimiter: str = ",", skipped: int = 0
) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """(header, (line, row) of each line) of a text that `delimiter` divides, after `skipped` lines; as `read_csv`."""
    check_file(path)
    check_is_text(path)
    lines = _cells(path, list(required), delimiter, skipped)
    _, header = next(lines)
    return header, ((line, dict(zip(header, cells, strict=True))) for line, cells in lines)


def _cells(path: Path, required: Sequence[str], delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of the header, which is checked, and of each row."""
    line = skipped + 1

    with readable_text(path, lambda: line), open_text(path) as handle:
        lines = text_lines(handle, path)
        for _ in range(skipped):
            next(lines, None)
        reader = csv.reader(lines, strict=True, delimiter=delimiter)
        header = next(filter(None, reader), [])
        yield line, _check_header(path, header, required, skipped + reader.line_num)
        line = skipped + reader.line_num + 1
        for cells in reader:
            if len(cells) != len(header) and cells:
                raise InputError(
                    f"{path}: line {line}: {len(cells)} {'cell' if len(cells) == 1 else 'cells'}, "
                    f"but the header has {len(header)}",
                    "a cell with a comma in it stands in quotes"
                    if len(cells) > len(header)
                    else "a row has a cell for each column, if only an empty one",
                )
            if cells:
                yield line, cells
            line = skipped + reader.line_num + 1


@contextlib.contextmanager
def readable_text(path: Path, line: Callable[[], int]) -> Iterator[None]:
    """Turns what reading a text near a line may raise into an InputError."""
    try:
        yield
    except UnicodeDecodeError:
        check_is_text(path)
        raise InputError(
            f"{path}: near line {line()}: not UTF-8",
            "save the file as UTF-8 (Excel: 'CSV UTF-8'), or convert it with iconv",
        ) from None
    except csv.Error as error:
        raise InputError(
            f"{path}: line {line()}: not a valid CSV: {error}",
            "look for a quoted cell that is never closed, and for a line that never ends",
        ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"{path}: not a valid gzip file: {error}",
            "copy it again if it was cut off; a file that is not packed has no .gz in its name",
        ) from None
