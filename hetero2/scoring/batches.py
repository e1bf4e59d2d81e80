"""A user's table of texts and numbers, a batch of rows at a time; anything unusual is left to a slower reader."""

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from hetero2.inputs.parquet import as_numbers, as_texts, batches_of, is_id, is_number
from hetero2.io.tables import MAX_COLUMNS

_BLOCK = 16 << 20


class NeedsSlowReader(Exception):  # noqa: N818 - the fast reader gives up, which does not make the table wrong
    """The table needs the reader that looks at each cell."""


def _check_plain(path: Path, packed: str | None) -> None:
    """Raise NeedsSlowReader for a file with quotes, which readers treat differently, or ValueError unless it is UTF-8.

    A pass of its own over the file: an Arrow thread that reads from a Python object while Python exits crashes it.
    """
    started, decoder = False, codecs.getincrementaldecoder("utf-8")()
    with pa.input_stream(str(path), compression=packed) as raw:
        while block := raw.read(_BLOCK):
            if b'"' in block or b"\0" in block or (not started and _is_wide(block)):
                raise NeedsSlowReader
            started = True
            decoder.decode(block)
    decoder.decode(b"", final=True)


def _is_wide(block: bytes) -> bool:
    """Whether the header has more columns than are read; Arrow would take long to find out."""
    return re.split(b"[\r\n]", block, maxsplit=1)[0].count(b",") >= MAX_COLUMNS


def _csv_batches(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    packed = "gzip" if path.name.lower().endswith(".gz") else None
    types = dict.fromkeys(texts, pa.string()) | dict.fromkeys(numbers, pa.float64())
    options = pyarrow.csv.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False)
    _check_plain(path, packed)
    with pa.input_stream(str(path), compression=packed) as raw:
        reader = pyarrow.csv.open_csv(
            raw,
            read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK, use_threads=False),
            convert_options=options,
        )
        _check(reader.schema.names)
        yield from reader


def _parquet_batches(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path.absolute()) as file:
        names = file.schema_arrow.names
        _check(names)
        present = [name for name in (*texts, *numbers) if name in names]
        for name in present:
            kind = file.schema_arrow.field(name).type
            if not (is_id(kind) if name in texts else is_number(kind)):
                raise NeedsSlowReader
        for batch in batches_of(file, present):
            columns = [as_texts(batch[name]) if name in texts else as_numbers(batch[name]) for name in present]
            for column in columns:
                if pa.types.is_string(column.type) and pc.any(pc.match_substring(column, "\0")).as_py():
                    raise NeedsSlowReader
            yield pa.RecordBatch.from_arrays(columns, present)


def _check(names: Sequence[str]) -> None:
    if len(set(names)) < len(names) or len(names) > MAX_COLUMNS:
        raise NeedsSlowReader


def read_batches(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Batches of the named columns that the file has, `texts` as strings, `numbers` as doubles.

    Raises NeedsSlowReader for anything unusual, also in the middle of a file, and OSError where there is no such file.
    """
    ways = _parquet_batches if path.name.lower().endswith(".parquet") else _csv_batches
    try:
        yield from ways(path, texts, numbers)
    except (pa.ArrowException, ValueError, EOFError):
        raise NeedsSlowReader from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise NeedsSlowReader from None  # pyarrow raises OSError for a broken gzip stream
