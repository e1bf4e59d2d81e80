"""How far the rows of a shard are: a small file beside the log of its job, for whoever watches the whole run."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hetero2.io.files import write_text

STATUS = ("OK", "SKIP", "ERROR")
_SECONDS = 2.0
Both = tuple[dict[str, Any], Any]


def file_beside(log: Path) -> Path:
    """The file of the job that has this log."""
    return log.with_suffix(".progress")


def published(found: Iterable[Both], log: Path | None) -> Iterator[Both]:
    """Yield the records; meanwhile write how many there were of each status, every two seconds and at the end."""
    counts = Counter(dict.fromkeys(STATUS, 0))
    told = -_SECONDS
    for both in found:
        if log is not None and time.monotonic() - told >= _SECONDS:
            told = time.monotonic()
            write_text(file_beside(log), json.dumps(counts))
        yield both
        counts[both[0]["status"]] += 1
    if log is not None:
        write_text(file_beside(log), json.dumps(counts))
