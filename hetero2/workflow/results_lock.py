"""One live run for each results folder, and an end to what a killed run left behind there.

Snakemake's own lock is a file that outlives a killed run. This one is an flock, which ends with its process, so it is
never stale; while it is held, no job of another run can be at work in the folder except orphans of a killed one.
"""

import contextlib
import errno
import fcntl
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psutil

from hetero2.errors import HeteroError
from hetero2.workflow import modified_outputs
from hetero2.workflow.plan import Plan

VARIABLE = "HETERO2_RESULTS"  # every process of a job inherits it, so that orphans are known by it
_LOCK = ".lock"
_LEFTOVER = re.compile(r"\..+\.part|\.command-.+")
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_SECONDS_TO_END = 10.0
_held: list[IO[str]] = []  # open until this process ends


def mark(results: str) -> None:
    """Let all processes that this one starts carry the name of their results folder."""
    os.environ[VARIABLE] = _name(results)


def enter_or_exit(plan: Plan, workflow: Any) -> None:
    """Take the results folder before any job, or end with one clear error. Jobs on other machines take nothing."""
    if workflow.is_main_process:
        with _or_exit(plan):
            if take(Path(plan.results)):
                _clean(plan)
            modified_outputs.check_start(workflow)
            plan.contents.save()


def leave_or_exit(plan: Plan, workflow: Any) -> None:
    """After the last job: end with one clear error where files were changed meanwhile."""
    if workflow.is_main_process:
        with _or_exit(plan):
            modified_outputs.check_end(plan, workflow)


@contextlib.contextmanager
def _or_exit(plan: Plan) -> Iterator[None]:
    try:
        yield
        return
    except HeteroError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or plan.results}: {error.strerror or error}", file=sys.stderr)
    sys.exit(1)


def take(folder: Path) -> bool:
    """Hold the folder until this process ends; False where its file system knows no locks.

    Raises HeteroError where another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = (folder / _LOCK).open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        holder = handle.read().strip() or "just started"
        handle.close()
        if isinstance(error, BlockingIOError):
            raise HeteroError(
                f"{folder}: another run is at work here ({holder}); nothing was touched",
                "wait until it has ended, or end it; another execution.results_dir can be built at the same time",
            ) from None
        if error.errno not in _NO_LOCKS:
            raise
        print(f"warning: {folder}: no locks on this file system; see that no other run is at work", file=sys.stderr)
        return False
    _held.append(handle)
    handle.truncate(0)
    handle.write(f"pid {os.getpid()} on {socket.gethostname()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}\n")
    handle.flush()
    return True


def _clean(plan: Plan) -> None:
    ended = end_orphans(plan.results)
    removed = [_remove(path) for run in plan.runs for path in leftovers(plan.folder(run))]
    if ended or removed:
        told = [f"ended its processes {' '.join(map(str, ended))}"] if ended else []
        told += [f"removed {len(removed)} unfinished files"] if removed else []
        print(f"{plan.results}: an earlier run was cut off; {', '.join(told)}", file=sys.stderr)


def end_orphans(results: str) -> list[int]:
    """End the processes that work for this folder without a live run; their pids. Only while the folder is held."""
    ended: list[int] = []
    deadline = time.monotonic() + 3 * _SECONDS_TO_END
    while found := list(orphans(results)):
        if time.monotonic() > deadline:
            pids = " ".join(str(process.pid) for process in found)
            raise HeteroError(f"{results}: processes of an earlier run do not end", f"kill -9 {pids}")
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.terminate()
                process.resume()  # one that is stopped (Ctrl-Z) would not hear of it
        for process in psutil.wait_procs(found, timeout=_SECONDS_TO_END)[1]:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=1)
        ended += [process.pid for process in found if process.pid not in ended]
    return ended


def orphans(results: str) -> Iterator[psutil.Process]:
    """Live processes of this user that carry the name of the folder, other than this one's own family."""
    own, name = psutil.Process(), _name(results)
    family = {process.pid for process in (own, *own.parents(), *own.children(recursive=True))}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid in family or process.uids().real != os.getuid():
                continue
            if process.environ().get(VARIABLE) == name and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def leftovers(folder: Path) -> list[Path]:
    """Temporary files and folders of ours (see `files.atomic_path`) that no live process works on any more."""
    found = [path for path in folder.rglob(".*") if _LEFTOVER.fullmatch(path.name)]
    return [path for path in found if not any(parent in found for parent in path.parents)]


def _remove(path: Path) -> Path:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return path


def _name(results: str) -> str:
    return str(Path(results).resolve())
