"""What leaves the folder of a run: declared outputs, read as files that a stranger made.

Whoever wrote the folder may have put anything there. Every component of a path is opened in the folder before it, and
no link is followed; what is no regular file, or has a second name, is refused; and no more is read than was allowed,
whatever the file says of itself.
"""

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from hetero2.service.store.base import CHUNK

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a FIFO would wait for its writer
_PATTERN = re.compile(r"[*?\[]")
_MOST_NAMES = 10_000
_LONGEST = 500  # characters of a path


class RefusedError(Exception):
    """An output that is not taken; the message says which and why."""


def declared(folder: Path, patterns: Iterable[str], most: int = _MOST_NAMES) -> list[str]:
    """Paths, relative to the folder and in order, of what is there of the declared outputs.

    A pattern is a relative path, or one whose last component has wildcards (`results/small/*.csv`); those match no name
    that begins with a dot, and none but names of letters, digits, `.`, `_`, `+` and `-`. Raises RefusedError for a link
    among the folders, and for more than `most` names; ValueError for a pattern that leads elsewhere.
    """
    paths: set[str] = set()
    for pattern in patterns:
        *parents, last = components(pattern)
        if any(_PATTERN.search(name) for name in parents):
            raise ValueError(f"{pattern}: only the last component may have wildcards")
        try:
            with _opened_folder(folder, parents) as descriptor:
                paths.update("/".join((*parents, name)) for name in _names(descriptor, last))
        except FileNotFoundError:
            continue
        if len(paths) > most:
            raise RefusedError(f"{pattern}: more than {most} files")
    return sorted(paths)


def components(path: str) -> list[str]:
    """Of a relative path; raises ValueError for one that could lead out of its folder."""
    names = path.split("/")
    if len(path) > _LONGEST or "\0" in path or any(name in ("", ".", "..") for name in names):
        raise ValueError(f"{path[:_LONGEST]!r}: not a path below a folder")
    return names


def _names(descriptor: int, last: str) -> Iterator[str]:
    if not _PATTERN.search(last):
        os.lstat(last, dir_fd=descriptor)
        yield last
        return
    with os.scandir(descriptor) as entries:
        for entry in entries:
            if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+-]*", entry.name) and fnmatchcase(entry.name, last):
                yield entry.name


def chunks(folder: Path, path: str, most: int) -> Iterator[bytes]:
    """The bytes of a file of at most `most` bytes. Raises RefusedError, before the first chunk where that can be."""
    with opened(folder, path, most) as descriptor:
        n_bytes = 0
        while chunk := os.read(descriptor, CHUNK):
            n_bytes += len(chunk)
            if n_bytes > most:
                raise RefusedError(f"{path}: larger than {most} bytes")
            yield chunk


@contextmanager
def opened(folder: Path, path: str, most: int) -> Iterator[int]:
    """A descriptor of a regular file that has one name and at most `most` bytes, holes counted; raises RefusedError."""
    *parents, name = components(path)
    try:
        with _opened_folder(folder, parents) as parent:
            _check(path, os.lstat(name, dir_fd=parent), most)  # opening a device can have effects
            descriptor = os.open(name, _FILE, dir_fd=parent)
    except FileNotFoundError:
        raise RefusedError(f"{path}: is not there") from None
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}") from None
    try:
        _check(path, os.fstat(descriptor), most)
        yield descriptor
    finally:
        os.close(descriptor)


def _check(path: str, status: os.stat_result, most: int) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise RefusedError(f"{path}: is a symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise RefusedError(f"{path}: is no regular file")
    if status.st_nlink != 1:
        raise RefusedError(f"{path}: has more than one name (hard links)")
    if status.st_size > most:
        raise RefusedError(f"{path}: larger than {most} bytes")


@contextmanager
def _opened_folder(folder: Path, names: list[str]) -> Iterator[int]:
    """A descriptor of a folder below another; raises RefusedError where something else stands in the way."""
    descriptor = os.open(folder, _FOLDER)
    try:
        for name in names:
            try:
                below = os.open(name, _FOLDER, dir_fd=descriptor)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise RefusedError(f"{'/'.join(names)}: {name} is no folder, or a link to one") from None
                raise
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)
