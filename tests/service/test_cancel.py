"""In a sandbox or without: of a run that is cancelled, or ends, or whose service dies, no process is left."""

import os
import signal
import subprocess
import sys
import time
from uuid import uuid4

import pytest

from hetero2.service.worker import process, sandbox
from hetero2.service.worker.process import Kind
from hetero2.service.worker.watch import cgroup
from tests.service import sandboxes
from tests.service.sandboxes import HELPERS, SMALL, ended, gone_within, living

CODES = {
    "sleeps": "ready(); time.sleep(60)",
    "ignores TERM": "signal.signal(signal.SIGTERM, signal.SIG_IGN); ready(); time.sleep(60)",
    "a session of its own": "if os.fork() == 0: os.setsid()\nready(); time.sleep(60)",
    "daemons": """
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
ready()
time.sleep(60)
""",
    "stopped": "if os.fork() == 0: os.kill(os.getpid(), signal.SIGSTOP)\nready(); time.sleep(60)",
    "no output any more": "ready(); os.close(1); os.close(2); time.sleep(60)",
    "much output": "ready()\nwhile True: print('x' * 1000)",
}
READY = HELPERS + "\ndef ready():\n    open('ready', 'w').close()\n"
IN_SANDBOX = pytest.param(
    "bwrap",
    marks=[pytest.mark.service, pytest.mark.skipif(sandbox.isolation() == "none", reason=sandbox.why_none())],
)


@pytest.fixture(params=[IN_SANDBOX, "none"])
def isolation(request, monkeypatch):
    if request.param == "none":
        monkeypatch.setattr(sandbox, "why_none", lambda: "not wanted")
        monkeypatch.setattr(cgroup, "create", lambda _: cgroup.Cgroup())
    return request.param


@pytest.fixture
def folder(tmp_path):
    return sandboxes.handed_over(tmp_path / "run")


@pytest.fixture
def mark():
    name = uuid4().hex
    with ended(name):
        yield name


def command_for(folder, code, mark):
    return sandbox.command(folder, ["python", "-S", "-c", READY + code, mark], SMALL, {})


def run(folder, command, should_stop, **options):
    return process.run(command, folder, SMALL, folder.with_name("log.txt"), should_stop, **options)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.usefixtures("isolation")
def test_a_cancelled_run_is_gone_within_five_seconds(folder, mark, name):
    asked = []

    def should_stop():
        if (folder / "ready").exists() and not asked:
            asked.append(time.monotonic())
        return bool(asked)

    outcome = run(folder, command_for(folder, CODES[name], mark), should_stop)
    assert time.monotonic() - asked[0] < 5
    assert (outcome.kind, outcome.reason) == (Kind.CANCELED, "canceled")
    assert not living(mark)


@pytest.mark.usefixtures("isolation")
def test_a_run_is_asked_before_it_is_killed(folder, mark):
    code = """
def on_term(*_):
    open("cleaned", "w").close()
    sys.exit(0)
signal.signal(signal.SIGTERM, on_term)
ready()
time.sleep(60)
"""
    began = time.monotonic()
    outcome = run(folder, command_for(folder, code, mark), (folder / "ready").exists, cancel_grace=30)
    assert outcome.kind is Kind.CANCELED
    assert (folder / "cleaned").exists()
    assert time.monotonic() - began < 15


@pytest.mark.usefixtures("isolation")
def test_nothing_is_left_of_a_run_that_ends_by_itself(folder, mark):
    code = CODES["daemons"].replace("ready()\ntime.sleep(60)\n", "ready()\n")
    assert run(folder, command_for(folder, code, mark), lambda: False).kind is Kind.COMPLETE
    assert not living(mark)


@pytest.mark.usefixtures("isolation")
def test_what_a_tick_raises_ends_the_run(folder, mark):
    def on_tick():
        if (folder / "ready").exists():
            raise KeyError("the lease is lost")

    with pytest.raises(KeyError, match="lease"):
        run(folder, command_for(folder, CODES["daemons"], mark), lambda: False, on_tick=on_tick)
    assert not living(mark)


@pytest.mark.parametrize("name", ["sleeps", "daemons"])
@pytest.mark.usefixtures("isolation")
def test_nothing_is_left_when_the_service_is_killed(folder, mark, name):
    command = command_for(folder, CODES[name], mark)
    starter = f"import subprocess; subprocess.run({command!r}, cwd={str(folder)!r})"
    service = subprocess.Popen([sys.executable, "-S", "-c", starter])
    deadline = time.monotonic() + 20
    while not (folder / "ready").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(service.pid, signal.SIGKILL)
    service.wait()
    assert gone_within(mark, 5)


@pytest.mark.usefixtures("isolation")
def test_a_run_gets_its_environment_and_nothing_else(folder, monkeypatch):
    monkeypatch.setenv("HETERO2_CANARY", "canary")
    inside = sandbox.inside(folder)
    code = "print(sorted(os.environ)); print(os.getcwd()); print(os.environ['HETERO2_RESULTS'])"
    command = sandbox.command(folder, ["python", "-S", "-c", HELPERS + code], SMALL, {"HETERO2_RESULTS": "given"})
    assert run(folder, command, lambda: False).code == 0
    names, place, given = folder.with_name("log.txt").read_text().splitlines()
    assert "CANARY" not in names
    assert {"PATH", "HOME", "TMPDIR", "NUMBA_CACHE_DIR", "HETERO2_RESULTS"} <= set(names.split("'"))
    assert (place, given) == (str(inside), "given")


@pytest.mark.usefixtures("isolation")
def test_a_command_that_is_not_there(folder):
    outcome = run(folder, sandbox.command(folder, ["no-such-program"], SMALL, {}), lambda: False)
    assert (outcome.code, outcome.kind) == (127, Kind.FAILED)
