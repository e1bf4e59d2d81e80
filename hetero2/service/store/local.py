"""A store in a local folder."""

import contextlib
import hashlib
import hmac
import os
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import uuid4

from hetero2.service.store.base import (
    CHUNK,
    DISK_FULL,
    LONGEST_URL,
    ExistsError,
    FullError,
    MissingError,
    Stored,
    checked,
    checked_duration,
)

_ARRIVING = ".arriving"  # no key begins with a dot


class LocalStore:
    """Files below a folder; a file gets its name when all of it is on the disk."""

    def __init__(self, folder: Path, secret: bytes, base_url: str = "/api/v1/files") -> None:
        """secret: signs the addresses that `base_url` answers."""
        self._folder, self._secret, self._base_url = folder, secret, base_url
        (folder / _ARRIVING).mkdir(parents=True, exist_ok=True)

    def put(self, key: str, chunks: Iterable[bytes]) -> Stored:
        """See Store."""
        path = self._path(key)
        if path.exists():
            raise ExistsError(key)
        arriving = self._folder / _ARRIVING / uuid4().hex
        try:
            size, digest = _write(arriving, chunks)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(arriving, path)
            _sync_folder(path.parent)
        except FileExistsError:
            raise ExistsError(key) from None
        except OSError as error:
            if error.errno in DISK_FULL:
                raise FullError(key) from None
            raise
        finally:
            arriving.unlink(missing_ok=True)
        return Stored(key, size, digest)

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """See Store."""
        path = self._path(key)
        if not path.is_file():
            raise MissingError(key)

        def chunks() -> Iterator[bytes]:
            with path.open("rb") as handle:  # opened by who reads: an answer to HEAD never does
                handle.seek(start)
                left = float("inf") if stop is None else stop - start
                while left > 0 and (chunk := handle.read(int(min(CHUNK, left)))):
                    left -= len(chunk)
                    yield chunk

        return chunks()

    def size(self, key: str) -> int:
        """See Store."""
        path = self._path(key)
        if not path.is_file():
            raise MissingError(key)
        return path.stat().st_size

    def keys(self, prefix: str) -> Iterator[str]:
        """See Store."""
        folder = self._path(prefix.rstrip("/"))
        paths = (path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else ()
        yield from sorted(path.relative_to(self._folder).as_posix() for path in paths)

    def delete(self, key: str) -> None:
        """See Store."""
        self._path(key).unlink(missing_ok=True)

    def clean(self, age: timedelta) -> None:
        """See Store."""
        for path in (self._folder / _ARRIVING).iterdir():
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > age.total_seconds():
                    path.unlink()

    def signed_url(self, key: str, method: str, duration: timedelta = LONGEST_URL) -> str:
        """See Store."""
        expires = int(time.time() + checked_duration(duration).total_seconds())
        query = urlencode({"expires": expires, "signature": self._signature(checked(key), method, expires)})
        return f"{self._base_url}/{quote(key)}?{query}"

    def check_signature(self, key: str, method: str, expires: int, signature: str) -> bool:
        """Whether an address was signed here, for this file and method, and still holds."""
        expected = self._signature(checked(key), method, expires)
        now = time.time()
        in_time = now < expires <= now + LONGEST_URL.total_seconds() + 1
        return hmac.compare_digest(expected.encode(), signature.encode()) and in_time

    def _signature(self, key: str, method: str, expires: int) -> str:
        return hmac.new(self._secret, f"{method.upper()}\n{key}\n{expires}".encode(), hashlib.sha256).hexdigest()

    def _path(self, key: str) -> Path:
        return self._folder / checked(key)


def _write(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("xb") as handle:
        for chunk in chunks:
            size += handle.write(chunk)
            digest.update(chunk)
        handle.flush()
        os.fsync(handle.fileno())
    return size, digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
