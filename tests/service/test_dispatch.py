"""How queued runs come to workers: the doorbell, worker processes of their own, and what is refused of SQLite."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from hetero2.cli import main
from hetero2.errors import HeteroError
from hetero2.service import core
from hetero2.service.db import jobs, orgs, runs
from hetero2.service.db.engine import CHANNEL
from hetero2.service.dispatch.listener import Listener
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import TERMINAL, State
from hetero2.service.settings import Settings
from tests.service import postgres, trivial
from tests.service.screens import ask_for_screen

pytestmark = pytest.mark.service


@pytest.fixture
def shared(tmp_path, postgres_url):
    """A service on PostgreSQL."""
    url = postgres.new_database(postgres_url, f"dispatch{time.monotonic_ns()}")
    service = core.open_service(Settings(folder=tmp_path / "service", database=url, cores=1))
    core.first_start(service)
    yield service
    service.engine.dispose()


@contextlib.contextmanager
def listening(service):
    bell = threading.Event()
    listener = Listener(service.engine, bell)
    listener.start()
    try:
        assert listener.is_listening.wait(10)
        assert bell.wait(1), "what was queued before it listened"
        bell.clear()
        yield bell
    finally:
        listener.stop()


def submit(service) -> RunKey:
    request = jobs.Request("name", "demo", "1", "0" * 64, {}, {})
    with service.writing(None) as session:
        scope = orgs.first_scope(session)
        run, _ = jobs.submit(session, scope, request, None, service.now())
        return RunKey(scope, run.id)


def test_a_run_that_is_queued_is_heard_at_once(shared, capsys):
    waited = []
    with listening(shared) as bell:
        for _ in range(20):
            submit(shared)
            began = time.perf_counter()
            assert bell.wait(2)
            waited.append(time.perf_counter() - began)
            bell.clear()
    with capsys.disabled():
        print(f"\nheard after {1000 * sorted(waited)[10]:.1f} ms (median), {1000 * max(waited):.1f} ms at most")
    assert sorted(waited)[10] < 0.5


def test_what_is_undone_is_not_heard(shared):
    with listening(shared) as bell:
        with contextlib.suppress(ZeroDivisionError), shared.writing(None) as session:
            request = jobs.Request("name", "demo", "1", "0" * 64, {}, {})
            jobs.submit(session, orgs.first_scope(session), request, None, shared.now())
            raise ZeroDivisionError
        assert not bell.wait(0.5)


def test_a_connection_that_is_cut_is_made_anew(shared, monkeypatch):
    from hetero2.service.dispatch import listener

    monkeypatch.setattr(listener, "_AGAIN", 0.2)
    with listening(shared) as bell:
        with shared.writing(None) as session:
            cut = session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE :listen"),
                {"listen": f"LISTEN%{CHANNEL}%"},
            ).all()
        assert len(cut) == 1
        assert bell.wait(10), "on connecting anew it looks for what was queued meanwhile"
        bell.clear()
        submit(shared)
        assert bell.wait(5)


def worker(service, tmp_path: Path, number: int, store: str) -> "subprocess.Popen[bytes]":
    """A process of its own, as a host of its own would have it: another folder."""
    settings = service.settings
    words = [
        sys.executable,
        "-m",
        "tests.service.trivial",
        trivial.QUICK,
        "worker",
        f"--database={settings.database}",
        "--cores=1",
    ]
    words += [f"--store={store}"] if store else []
    folder = tmp_path / f"worker{number}"
    with (tmp_path / f"worker{number}.log").open("wb") as log:
        environment = os.environ | {"HETERO2_LEASE": "5"}
        return subprocess.Popen([*words, f"--folder={folder}"], stdout=log, stderr=log, env=environment)


def wait_for(service, keys: list[RunKey], seconds: float) -> dict[UUID, State]:
    deadline = time.monotonic() + seconds
    while True:
        with service.reading(keys[0].scope) as session:
            states = {key.run_id: State(runs.get(session, key).state) for key in keys}
        if all(state in TERMINAL for state in states.values()) or time.monotonic() > deadline:
            return states
        time.sleep(0.2)


def test_workers_of_their_own_share_runs_by_postgresql_and_a_bucket(tmp_path, postgres_url, bucket_url):
    """Two processes that share nothing but database and bucket: each run is done once, and both stop when asked to."""
    url = postgres.new_database(postgres_url, f"workers{time.monotonic_ns()}")
    service = core.open_service(Settings(folder=tmp_path / "service", database=url, store=bucket_url, cores=1))
    core.first_start(service)
    keys = [ask_for_screen(service, seed=number) for number in range(4)]
    processes = [worker(service, tmp_path, number, bucket_url) for number in range(2)]
    try:
        states = wait_for(service, keys, 60)
        logs = "".join((tmp_path / f"worker{number}.log").read_text() for number in range(2))
        assert set(states.values()) == {State.COMPLETE}, logs[-4000:]
        with service.reading(keys[0].scope) as session:
            for key in keys:
                names = [artifact.name for artifact in runs.artifacts(session, key)]
                assert sorted(names) == ["log.txt", "ranked.csv", "run_record.json"]
                for artifact in runs.artifacts(session, key):
                    assert service.store.size(artifact.key) == artifact.size
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(60) for process in processes]
        service.engine.dispose()
    assert codes == [0, 0]
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in logs


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_ends_well(tmp_path, number):
    words = [sys.executable, "-m", "hetero2", "serve", f"--folder={tmp_path}", "--port=0", "--workers=0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("listening on "):
                break
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert "error: " not in said


@pytest.fixture
def refused(capsys):
    """What is said where a command line ends with exit code 2 and one error."""

    def call(*words: str) -> str:
        assert main(list(words)) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert "Traceback" not in said
        return str(said)

    return call


def test_sqlite_has_one_organisation(tmp_path):
    service = core.open_service(Settings(folder=tmp_path / "service"))
    core.first_start(service)
    with service.writing(None) as session, pytest.raises(HeteroError, match="one organisation"):
        orgs.create(session, "other", "default", "a@b.example", service.now())


def test_postgresql_has_more(shared):
    with shared.writing(None) as session:
        orgs.create(session, "other", "default", "a@b.example", shared.now())
        assert orgs.count(session) == 2


def test_sqlite_has_one_process(tmp_path, refused):
    service = core.open_service(Settings(folder=tmp_path / "service"))
    with core.only_server(service):
        said = refused("serve", f"--folder={tmp_path}/service", "--port=0")
    assert "another process serves it" in said
    assert "postgresql" in said


def test_a_worker_of_its_own_needs_postgresql(tmp_path, refused):
    for database in ((), (f"--database=sqlite:///{tmp_path}/a.db",)):
        assert "postgresql" in refused("worker", f"--folder={tmp_path}/service", *database)


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("postgresql://somebody:a-secret@127.0.0.1:9/none", "127.0.0.1:9/none: cannot be opened"),
        ("mysql://somebody:a-secret@127.0.0.1/none", "is no postgresql://"),
        ("postgresql://somebody:a-secret@127.0.0.1:port/none", "database"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_error(tmp_path, refused, database, said):
    for verb in ("serve", "worker"):
        shown = refused(verb, f"--folder={tmp_path}/service", f"--database={database}")
        assert said in shown
        assert "a-secret" not in shown


def test_a_database_that_is_not_there(tmp_path, refused, postgres_url):
    shown = refused("serve", f"--folder={tmp_path}/service", f"--database={postgres_url}/none")
    assert 'database "none" does not exist' in shown


def test_s3_without_credentials_is_one_error(tmp_path, refused, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    shown = refused("serve", f"--folder={tmp_path}/service", "--store=s3://bucket/prefix")
    assert "AWS_ACCESS_KEY_ID" in shown
