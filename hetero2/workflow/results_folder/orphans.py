"""What a killed run leaves behind in its results folder: processes that work on, and files they had not finished."""

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from hetero2.errors import HeteroError

VARIABLE = "HETERO2_RESULTS"  # every process of a job inherits it, so that orphans are known by it
_LEFTOVER = re.compile(r"\..+\.part|\.command-.+")
_SECONDS_TO_END = 10.0


def mark(results: str) -> str:
    """The value of VARIABLE for all processes that work for this results folder."""
    return str(Path(results).resolve())


def end_orphans(results: str) -> list[int]:
    """End the processes that work for this folder without a live run; their pids. Only while the folder is held."""
    ended: list[int] = []
    deadline = time.monotonic() + 3 * _SECONDS_TO_END
    while processes := list(orphans(results)):
        if time.monotonic() > deadline:
            pids = " ".join(str(process.pid) for process in processes)
            raise HeteroError(f"{results}: processes of an earlier run do not end", f"kill -9 {pids}")
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.terminate()
                process.resume()  # a stopped process (Ctrl-Z) would not notice
        for process in psutil.wait_procs(processes, timeout=_SECONDS_TO_END)[1]:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(processes, timeout=1)
        ended += [process.pid for process in processes if process.pid not in ended]
    return ended


def orphans(results: str) -> Iterator[psutil.Process]:
    """Live processes of this user that are marked with the folder, but this one and its family."""
    this, value = psutil.Process(), mark(results)
    family = {process.pid for process in (this, *this.parents(), *this.children(recursive=True))}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid in family or process.uids().real != os.getuid():
                continue
            if process.environ().get(VARIABLE) == value and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def leftovers(folder: Path) -> list[Path]:
    """Our temporary files and folders (see `files.atomic_path`) that no live process works on any more."""
    paths = [path for path in folder.rglob(".*") if _LEFTOVER.fullmatch(path.name)]
    return [path for path in paths if not any(parent in paths for parent in path.parents)]


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
