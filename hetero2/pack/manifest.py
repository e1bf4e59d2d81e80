"""Content of manifest.json and checksums.sha256, from the files of a pack."""

import hashlib
from pathlib import Path
from typing import Any

from hetero2.pack.verify import CHECKSUMS, MANIFEST, PAGES, SPREADSHEETS, payload_sha256

_ROLES = {
    "ranked_candidates.csv": "candidates",
    "selected_decoys.csv": "decoys of the selected candidates",
    "summary.csv": "summary",
    "metrics.json": "metrics",
    "decoy_quality.json": "decoy quality",
    "leakage.csv": "leakage",
    "missing_decoy_scores.csv": "decoys without a score",
    "controls.json": "controls",
    "hardness_curve.csv": "hardness curve",
    "index.md": "index",
    "report.html": "report",
    "summary_spreadsheet.csv": "summary for spreadsheets",
    **dict.fromkeys(SPREADSHEETS, "copy for spreadsheets"),
    "decoys.parquet": "decoys",
    "card_decoys.csv": "decoys of the molecules that the report draws",
    "hit_curve.csv": "hit curve",
    "config.yaml": "configuration",
    "environment.json": "environment",
    "truth.csv": "truth",
    "cost_lift_report.json": "cost and lift",
    "utility_report.json": "utility",
}


def role(path: str) -> str:
    """What a file of a pack is."""
    if path.startswith("workflow/"):
        return "workflow"
    if path.startswith(PAGES):
        return "page of a molecule"
    return "scores" if path.startswith("scores") else _ROLES[path]


def list_files(folder: Path) -> list[dict[str, Any]]:
    """path, size_bytes, sha256 and role of every file of a pack but its two lists, sorted by path."""
    entries = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in (MANIFEST, CHECKSUMS):
            with path.open("rb") as handle:
                sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
            entries.append({"path": name, "size_bytes": path.stat().st_size, "sha256": sha256, "role": role(name)})
    return sorted(entries, key=lambda entry: entry["path"])


def with_files(facts: dict[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
    """manifest.json: what is known of the run, its files and the digest of its payload."""
    payload = payload_sha256({entry["path"]: entry["sha256"] for entry in files})
    return {**facts, "files": files, "payload_sha256": payload}


def checksums(files: list[dict[str, Any]], manifest_text: str) -> str:
    """checksums.sha256 in the format of `sha256sum -c`, sorted by path, every file but itself."""
    digests = {entry["path"]: entry["sha256"] for entry in files}
    digests[MANIFEST] = hashlib.sha256(manifest_text.encode("utf-8")).hexdigest()
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests))
