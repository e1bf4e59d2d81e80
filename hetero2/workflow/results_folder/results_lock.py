"""One live run for each results folder.

Snakemake's own lock is a file that outlives a killed run. This one is an flock, which ends with its process, so it is
never stale; while it is held, no job of another run can be at work in the folder except orphans of a killed one.
"""

import errno
import fcntl
import os
import socket
import sys
import time
from pathlib import Path
from typing import IO

from hetero2.errors import HeteroError

_LOCK = ".lock"
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class ResultsLock:
    """Holds a results folder from `take` to `release`, or until this process ends."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._handle: IO[str] | None = None

    def take(self) -> bool:
        """Hold the folder; False, with a warning, where its file system has no locks.

        Raises HeteroError where another process holds it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = (self._folder / _LOCK).open("a+", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.seek(0)
            holder = handle.read().strip() or "just started"
            handle.close()
            return self._refused(error, holder)
        handle.truncate(0)
        handle.write(f"pid {os.getpid()} on {socket.gethostname()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}\n")
        handle.flush()
        self._handle = handle
        return True

    def release(self) -> None:
        """Let others have the folder."""
        if self._handle is not None:
            self._handle.close()

    def _refused(self, error: OSError, holder: str) -> bool:
        if isinstance(error, BlockingIOError):
            raise HeteroError(
                f"{self._folder}: another run is using this folder ({holder}); nothing was changed",
                "wait until it has ended, or end it; a run with another execution.results_dir can go on beside it",
            ) from None
        if error.errno not in _NO_LOCKS:
            raise error
        print(
            f"warning: {self._folder}: this file system has no locks; make sure that no other run is using the folder",
            file=sys.stderr,
        )
        return False
