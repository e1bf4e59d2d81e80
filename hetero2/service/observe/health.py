"""What a database says of a service: its clock, its roles, its workers, its queue."""

import fcntl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Engine, text

from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.dispatch.listener import WORKER
from hetero2.service.observe import backlog
from hetero2.service.settings import Settings

Said = tuple[Literal["ok", "note", "wrong"], str]
_LONG = 3600.0  # seconds that a run may wait before that is worth a note


def clock(settings: Settings, engine: Engine) -> Said:
    """Ours against the database's. Leases are kept by the clock of each worker; all must tell much the same time."""
    if settings.is_embedded:
        return "ok", "the database is of this machine, and has its clock"
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))  # what a connection takes to be made is no difference
        began = datetime.now(UTC)
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        ours = began + (datetime.now(UTC) - began) / 2
    apart = abs((theirs - ours).total_seconds())
    most = settings.lease / 10
    if apart > most:
        return (
            "wrong",
            f"this machine and the database are {apart:.1f} s apart, at most {most:g} s hold for leases (NTP)",
        )
    return "ok", f"within {max(apart, 0.1):.1f} s of the database's"


def row_security(service: Service) -> Said:
    """Whether the database keeps organisations apart for the role that we connect as."""
    if service.settings.is_embedded:
        return "ok", "not needed: with SQLite there is one organisation"
    with service.reading(None) as session:
        bypasses, sees_all = orgs.bypasses_rows(session), orgs.sees_all(session)
        n_orgs = orgs.count(session) if sees_all else None
    if not bypasses:
        return "ok", "holds for this role"
    said = "this role bypasses it (a superuser, or BYPASSRLS)"
    if n_orgs == 1 or n_orgs == 0:
        return "note", f"{said}; that matters once there is a second organisation"
    return "wrong", f"{said}, and there is more than one organisation: connect as the roles of `hetero2 admin upgrade`"


def work(service: Service) -> Iterator[tuple[str, Literal["ok", "note", "wrong"], str]]:
    """Workers, their leases, and the queue."""
    with service.reading(None) as session:
        if not orgs.sees_all(session):
            yield (
                "queue",
                "note",
                "this role may not look at all organisations: give the workers' to see workers and queue",
            )
            return
    waiting = backlog.of_all(service)
    n_workers, where = _workers(service)
    if n_workers:
        yield "workers", "ok", f"{n_workers} {where}"
    elif waiting.queued or waiting.held:
        yield "workers", "wrong", f"no {where}, and {waiting.queued + waiting.held} runs need one"
    else:
        yield "workers", "note", f"no {where}"
    if waiting.lapsed:
        yield (
            "leases",
            "wrong",
            f"{waiting.lapsed} of {waiting.held} runs are of workers that are gone, and not taken back",
        )
    else:
        yield "leases", "ok", f"{waiting.held} runs are at work, and their workers answer"
    seconds = waiting.waits(service.now())
    oldest = f", the oldest for {seconds:,.0f} s" if waiting.queued else ""
    yield "queue", "note" if seconds > _LONG else "ok", f"{waiting.queued} runs wait{oldest}"


def _workers(service: Service) -> tuple[int, str]:
    """(how many, of what): processes, seen by what each holds for as long as it lives."""
    if service.settings.is_embedded:
        return int(_is_served(service)), "process serves the folder"
    listening = text(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND datname = current_database()"
    )
    with service.reading(None) as session:
        return int(session.execute(listening, {"name": WORKER}).scalar_one()), "processes with workers are connected"


def _is_served(service: Service) -> bool:
    try:
        with (service.settings.folder / "serving").open("r+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
