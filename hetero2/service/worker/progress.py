"""How far a run is, from the file that the pipeline writes in its folder."""

import json
from pathlib import Path
from typing import Any

from hetero2.service.worker import collect

FILE = "progress.json"
VARIABLE = "HETERO2_PROGRESS_FILE"  # by which the pipeline knows that it is to write it
_LARGEST = 200_000  # bytes; the file is the run's, so it is read with care
_STAGES = 40


def read(folder: Path, seconds: float) -> dict[str, Any]:
    """Jobs, stages, counts by status; what cannot be read is left out."""
    facts: dict[str, Any] = {"seconds": round(seconds)}
    try:
        record = json.loads(b"".join(collect.chunks(folder, FILE, _LARGEST)))
        facts["jobs"] = {name: int(record["jobs"][name]) for name in ("done", "total")}
        facts["stages"] = [_stage(stage) for stage in record["stages"][:_STAGES]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, collect.RefusedError):
        return facts
    for stage in facts["stages"]:
        if stage["name"].startswith("decoys of ") and stage["total"]:
            facts["rows"], facts["counts"] = stage["total"], stage["status"]
    return facts


def _stage(record: dict[str, Any]) -> dict[str, Any]:
    items = record["items"] if record["items"]["total"] else record["jobs"]
    status = {name: int(record["status"][name]) for name in ("OK", "SKIP", "ERROR")}
    return {
        "name": str(record["name"])[:100],
        "done": int(items["done"]),
        "total": int(items["total"]),
        "status": status,
    }
