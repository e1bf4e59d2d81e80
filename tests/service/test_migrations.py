"""The database from release to release, on SQLite and PostgreSQL; and a drill: dump, wipe, restore, all is there."""

import hashlib
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import column, insert, select, table

from hetero2.service import core
from hetero2.service.db import engine as databases
from hetero2.service.db import jobs, orgs, runs, upgrade
from hetero2.service.db.base import Table
from hetero2.service.db.models import Artifact, Job, Run, RunEvent, Upload
from hetero2.service.db.people import Org, Project, Token, User
from hetero2.service.db.runs import Lease
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import State
from hetero2.service.settings import Settings
from hetero2.service.store.base import artifact_key, upload_key
from tests.service import postgres
from tests.service.screens import bring

pytestmark = pytest.mark.service
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path, database: str):
    """Of an empty database."""
    opened = databases.connect(database or f"sqlite:///{tmp_path / 'empty.db'}")
    yield opened
    opened.dispose()


def test_migrations_give_the_tables_of_the_models(engine):
    upgrade.to_newest(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Table.metadata) == []


def test_an_upgrade_with_data_in_place(engine):
    """As the first release wrote it: every row is there after the upgrade, and can be worked with."""
    command.upgrade(upgrade._config(engine), "0001")
    org, project, job, run = (uuid.uuid4() for _ in range(4))
    of_project = {"org_id": org, "project_id": project, "created_at": NOW}
    rows = [
        (Org, {"id": org, "name": "first", "created_at": NOW}),
        (Project, {"org_id": org, "id": project, "name": "default", "created_at": NOW}),
        (Token, of_project | {"id": uuid.uuid4(), "name": "owner", "sha256": "0" * 64}),
        (Upload, of_project | {
            "id": uuid.uuid4(), "name": "a.csv", "size": 1, "received": 1, "sha256": "1" * 64, "complete_at": NOW,
        }),
        (Job, of_project | {
            "id": job, "name": "small", "workflow": "demo", "workflow_version": "1", "workflow_digest": "2" * 64,
            "parameters": {"k": [1, None]}, "inputs": {}, "idempotency_key": "a", "body_sha256": "3" * 64,
        }),
        (Run, of_project | {
            "id": run, "job_id": job, "number": 1, "state": "QUEUED", "attempt": 0, "lease_epoch": 0, "progress": {},
            "facts": {}, "last_event": 1,
        }),
        (RunEvent, {
            "org_id": org, "project_id": project, "run_id": run, "number": 1, "kind": "state",
            "data": {"state": "QUEUED"}, "at": NOW,
        }),
        (Artifact, of_project | {
            "id": uuid.uuid4(), "run_id": run, "attempt": 1, "name": "a", "kind": "log", "media_type": "text/plain",
            "size": 1, "sha256": "4" * 64, "key": "a",
        }),
    ]  # fmt: skip
    with engine.begin() as connection:
        for model, values in rows:
            columns = (column(there.name, there.type) for there in model.__table__.c if there.name in values)
            connection.execute(insert(table(model.__tablename__, *columns)), values)
    upgrade.to_newest(engine)
    assert upgrade.revision(engine) == upgrade.newest()
    with databases.sessions(engine)(org) as session:
        for model, values in rows:
            found = session.execute(select(model.__table__)).mappings().one()
            assert {name: found[name] for name in values} == values
    with databases.sessions(engine)(org) as session:
        owner = session.scalars(select(User)).one()
        assert (owner.org_id, owner.role, owner.email) == (org, "owner", "owner@localhost")
        assert session.scalars(select(Token)).one().user_id == owner.id
        assert orgs.every(session) == [org]
        lease = runs.claim(session, "worker", NOW, timedelta(minutes=1))
        assert lease is not None
        assert lease.key.run_id == run


def test_an_upgrade_that_is_done_again_changes_nothing(engine):
    upgrade.to_newest(engine)
    upgrade.to_newest(engine)
    assert upgrade.revision(engine) == upgrade.newest()


def start(url: str, barrier) -> None:
    engine = databases.connect(url)
    assert upgrade.revision(engine) is None
    barrier.wait(30)
    upgrade.to_newest(engine)
    assert upgrade.revision(engine) == upgrade.newest()


def test_processes_that_start_at_the_same_time_upgrade_once(tmp_path, database):
    url = database or f"sqlite:///{tmp_path / 'raced.db'}"
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(4)
    processes = [context.Process(target=start, args=(url, barrier)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4


def fill(service) -> dict[str, str]:
    """Uploads and a run that is complete; sha256 of everything that is stored, by key."""
    core.first_start(service)
    content = {name: os.urandom(size) for name, size in (("a.csv", 10), ("b.csv", 3_000_000), ("c.smi", 0))}
    for name, text in content.items():
        bring(service, name, text)
    with service.writing(None) as session:
        scope = orgs.first_scope(session)
        inputs = {"library": {"name": "a.csv", "sha256": hashlib.sha256(content["a.csv"]).hexdigest(), "size": 10}}
        run, _ = jobs.submit(session, scope, jobs.Request("x", "demo", "1", "0" * 64, {}, inputs), "k", service.now())
        key, job_id = RunKey(scope, run.id), run.job_id
    with service.writing(scope) as session:
        lease = runs.claim(session, "worker", service.now(), timedelta(minutes=1))
        assert isinstance(lease, Lease)
        runs.advance(session, lease, [State.INITIALIZING], State.RUNNING, service.now())
    artifacts = []
    for name in ("pack.zip", "report.html"):
        stored = service.store.put(artifact_key(key, job_id, 1, name), [os.urandom(500_000)] * 3)
        artifacts.append(
            Artifact(
                org_id=scope.org_id, project_id=scope.project_id, id=uuid.uuid4(), run_id=key.run_id, attempt=1,
                name=name, kind="pack", media_type="application/zip", size=stored.size, sha256=stored.sha256,
                key=stored.key, created_at=service.now(),
            )
        )  # fmt: skip
    with service.writing(scope) as session:
        assert runs.publish(session, lease, artifacts, service.now())
    return checksums(service)


def checksums(service) -> dict[str, str]:
    """Of every file that the database names, as its row says; each is read and compared with what is stored."""
    with service.reading(None) as session:
        scope = orgs.first_scope(session)
        named = {upload_key(scope, row.sha256): row.sha256 for row in session.scalars(select(Upload))}
        named |= {row.key: row.sha256 for row in session.scalars(select(Artifact))}
    for key, sha256 in named.items():
        digest = hashlib.sha256()
        for chunk in service.store.read(key):
            digest.update(chunk)
        assert digest.hexdigest() == sha256, key
    return named


def rows_of(service) -> dict[str, list[tuple]]:
    with service.reading(None) as session:
        orgs.first_scope(session)
        return {
            table.name: sorted(map(tuple, session.execute(select(table))), key=repr)
            for table in Table.metadata.sorted_tables
        }


def program(name: str) -> str:
    folder = postgres.programs()
    return str(folder / name) if folder and (folder / name).exists() else name


def test_backup_and_restore(tmp_path, database):
    folder, backup = tmp_path / "service", tmp_path / "backup"
    service = core.open_service(Settings(folder=folder, database=database))
    named = fill(service)
    assert len(named) == 5
    rows = rows_of(service)
    superuser = database.replace("plain@", "owner@")  # whom row level security does not bind: a dump is of all rows

    # Back up, database first: what is published later has no row in it, and what has a row has its file.
    backup.mkdir()
    if database:
        dump = [program("pg_dump"), "--format=custom", f"--file={backup}/service.dump", superuser]
        subprocess.run(dump, check=True, capture_output=True)
    else:
        live, copy = sqlite3.connect(folder / "service.db"), sqlite3.connect(backup / "service.db")
        with closing(live), closing(copy):
            live.backup(copy)
    shutil.copytree(folder / "files", backup / "files")
    shutil.copy2(folder / "secret", backup / "secret")

    # All is lost.
    service.engine.dispose()
    shutil.rmtree(folder)
    if database:
        server, _, name = superuser.rpartition("/")
        subprocess.run(
            [program("dropdb"), f"--maintenance-db={server}/postgres", name], check=True, capture_output=True
        )
        postgres.new_database(server, name)

    # Restore.
    folder.mkdir()
    shutil.copytree(backup / "files", folder / "files")
    shutil.copy2(backup / "secret", folder / "secret")
    if database:
        restore = [program("pg_restore"), f"--dbname={superuser}", "--exit-on-error", f"{backup}/service.dump"]
        subprocess.run(restore, check=True, capture_output=True)
    else:
        shutil.copy2(backup / "service.db", folder / "service.db")
    restored = core.open_service(Settings(folder=folder, database=database))
    assert core.first_start(restored) is None, "tokens are those from before"
    assert checksums(restored) == named
    assert rows_of(restored) == rows
    restored.engine.dispose()


def test_what_a_backup_lacks_is_found(tmp_path):
    """The drill would see it."""
    service = core.open_service(Settings(folder=tmp_path / "service"))
    named = fill(service)
    path = tmp_path / "service/files" / next(key for key in named if key.endswith("pack.zip"))
    text = bytearray(path.read_bytes())
    text[1000] ^= 1
    path.write_bytes(text)
    with pytest.raises(AssertionError):
        checksums(service)
