"""The scores file of a pack: the scores of those molecules and decoys that its other files speak of.

A table (CSV) and a single document (JSON) are read; Parquet, gzip and gathered documents only by their digest.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.form.table_form import brought_number
from hetero2.pack.verification.layout import CARD_DECOYS, MANIFEST, MISSING_SCORES, SCORES, SELECTED_DECOYS, SUMMARY

READ_SCORES = tuple(name for name in SCORES if name.endswith((".csv", ".json")))
_KEYS = ("structure_hash", "molecule_id", "id")  # of a score table, the first that it has
_HASH = re.compile(r"[0-9a-f]{64}")
_ORIGINAL = "original"


def key_number(key: str) -> int:
    """64 bits that stand for a key: the first of a structure hash, or of the sha256 of anything else."""
    if len(key) == 64 and _HASH.fullmatch(key):
        return int(key[:16], 16)
    return int.from_bytes(hashlib.sha256(f"key:{key}".encode("utf-8", "surrogatepass")).digest()[:8], "big")


class KeyedScores:
    """Scores of the keys that are asked for, nan where the file has none; 110 bytes a key. Others are forgotten."""

    def __init__(self, wanted: Iterable[int]) -> None:
        self._scores = dict.fromkeys(wanted, math.nan)
        self.n_rows = 0

    def put(self, number: int, score: float) -> bool:
        """Keep a score if its key is asked for; False where another score is kept already."""
        self.n_rows += 1
        before = self._scores.get(number)
        if before is None:
            return True
        self._scores[number] = score
        return before != before or before == score  # nan, so that there was none

    def get(self, number: int) -> float:
        """The score of a key that was asked for."""
        return self._scores.get(number, math.nan)


class Scores:
    """The scores of a run as its stages looked them up: larger is better, nan where there is none.

    By structure hash a score holds wherever the structure occurs, by id for the row with that id; in a table of pairs
    decoys belong to their molecule.
    """

    def __init__(self, evidence: Evidence) -> None:
        manifest = evidence.json(MANIFEST)
        said = manifest.get("scores") or {}
        self.name = next(name for name in SCORES if name in evidence)
        self.has_pairs = said.get("schema") == "hetero_pair_table.v1"
        self.problem: str | None = None
        self._sign = -1 if said.get("higher_is_better") is False else 1
        self._is_shared = self.name.endswith(".json")
        self._kept = KeyedScores(self._wanted(evidence))
        self._read(evidence)

    @property
    def n_rows(self) -> int:
        """Scores in the file, repeated ones counted again."""
        return self._kept.n_rows

    def of_molecule(self, molecule_id: str, structure: str) -> float:
        """By its structure hash if it has one, else by its id."""
        if self._is_shared:
            return self._signed(self._kept.get(key_number(_ORIGINAL)))
        score = math.nan
        if structure and not self.has_pairs:
            score = self._kept.get(key_number(structure))
        return self._signed(self._kept.get(key_number(molecule_id)) if math.isnan(score) else score)

    def of_decoy(self, molecule_id: str, decoy_hash: str) -> float:
        """By its hash."""
        return self._signed(self._kept.get(self._decoy_number(molecule_id, decoy_hash)))

    def _signed(self, score: float) -> float:
        return self._sign * score + 0.0

    def _decoy_number(self, molecule_id: str, decoy_hash: str) -> int:
        return key_number(f"{molecule_id}\0{decoy_hash}" if self.has_pairs else decoy_hash)

    def _wanted(self, evidence: Evidence) -> Iterator[int]:
        yield key_number(_ORIGINAL)
        for molecule_id, structure in evidence.rows(SUMMARY, "id", "structure_hash"):
            yield key_number(molecule_id)
            if structure:
                yield key_number(structure)
        for name in (SELECTED_DECOYS, CARD_DECOYS):
            if evidence.is_readable(name):
                for molecule_id, decoy_hash in evidence.rows(name, "id", "decoy_hash"):
                    yield self._decoy_number(molecule_id, decoy_hash)
        if evidence.is_readable(MISSING_SCORES):
            for (decoy_hash,) in evidence.rows(MISSING_SCORES, "decoy_hash"):
                yield key_number(decoy_hash)

    def _put(self, where: str, key: int, score: float) -> None:
        if not math.isfinite(score):
            self.problem = self.problem or f"{where}: the score is not a finite number"
        elif not self._kept.put(key, score):
            self.problem = self.problem or f"{where}: its key has another score in an earlier row"

    def _read(self, evidence: Evidence) -> None:
        if self._is_shared:
            return self._read_document(json.loads(evidence.text(self.name)))
        header = evidence.columns(self.name)
        key = next((column for column in _KEYS if column in header), "")
        needed = ("id", "decoy", "score") if self.has_pairs else (key, "score")
        missing = [column for column in needed if column not in header]
        if missing or len(set(header)) < len(header):
            self.problem = f"the columns are {', '.join(header)[:80]!r}, not those of a score table"
            return None
        for number, cells in enumerate(evidence.rows(self.name, *needed), start=1):
            self._put(f"row {number}", self._number_of_row(cells), brought_number(cells[-1]))
        return None

    def _number_of_row(self, cells: tuple[str, ...]) -> int:
        if not self.has_pairs:
            return key_number(cells[0])
        molecule_id, decoy = cells[0], cells[1].strip()
        if not decoy:
            return key_number(molecule_id)
        if not _HASH.fullmatch(decoy):
            decoy = hashlib.sha256(f"{molecule_id}\0{decoy}".encode("utf-8", "surrogatepass")).hexdigest()
        return key_number(f"{molecule_id}\0{decoy}")

    def _read_document(self, document: Any) -> None:
        self._put(_ORIGINAL, key_number(_ORIGINAL), float(document[_ORIGINAL]["score"]))
        for decoy_hash, entry in document["decoys"].items():
            self._put(decoy_hash[:80], key_number(decoy_hash), float(entry["score"]))


def is_read(evidence: Evidence) -> bool:
    """Whether the scores file can be read without libraries."""
    return any(name in evidence for name in READ_SCORES)


def scores_of(evidence: Evidence) -> Scores:
    """The scores, read once; raises what reading a file may raise."""
    return evidence.kept("scores", lambda: Scores(evidence))


def n_keys(evidence: Evidence, scores: Scores) -> int:
    """How many different keys a score table has; 8 bytes a row, and 40 while they are sorted."""
    header = evidence.columns(scores.name)
    key = next(column for column in _KEYS if column in header)
    numbers = sorted(array("Q", (key_number(cells[0]) for cells in evidence.rows(scores.name, key))))
    return sum(1 for place, number in enumerate(numbers) if not place or numbers[place - 1] != number)
