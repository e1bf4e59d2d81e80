"""How much of the disk a folder takes up, measured while hostile hands may change it."""

import errno
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from hetero2.service.worker.limits import Limits
from hetero2.service.worker.watch import reasons

_BLOCK = 4096  # what a file takes at least: else a million empty ones were nothing
_DEEPEST = 100  # each level is an open descriptor
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # removed since it was listed, or another kind of file by now


class ExceededError(Exception):
    """More than may be written; the message is the reason."""


@dataclass
class _Measure:
    limits: Limits
    n_bytes: int = 0
    entries: int = 0
    linked: set[int] = field(default_factory=set)  # files of several names that were counted

    def add(self, status: os.stat_result) -> None:
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            if status.st_ino in self.linked:
                return
            self.linked.add(status.st_ino)
        self.n_bytes += max(_BLOCK, status.st_blocks * 512)
        self.entries += 1
        if self.n_bytes > self.limits.disk:
            raise ExceededError(reasons.disk(self.limits))
        if self.entries > self.limits.entries:
            raise ExceededError(reasons.entries(self.limits))


def measure(folder: Path, limits: Limits) -> int:
    """Bytes allocated to all below a folder, following no links; raises ExceededError as soon as it is too much."""
    total = _Measure(limits)
    _walk(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), total, 0)
    return total.n_bytes


def _walk(folder: int, total: _Measure, depth: int) -> None:
    """Add what is in an open folder, and close it."""
    try:
        if depth > _DEEPEST:
            raise ExceededError(reasons.unmeasurable("folders that are nested too deeply"))
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    status = os.lstat(entry.name, dir_fd=folder)
                    total.add(status)
                    if stat.S_ISDIR(status.st_mode):
                        below = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                        _walk(below, total, depth + 1)
                except PermissionError:  # of a service that is not root
                    raise ExceededError(reasons.unmeasurable("a folder that it closed to others")) from None
                except OSError as error:
                    if error.errno not in _GONE:
                        raise
    finally:
        os.close(folder)
