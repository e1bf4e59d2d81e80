"""Limits on what checking a pack may cost, since a pack may come from anybody."""

from __future__ import annotations

import zlib
from typing import NamedTuple

# Exceptions that reading a file of a pack may raise.
UNREADABLE = (zlib.error, OSError, EOFError, ValueError)
BLOCK = 1 << 20


class Limits(NamedTuple):
    """Upper bounds for one pack: bytes of all files; bytes and values of all JSON; of tables.

    A table may have so many bytes and lines, those that are computed with together so many rows.
    """

    unpacked: int
    json_bytes: int
    json_values: int
    table_bytes: int
    table_lines: int
    table_rows: int


# For a pack of up to 16 MiB on disk: under 200 MB of memory and 10 s. For larger packs the limits grow in proportion.
BASE = Limits(512 << 20, 8 << 20, 250_000, 64 << 20, 500_000, 100_000)
BASE_DISK = 16 << 20
UNLIMITED = 1 << 50  # bytes unpacked, for a pack that we have just built ourselves
MAX_ROW, MAX_FIELD = 4 << 20, 1 << 20  # bytes of one row and characters of one cell of a table
MAX_DEPTH, MAX_NAME, MAX_FOLDER = 8, 255, 100_000  # parts of a name, bytes of a part, entries of a folder (at least)
MAX_WORK = 2_000_000  # comparisons against one schema
HINT = "the limit for a pack of this size (if you trust it, --max-unpacked BYTES raises all limits)"
MAX_NUMBER = 400  # characters of a number in JSON


def limits(on_disk: int, max_unpacked: int | None = None) -> Limits:
    """The limits of a pack of so many bytes on disk, or of one that may unpack to `max_unpacked` bytes."""
    scale = max(1.0, on_disk / BASE_DISK if max_unpacked is None else max_unpacked / BASE.unpacked)
    grown = Limits(*(int(scale * limit) for limit in BASE))
    return grown if max_unpacked is None else grown._replace(unpacked=max_unpacked)
