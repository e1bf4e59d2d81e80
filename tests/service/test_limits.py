"""Each limit of a run ends it, with the reason in words; what it was meant to protect goes on."""

import os
import time
from dataclasses import replace

import psutil
import pytest

from hetero2.service.worker import process, sandbox
from hetero2.service.worker.process import Kind
from hetero2.service.worker.watch import cgroup
from tests.service import sandboxes
from tests.service.sandboxes import HELPERS, SMALL

pytestmark = [pytest.mark.service, pytest.mark.skipif(sandbox.isolation() == "none", reason=sandbox.why_none())]
MB = 10**6
FORK_BOMB = """
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        pass
"""
HOLD = "time.sleep(60)"
# (name, limits, code, reason); all of it without control groups, which not every system hands to the service.
CASES = [
    ("wall_clock", {"wall_clock": 1}, HOLD, "ran longer than 1 s"),
    ("cpu", {"cpu": 1}, "while True: pass", "a process used more than 1 s of CPU time"),
    ("memory", {"memory": 200 * MB}, "x = bytearray(300_000_000)", "a process used more than 200 MB of memory"),
    (
        "shared memory",
        {"memory": 200 * MB},
        "import mmap; m = mmap.mmap(-1, 300_000_000); m.write(bytes(300_000_000)); time.sleep(60)",
        "a process used more than 200 MB of memory",
    ),
    (
        "total memory",
        {"total_memory": 200 * MB},
        "os.fork(); os.fork(); x = bytearray(b'1' * 80_000_000); time.sleep(60)",
        "used more than 200 MB of memory",
    ),
    ("file", {"file": MB}, 'open("x", "wb").write(bytes(2_000_000))', "wrote a file larger than 1 MB"),
    (
        "disk",
        {"disk": 5 * MB},
        "\nfor n in range(10): open(str(n), 'wb').write(bytes(1_000_000))\ntime.sleep(60)",
        "wrote more than 5 MB into its folder",
    ),
    (
        "disk, at once",
        {"disk": 5 * MB},
        "\nfor n in range(10): open(str(n), 'wb').write(bytes(1_000_000))",
        "wrote more than 5 MB into its folder",
    ),
    ("entries", {"entries": 500}, "\nfor n in range(1000): os.mkdir(str(n))", "wrote more than 500 files"),
    (
        "depth",
        {},
        "\nfor n in range(300): os.mkdir('x'); os.chdir('x')",
        "wrote folders that are nested too deeply, so that its folder cannot be measured",
    ),
    ("processes", {"processes": 60}, FORK_BOMB, "started more than 60 processes"),
    (
        "threads",
        {"processes": 60},
        "import threading\nfor _ in range(80): threading.Thread(target=time.sleep, args=(30,)).start()",
        "started more than 60 processes",
    ),
    (
        "open files",
        {"open_files": 64},
        "x = [open('/dev/null') for _ in range(80)]",
        "a process opened more than 64 files at once",
    ),
    (
        "temporary",
        {"temporary": MB},
        "open('/tmp/x', 'wb').write(bytes(2_000_000))",
        "had no room left for a file (in /tmp it may have 1 MB)",
    ),
]


@pytest.fixture
def folder(tmp_path):
    return sandboxes.handed_over(tmp_path / "run")


def started(folder, code, limits, should_stop=lambda: False):
    command = sandbox.command(folder, ["python", "-S", "-c", HELPERS + code], limits, {})
    return process.run(command, folder, limits, folder.with_name("log.txt"), should_stop, grace=1)


@pytest.mark.parametrize(("changes", "code", "reason"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_limit_ends_the_run_and_says_so(folder, monkeypatch, changes, code, reason):
    monkeypatch.setattr(cgroup, "create", lambda _: cgroup.Cgroup())
    began = time.monotonic()
    outcome = started(folder, code, replace(SMALL, **changes))
    assert (outcome.kind, outcome.reason) == (Kind.LIMIT, reason)
    assert time.monotonic() - began < 60


def has_group(*names):
    """Whether a group with one of these files can be made here."""
    groups = cgroup.create(SMALL)
    try:
        return any((path / name).exists() for path in groups.folders for name in names)
    finally:
        groups.remove()


@pytest.mark.skipif(not has_group("memory.max", "memory.limit_in_bytes"), reason="no control group for memory")
def test_memory_of_all_processes_is_limited_by_the_system(folder):
    """Fast, and in pages that the processes share: what is looked at once a second would not see it in time."""
    code = "import mmap\nx = mmap.mmap(-1, 500_000_000)\nfor n in range(0, len(x), 4096): x[n] = 1\ntime.sleep(60)"
    outcome = started(folder, code, replace(SMALL, total_memory=200 * MB))
    assert (outcome.kind, outcome.reason) == (Kind.LIMIT, "used more than 200 MB of memory")


@pytest.mark.skipif(not has_group("pids.max"), reason="no control group for processes")
def test_a_fork_bomb_is_stopped_by_its_control_group(folder, monkeypatch):
    """Also where the system does not count the processes of a user, and nobody looks."""
    monkeypatch.setattr(sandbox, "_limited", lambda _: ["/usr/bin/env"])
    most = []
    limits = replace(SMALL, processes=60)
    before = len(psutil.pids())

    def count():
        most.append(len(psutil.pids()) - before)
        return False

    outcome = started(folder, FORK_BOMB, limits, count)
    assert (outcome.kind, outcome.reason) == (Kind.LIMIT, "started more than 60 processes")
    assert max(most, default=0) < 60 + cgroup.MARGIN + 60  # others start processes meanwhile


def test_no_group_is_left(folder):
    groups = []
    create = cgroup.create

    def remembered(limits):
        groups.append(create(limits))
        return groups[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cgroup, "create", remembered)
        assert started(folder, "pass", SMALL).kind is Kind.COMPLETE
    assert not [path for path in groups[0].folders if path.exists()]


def test_a_failure_and_a_signal_are_no_limits(folder):
    outcome = started(folder, "sys.exit(3)", SMALL)
    assert (outcome.code, outcome.kind, outcome.reason) == (3, Kind.FAILED, "ended with exit code 3")
    outcome = started(folder, "os.kill(os.getpid(), signal.SIGSEGV)", SMALL)
    assert (outcome.code, outcome.kind, outcome.reason) == (139, Kind.FAILED, "killed by signal SIGSEGV")


def test_the_run_inherits_no_open_file(folder):
    with (folder.parent / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        outcome = started(folder, 'sys.exit(len(os.listdir("/proc/self/fd")))', SMALL)
    assert outcome.code == 4  # three, and the one that lists them
