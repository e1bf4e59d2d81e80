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


class _Plain:
    """A stream of bytes that is UTF-8 and quotes nothing, else Odd: not all readers agree upon quotes."""

    closed = False

    def __init__(self, raw: pa.NativeFile) -> None:
        self._raw, self._decoder = raw, codecs.getincrementaldecoder("utf-8")()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        block: bytes = self._raw.read(size)
        if b'"' in block:
            raise Odd
        self._decoder.decode(block, final=not block)
        return block

    def close(self) -> None:
        """Nothing to do: whoever opened the stream closes it."""


def _csv_batches(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    packed = "gzip" if path.name.lower().endswith(".gz") else None
    types = dict.fromkeys(texts, pa.string()) | dict.fromkeys(numbers, pa.float64())
    options = pyarrow.csv.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False)
    with pa.input_stream(str(path), compression=packed) as raw:
        reader = pyarrow.csv.open_csv(
            _Plain(raw),
            read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK, use_threads=False),
            convert_options=options,
        )
        _check(reader.schema.names)
        yield from reader


def _parquet_batches(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
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
