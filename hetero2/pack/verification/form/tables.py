"""Tables: rows as they stand, within limits."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator

from hetero2.pack.verification.container.pack import Pack
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


def check_table(
    pack: Pack, name: str, columns: list[str], values: dict[str, set[str]], problems: Problems
) -> Counter[tuple[str, ...]]:
    """Check header, cells per row and allowed values of a CSV; count the rows by the columns of `values`."""
    counts: Counter[tuple[str, ...]] = Counter()
    if name not in pack:
        return counts
    try:
        rows = read_rows(pack, name)
        header = next(rows, [])
        missing = [column for column in columns if column not in header]
        if missing:
            problems.add(f"{name}: the column {missing[0]!r} is missing")
            return counts
        places = {header.index(column): allowed for column, allowed in values.items()}
        for n_row, cells in enumerate(rows, start=1):
            if len(cells) != len(header):
                problems.add(f"{name}: row {n_row}: {len(cells)} cells")
                return counts
            wrong = [place for place, allowed in places.items() if cells[place] not in allowed]
            if wrong:
                problems.add(f"{name}: row {n_row}: column {header[wrong[0]]!r} has {cells[wrong[0]]!r}")
                return counts
            counts[tuple(cells[place] for place in places)] += 1
    except (csv.Error, *UNREADABLE) as error:
        problems.add(f"{name}: not a readable CSV: {error}")
    return counts
