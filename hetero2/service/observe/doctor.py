"""What is right and what is wrong with a service, for its operator; nothing is changed, made or upgraded."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from hetero2.errors import HeteroError
from hetero2.service.core import Service
from hetero2.service.db import engine as databases
from hetero2.service.limiter import Limiter
from hetero2.service.observe import health, ready
from hetero2.service.settings import Settings
from hetero2.service.store import s3
from hetero2.service.store.base import Store
from hetero2.service.store.local import LocalStore
from hetero2.service.worker import numba_cache, sandbox
from hetero2.service.worker.limits import Limits
from hetero2.service.worker.watch import cgroup

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. A note is worth knowing, and hinders nothing."""

    what: str
    state: State
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """All that can be looked at; what rests on a thing that is wrong is left out."""
    yield _folder(settings)
    engine = databases.connect(settings.database_url)
    try:
        yield from _database(settings, engine)
    finally:
        engine.dispose()
    yield from _host(settings)


def as_record(findings: list[Finding]) -> dict[str, object]:
    """For a program."""
    return {"ok": is_well(findings), "findings": [asdict(finding) for finding in findings]}


def is_well(findings: list[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(finding.state != "wrong" for finding in findings)


def _tried(what: str, well: str, check: Callable[[], object]) -> Finding:
    try:
        check()
    except Exception as error:  # whatever it is, it is what is wrong
        return Finding(what, "wrong", _words(error))
    return Finding(what, "ok", well)


def _words(error: Exception) -> str:
    if isinstance(error, HeteroError):
        return f"{error.message} ({error.hint})" if error.hint else error.message
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return said.strip().partition("\n")[0] or type(error).__name__


def _folder(settings: Settings) -> Finding:
    folder = settings.folder
    if not folder.is_dir():
        return Finding("folder", "wrong", f"{folder}: there is no such folder (--folder)")
    if folder.stat().st_mode & 0o077:
        return Finding("folder", "wrong", f"{folder}: others than its owner can enter it (chmod 700)")
    return Finding("folder", "ok", f"{folder}, which nobody else can enter")


def _database(settings: Settings, engine: Engine) -> Iterator[Finding]:
    shown = engine.url.render_as_string(hide_password=True)
    reached = _tried("database", f"{shown} answers", lambda: ready.database(engine))
    yield reached
    if reached.state == "wrong":
        return
    tables = _tried("revision", "the tables are those of this release", lambda: ready.revision(engine))
    yield tables
    yield Finding("clock", *health.clock(settings, engine))
    if tables.state == "wrong":
        return
    try:
        service = Service(settings, engine, _store(settings), Limiter(settings))
    except Exception as error:
        yield Finding("store", "wrong", _words(error))
        return
    yield Finding("row level security", *health.row_security(service))
    yield _tried("store", "a file can be written and taken away", lambda: ready.store(service.store))
    for what, state, text in health.work(service):
        yield Finding(what, state, text)


def _store(settings: Settings) -> Store:
    if settings.store:
        return s3.open_store(settings.store)
    files = settings.folder / "files"
    if not files.is_dir():
        raise FileNotFoundError(f"{files}: there is no such folder")
    return LocalStore(files, b"")  # signs nothing here


def _host(settings: Settings) -> Iterator[Finding]:
    if why := sandbox.why_none():
        yield Finding("bubblewrap", "wrong", f"runs are not isolated from this machine: {why}")
    else:
        yield Finding("bubblewrap", "ok", "runs have a sandbox")
    groups = cgroup.create(Limits(memory=settings.memory))
    groups.remove()
    if groups.folders:
        yield Finding("cgroups", "ok", f"memory and processes of a run are limited by {len(groups.folders)} of them")
    else:
        text = "none can be made here: memory is limited for each process of a run, not for all of them at once"
        yield Finding("cgroups", "note", text)
    yield _numba(settings)
    yield _disk(settings)


def _numba(settings: Settings) -> Finding:
    place = numba_cache.place(settings.folder / "caches")
    if place.is_dir():
        return Finding("numba cache", "ok", f"{place}")
    text = "none for this machine and release yet: the first worker takes a minute to make it"
    return Finding("numba cache", "note", text)


def _disk(settings: Settings) -> Finding:
    least = settings.max_upload
    for folder in (settings.folder, settings.runs_folder):
        with suppress(FileNotFoundError):
            free = shutil.disk_usage(folder).free
            if free < least:
                text = f"{folder}: {free:,} bytes are free, and one upload may have {least:,} (HETERO2_MAX_UPLOAD)"
                return Finding("disk", "wrong", text)
    return Finding("disk", "ok", f"there is room for an upload of {least:,} bytes")
