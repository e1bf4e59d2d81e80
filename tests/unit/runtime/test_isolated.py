"""Items that hang, crash or eat memory are lost alone."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from hetero2.errors import HeteroError
from hetero2.runtime import isolated
from hetero2.runtime.isolated import Failure, Limits, each

LIMITS = Limits(seconds=0.3, megabytes=200)


def act(item):
    """A number is squared; a word is done."""
    if item == "loop":
        while True:
            pass
    if item == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if item == "exit":
        os._exit(0)
    if item == "memory":
        return len(b"x" * (1 << 30))
    if item == "raise":
        raise RuntimeError("planted")
    return item * item


def results(items, workers=1, limits=LIMITS, function=act):
    found = list(each(function, items, limits, workers))
    assert [item for item, _ in found] == items
    return [result for _, result in found]


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("loop", "timeout"),
        ("segfault", "worker_crashed"),
        ("exit", "worker_crashed"),
        ("memory", "out_of_memory"),
        ("raise", "internal_error:RuntimeError"),
    ],
)
def test_what_goes_wrong_is_lost_alone_wherever_it_stands(word, reason, workers):
    lost = Failure(reason)
    assert results([word, 1, 2, word, word, 3, 4, word], workers) == [lost, 1, 4, lost, lost, 9, 16, lost]


def test_no_item_no_worker():
    assert results([]) == []


def once(folder, item):
    """Kill the first worker that comes to 2, as the kernel does that needs memory for others."""
    if item == 2 and not (folder / "killed").exists():
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_an_item_is_not_to_blame_for_a_worker_that_was_killed_once(tmp_path):
    assert results([1, 2, 3], function=partial(once, tmp_path)) == [1, 2, 3]


def test_the_limit_is_of_one_item_and_of_cpu_not_of_waiting():
    assert results([0.5, 0.5], function=sleep) == [0.5, 0.5]
    assert results([0.2] * 4, function=burn) == [0.2] * 4


def sleep(seconds):
    time.sleep(seconds)
    return seconds


def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds


@pytest.mark.parametrize("forks", [True, False])
def test_what_every_item_needs_counts_for_none_of_them(monkeypatch, forks):
    """Made ready once before the fork, or in each worker; one that is started again has it before its first item."""
    monkeypatch.setattr(isolated, "_FORKS", forks)
    found = [result for _, result in each(ready_act, [2, "loop", 3, "loop", 4], LIMITS, 2, make_ready)]
    assert found == [4, Failure("timeout"), 9, Failure("timeout"), 16]
    READY.clear()


READY: list[int] = []


def make_ready():
    if not READY:
        READY.append(burn(2 * LIMITS.seconds))


def ready_act(item):
    make_ready()  # as a compiled loop would be compiled where that was not done before
    return act(item)


def test_no_item_nothing_is_made_ready():
    assert list(each(act, [], LIMITS, 1, partial(pytest.fail, "made ready"))) == []


def test_a_worker_may_take_its_time_to_start(monkeypatch):
    """Compiling in a spawned worker makes it silent for longer than an item may be."""
    monkeypatch.setattr(isolated, "_FORKS", False)
    monkeypatch.setattr(isolated, "_SILENT", 3)
    monkeypatch.setattr(isolated, "_TICK", 0.1)
    assert [result for _, result in each(act, [3], LIMITS, 1, partial(sleep, 1.5))] == [9]
    monkeypatch.setattr(isolated, "_STARTS", 0.5)
    with pytest.raises(HeteroError, match="a worker cannot start"):
        list(each(act, [3], LIMITS, 1, partial(sleep, 600)))


def test_a_worker_that_hangs_without_cpu_is_ended_too(monkeypatch):
    monkeypatch.setattr(isolated, "_SILENT", 5)
    monkeypatch.setattr(isolated, "_TICK", 0.1)
    assert results([0, 1000, 0], limits=Limits(0.1), function=sleep) == [0, Failure("timeout"), 0]


def test_large_results_come_whole():
    assert results([300_000, 2], function=bytes, limits=Limits()) == [bytes(300_000), bytes(2)]


def test_a_worker_that_cannot_start_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(isolated, "_settle", lambda *_: os._exit(3))
    with pytest.raises(HeteroError, match="a worker cannot start: exit code 3"):
        results([1, 2])


def alive(pid):
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


PARENT = """
import os, sys, time
from hetero2.runtime.isolated import Limits, each

def told(item):
    print(os.getpid(), flush=True)
    time.sleep(item)

try:
    list(each(told, [600], Limits()))
except KeyboardInterrupt:
    sys.exit("interrupted")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_parent_and_ctrl_c_shows_no_traceback(number):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    ) as parent:
        pid = int(parent.stdout.readline())
        if number == signal.SIGINT:
            os.killpg(parent.pid, number)  # as a terminal does
        else:
            parent.send_signal(number)
        told = parent.communicate(timeout=30)[1]
    assert told == ("interrupted\n" if number == signal.SIGINT else "")
    end = time.monotonic() + 10
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(pid)
