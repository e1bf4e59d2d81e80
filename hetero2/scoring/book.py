"""One way to look up a score, whatever file the scores came in."""

import json
import math
from collections.abc import Collection, Container, Mapping
from pathlib import Path
from typing import Protocol

from hetero2.errors import InputError
from hetero2.files import TABLES
from hetero2.scoring import hetero_scores, score_table
from hetero2.scoring.hetero_scores import HeteroScores, Scored


class ScoreBook(Protocol):
    """Scores of the molecules of a library and of their decoys."""

    def original(self, molecule_id: str, structure_hash: str) -> Scored | None:
        """Score of a molecule, or None."""

    def decoy(self, molecule_id: str, decoy_hash: str) -> Scored | None:
        """Score of a decoy of that molecule, or None."""


class TableBook:
    """A score table: a structure has the same score wherever it occurs."""

    def __init__(self, scores: Mapping[str, Scored]) -> None:
        self._scores = scores

    def original(self, molecule_id: str, structure_hash: str) -> Scored | None:  # noqa: ARG002 - see ScoreBook
        """Score of a molecule, or None."""
        return self._scores.get(structure_hash)

    def decoy(self, molecule_id: str, decoy_hash: str) -> Scored | None:  # noqa: ARG002 - see ScoreBook
        """Score of a decoy, or None."""
        return self._scores.get(decoy_hash)


class FileBook:
    """`hetero_scores.v1` files: one for all molecules (`shared`), or one for some of them by id."""

    def __init__(self, shared: HeteroScores | None, by_id: Mapping[str, HeteroScores]) -> None:
        self._shared, self._by_id = shared, by_id

    def original(self, molecule_id: str, structure_hash: str) -> Scored | None:  # noqa: ARG002 - see ScoreBook
        """Score of a molecule, or None."""
        scores = self._by_id.get(molecule_id, self._shared)
        return scores.original if scores else None

    def decoy(self, molecule_id: str, decoy_hash: str) -> Scored | None:
        """Score of a decoy, or None."""
        scores = self._by_id.get(molecule_id, self._shared)
        return scores.decoys.get(decoy_hash) if scores else None


def read_files(path: Path, wanted_ids: Container[str]) -> dict[str, HeteroScores]:
    """The gathered `hetero_scores.v1` files of these molecules, by id."""
    by_id: dict[str, HeteroScores] = {}
    with path.open(encoding="utf-8") as handle:
        for number, line in enumerate(handle, start=1):
            entry = json.loads(line)
            ids = [molecule_id for molecule_id in entry["ids"] if molecule_id in wanted_ids]
            if ids:
                by_id |= dict.fromkeys(ids, hetero_scores.parse(entry["scores"], f"{path}: line {number}"))
    return by_id


def read_book(path: Path, index: Path, ids: Container[str], hashes: Collection[str]) -> ScoreBook:
    """Open the scores file of a run, or the index of a table, keeping what concerns these ids and structure hashes."""
    if path.suffix == ".json":
        return FileBook(hetero_scores.read(path), {})
    if path.suffix == ".jsonl":
        return FileBook(None, read_files(path, ids))
    if path.name.lower().endswith(TABLES):
        wanted = list(hashes)
        found = zip(wanted, *score_table.find(score_table.open_index(index), wanted), strict=True)
        return TableBook({key: Scored(float(s), float(w)) for key, s, w in found if not math.isnan(s)})
    raise InputError(f"{path}: unknown kind of scores file", "known are .json, .csv, .csv.gz and .parquet")
