"""The contents of manifest.json and checksums.sha256, from the files of a pack."""

import hashlib
from pathlib import Path
from typing import Any

from hetero2.pack.verification.contracts.identity import payload_sha256
from hetero2.pack.verification.layout import CHECKSUMS, MANIFEST, role


def role_of(path: str) -> str:
    """The role of a file of a pack; raises KeyError for a file that no pack holds."""
    name = role(path)
    if name is None:
        raise KeyError(path)
    return name


def list_files(folder: Path) -> list[dict[str, Any]]:
    """path, size_bytes, sha256 and role of every file of a pack except its two lists, sorted by path."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [entry(folder, name) for name in sorted(names) if name not in (MANIFEST, CHECKSUMS)]


def entry(folder: Path, name: str) -> dict[str, Any]:
    """path, size_bytes, sha256 and role of one file of a pack; raises KeyError for a file that no pack holds."""
    with (folder / name).open("rb") as handle:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    return {"path": name, "size_bytes": (folder / name).stat().st_size, "sha256": sha256, "role": role_of(name)}


def with_files(facts: dict[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
    """manifest.json: the facts of the run, its files and the digest of its payload."""
    payload = payload_sha256({entry["path"]: entry["sha256"] for entry in files})
    return {**facts, "files": files, "payload_sha256": payload}


def checksums(files: list[dict[str, Any]], manifest_text: str) -> str:
    """checksums.sha256 in the format of `sha256sum -c`, sorted by path, for every file but itself."""
    digests = {entry["path"]: entry["sha256"] for entry in files}
    digests[MANIFEST] = hashlib.sha256(manifest_text.encode("utf-8")).hexdigest()
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests))
