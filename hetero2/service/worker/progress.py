"""How far a run is, from the file that the pipeline writes in its folder."""

import json
from pathlib import Path
from typing import Any

from hetero2.service.worker import collect

FILE = "progress.json"
VARIABLE = "HETERO2_PROGRESS_FILE"  # by which the pipeline knows that it is to write it
# The file is the run's, so it is read with care.
_LARGEST_FILE = 200_000  # bytes
_LARGEST_COUNT = 10**12  # beyond any library; JSON can hold numbers that no float and no database can
_LONGEST = 100  # characters of a name or a reason
_STAGES = 40
_REASONS = 5


def read(folder: Path, seconds: float) -> dict[str, Any]:
    """Jobs, stages, counts by status with the most frequent reasons; what cannot be read is left out."""
    facts: dict[str, Any] = {"seconds": round(seconds)}
    try:
        record = json.loads(b"".join(collect.chunks(folder, FILE, _LARGEST_FILE)))
        facts["jobs"] = {name: _count(record["jobs"][name]) for name in ("done", "total")}
        stages = [_stage(stage) for stage in record["stages"][:_STAGES]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, collect.RefusedError):
        return facts
    for stage in stages:
        reasons = stage.pop("top_reasons")
        if stage["name"].startswith("decoys of ") and stage["total"]:
            facts |= {"rows": stage["total"], "counts": stage["status"], "top_reasons": reasons}
    return facts | {"stages": stages}


def _stage(record: dict[str, Any]) -> dict[str, Any]:
    items = record["items"] if record["items"]["total"] else record["jobs"]
    return {
        "name": _text(record["name"]),
        "done": _count(items["done"]),
        "total": _count(items["total"]),
        "status": {name: _count(record["status"][name]) for name in ("OK", "SKIP", "ERROR")},
        "top_reasons": [[_text(reason), _count(number)] for reason, number in record["top_reasons"][:_REASONS]],
    }


def _count(value: object) -> int:
    """A number of things; raises ValueError for anything else."""
    if not isinstance(value, int) or not 0 <= value <= _LARGEST_COUNT:
        raise ValueError("not a count")
    return int(value)


def _text(value: object) -> str:
    """A short text that shows on a page as it is; raises ValueError for what is no text."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return "".join(letter for letter in value[:_LONGEST] if letter.isprintable())
