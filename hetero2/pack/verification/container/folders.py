"""Opening a folder, or whatever a path names."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hetero2.pack.verification.container.members import exactly
from hetero2.pack.verification.container.pack import Pack, fits
from hetero2.pack.verification.container.safe_names import check_names
from hetero2.pack.verification.container.zips import open_zip
from hetero2.pack.verification.limits import MAX_DEPTH, MAX_FOLDER, limits
from hetero2.pack.verification.problems import Problems


def _file_blocks(path: Path, size: int) -> Iterator[bytes]:
    """The bytes of a file listed as a regular one of this size; raises one of UNREADABLE if it no longer is."""
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
    with os.fdopen(os.open(path, os.O_RDONLY | sum(flags)), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError("it is no longer a regular file")
        yield from exactly(stream, size)
        if stream.read(1):
            raise ValueError("it grew while the pack was being checked")


class _Listing:
    """The regular files under a folder: sizes by name and bytes on disk; deeper folders than in a pack are left out."""

    def __init__(self, root: Path, problems: Problems) -> None:
        self.sizes: dict[str, int] = {}
        self.on_disk = self.entries = 0
        self.problems, self.waiting = problems, [(root, "")]
        while self.waiting and not self.is_too_large():
            self._read(*self.waiting.pop())

    def is_too_large(self) -> bool:
        """Whether the folder holds more entries than a pack of its size can."""
        return self.entries > MAX_FOLDER + self.on_disk // 256

    def _read(self, folder: Path, prefix: str) -> None:
        try:
            before = self.entries
            with os.scandir(folder) as entries:
                for entry in entries:
                    self.entries += 1
                    self._take(entry, prefix + entry.name)
                    if self.is_too_large():
                        return
            if self.entries == before and prefix:
                self.problems.add(f"{prefix}: an empty folder; a pack holds files only")
        except OSError as error:
            self.problems.add(f"{prefix or folder.name}: cannot be listed: {error.strerror}")

    def _take(self, entry: os.DirEntry[str], name: str) -> None:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode):
            self.sizes[name] = status.st_size
            self.on_disk += min(status.st_size, 512 * getattr(status, "st_blocks", status.st_size))
        elif not stat.S_ISDIR(status.st_mode):
            self.problems.add(f"{name}: a link or device; a pack holds regular files")
        elif name.count("/") + 1 >= MAX_DEPTH:
            self.problems.add(f"{name}: a folder deeper than any in a pack; it was not entered")
        else:
            self.waiting.append((Path(entry.path), f"{name}/"))


def open_folder(path: Path, problems: Problems, max_unpacked: int | None = None) -> Pack | None:
    """List a folder; links are refused, since they may lead out of it. None if it holds more than a pack can."""
    listing = _Listing(path, problems)
    if listing.is_too_large():
        problems.add(
            f"{path.name}: more than {listing.entries - 1} files and folders: no pack of its size has that many"
        )
        return None
    problems.sort()  # a folder is listed in no particular order
    names, bounds = sorted(listing.sizes), limits(listing.on_disk, max_unpacked)
    check_names(names, problems)
    if not fits(listing.sizes.values(), bounds, problems):
        return None
    sizes = {name: listing.sizes[name] for name in names}
    return Pack(sizes, lambda name: _file_blocks(path / name, sizes[name]), bounds)


def open_pack(path: Path, problems: Problems, max_unpacked: int | None = None) -> Pack | None:
    """Open a zip or a folder; raises FileNotFoundError where `path` is neither."""
    if path.is_dir():
        return open_folder(path, problems, max_unpacked)
    if not path.is_file():
        raise FileNotFoundError(2, "no such pack", str(path))
    return open_zip(path, problems, max_unpacked)
