"""Tables: rows as they stand, within limits."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.layout import SUMMARY, SUMMARY_COLUMNS, TRUTH, TRUTH_COLUMNS
from hetero2.pack.verification.limits import HINT, MAX_FIELD, MAX_ROW, UNREADABLE
from hetero2.pack.verification.problems import Problems


def _lines(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The lines of a table with their line ends; raises ValueError if one is too long or there are too many."""
    rest, n_lines = b"", 0
    for block in blocks:
        *lines, rest = (rest + block).splitlines(keepends=True)
        n_lines += len(lines)
        if n_lines > limit:
            raise ValueError(f"it has more lines than {HINT}")
        if len(rest) > MAX_ROW:
            raise ValueError(f"a line of more than {MAX_ROW} bytes")
        yield from lines
    yield from filter(None, [rest])


def read_rows(pack: Pack, name: str) -> Iterator[list[str]]:
    """The rows of a table, header first, without blank lines; raises csv.Error or one of UNREADABLE."""
    if pack.sizes[name] > pack.bounds.table_bytes:
        raise ValueError(f"its {pack.sizes[name]} bytes are more than {HINT}")
    n_bytes = 0

    def texts() -> Iterator[str]:
        nonlocal n_bytes
        encoding = "utf-8-sig"
        for line in _lines(pack.blocks(name), pack.bounds.table_lines):
            n_bytes += len(line)
            if n_bytes > MAX_ROW:
                raise ValueError(f"a row of more than {MAX_ROW} bytes")
            yield line.decode(encoding)
            encoding = "utf-8"

    before = csv.field_size_limit(MAX_FIELD)  # of the whole process
    try:
        for cells in csv.reader(texts(), strict=True):
            n_bytes = 0
            if cells:
                yield cells
    finally:
        csv.field_size_limit(before)


def _table_problem(pack: Pack, name: str, columns: Iterable[str], values: dict[str, set[str]]) -> str | None:
    """The first breach of header, cells per row and allowed values of a CSV; raises what read_rows raises."""
    rows = read_rows(pack, name)
    header = next(rows, [])
    missing = [column for column in columns if column not in header]
    if missing:
        return f"the column {missing[0]!r} is missing"
    places = {header.index(column): allowed for column, allowed in values.items()}
    for n_row, cells in enumerate(rows, start=1):
        if len(cells) != len(header):
            return f"row {n_row}: {len(cells)} cells"
        wrong = [place for place, allowed in places.items() if cells[place] not in allowed]
        if wrong:
            return f"row {n_row}: column {header[wrong[0]]!r} has {cells[wrong[0]]!r}"
    return None


def check_tables(pack: Pack, problems: Problems) -> set[str]:
    """Check the tables of a pack; those that are not in form."""
    out_of_form = set()
    allowed: dict[str, dict[str, set[str]]] = {
        SUMMARY: {"status": {"OK", "SKIP", "ERROR"}, "verdict": {"PASS", "FAIL", "SKIP", ""}},
        TRUTH: {"expensive_label": {"PASS", "FAIL"}, "truth_version": {"customer_truth.v1"}},
    }
    for name, columns in ((SUMMARY, SUMMARY_COLUMNS), (TRUTH, TRUTH_COLUMNS)):
        try:
            problem = _table_problem(pack, name, columns, allowed[name]) if name in pack else None
        except (csv.Error, *UNREADABLE) as error:
            problem = f"not a readable CSV: {error}"
        if problem is not None:
            problems.add(f"{name}: {problem}")
            out_of_form.add(name)
    return out_of_form
