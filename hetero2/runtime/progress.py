"""How far a job is: a small file beside its log, for whoever watches the whole run."""

import contextlib
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hetero2.io.files import line_ends, write_text

SECONDS = 2.0
_BLOCK = 1 << 20


def file_beside(log: Path) -> Path:
    """The file of the job that has this log."""
    return log.with_suffix(".progress")


class JobProgress:
    """Writes how many of `total` items a job has done, every two seconds and at the end; nothing without a log.

    The file: {"done": 12, "total": 2500, "status": {"OK": 11, "SKIP": 1}, "reasons": {"invalid_smiles": 1}}; `total` is
    null where it is not known, `status` and `reasons` are empty where items have none.
    """

    def __init__(self, log: Path | None, total: int | None) -> None:
        self._log, self._total = log, total
        self._written = time.monotonic()

    def update(self, done: int, status: Counter[str] | None = None, reasons: Counter[str] | None = None) -> None:
        """Write the file if the last time is two seconds ago."""
        if self._log is not None and time.monotonic() - self._written >= SECONDS:
            self.write(done, status, reasons)

    def write(self, done: int, status: Counter[str] | None = None, reasons: Counter[str] | None = None) -> None:
        """Write the file."""
        if self._log is not None:
            self._written = time.monotonic()
            facts: dict[str, Any] = {
                "done": done,
                "total": self._total,
                "status": status or {},
                "reasons": reasons or {},
            }
            write_text(file_beside(self._log), json.dumps(facts))


def read(log: Path | None, since: float) -> Counter[str] | None:
    """What the job of a log has written since then (seconds since the epoch).

    Keys are `done`, `total`, `status OK`, .. and `reason invalid_smiles`, ..
    """
    if log is None:
        return None
    path = file_beside(log)
    try:
        if path.stat().st_mtime < since - 1:  # clocks of file systems are coarse
            return None
        record = json.loads(path.read_text(encoding="utf-8"))
        status = {f"status {name}": int(number) for name, number in record["status"].items()}
        reasons = {f"reason {name}": int(number) for name, number in record.get("reasons", {}).items()}
        return Counter({"done": int(record["done"]), "total": int(record["total"] or 0), **status, **reasons})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def duration(seconds: float) -> str:
    """A time as a person would say it.

    >>> [duration(seconds) for seconds in (5, 600, 36000)]
    ['5 s', '10 min', '10.0 h']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class LineCounter:
    """How many lines a file has that another program is still writing."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset, self._lines = path, 0, 0

    def count(self) -> int:
        """Lines so far, of what can be read; what was read before is not read again."""
        with contextlib.suppress(OSError), self._path.open("rb") as handle:
            handle.seek(self._offset)
            while block := handle.read(_BLOCK):
                self._lines += line_ends(block)
                self._offset += len(block)
        return self._lines
