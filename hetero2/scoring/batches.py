"""A user's table of texts and numbers, a batch of rows at a time; what is not plainly in order is Odd."""

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from hetero2.tables import batches_of

_BLOCK = 16 << 20


class Odd(Exception):  # noqa: N818 - a way of reading gives up, nothing is wrong yet
    """The table needs a reader that looks at each cell."""


def _check_plain(path: Path, packed: str | None) -> None:
    """Raise Odd where a file quotes something, as not all readers agree upon quotes, or ValueError: it is not UTF-8.

    A pass of its own: a thread of Arrow that asks a Python object for bytes while Python ends takes the process along.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with pa.input_stream(str(path), compression=packed) as raw:
        while block := raw.read(_BLOCK):
            if b'"' in block:
                raise Odd
            decoder.decode(block)
    decoder.decode(b"", final=True)


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
        wanted = [name for name in (*texts, *numbers) if name in names]
        for name in wanted:
            kind = file.schema_arrow.field(name).type
            text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
            if text != (name in texts) or not (text or pa.types.is_float64(kind)):
                raise Odd
        for batch in batches_of(file, wanted):
            yield batch.cast(pa.schema([(n, pa.string() if n in texts else pa.float64()) for n in batch.schema.names]))


def _check(names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise Odd


def read_batches(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Batches with those of the columns that the file has: `texts` as strings, `numbers` as doubles; else Odd.

    Raises OSError where there is no such file.
    """
    ways = _parquet_batches if path.name.lower().endswith(".parquet") else _csv_batches
    try:
        yield from ways(path, texts, numbers)
    except (pa.ArrowException, ValueError, EOFError):
        raise Odd from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise Odd from None  # pyarrow says OSError for a gzip stream that is broken
