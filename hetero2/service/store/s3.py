"""A store in a bucket of S3, or of a server that speaks as S3 does.

A file of up to 8 MB is one PUT that succeeds only where the key is free (`If-None-Match: *`). A larger one is streamed
in parts to a key of its own that no reader knows, and copied from there within the bucket, which again succeeds only
where the key is free; so of any number of writers one wins, whatever the size. Some servers put the parts of a file
together without a lock, and two copies at the same time both succeed there. So who copies holds a claim, which is a
small file of its own: one PUT, of which only one succeeds on any server that takes `If-None-Match`.
S3 copies 5 GiB at once, and no file here is larger than that.

What the server says of an error can have the name of the account or an address in it; none of it is passed on.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Literal, cast
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
from obstore import exceptions
from obstore.store import S3Store as Bucket

from hetero2.errors import ConfigError
from hetero2.service.settings import BUCKET_LARGEST
from hetero2.service.store.base import (
    CHUNK,
    LONGEST_URL,
    ExistsError,
    MissingError,
    Stored,
    StoreError,
    TooLargeError,
    checked,
    checked_duration,
)

_AT_ONCE = 8 << 20  # bytes; a larger file is streamed in parts of so many
_PARTS_AT_ONCE = 2  # so a writer has at most three parts in memory
_LONGEST_COPY = 120  # seconds that a writer waits for another of the same key
_CLAIM_AGAIN = 0.1  # seconds
_ARRIVING = ".arriving"  # no key begins with a dot
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
# A browser that opens a signed address keeps the file, whatever a run has made it look like.
_ATTRIBUTES = {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}


def open_store(url: str) -> "S3Store":
    """The store of s3://bucket/prefix, with endpoint and credentials by AWS_.. in the environment.

    Raises ConfigError where it cannot be used.
    """
    parts = urlsplit(url)
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    options: dict[str, Any] = {"timeout": "60s", "connect_timeout": "5s"}
    if urlsplit(endpoint).hostname in _LOOPBACK:  # elsewhere plain HTTP needs AWS_ALLOW_HTTP, which obstore reads
        options["allow_http"] = True
    try:
        bucket = Bucket(
            parts.netloc, prefix=parts.path.strip("/") or None, client_options=cast(Any, options),
            copy_if_not_exists="multipart",
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=30)},
        )  # fmt: skip
        next(iter(obstore.list(bucket, _ARRIVING, chunk_size=1)), None)
    except (exceptions.BaseError, ValueError) as error:
        raise ConfigError(
            f"{url}: cannot be opened: {_kind(error)}",
            "check that the bucket exists, AWS_ENDPOINT_URL, AWS_REGION and the credentials in AWS_..",
        ) from None
    return S3Store(bucket)


class S3Store:
    """Files in a bucket, below a prefix."""

    def __init__(self, bucket: Bucket) -> None:
        """bucket: with the prefix, and with `copy_if_not_exists="multipart"`."""
        self._bucket = bucket

    def put(self, key: str, chunks: Iterable[bytes]) -> Stored:
        """See Store; raises TooLargeError too."""
        checked(key)
        with _errors(key):
            if self._exists(key):  # else all of a large file would be sent for nothing
                raise ExistsError(key)
            counted = _Counted(key, chunks)
            begin: list[bytes] = []
            for chunk in counted:
                begin.append(chunk)
                if counted.size > _AT_ONCE:
                    self._put_in_parts(key, chain(begin, counted))
                    break
            else:
                obstore.put(
                    self._bucket, key, b"".join(begin), mode="create", attributes=cast(Any, _ATTRIBUTES),
                    use_multipart=False,
                )  # fmt: skip
        return Stored(key, counted.size, counted.digest.hexdigest())

    def _put_in_parts(self, key: str, chunks: Iterator[bytes]) -> None:
        arriving = f"{_ARRIVING}/{uuid4().hex}"
        try:
            obstore.put(self._bucket, arriving, chunks, chunk_size=_AT_ONCE, max_concurrency=_PARTS_AT_ONCE)
            with self._claim(key):
                if self._exists(key):
                    raise ExistsError(key)
                obstore.copy(self._bucket, arriving, key, overwrite=False)
        finally:
            with contextlib.suppress(exceptions.BaseError):  # `clean` takes away what is left
                obstore.delete(self._bucket, arriving)

    @contextlib.contextmanager
    def _claim(self, key: str) -> Iterator[None]:
        """Of all writers, only this one copies to the key. Raises StoreError where another does not come to an end."""
        claim = f"{_ARRIVING}/{hashlib.sha256(key.encode()).hexdigest()}"
        end = time.monotonic() + _LONGEST_COPY
        while True:
            try:
                obstore.put(self._bucket, claim, b"claimed", mode="create", use_multipart=False)
                break
            except (exceptions.AlreadyExistsError, FileExistsError):
                if time.monotonic() > end:  # its writer was killed, and `clean` takes it away when it is old
                    raise StoreError(f"{key}: another writer of it has not ended") from None
                time.sleep(_CLAIM_AGAIN)
        try:
            yield
        finally:
            obstore.delete(self._bucket, claim)

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """See Store."""
        if start == 0 and stop is None:
            return self._get(key, {})
        size = self.size(key)
        stop = size if stop is None else min(stop, size)
        return self._get(key, {"range": (start, stop)}) if start < stop else iter(())

    def _get(self, key: str, options: dict[str, Any]) -> Iterator[bytes]:
        with _errors(key):
            stream = obstore.get(self._bucket, checked(key), options=cast(Any, options)).stream(min_chunk_size=CHUNK)

        def chunks() -> Iterator[bytes]:
            with _errors(key):
                for chunk in stream:
                    yield bytes(chunk)

        return chunks()

    def size(self, key: str) -> int:
        """See Store."""
        with _errors(key):
            return int(obstore.head(self._bucket, checked(key))["size"])

    def keys(self, prefix: str) -> Iterator[str]:
        """See Store."""
        with _errors(prefix):
            pages = obstore.list(self._bucket, checked(prefix.rstrip("/")))
            yield from sorted(entry["path"] for entries in pages for entry in entries)  # not every server sorts as we

    def delete(self, key: str) -> None:
        """See Store."""
        with _errors(key), contextlib.suppress(exceptions.NotFoundError, FileNotFoundError):
            obstore.delete(self._bucket, checked(key))

    def clean(self, age: timedelta) -> None:
        """See Store. Parts that were never put together are the bucket's: give it a lifecycle rule that aborts them."""
        with _errors(_ARRIVING):
            for entries in obstore.list(self._bucket, _ARRIVING):
                for entry in entries:
                    if datetime.now(UTC) - entry["last_modified"] > age:
                        obstore.delete(self._bucket, entry["path"])

    def signed_url(self, key: str, method: str, duration: timedelta = LONGEST_URL) -> str:
        """See Store."""
        allowed = cast(Literal["GET"], method.upper())
        with _errors(key):
            return obstore.sign(self._bucket, allowed, checked(key), checked_duration(duration))

    def _exists(self, key: str) -> bool:
        try:
            self.size(key)
        except MissingError:
            return False
        return True


class _Counted:
    """Chunks as they pass, their size and digest."""

    def __init__(self, key: str, chunks: Iterable[bytes]) -> None:
        self._key, self._chunks = key, iter(chunks)
        self.size, self.digest = 0, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self.size += len(chunk)
        if self.size > BUCKET_LARGEST:
            raise TooLargeError(self._key)
        self.digest.update(chunk)
        return chunk


@contextlib.contextmanager
def _errors(key: str) -> Iterator[None]:
    """Errors of the bucket as those of a store."""
    try:
        yield
    except (exceptions.AlreadyExistsError, FileExistsError):
        raise ExistsError(key) from None
    except (exceptions.NotFoundError, FileNotFoundError):
        raise MissingError(key) from None
    except exceptions.BaseError as error:
        raise StoreError(f"{key}: the bucket does not do it: {_kind(error)}") from None


def _kind(error: Exception) -> str:
    """What went wrong, in words that hold nothing of the request."""
    kinds: dict[type[Exception], str] = {
        exceptions.PermissionDeniedError: "it does not allow that",
        exceptions.UnauthenticatedError: "it does not take the credentials",
        exceptions.NotFoundError: "there is no such bucket",
        exceptions.InvalidPathError: "it is no name of a file",
    }
    cause = next((text for kind, text in kinds.items() if isinstance(error, kind)), None)
    text = str(error)
    if cause is None and "403 Forbidden" in text:
        cause = "it does not take the credentials, or does not allow that"
    if cause is None and "NoSuchBucket" in text:
        cause = "there is no such bucket"
    return cause or "it does not answer"
