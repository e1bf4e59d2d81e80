"""Tables: rows as they stand, within limits."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.limits import BLOCK, HINT, MAX_FIELD, MAX_ROW, UNREADABLE

_BATCH_ROWS = 200  # so few that their cells fit into the processor's cache


def _lines_of_blocks(blocks: Iterable[bytes], limit: int) -> Iterator[list[bytes]]:
    """The lines of a table with their line ends, for each block those that end in it.

    Raises ValueError if one is too long or there are too many.
    """
    rest, n_lines = b"", 0
    for block in blocks:
        *lines, rest = (rest + block).splitlines(keepends=True)
        n_lines += len(lines)
        if n_lines > limit:
            raise ValueError(f"it has more lines than {HINT}")
        if len(rest) > MAX_ROW:
            raise ValueError(f"a line of more than {MAX_ROW} bytes")
        yield lines
    yield list(filter(None, [rest]))


def _plain_rows(lines: list[bytes], encoding: str) -> list[str] | None:
    """The rows of some lines, not yet split into cells, without blank ones; None where that needs a closer look.

    Without a quote no row goes on in the next line and no cell holds a comma.
    """
    content = b"".join(lines)
    if b'"' in content or b"\r" in content or b"\0" in content or max(map(len, lines), default=0) > MAX_FIELD:
        return None
    try:
        return list(filter(None, content.decode(encoding).split("\n")))
    except UnicodeDecodeError:
        return None


def _rows_of_lines(lines: Iterable[bytes], encoding: str) -> Iterator[list[str]]:
    """The rows of lines that may have quotes; raises ValueError or csv.Error where one is too long."""
    n_bytes = 0

    def texts() -> Iterator[str]:
        nonlocal n_bytes, encoding
        for line in lines:
            n_bytes += len(line)
            if n_bytes > MAX_ROW:
                raise ValueError(f"a row of more than {MAX_ROW} bytes")
            yield line.decode(encoding)
            encoding = "utf-8"

    for cells in csv.reader(texts(), strict=True):
        if n_bytes > MAX_FIELD and max(map(len, cells)) > MAX_FIELD:
            raise csv.Error(f"field larger than field limit ({MAX_FIELD})")
        n_bytes = 0
        yield cells


def _batches_of_rows(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """Rows in batches, none of which is large; those before a fault come first, then what the fault raised."""
    batch: list[list[str]] = []
    size = 0
    try:
        for cells in rows:
            batch.append(cells)
            size += len(cells) + sum(map(len, cells))
            if len(batch) >= _BATCH_ROWS or size >= BLOCK:
                yield batch
                batch, size = [], 0
    except (csv.Error, *UNREADABLE):
        yield batch
        raise
    yield batch


def read_unsplit(pack: Pack, name: str) -> Iterator[list[str] | list[list[str]]]:
    """The rows of a table, header first, without blank lines, some at a time; raises csv.Error or one of UNREADABLE.

    Rows are texts, not split into cells, as long as none has a quote: their cells are what commas separate.
    """
    if pack.sizes[name] > pack.bounds.table_bytes:
        raise ValueError(f"its {pack.sizes[name]} bytes are more than {HINT}")
    # The limit is that of the whole process, where others may read tables with longer cells: it is never lowered.
    csv.field_size_limit(max(MAX_FIELD, csv.field_size_limit()))
    encoding = "utf-8-sig"
    lines_of_blocks = _lines_of_blocks(pack.blocks(name), pack.bounds.table_lines)
    for lines in lines_of_blocks:
        rows = _plain_rows(lines, encoding)
        if rows is None:
            rest = itertools.chain(lines, itertools.chain.from_iterable(lines_of_blocks))
            yield from _batches_of_rows(filter(None, _rows_of_lines(rest, encoding)))
            return
        for start in range(0, len(rows), _BATCH_ROWS):
            yield rows[start : start + _BATCH_ROWS]
        encoding = "utf-8" if lines else encoding


def read_batches(pack: Pack, name: str, n_cells: int = -1) -> Iterator[list[list[str]]]:
    """The rows of a table, some at a time; raises as read_unsplit does.

    Of each row, the first `n_cells` are split from each other; what follows may be one more cell.
    """
    for rows in read_unsplit(pack, name):
        yield [row.split(",", n_cells) if isinstance(row, str) else row for row in rows]


def read_rows(pack: Pack, name: str) -> Iterator[list[str]]:
    """The rows of a table, one at a time; raises as read_batches does."""
    return itertools.chain.from_iterable(read_batches(pack, name))
