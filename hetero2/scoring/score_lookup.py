"""Scores of molecules and decoys by one interface, whatever file they came in."""

import json
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import NoReturn, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hetero2.errors import InputError
from hetero2.io.files import TABLES
from hetero2.io.tables import quoted
from hetero2.scoring import hetero_scores, score_index, score_table
from hetero2.scoring.hetero_scores import HeteroScores, Scored
from hetero2.scoring.score_index import Floats, Packed

Flags = NDArray[np.bool_]
_IDS, _DECODER = '{"ids":[', json.JSONDecoder()  # a line begins so, as canonical JSON


class ScoreLookup(Protocol):
    """Looks up scores of molecules of a library and of their decoys, many at a time."""

    def molecules(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:
        """(scores, weights) of molecules by id or structure hash, each (n,), nan where there is none."""

    def decoys(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:
        """(scores, weights) of decoys, each (n,), nan where there is none; `ids`: of the molecule of each."""


class TableLookup:
    """A score table: by structure hash a score holds wherever the structure occurs, by id for the row with that id.

    Raises InputError, with the lines, where a molecule has one score by id and another by structure hash, and where a
    key is the id of one molecule and the structure hash of another, or of a decoy.
    """

    def __init__(self, path: Path, index: Packed) -> None:
        self._path, self._index = path, index
        self._has_ids = score_index.n_hashes(index) < index.shape[1]

    def molecules(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:
        """Scores of molecules."""
        by_hash = score_index.find(self._index, score_index.hash_keys(hashes))
        if not self._has_ids:
            return by_hash
        is_its_own_id = pc.equal(ids, hashes).to_numpy()
        self._check_meaning(ids, hashes, np.isfinite(by_hash[0]) & ~is_its_own_id, "another, whose id is")
        by_id = score_index.find(self._index, score_index.id_keys(ids.to_pylist()))
        is_both = np.isfinite(by_hash[0]) & np.isfinite(by_id[0])
        differs = np.flatnonzero(is_both & ((by_hash[0] != by_id[0]) | (by_hash[1] != by_id[1])))
        if len(differs):
            row = differs[0]
            self._refuse_two_scores(ids[int(row)].as_py(), hashes[int(row)].as_py())
        is_by_id = np.isnan(by_hash[0])
        scores, weights = (np.where(is_by_id, *pair) for pair in zip(by_id, by_hash, strict=True))
        return scores, weights

    def decoys(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:
        """Scores of decoys."""
        by_hash = score_index.find(self._index, score_index.hash_keys(hashes))
        if self._has_ids:
            self._check_meaning(ids, hashes, np.isfinite(by_hash[0]), "a decoy of")
        return by_hash

    def _check_meaning(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray, chosen: Flags, whose: str) -> None:
        """Raise InputError where the hash of a `chosen` structure, scored by it, is the id of a molecule as well."""
        rows = np.flatnonzero(chosen)
        texts = hashes.take(pa.array(rows))
        meant = np.flatnonzero(score_index.places(self._index, score_index.id_keys(texts.to_pylist())) >= 0)
        if len(meant):
            key, molecule_id = texts[int(meant[0])].as_py(), ids[int(rows[meant[0]])].as_py()
            place = score_table.first_places(self._path, [key])[key]
            raise InputError(
                f"{self._path}: {place}: the key {key} has two meanings: it is the id of a molecule and "
                f"the structure hash of {whose} {quoted(molecule_id)}",
                "give the molecule that has it as its id another one, in the library and in the score table",
            )

    def _refuse_two_scores(self, molecule_id: str, structure_hash: str) -> NoReturn:
        places = score_table.first_places(self._path, [molecule_id, structure_hash])
        raise InputError(
            f"{self._path}: {places[molecule_id]} scores the molecule {quoted(molecule_id)} by its id, "
            f"{places[structure_hash]} scores it by its structure hash {structure_hash}, and they differ",
            "keep one of the two lines",
        )


class FileLookup:
    """`hetero_scores.v1` files: one for all molecules (`shared`), or one for some of them by id."""

    def __init__(self, shared: HeteroScores | None, by_id: Mapping[str, HeteroScores]) -> None:
        self._shared, self._by_id = shared, by_id

    def molecules(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Scores of molecules."""
        files = map(self._of, ids.to_pylist())
        return _arrays(scores.molecule if scores else None for scores in files)

    def decoys(self, ids: pa.ChunkedArray, hashes: pa.ChunkedArray) -> tuple[Floats, Floats]:
        """Scores of decoys."""
        files = map(self._of, ids.to_pylist())
        pairs = zip(files, hashes.to_pylist(), strict=True)
        return _arrays(scores.decoys.get(key) if scores else None for scores, key in pairs)

    def _of(self, molecule_id: str) -> HeteroScores | None:
        return self._by_id.get(molecule_id, self._shared)


def _arrays(entries: Iterable[Scored | None]) -> tuple[Floats, Floats]:
    pairs = np.array([(np.nan, np.nan) if entry is None else entry for entry in entries], float).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def read_files(path: Path, wanted_ids: Container[str]) -> dict[str, HeteroScores]:
    """The gathered `hetero_scores.v1` files of these molecules, by id; of other files only the ids are parsed."""
    by_id: dict[str, HeteroScores] = {}
    with path.open(encoding="utf-8") as handle:
        for number, line in enumerate(handle, start=1):
            ids = _DECODER.raw_decode(line, len(_IDS) - 1)[0] if line.startswith(_IDS) else json.loads(line)["ids"]
            ids = [molecule_id for molecule_id in ids if molecule_id in wanted_ids]
            if ids:
                scores = json.loads(line)["scores"]
                by_id |= dict.fromkeys(ids, hetero_scores.parse(scores, f"{path}: line {number}"))
    return by_id


def open_lookup(path: Path, index: Path, ids: Container[str]) -> ScoreLookup:
    """Open the scores file of a run, or the index of a table, for the molecules with these ids."""
    if path.suffix == ".json":
        return FileLookup(hetero_scores.read(path), {})
    if path.suffix == ".jsonl":
        return FileLookup(None, read_files(path, ids))
    if path.name.lower().endswith(TABLES):
        return TableLookup(path, score_index.open_index(index))
    raise InputError(f"{path}: unknown kind of scores file", "known are .json, .csv, .csv.gz and .parquet")
