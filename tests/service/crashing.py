"""Worker processes that are stopped or killed at a named point, in the middle of their own functions.

`python -m tests.service.crashing` reads calls of `work`, a JSON list of its arguments a line, and forks for each: to
import all of it anew would take seconds. It prints the child's id, and when that has ended, how. The points are calls
of functions of the worker, which are wrapped here and are not in the service itself.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hetero2.service import core
from hetero2.service.db import runs
from hetero2.service.settings import Settings
from hetero2.service.worker import attempt, collect, process, sandbox, stage_in
from hetero2.service.worker import worker as workers
from tests.service import trivial

# point: (object, function, when: before or after it, at which call of it)
POINTS: dict[str, tuple[Any, str, str, int]] = {
    "after claim": (attempt.Attempt, "__init__", "before", 1),
    "before folder": (attempt.Attempt, "execute", "before", 1),
    "folder made": (stage_in, "bring", "before", 1),
    "first file in": (stage_in, "_copy", "after", 1),
    "files in": (stage_in, "bring", "after", 1),
    "handed over": (sandbox, "hand_over", "after", 1),
    "RUNNING": (attempt.Attempt, "_advance", "after", 1),
    "mid command": (attempt.Attempt, "_tick", "after", 2),
    "command ended": (process, "run", "after", 1),
    "mid collect": (collect, "chunks", "after", 1),
    "collected": (attempt.Attempt, "_collect", "after", 1),
    "facts made": (attempt.Attempt, "_facts", "after", 1),
    "mid store": (attempt.Attempt, "_stored", "after", 1),
    "stored": (attempt.Attempt, "_check_held", "before", 2),
    "published, not committed": (runs, "publish", "after", 1),
    "published": (attempt.Attempt, "_publish", "after", 1),
}


def install(point: str, number: int, folder: Path) -> None:
    """Send this process a signal when it gets to the point, once."""
    owner, name, when, at = POINTS[point]
    real: Callable[..., Any] = getattr(owner, name)
    calls = [0]

    def reached() -> None:
        calls[0] += 1
        if calls[0] == at:
            (folder / "reached").touch()
            os.kill(os.getpid(), number)

    def wrapped(*arguments: Any, **options: Any) -> Any:
        if when == "before":
            reached()
        result = real(*arguments, **options)
        if when == "after":
            reached()
        return result

    setattr(owner, name, wrapped)


def work(point: str, number: int, folder: str, database: str, store: str, lease: float) -> None:
    """Work on one run, and write FOLDER/worked if it comes to the end; FOLDER/reached where the point was reached."""
    trivial.install("sleep 1; echo ranked > results/small/ranked.csv")
    settings = Settings(folder=Path(folder), database=database, store=store, cores=1, lease=lease)
    service = core.open_service(settings)
    install(point, number, Path(folder))
    if workers.Worker(service).work_once():
        (Path(folder) / "worked").touch()


def main() -> None:
    """Fork for each line."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                work(*json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
