"""One way to look up a score, whatever file the scores came in."""

import json
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from hetero2.errors import InputError
from hetero2.files import TABLES
from hetero2.scoring import hetero_scores, score_table
from hetero2.scoring.hetero_scores import HeteroScores, Scored
from hetero2.scoring.score_table import Floats

_IDS, _DECODER = '{"ids":[', json.JSONDecoder()  # a line begins so, as canonical JSON


class ScoreBook(Protocol):
    """Scores of the molecules of a library and of their decoys, looked up many at a time."""

    def originals(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:
        """(scores, weights) of molecules by id or structure hash, each (n,), nan where there is none."""

    def decoys(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:
        """(scores, weights) of decoys, each (n,), nan where there is none; `ids`: of the molecule of each."""


class TableBook:
    """A score table: a structure has the same score wherever it occurs."""

    def __init__(self, index: score_table.Packed) -> None:
        self._index = index

    def originals(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Scores of molecules."""
        return score_table.find(self._index, hashes)

    def decoys(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Scores of decoys."""
        return score_table.find(self._index, hashes)


class FileBook:
    """`hetero_scores.v1` files: one for all molecules (`shared`), or one for some of them by id."""

    def __init__(self, shared: HeteroScores | None, by_id: Mapping[str, HeteroScores]) -> None:
        self._shared, self._by_id = shared, by_id

    def originals(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Scores of molecules."""
        return _arrays(found.original if (found := self._of(one)) else None for one in ids.to_pylist())

    def decoys(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:
        """Scores of decoys."""
        pairs = zip(ids.to_pylist(), hashes.to_pylist(), strict=True)
        return _arrays(found.decoys.get(key) if (found := self._of(one)) else None for one, key in pairs)

    def _of(self, molecule_id: str) -> HeteroScores | None:
        return self._by_id.get(molecule_id, self._shared)


def _arrays(found: Iterable[Scored | None]) -> tuple[Floats, Floats]:
    pairs = np.array([(np.nan, np.nan) if one is None else one for one in found], float).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def read_files(path: Path, wanted_ids: Container[str]) -> dict[str, HeteroScores]:
    """The gathered `hetero_scores.v1` files of these molecules, by id. Of the others no more than the ids is parsed."""
    by_id: dict[str, HeteroScores] = {}
    with path.open(encoding="utf-8") as handle:
        for number, line in enumerate(handle, start=1):
            ids = _DECODER.raw_decode(line, len(_IDS) - 1)[0] if line.startswith(_IDS) else json.loads(line)["ids"]
            ids = [molecule_id for molecule_id in ids if molecule_id in wanted_ids]
            if ids:
                scores = json.loads(line)["scores"]
                by_id |= dict.fromkeys(ids, hetero_scores.parse(scores, f"{path}: line {number}"))
    return by_id


def read_book(path: Path, index: Path, ids: Container[str]) -> ScoreBook:
    """Open the scores file of a run, or the index of a table, keeping what concerns these ids."""
    if path.suffix == ".json":
        return FileBook(hetero_scores.read(path), {})
    if path.suffix == ".jsonl":
        return FileBook(None, read_files(path, ids))
    if path.name.lower().endswith(TABLES):
        return TableBook(score_table.open_index(index))
    raise InputError(f"{path}: unknown kind of scores file", "known are .json, .csv, .csv.gz and .parquet")
