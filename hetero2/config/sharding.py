"""How many rows are audited, and how many shards they make."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

from hetero2.config.consistency import FREEWILSON
from hetero2.errors import ConfigError
from hetero2.io.files import line_ends

_FREEWILSON_ROWS = 1017  # before the split: an upper bound of the rows of the library
_SHARDS, _MAX_SHARDS = 8, 400
_FEW_ROWS, _MANY_ROWS = 512, 2500  # of a shard: some 12 seconds and a minute of work
Config = dict[str, Any]


def rows_upper_bound(config: Config) -> int:
    """Rows of the library, or a little more (newlines in quoted cells); cheap enough to ask before any job."""
    path = config["input"]["path"]
    if path is None:
        return _FREEWILSON_ROWS if config["input"]["dataset"] == FREEWILSON else int(config["dataset"]["rows"])
    if path.lower().endswith(".parquet"):
        import pyarrow.parquet as pq

        try:
            return int(pq.read_metadata(Path(path).absolute()).num_rows)
        except (OSError, ValueError) as error:
            raise ConfigError(f"configuration: input.path: {path}: not a readable Parquet file: {error}") from None
    count = (lambda block: block.count(b"$$$$")) if path.lower().endswith(".sdf") else line_ends
    try:
        with gzip.open(path) if path.lower().endswith(".gz") else Path(path).open("rb") as handle:
            return sum(map(count, iter(lambda: handle.read(1 << 20), b""))) + 1
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ConfigError(
            f"configuration: input.path: {path}: not a valid gzip file: {error}",
            "copy it again if it was cut off; a file that is not packed has no .gz in its name",
        ) from None


def audited_rows(config: Config) -> int:
    """Rows that are audited, at most: `rows_upper_bound`, save where each decoy has a row of its own."""
    pairs = not config["input"]["structures"] and config["input"]["path"] == config["scores"]["path"]
    each = int(config["decoys"]["k"]) + 1 if pairs else 1  # a line a decoy, and one for the molecule
    return math.ceil(rows_upper_bound(config) / each)


def n_shards(config: Config, rows: int | None = None) -> int:
    """Number of shards (of `rows`, where they were counted before): it changes no byte of the evidence.

    8, so that several cores have work, of 512 to 2500 rows: below, starting its jobs (some 3 s of CPU) costs too much
    of what they do, above, progress is coarse. At most 400, since each is three jobs, and jobs cost Snakemake time.
    """
    rows = audited_rows(config) if rows is None else rows
    usual = min(_MANY_ROWS, max(_FEW_ROWS, math.ceil(rows / _SHARDS)))
    shard_rows: int = config["execution"]["shard_rows"] or max(usual, math.ceil(rows / _MAX_SHARDS))
    return max(1, math.ceil(rows / shard_rows))
