"""`hetero_scores.v1` (frozen): the scores of one molecule and its decoys, by decoy hash."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.errors import InputError
from hetero2.io.files import read_json

SCHEMA = "hetero_scores.v1"
MAX_BYTES = 100 << 20
TABLE_HINT = "it holds the scores of one molecule; give the scores of a library as a table (hetero_score_table.v1)"
MIN_WEIGHT, MAX_WEIGHT = 1e-100, 1e100


class Scored(NamedTuple):
    """A score and its weight, both finite, the weight positive."""

    score: float
    weight: float


@dataclass(frozen=True)
class HeteroScores:
    """A read `hetero_scores.v1` file."""

    molecule: Scored
    decoys: Mapping[str, Scored]
    score_key: str | None


def _number(entry: Mapping[str, Any], key: str, where: str) -> float:
    if key not in entry:
        raise InputError(f"{where}: {key!r} is missing; every entry needs score and weight")
    value = entry[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where}: {key} is {value!r}, expected a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{where}: {key} is too large for a number")
    return number


def _scored(entry: Any, where: str) -> Scored:
    if not isinstance(entry, dict):
        raise InputError(f"{where}: expected an object with score and weight, found {type(entry).__name__}")
    scored = Scored(_number(entry, "score", where), _number(entry, "weight", where))
    check_weight(scored.weight, where)
    return scored


def check_weight(weight: float, where: str) -> None:
    """Raise InputError unless the weight is within 1e-100 to 1e100, far from the limits of a float."""
    if not MIN_WEIGHT <= weight <= MAX_WEIGHT:
        raise InputError(f"{where}: weight is {weight}, expected {MIN_WEIGHT} to {MAX_WEIGHT}")


def parse(document: Any, where: str) -> HeteroScores:
    """Check a parsed document; raises InputError with `where` and the key. Unknown keys are ignored."""
    if not isinstance(document, dict):
        raise InputError(f"{where}: expected a JSON object with schema_version, original and decoys")
    version = document.get("schema_version")
    if version != SCHEMA:
        stated = "there is no schema_version" if version is None else f"schema_version is {version!r}"
        raise InputError(f"{where}: {stated}, expected {SCHEMA!r}")
    for key in ("original", "decoys"):
        if not isinstance(document.get(key), dict):
            raise InputError(f"{where}: {key!r} is missing or not an object")
    decoys = {name: _scored(entry, f"{where}: decoys.{name}") for name, entry in document["decoys"].items()}
    score_key = document.get("score_key")
    return HeteroScores(
        _scored(document["original"], f"{where}: original"), decoys, None if score_key is None else str(score_key)
    )


def read(path: Path) -> HeteroScores:
    """Read and check a `hetero_scores.v1` file."""
    return parse(load(path), str(path))


def load(path: Path) -> Any:
    """The document of a file; raises InputError for one above MAX_BYTES, too large for the scores of one molecule."""
    try:
        return read_json(path, MAX_BYTES)
    except InputError as error:
        too_large = path.is_file() and path.stat().st_size > MAX_BYTES
        raise InputError(error.message, TABLE_HINT if too_large else error.hint) from None
