"""Tables as people have them: text with any usual delimiter, gzipped or not, Excel, Parquet."""

import csv
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hetero2.errors import ConfigError, InputError
from hetero2.inputs.parquet import is_id, is_number, is_text, read_parquet_rows
from hetero2.inputs.recognised import workbooks
from hetero2.io.csv_reader import check_is_text, csv_rows, readable_text
from hetero2.io.files import check_file
from hetero2.io.tables import check_names, open_text, text_lines

TEXTS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
WORKBOOKS = (".xlsx", ".xlsm")
SUFFIXES = (*TEXTS, *WORKBOOKS, ".parquet")
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LOOKED_AT = 20  # lines
Row = tuple[str, dict[str, str]]


class Opened(NamedTuple):
    """A table: its columns, its rows (place in the file, cells as text), and how it was read, if not as CSV.

    `floats`: columns whose cells are floating numbers, which cannot be ids.
    """

    header: list[str]
    rows: Iterator[Row]
    form: str = ""
    floats: frozenset[str] = frozenset()


def open_table(path: Path) -> Opened:
    """Open a table by its suffix; raises InputError where it cannot be read, ConfigError for another suffix."""
    check_file(path)
    name = path.name.lower()
    if name.endswith(TEXTS):
        return _open_text(path)
    if name.endswith(WORKBOOKS):
        return _open_workbook(path)
    if name.endswith(".parquet"):
        return _open_parquet(path)
    raise ConfigError(f"{path}: unknown suffix", f"supported: {', '.join(SUFFIXES)}")


def delimiter_of(lines: Sequence[str], path: Path) -> str:
    """The delimiter of a table from its first lines: the one that gives each the same number of cells, above 1.

    `sep=;` in the first line says so. Raises ConfigError where two delimiters would do; one column alone has a comma.
    """
    if lines and lines[0].lower().startswith("sep=") and lines[0].strip()[4:]:
        return lines[0].strip()[4:][0]
    possible = []
    for delimiter in _DELIMITERS:
        widths = _widths(lines, delimiter)
        if len(widths) == 1 and widths != {1}:
            possible.append(delimiter)
    if len(possible) > 1:
        names = " and ".join(f"{_DELIMITERS[one]}s" for one in possible)
        raise ConfigError(f"{path}: {names} both divide its lines into columns", "begin the file with a line: sep=,")
    if possible:
        return possible[0]
    counts = Counter({delimiter: lines[0].count(delimiter) if lines else 0 for delimiter in _DELIMITERS})
    return counts.most_common(1)[0][0]


def _widths(lines: Sequence[str], delimiter: str) -> set[int]:
    """Numbers of cells of lines that a delimiter divides; none where it leaves a cell longer than any may be."""
    try:
        return {len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells}
    except csv.Error:
        return set()


def _open_text(path: Path) -> Opened:
    check_is_text(path)
    with readable_text(path, lambda: 1), open_text(path) as handle:
        head = list(itertools.islice(text_lines(handle, path), _LOOKED_AT + 1))
    whole = head if len(head) <= _LOOKED_AT else head[:-1]
    delimiter = delimiter_of(_closed(whole), path)
    says_so = bool(head) and head[0].lower().startswith("sep=")
    header, rows = csv_rows(path, (), delimiter, int(says_so))
    form = "" if delimiter == "," and not says_so else f"separated by {_DELIMITERS.get(delimiter, repr(delimiter))}"
    return Opened(header, ((f"line {line}", row) for line, row in rows), form)


def _closed(lines: list[str]) -> list[str]:
    """The lines before the first cell in quotes that goes on in the next line: enough to see how they are divided."""
    closed = list(itertools.takewhile(lambda line: line.count('"') % 2 == 0, lines))
    return closed or lines[:1]


def _open_workbook(path: Path) -> Opened:
    header, lines, title = workbooks.read(path)
    rows = ((place, dict(zip(header, cells, strict=True))) for place, cells in lines)
    return Opened(header, rows, f"sheet {title!r}")


def _open_parquet(path: Path) -> Opened:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path.absolute())
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {' '.join(str(error).split())}") from None
    check_names(path, schema.names)
    header = [field.name for field in schema if is_text(field.type) or is_id(field.type) or is_number(field.type)]
    floats = frozenset(field.name for field in schema if is_number(field.type) and not is_id(field.type))
    rows = read_parquet_rows(path, header, (), {})
    texts = ((f"row {n}", {k: "" if v is None else str(v) for k, v in row.items()}) for n, row in rows)
    return Opened(header, texts, floats=floats)
