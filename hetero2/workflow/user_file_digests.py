"""The contents of a user's files: new content under the same name is seen, whatever the times of the file.

Snakemake compares times, so a file that is replaced by an older one (`mv`, `cp -p`) looks unchanged to it. Here the
sha256 of each file is a parameter of the jobs that read it.
"""

import contextlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hetero2.errors import HeteroError
from hetero2.io.files import read_json, sha256_file, write_text

NOTES = ".inputs.json"
ABSENT = "absent"
_RECENT_SECONDS = 2.0  # a file that changed so shortly before it was read may change again within the same timestamp


class Contents:
    """The sha256 of files, each read once.

    Notes in the results folder save reading a file again whose size, inode, and times of content and of inode are all
    unchanged; the last of these cannot be set back by `touch`, `cp -p` or `mv`. A job on another machine takes the
    notes as they are (`is_checked`: the call that submitted it has looked), so that it runs with the same values.
    """

    def __init__(self, folder: Path) -> None:
        self._notes_file = folder / NOTES
        self._notes = _read_notes(self._notes_file)
        self._sha256: dict[str, str] = {}
        self._stamps: dict[str, list[int]] = {}
        self._is_new = False
        self.is_checked = False

    def sha256(self, path: str) -> str:
        """sha256 of a file as this process read it first; `ABSENT` where there is none."""
        if path not in self._sha256:
            self._sha256[path] = self._noted(path) or self._hashed(path)
        return self._sha256[path]

    def _noted(self, path: str) -> str | None:
        note = self._notes.get(str(Path(path).absolute()))
        if not isinstance(note, dict) or not {"stamp", "sha256"} <= set(note):
            return None
        if not self.is_checked and note["stamp"] != _stamp(path):
            return None
        self._stamps[path] = note["stamp"]
        return str(note["sha256"])

    def _hashed(self, path: str) -> str:
        began, stamp = time.time(), _stamp(path)
        if stamp is None:
            return ABSENT
        digest = sha256_file(Path(path))
        self._stamps[path] = stamp
        note, key = {"sha256": digest, "stamp": stamp}, str(Path(path).absolute())
        is_settled = began - stamp[2] / 1e9 > _RECENT_SECONDS
        self._is_new |= is_settled or key in self._notes
        if is_settled:
            self._notes[key] = note
        else:
            self._notes.pop(key, None)
        return digest

    def save(self) -> None:
        """Write the notes, where the results folder is there and can be written."""
        if self._is_new and self._notes_file.parent.is_dir():
            with contextlib.suppress(OSError):
                write_text(self._notes_file, json.dumps(self._notes, indent=1, sort_keys=True) + "\n")
                self._is_new = False

    def changed(self) -> list[str]:
        """Files whose content is no longer what this process read first."""
        touched = (path for path, stamp in self._stamps.items() if _stamp(path) != stamp)
        return sorted(
            path for path in touched if not Path(path).is_file() or sha256_file(Path(path)) != self.sha256(path)
        )


def file_names(inputs: Any) -> Iterable[str]:
    """The names in what an input function gives: a name, a list, or a dictionary of them."""
    if isinstance(inputs, str):
        yield inputs
    else:
        for inner in inputs.values() if isinstance(inputs, dict) else inputs:
            yield from file_names(inner)


def _stamp(path: str) -> list[int] | None:
    """Size, times and inode: what changes with the content, whatever a user does to the file."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _read_notes(path: Path) -> dict[str, Any]:
    try:
        notes = read_json(path)
    except (HeteroError, OSError):
        return {}
    return notes if isinstance(notes, dict) else {}
