"""`hetero2 admin doctor`: each fault, made for real, is said to be one, and nothing is changed by looking."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import update

from hetero2.cli import main
from hetero2.service import core, submission
from hetero2.service.db import orgs, runs
from hetero2.service.db.models import RunEvent
from hetero2.service.dispatch.listener import Listener
from hetero2.service.settings import Settings
from hetero2.service.worker import numba_cache, sandbox
from hetero2.service.workflows.registry import workflow
from tests.conftest import ROOT
from tests.service import postgres

pytestmark = pytest.mark.service
ALL = [
    "folder", "database", "revision", "clock", "row level security", "store", "workers", "leases", "queue",
    "bubblewrap", "cgroups", "numba cache", "disk",
]  # fmt: skip
needs_sandbox = pytest.mark.skipif(sandbox.isolation() == "none", reason=sandbox.why_none())


@pytest.fixture
def examined(service, capsys):
    """Looks at a service; {what: (state, text)}. Its exit code says whether anything is wrong."""
    settings = service.settings

    def look(*more, database=settings.database):
        words = ["admin", "doctor", "--json", "--folder", str(settings.folder), *more]
        capsys.readouterr()
        code = main(words + (["--database", database] if database else []))
        record = json.loads(capsys.readouterr().out)
        is_wrong = any(finding["state"] == "wrong" for finding in record["findings"])
        assert (code, record["ok"]) == ((1, False) if is_wrong else (0, True)), record
        return {finding["what"]: (finding["state"], finding["text"]) for finding in record["findings"]}

    return look


def wrong(findings):
    return [what for what, (state, _) in findings.items() if state == "wrong"]


def queued(service, scope):
    return submission.submit(service, scope, None, None, workflow("demo"), {}, {})[0]


@needs_sandbox
def test_of_a_service_in_order_all_is_said_to_be_right(service, scope, examined, capsys):
    assert scope is not None
    numba_cache.place(service.settings.folder / "caches").mkdir(parents=True)
    findings = examined()
    assert list(findings) == ALL
    assert wrong(findings) == []
    assert findings["numba cache"][0] == "ok"
    words = ["admin", "doctor", "--folder", str(service.settings.folder), "--database", service.settings.database_url]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ", 1)[1].lstrip().partition(":")[0] for line in lines] == ALL
    assert "ok     database: " in "\n".join(lines)


def test_a_folder_that_is_not_there_is_not_made(tmp_path, capsys):
    folder = tmp_path / "none"
    assert main(["admin", "doctor", "--folder", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "wrong  folder: " in said
    assert "wrong  database: " in said
    assert "revision" not in said, "what rests on the database is left out"
    assert not folder.exists()


def test_a_folder_that_others_can_enter(service, examined):
    service.settings.folder.chmod(0o755)
    assert examined()["folder"][0] == "wrong"


def test_tables_of_an_older_release_are_not_upgraded(service, examined):
    with service.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    for _ in range(2):
        findings = examined()
        assert wrong(findings) == ["revision"]
        assert "0001" in findings["revision"][1]
    assert "store" not in findings


def test_a_store_that_is_gone_is_not_made(service, scope, examined):
    assert scope is not None
    shutil.rmtree(service.settings.folder / "files")
    assert examined()["store"][0] == "wrong"
    assert not (service.settings.folder / "files").exists()


def test_a_disk_without_room_for_one_upload(examined, monkeypatch):
    monkeypatch.setenv("HETERO2_MAX_UPLOAD", str(10**18))
    findings = examined()
    assert wrong(findings) == ["disk"]


def test_no_numba_cache_is_a_note(service, examined):
    assert examined()["numba cache"][0] == "note"
    assert not (service.settings.folder / "caches").exists()


@needs_sandbox
def test_runs_that_wait_where_there_is_no_worker(service, scope, examined):
    assert examined()["workers"][0] == "note"
    queued(service, scope)
    findings = examined()
    assert wrong(findings) == ["workers"]
    assert "1 runs wait" in findings["queue"][1]
    if service.settings.is_embedded:
        with core.only_server(service):
            assert examined()["workers"][0] == "ok"
    else:
        listener = Listener(service.engine, service.bell)
        listener.start()
        assert listener.is_listening.wait(10)
        assert examined()["workers"] == ("ok", "1 processes with workers are connected")
        listener.stop()
    assert examined()["workers"][0] == "wrong"


def test_a_run_that_has_waited_for_long_is_a_note(service, scope, examined):
    queued(service, scope)
    with service.writing(scope) as session:
        session.execute(update(RunEvent).values(at=service.now() - timedelta(hours=3)))
    assert examined()["queue"][0] == "note"


def test_leases_of_workers_that_are_gone(service, scope, examined):
    queued(service, scope)
    with service.writing(scope) as session:
        assert runs.claim(session, "killed", service.now(), timedelta(seconds=-1)) is not None
    findings = examined()
    assert findings["leases"][0] == "wrong"
    assert "1 of 1" in findings["leases"][1]


@pytest.fixture
def on_postgres(service):
    if service.settings.is_embedded:
        pytest.skip("of PostgreSQL")
    return service


@pytest.fixture
def owner(postgres_url):
    """A connection of the superuser."""
    with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
        yield connection


def test_a_database_that_refuses(on_postgres, owner, examined):
    name = on_postgres.engine.url.database
    owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    findings = examined()
    assert findings["database"][0] == "wrong"
    assert "revision" not in findings


def test_a_password_of_the_database_is_not_shown(on_postgres, examined):
    database = on_postgres.settings.database.replace("plain@", "plain:canary-of-the-database@")
    assert "canary" not in str(examined(database=database))
    nowhere = f"postgresql://plain:canary-of-the-database@127.0.0.1:{postgres.free_port()}/x"
    findings = examined(database=nowhere)
    assert findings["database"][0] == "wrong"
    assert "canary" not in str(findings)


def test_a_role_that_row_level_security_does_not_hold_for(on_postgres, scope, examined):
    assert scope is not None
    superuser = on_postgres.settings.database.replace("plain@", "owner@")
    assert examined()["row level security"][0] == "ok"
    assert examined(database=superuser)["row level security"][0] == "note", "with one organisation it hinders nothing"
    with on_postgres.writing(None) as session:
        orgs.create(session, "second", "default", "a@second.example", on_postgres.now())
    assert examined()["row level security"][0] == "ok"
    assert examined(database=superuser)["row level security"][0] == "wrong"


def test_a_clock_that_is_apart(on_postgres, examined):
    assert examined()["clock"][0] == "ok"
    superuser = on_postgres.settings.database.replace("plain@", "owner@")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
            "$$ SELECT pg_catalog.clock_timestamp() + interval '20 s' $$"
        )
        connection.execute(f"ALTER DATABASE {on_postgres.engine.url.database} SET search_path = public, pg_catalog")
    findings = examined()
    assert wrong(findings) == ["clock"]
    assert "20.0 s apart" in findings["clock"][1]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can take cgroups away")
def test_a_host_without_bubblewrap_and_cgroups(tmp_path):
    core.open_service(Settings(folder=tmp_path / "service")).engine.dispose()
    command = f"umount --lazy /sys/fs/cgroup; PATH={tmp_path}/none exec {sys.executable} -m hetero2 admin doctor --json"
    words = ["unshare", "--mount", "sh", "-c", f"{command} --folder {tmp_path}/service"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert findings["bubblewrap"]["state"] == "wrong"
    assert "bwrap" in findings["bubblewrap"]["text"]
    assert findings["cgroups"]["state"] == "note"
