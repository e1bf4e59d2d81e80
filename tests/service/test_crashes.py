"""Workers that are killed, stopped, or without a database: no run is lost, and none is published twice.

TIMES=20, as `make soak-service` has it, kills at each point so often.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter

import httpx
import psutil
import pytest

from hetero2.service import core
from hetero2.service.db import engine as databases
from hetero2.service.db import runs
from hetero2.service.db.runs import MAX_ATTEMPTS
from hetero2.service.dispatch.sweeper import sweep, tidy
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import State
from hetero2.service.settings import Settings
from hetero2.service.worker import numba_cache, sandbox
from hetero2.service.worker.worker import Worker
from tests.service import crashing, trivial
from tests.service.in_thread import serving
from tests.service.screens import ask_for_screen

pytestmark = pytest.mark.service
TIMES = int(os.environ.get("TIMES", "1"))
LEASE = 1.5
NAMES = ["log.txt", "ranked.csv", "run_record.json"]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Runs of this process are trivial, too."""
    monkeypatch.setattr(sandbox, "command", sandbox.command)
    monkeypatch.setattr(numba_cache, "warm", numba_cache.warm)
    trivial.install()


@pytest.fixture
def service(tmp_path):
    opened = core.open_service(Settings(folder=tmp_path / "service", cores=1, lease=LEASE, port=0))
    core.first_start(opened)
    yield opened
    opened.engine.dispose()


class Child:
    """A worker process that gets a signal at a point."""

    def __init__(self, parent: "subprocess.Popen[str]", service, point: str, number: int) -> None:
        settings = service.settings
        call = [point, int(number), str(settings.folder), settings.database, settings.store, settings.lease]
        self._parent = parent
        parent.stdin.write(json.dumps(call) + "\n")
        parent.stdin.flush()
        self.pid = int(parent.stdout.readline())
        self._worked = settings.folder / "worked"

    def wait(self, seconds: float = 60) -> int:
        """Its exit code, or less than zero: the signal that ended it."""
        timer = threading.Timer(seconds, os.kill, (self.pid, signal.SIGABRT))
        timer.start()
        code = int(self._parent.stdout.readline())
        timer.cancel()
        return code

    def wait_until_stopped(self) -> None:
        deadline = time.monotonic() + 40
        while psutil.Process(self.pid).status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def go_on(self) -> int:
        """Let it continue to its end; its exit code, where it came to the end of its work."""
        os.kill(self.pid, signal.SIGCONT)
        code = self.wait()
        self._worked.unlink()
        return code


@pytest.fixture(scope="module")
def parent():
    words = [sys.executable, "-m", "tests.service.crashing"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


def of_runs(service) -> list[psutil.Process]:
    """Processes that work in a folder of a run, whoever's children they are by now."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(service.runs) in " ".join(process.cmdline()) and process.pid != os.getpid():
                found.append(process)
        except psutil.Error:
            continue
    return found


def none_left(service) -> bool:
    deadline = time.monotonic() + 5
    while processes := of_runs(service):
        if time.monotonic() > deadline:
            print([process.cmdline() for process in processes])
            return False
        time.sleep(0.05)
    return True


def facts(service, key: RunKey):
    """(state, attempt, states it had, names and keys that it published)."""
    with service.reading(key.scope) as session:
        run = runs.get(session, key)
        states = [event.data["state"] for event in runs.events(session, key) if event.kind == "state"]
        artifacts = [(artifact.name, artifact.key) for artifact in runs.artifacts(session, key)]
    return State(run.state), run.attempt, states, artifacts


def finish(service, key: RunKey) -> None:
    """What any other worker and the sweeper do, until the run has ended."""
    deadline = time.monotonic() + 30
    while facts(service, key)[0] not in (State.COMPLETE, State.SYSTEM_ERROR, State.EXECUTOR_ERROR):
        assert time.monotonic() < deadline, facts(service, key)
        sweep(service)
        if not Worker(service, 9).work_once():
            time.sleep(0.1)


def published_once(service, key: RunKey, attempt: int) -> None:
    """Exactly the files of one attempt are published, and nothing else of the run is in the store or its folder."""
    state, attempts, states, artifacts = facts(service, key)
    assert (state, attempts) == (State.COMPLETE, attempt)
    assert Counter(states)["COMPLETE"] == 1
    assert Counter(states)["INITIALIZING"] == attempt
    assert [name for name, _ in artifacts] == NAMES
    prefix = artifacts[0][1].split(f"/a{attempt}/")[0]
    tidy(service)
    assert sorted(service.store.keys(prefix)) == sorted(stored for _, stored in artifacts)
    assert list(service.runs.glob("*/a*")) == []
    assert none_left(service)


@pytest.mark.parametrize("point", crashing.POINTS)
def test_a_worker_that_is_killed(service, parent, point):
    for time_ in range(TIMES):
        key = ask_for_screen(service, seed=time_)
        assert Child(parent, service, point, signal.SIGKILL).wait() == -signal.SIGKILL
        reached = service.settings.folder / "reached"
        reached.unlink()
        is_over = point == "published"
        state, attempt, *_ = facts(service, key)
        assert attempt == 1
        assert (state is State.COMPLETE) == is_over
        assert none_left(service), "a process of the run lives on without its worker"
        finish(service, key)
        published_once(service, key, 1 if is_over else 2)


def test_a_run_whose_workers_are_always_killed_ends(service, parent):
    key = ask_for_screen(service)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert Child(parent, service, "RUNNING", signal.SIGKILL).wait() == -signal.SIGKILL
        assert facts(service, key)[:2] == (State.RUNNING, attempt)
        time.sleep(LEASE + 0.1)
        sweep(service)
    state, attempt, states, artifacts = facts(service, key)
    assert (state, attempt, artifacts) == (State.SYSTEM_ERROR, MAX_ATTEMPTS, [])
    assert states[-1] == "SYSTEM_ERROR"
    with service.reading(key.scope) as session:
        assert runs.get(session, key).code == "worker_lost"


@pytest.mark.parametrize("point", ["files in", "mid command", "mid store", "stored"])
def test_a_worker_that_was_stopped_for_long_cannot_publish(service, parent, point):
    key = ask_for_screen(service)
    child = Child(parent, service, point, signal.SIGSTOP)
    try:
        child.wait_until_stopped()
        time.sleep(LEASE)
        finish(service, key)
        before = facts(service, key)
        assert before[:2] == (State.COMPLETE, 2)
        contents = {stored: b"".join(service.store.read(stored)) for _, stored in before[3]}
    finally:
        code = child.go_on()
    assert code == 0
    assert facts(service, key) == before
    assert {stored: b"".join(service.store.read(stored)) for stored in contents} == contents
    published_once(service, key, 2)


def test_a_zombie_does_not_take_away_the_folder_of_the_next_attempt(service, parent):
    """It ends while the next attempt, on the same host, is at work."""
    key = ask_for_screen(service)
    zombie = Child(parent, service, "mid command", signal.SIGSTOP)
    zombie.wait_until_stopped()
    time.sleep(LEASE)
    sweep(service)
    trivial.install("sleep 3; echo ranked > results/small/ranked.csv")
    other = threading.Thread(target=Worker(service, 9).work_once)
    other.start()
    time.sleep(0.5)
    assert zombie.go_on() == 0
    other.join(30)
    published_once(service, key, 2)


@pytest.fixture
def short_wait(monkeypatch):
    """A transaction waits for a lock of SQLite for one second only."""
    monkeypatch.setattr(databases, "_WAIT", 1.0)


class Locked:
    """Another process holds the database's one lock for writing."""

    def __init__(self, service) -> None:
        self._connection = sqlite3.connect(service.settings.folder / "service.db", isolation_level=None)

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


@pytest.mark.usefixtures("short_wait")
def test_the_api_outlives_a_locked_database(tmp_path):
    service = core.open_service(Settings(folder=tmp_path / "service", port=0))
    headers = {"Authorization": f"Bearer {core.first_start(service)}"}
    with serving(service) as url:
        with Locked(service):
            written = httpx.put(f"{url}/api/v1/uploads?name=a.csv", content=b"x", headers=headers, timeout=30)
            read = httpx.get(f"{url}/api/v1/runs", headers=headers, timeout=30)
        assert (written.status_code, written.json()["code"]) == (503, "unavailable")
        assert int(written.headers["Retry-After"]) > 0
        assert read.status_code == 200, "reading waits for nobody"
        again = httpx.put(f"{url}/api/v1/uploads?name=a.csv", content=b"x", headers=headers, timeout=30)
        assert again.status_code == 201
    assert list(service.arriving.iterdir()) == []


@pytest.mark.usefixtures("short_wait")
@pytest.mark.parametrize("held", [2.0, 4.0])
def test_a_worker_outlives_a_locked_database(tmp_path, held, caplog):
    """Locked in the middle of a run for longer than a transaction waits: it is complete, after one attempt or two."""
    service = core.open_service(Settings(folder=tmp_path / "service", cores=1, lease=LEASE))
    core.first_start(service)
    trivial.install("sleep 1; echo ranked > results/small/ranked.csv")
    key = ask_for_screen(service)
    worker = Worker(service)
    thread = threading.Thread(target=worker.work)
    thread.start()
    deadline = time.monotonic() + 20
    while facts(service, key)[0] is not State.RUNNING:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with Locked(service):
        time.sleep(held)
        assert thread.is_alive()
    deadline = time.monotonic() + 30
    while facts(service, key)[0] is not State.COMPLETE:
        assert time.monotonic() < deadline, facts(service, key)
        assert thread.is_alive(), "the worker has ended"
        sweep(service)
        time.sleep(0.1)
    worker.drain()
    thread.join(20)
    assert not thread.is_alive()
    published_once(service, key, facts(service, key)[1])
    assert "defect" not in caplog.text
