"""A service that is open: its settings, database, files and clock; and the first start, which makes all of them."""

import contextlib
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine

from hetero2.errors import ConfigError
from hetero2.service.db import engine as databases
from hetero2.service.db import orgs, upgrade
from hetero2.service.db.access import tokens
from hetero2.service.domain.names import FIRST_OWNER
from hetero2.service.limiter import Limiter
from hetero2.service.observe.metrics import Metrics
from hetero2.service.observe.tracing import Tracing
from hetero2.service.settings import Settings
from hetero2.service.store import s3
from hetero2.service.store.base import Store
from hetero2.service.store.local import LocalStore


@dataclass(frozen=True)
class Service:
    """What every part of the service works on."""

    settings: Settings
    engine: Engine
    store: Store
    limits: Limiter
    bell: threading.Event = field(default_factory=threading.Event)  # rung where a run was queued; workers listen
    caches: list[Path] = field(default_factory=list)
    metrics: Metrics = field(default_factory=Metrics)
    tracing: Tracing = field(default_factory=Tracing)
    # Of passwords being looked at: each takes 64 MB for a moment.
    hashing: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(4))

    @cached_property
    def writing(self) -> databases.Sessions:
        """Opens a session that may write."""
        return databases.sessions(self.engine)

    @cached_property
    def reading(self) -> databases.Sessions:
        """Opens a session that only reads, and so waits for nobody who writes."""
        return databases.sessions(self.engine, reads=True)

    @cached_property
    def unchanged(self) -> databases.Unchanged:
        """What was read and is still so."""
        return databases.Unchanged(self.engine)

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)

    def org_ids(self) -> list[UUID]:
        """The organisations, for what works for all of them, one after the other."""
        with self.reading(None) as session:
            return orgs.every(session)

    @property
    def arriving(self) -> Path:
        """The folder of uploads that are not complete."""
        return self.settings.folder / "arriving"

    def cache(self) -> Path | None:
        """numba's cache for runs, filled at the first start; None where it could not be."""
        return self.caches[0] if self.caches else None

    @property
    def runs(self) -> Path:
        """The folder in which workers of this host keep the folders of runs."""
        return self.settings.runs_folder


def open_service(settings: Settings) -> Service:
    """Open the database, which is upgraded if it is older, and the files; raises ConfigError where that cannot be."""
    folder = settings.folder
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700)  # noqa: PTH101 - no link is followed: it is a folder of ours
    engine = databases.connect(settings.database_url)
    try:
        upgrade.to_newest(engine)
    except ConfigError:
        engine.dispose()
        raise
    service = Service(settings, engine, _store(settings), Limiter(settings))
    for needed in (service.arriving, service.runs):
        needed.mkdir(parents=True, exist_ok=True)
    return service


def _store(settings: Settings) -> Store:
    if settings.store:
        return s3.open_store(settings.store)
    return LocalStore(settings.folder / "files", _secret(settings.folder / "secret"))


def first_start(service: Service) -> str | None:
    """Make the organisation, its project and the owner's token; its text, or None where that was done before."""
    with service.writing(None) as session:
        if not orgs.sees_all(session) or orgs.count(session):
            return None
        now = service.now()
        scope, owner = orgs.create(session, "default", "default", FIRST_OWNER, now)
        return tokens.add(session, scope, owner.id, "owner", now)[1]


@contextlib.contextmanager
def only_server(service: Service) -> Iterator[None]:
    """Hold the folder of a service with SQLite: two processes would each run what the other one has.

    Raises ConfigError where another process has it.
    """
    if not service.settings.is_embedded:
        yield
        return
    path = service.settings.folder / "serving"
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"{service.settings.folder}: another process serves it",
                "stop that one, or give --folder; more than one process needs --database postgresql://..",
            ) from None
        yield


def _secret(path: Path) -> bytes:
    """What signs addresses: 32 random bytes, made at the first start, for nobody else to read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        text = path.read_bytes()
        if len(text) != 32:
            raise ConfigError(
                f"{path}: is not the secret of a service", "restore it, or take it away: addresses change"
            ) from None
        return text
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(text := secrets.token_bytes(32))
    return text
