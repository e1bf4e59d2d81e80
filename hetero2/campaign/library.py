"""The library of a campaign: every row with its status, and the features of its structures, computed once."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hetero2.campaign.structures import Limits, structures_of_rows
from hetero2.chem.count_features import CountFeatures, totals_of
from hetero2.io.files import atomic_path
from hetero2.io.tables import read_parquet, write_parquet_rows
from hetero2.runtime.log import progress

CONTRACT = "campaign_library.v1"
_ROWS_AT_ONCE = 4096  # of features, a row group: what a thread of a prediction gets
_FEATURES = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("bins", pa.list_(pa.uint32()), nullable=False),
        pa.field("values", pa.list_(pa.uint16()), nullable=False),
    ]
)
Array = NDArray[Any]
Floats = NDArray[np.float64]
Record = dict[str, Any]


def write_library(
    out: Path,
    features: Path,
    rows: Sequence[Record],
    today: Callable[[Record], float | None],
    limits: Limits,
    workers: int,
) -> None:
    """Write the library and its features.

    rows: numbered and marked, as the stage `input` does it; today: today's score of a record, where it has one. The
    bytes do not depend on the number of workers. Some 2 ms a molecule and core.
    """
    waiting: list[tuple[int, Array, Array]] = []
    results = progress(structures_of_rows(rows, limits, workers), "structures read", len(rows), terminal=True)

    def records(writer: pq.ParquetWriter) -> Iterator[Record]:
        for row, structure in results:
            if structure.bins is not None and structure.values is not None:
                waiting.append((row["row"], structure.bins, structure.values))
            if len(waiting) == _ROWS_AT_ONCE:
                _write_features(writer, waiting)
            record = {"row": row["row"], "id": row["id"], "smiles": row["smiles"], **structure.record}
            yield record | {"today": today(record) if record["status"] == "OK" else None}
        _write_features(writer, waiting)

    with (
        atomic_path(features) as temporary,
        pq.ParquetWriter(temporary, _FEATURES, compression="zstd") as writer,
    ):
        write_parquet_rows(out, records(writer), CONTRACT)


def _write_features(writer: pq.ParquetWriter, waiting: list[tuple[int, Array, Array]]) -> None:
    if waiting:
        numbers, bins, values = zip(*waiting, strict=True)
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in bins])]).astype(np.int32)
        lists = [pa.ListArray.from_arrays(offsets, np.concatenate(parts)) for parts in (bins, values)]
        writer.write_table(pa.table([pa.array(numbers, pa.int64()), *lists], schema=_FEATURES))
    waiting.clear()


class FeatureBlock(NamedTuple):
    """Features of some rows of the library."""

    rows: Array
    features: CountFeatures


Features = Path | Sequence[FeatureBlock]  # stored, or read before


def feature_blocks(features: Features) -> Iterator[FeatureBlock]:
    """The stored features, a row group at a time, so that memory does not grow with the library."""
    if isinstance(features, Path):
        yield from _stored_blocks(features)
    else:
        yield from features


def _stored_blocks(path: Path) -> Iterator[FeatureBlock]:
    with pq.ParquetFile(path.absolute()) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group).combine_chunks()
            lists = table["bins"].chunk(0)
            start = lists.offsets.to_numpy().astype(np.int64)
            bins = lists.values.to_numpy()
            values = table["values"].chunk(0).values.to_numpy()
            features = CountFeatures(start, bins, values, totals_of(start, bins, values))
            yield FeatureBlock(table["row"].to_numpy(), features)


class Library(NamedTuple):
    """n rows of a library, in order.

    today: (n,) today's score, larger is better, NaN where there is none; heavy_atoms: (n,), 0 without a structure;
    canonical_smiles, hashes and frameworks are empty without a structure.
    """

    ids: list[str]
    smiles: list[str]
    status: list[str]
    reasons: list[str]
    canonical_smiles: list[str]
    hashes: list[str]
    frameworks: list[str]
    heavy_atoms: Array
    today: Floats

    def places(self) -> dict[str, int]:
        """The row of each id; of a repeated one the first."""
        rows: dict[str, int] = {}
        for row, molecule_id in enumerate(self.ids):
            if molecule_id.strip():
                rows.setdefault(molecule_id, row)
        return rows

    def distinct(self) -> Array:
        """Rows that are OK, and the first with their structure: those that a batch may hold."""
        rows: dict[str, int] = {}
        for row, (status, key) in enumerate(zip(self.status, self.hashes, strict=True)):
            if status == "OK":
                rows.setdefault(key, row)
        return np.fromiter(rows.values(), np.int64, len(rows))


def read_library(path: Path) -> Library:
    """The library of a campaign."""
    table = read_parquet(path, CONTRACT)
    names = ("id", "smiles", "status", "reason", "canonical_smiles", "structure_hash", "framework")
    ids, smiles, status, reasons, canonical_smiles, hashes, frameworks = (
        table[name].fill_null("").to_pylist() for name in names
    )
    heavy_atoms, today = table["heavy_atoms"].fill_null(0).to_numpy(), table["today"].to_numpy().astype(float)
    return Library(ids, smiles, status, reasons, canonical_smiles, hashes, frameworks, heavy_atoms, today)
