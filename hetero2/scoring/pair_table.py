"""`hetero_pair_table.v1`: scores of molecules and of their decoys by id, without any structure; CSV, CSV.gz or Parquet.

Columns `id` (of the molecule), `decoy` (any name that tells it from the molecule's other decoys; empty: the molecule
itself), `score`, and, optional, `weight` and `tanimoto` (of a decoy to its molecule).
"""

import hashlib
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import InputError
from hetero2.inputs.parquet import Kind, read_parquet_rows
from hetero2.io.csv_reader import read_csv
from hetero2.io.structure_keys import Keys, first_of_each
from hetero2.io.tables import quoted
from hetero2.scoring.batches import NeedsSlowReader, read_batches
from hetero2.scoring.hetero_scores import MAX_WEIGHT, MIN_WEIGHT, Scored
from hetero2.scoring.score_table import finite, scored

SCHEMA = "hetero_pair_table.v1"
TEXTS, NUMBERS = ("id", "decoy"), ("score", "weight", "tanimoto")


class Decoy(NamedTuple):
    """A decoy: its name, its score, and its Tanimoto similarity to the molecule where the table gives it."""

    name: str
    scored: Scored
    tanimoto: float | None


@dataclass
class DecoySet:
    """A molecule's own score and its decoys, in the order of the table."""

    molecule: Scored | None = None
    decoys: dict[str, Decoy] = field(default_factory=dict)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    required = (*TEXTS, "score")
    if not path.name.lower().endswith(".parquet"):
        yield from ((f"{path}: line {line}", dict(row)) for line, row in read_csv(path, required))
        return
    kinds: dict[str, Kind] = {**dict.fromkeys(TEXTS, "id"), **dict.fromkeys(NUMBERS, "number")}
    for number, row in read_parquet_rows(path, required, NUMBERS, kinds):
        yield f"{path}: data row {number}", row | {name: row[name] or "" for name in TEXTS}


def _similarity(cell: object, where: str) -> float | None:
    if cell in ("", None):
        return None
    value = finite(cell, "tanimoto", where)
    if not 0 <= value <= 1:
        raise InputError(f"{where}: tanimoto is {value}, expected 0 to 1")
    return value


def _add(
    sets: dict[str, DecoySet], molecule_id: str, name: str, score: Scored, similar: float | None, where: str
) -> None:
    decoy_set = sets.setdefault(molecule_id, DecoySet())
    before = decoy_set.molecule if name == "" else decoy_set.decoys[name].scored if name in decoy_set.decoys else None
    if before is not None:
        what = "the molecule's own score" if name == "" else f"the decoy {quoted(name)}"
        raise InputError(f"{where}: {what} of {quoted(molecule_id)} occurs twice", "give each decoy of a molecule once")
    if name == "":
        decoy_set.molecule = score
    else:
        decoy_set.decoys[name] = Decoy(name, score, similar)


def read_row_by_row(path: Path, molecule_ids: Collection[str] | None = None) -> dict[str, DecoySet]:
    """As `read`, a row at a time: slower, but it can say which line is wrong."""
    sets: dict[str, DecoySet] = {}
    for where, row in _rows(path):
        molecule_id, name = str(row["id"]), str(row["decoy"]).strip()
        if not molecule_id.strip():
            raise InputError(f"{where}: id is empty", "give the id of the molecule on every line")
        score, similar = scored(row["score"], row.get("weight"), where), _similarity(row.get("tanimoto"), where)
        if molecule_ids is None or molecule_id in molecule_ids:
            _add(sets, molecule_id, name, score, similar, where)
    return sets


def _whole(batch: pa.RecordBatch) -> bool:
    """Whether a batch has the three columns, no empty cell in any, no blank id and no spaces around a decoy name."""
    names = batch.schema.names
    if any(name not in names for name in (*TEXTS, "score")) or any(batch[name].null_count for name in names):
        return False
    trimmed = pc.all(pc.equal(pc.utf8_trim_whitespace(batch["decoy"]), batch["decoy"])).as_py()
    return trimmed is not False and pc.min(pc.utf8_length(pc.utf8_trim_whitespace(batch["id"]))).as_py() != 0


def read(path: Path, molecule_ids: Collection[str]) -> dict[str, DecoySet]:
    """The decoy sets of these molecules, by id; O(rows), and memory holds these molecules only.

    Raises InputError, with file and line, for an error anywhere in the table; a repeated line is noticed among these
    molecules only.
    """
    chosen, sets = pa.array(list(molecule_ids), pa.string()), dict[str, DecoySet]()
    try:
        for batch in read_batches(path, TEXTS, NUMBERS):
            if not _whole(batch):
                raise NeedsSlowReader
            for row in batch.filter(pc.is_in(batch["id"], value_set=chosen)).to_pylist():
                score = scored(row["score"], row.get("weight"), "")
                _add(sets, row["id"], row["decoy"], score, _similarity(row.get("tanimoto"), ""), "")
    except (NeedsSlowReader, InputError, pa.ArrowException):
        return read_row_by_row(path, molecule_ids)
    return sets


def check(path: Path) -> tuple[int, int]:
    """(number of molecules, number of scores) of a whole table; raises InputError with file and line.

    O(rows log rows); 16 bytes a row, and about 30 more while they are sorted, unless the slow reader is needed.
    """
    try:
        return _counted(path)
    except (NeedsSlowReader, pa.ArrowException):
        sets = read_row_by_row(path)
        return len(sets), sum(len(decoy_set.decoys) + (decoy_set.molecule is not None) for decoy_set in sets.values())


def _counted(path: Path) -> tuple[int, int]:
    """As `check`, whole columns at a time; raises NeedsSlowReader for a table with an error."""
    molecules, pairs = set[bytes](), [_digests([], [])]
    for batch in read_batches(path, TEXTS, NUMBERS):
        if not (_whole(batch) and _in_range(batch)):
            raise NeedsSlowReader
        molecules |= {_digest(molecule_id) for molecule_id in batch["id"].unique().to_pylist()}
        pairs.append(_digests(batch["id"].to_pylist(), batch["decoy"].to_pylist()))
    high, low = (np.concatenate([pair[half] for pair in pairs]) for half in (0, 1))
    if not first_of_each(high, low)[0].all():
        raise NeedsSlowReader
    return len(molecules), len(high)


def _in_range(batch: pa.RecordBatch) -> bool:
    """Whether all numbers of a batch are in range; a missing one is."""
    limits = {
        "score": (-sys.float_info.max, sys.float_info.max),
        "weight": (MIN_WEIGHT, MAX_WEIGHT),
        "tanimoto": (0, 1),
    }
    spans = {name: pc.min_max(batch[name]).as_py() for name in limits if name in batch.schema.names}
    ranges = {name: span for name, span in spans.items() if span["min"] is not None}
    whole = not any(pc.any(pc.is_nan(batch[name])).as_py() for name in ranges)
    return whole and all(limits[n][0] <= span["min"] and span["max"] <= limits[n][1] for n, span in ranges.items())


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def _digests(ids: list[str], names: list[str]) -> tuple[Keys, Keys]:
    """128 bits of each pair of texts, by halves."""
    joined = b"".join(_digest(f"{molecule_id}\0{name}") for molecule_id, name in zip(ids, names, strict=True))
    digits = np.frombuffer(joined, np.uint64)
    return digits[0::2], digits[1::2]
