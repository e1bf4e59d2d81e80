"""The two lists of a pack: manifest.json and checksums.sha256."""

from __future__ import annotations

import re
from typing import Any

from hetero2.pack.verification.container.pack import Pack, digest
from hetero2.pack.verification.layout import CHECKSUMS, MANIFEST, role
from hetero2.pack.verification.limits import HINT, UNREADABLE
from hetero2.pack.verification.problems import SUMS_HOLD, Problems


def parse_checksums(pack: Pack, problems: Problems) -> dict[str, str]:
    """sha256 by path from checksums.sha256."""
    sums: dict[str, str] = {}
    if pack.sizes.get(CHECKSUMS, 0) > pack.bounds.json_bytes:
        problems.add(f"{CHECKSUMS}: its {pack.sizes[CHECKSUMS]} bytes are more than {HINT}", SUMS_HOLD)
        return sums
    text = b""
    try:
        text = b"".join(pack.blocks(CHECKSUMS)) if CHECKSUMS in pack else b""
    except UNREADABLE as error:
        problems.add(f"{CHECKSUMS}: cannot be read: {error}", SUMS_HOLD)
    start, number = 0, 0
    while start < len(text):
        number, end = number + 1, text.find(b"\n", start) % (len(text) + 1)
        line = text[start:end].decode("utf-8", "replace")
        start = end + 1
        match = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if not match:
            problems.add(f"{CHECKSUMS}: line {number}: not '<sha256>  <path>'", SUMS_HOLD)
        elif match.group(2) in sums:
            problems.add(f"{CHECKSUMS}: line {number}: {match.group(2)} is listed twice", SUMS_HOLD)
        else:
            sums[match.group(2)] = match.group(1)
    if text and (not text.endswith(b"\n") or list(sums) != sorted(sums)):
        problems.add(f"{CHECKSUMS}: not sorted, or without a final newline", SUMS_HOLD)
    return sums


def _listed(manifest: Any, problems: Problems) -> dict[str, dict[str, Any]]:
    files = manifest.get("files") if isinstance(manifest, dict) else None
    entries = [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    by_path = {entry["path"]: entry for entry in entries if isinstance(entry.get("path"), str)}
    if len(by_path) < len(entries) or list(by_path) != sorted(by_path):
        problems.add(f"{MANIFEST}: files are not sorted, or one is listed twice")
    return by_path


def _compare(
    name: str, actual: tuple[str, int], entry: dict[str, Any] | None, sha256: str | None, problems: Problems
) -> None:
    """Compare sha256 and size of a file with both lists."""
    entry_says = None if entry is None else (entry.get("sha256"), entry.get("size_bytes"))
    if sha256 is None and entry is None and name != MANIFEST:
        problems.add(f"{name}: extra file, in neither list")
    elif sha256 != actual[0]:
        agrees = entry_says is not None and entry_says[0] == actual[0]
        problems.add(
            f"{CHECKSUMS}: the line for {name} is wrong or missing (manifest.json agrees with the file)"
            if agrees
            else f"{name}: sha256 is {actual[0]}, {CHECKSUMS} says {sha256}",
            SUMS_HOLD,
        )
    elif name != MANIFEST and entry_says != actual:
        problems.add(f"{MANIFEST}: its entry for {name} is wrong or missing")
    if entry is not None and entry.get("role") != role(name):
        problems.add(f"{MANIFEST}: the role of {name} is {entry.get('role')!r}, not {role(name)!r}")


def check_files(pack: Pack, manifest: Any, problems: Problems) -> dict[str, str]:
    """Hash every file once and compare it with both lists; return the sha256 by path."""
    sums, listed, digests = parse_checksums(pack, problems), _listed(manifest, problems), {}
    for name, size in pack.sizes.items():
        digests[name] = digest(pack, name, problems)
        if digests[name] and name != CHECKSUMS:
            _compare(name, (digests[name], size), listed.get(name), sums.get(name), problems)
    missing = sorted(name for name in set(sums) | set(listed) if name not in pack)
    problems.add_all((f"{name}: listed, but missing" for name in missing), SUMS_HOLD)
    return digests
