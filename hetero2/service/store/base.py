"""What a store of files does, whatever keeps them."""

import errno
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Protocol
from uuid import UUID

from hetero2.service.domain.scope import RunKey, Scope

LONGEST_URL = timedelta(minutes=5)
CHUNK = 1 << 20  # bytes read or written at once
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # of an OSError
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*")


@dataclass(frozen=True)
class Stored:
    """A file in the store."""

    key: str
    size: int
    sha256: str


class ExistsError(Exception):
    """There is a file of this key already; it was not touched."""


class MissingError(Exception):
    """There is no file of this key."""


class FullError(Exception):
    """There is no room for the file; nothing of it is left."""


class TooLargeError(Exception):
    """A file is larger than this store takes; nothing of it is left."""


class StoreError(Exception):
    """What keeps the files does not answer, or refuses; the message has no secret in it."""


class Store(Protocol):
    """Files by keys such as `{org}/{project}/uploads/{sha256}`; all content is streamed.

    Each function raises ValueError for what is no key, and StoreError where what keeps the files does not answer.
    """

    def put(self, key: str, chunks: Iterable[bytes]) -> Stored:
        """Write a new file; raises ExistsError, FullError, or what `chunks` raises, and then nothing is left of it."""
        ...

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `stop`; raises MissingError before the first."""
        ...

    def size(self, key: str) -> int:
        """In bytes; raises MissingError."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys below `prefix`, a key's beginning up to a slash, in order."""
        ...

    def delete(self, key: str) -> None:
        """Take a file away; of a key that is not there nothing is said."""
        ...

    def clean(self, age: timedelta) -> None:
        """Take away what writers that were killed have left, where it is older than this."""
        ...

    def signed_url(self, key: str, method: str, duration: timedelta = LONGEST_URL) -> str:
        """An address that gives this file by this method for so long, at most five minutes."""
        ...


def chunks_of(handle: IO[bytes]) -> Iterator[bytes]:
    """The content of a file from where it stands, as `put` takes it."""
    return iter(lambda: handle.read(CHUNK), b"")


def checked(key: str) -> str:
    """The key; raises ValueError where it could lead anywhere else."""
    if len(key) > 500 or not _KEY.fullmatch(key) or any(len(name) > 255 for name in key.split("/")):
        raise ValueError(f"{key!r} is no key of a file")
    return key


def checked_duration(duration: timedelta) -> timedelta:
    """The duration; raises ValueError where it is longer than allowed."""
    if not timedelta(0) < duration <= LONGEST_URL:
        raise ValueError(f"a signed address holds for at most {LONGEST_URL}")
    return duration


def upload_key(scope: Scope, sha256: str) -> str:
    """Where the content of an upload is."""
    return f"{scope.org_id}/{scope.project_id}/uploads/{sha256}"


def artifact_key(key: RunKey, job_id: UUID, attempt: int, name: str) -> str:
    """Where a file of an attempt of a run is."""
    scope = key.scope
    return f"{scope.org_id}/{scope.project_id}/{job_id}/{key.run_id}/a{attempt}/{name}"
