"""Tables: rows as they stand, within limits."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.limits import HINT, MAX_FIELD, MAX_ROW


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

    # The limit is that of the whole process, where others may read tables with longer cells: it is never lowered.
    csv.field_size_limit(max(MAX_FIELD, csv.field_size_limit()))
    for cells in csv.reader(texts(), strict=True):
        if n_bytes > MAX_FIELD and max(map(len, cells)) > MAX_FIELD:
            raise csv.Error(f"field larger than field limit ({MAX_FIELD})")
        n_bytes = 0
        if cells:
            yield cells
