"""A run as a tree of processes: started, watched, and ended with all that came of it."""

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hetero2.service.worker.limits import Limits
from hetero2.service.worker.watch import cgroup, disk, reasons
from hetero2.service.worker.watch.log import Log
from hetero2.service.worker.watch.tree import Tree

POLL = 0.2  # seconds
CANCEL_GRACE = 3.0  # so that a cancelled run is gone within 5 s
_LEAST_MEASURED = 1.0  # seconds between two measurements of what is used
_MOST_SHARE = 20  # a measurement that takes a second is made every 20 s


class Kind(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"  # with exit code 0
    FAILED = "failed"
    LIMIT = "limit"
    CANCELED = "canceled"


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `code` is its exit code (128 + n for the signal n), `reason` is empty where it is complete."""

    code: int
    kind: Kind
    reason: str = ""


def run(
    command: Sequence[str],
    folder: Path,
    limits: Limits,
    log: Path,
    should_stop: Callable[[], bool],
    on_tick: Callable[[], None] = lambda: None,
    *,
    grace: float = 30.0,
    cancel_grace: float = CANCEL_GRACE,
) -> Outcome:
    """Run a command line of `sandbox.command` to its end; no process of it is left, whatever happens.

    `log` gets what it prints, at its end. `should_stop` and `on_tick` are called every 0.2 s; what they raise ends the
    run and is passed on. `grace`, `cancel_grace`: seconds between TERM and KILL where it ran too long, and where it is
    to stop; other limits have none. Raises OSError where it cannot be started, and RuntimeError where a process of it
    cannot be ended. The thread that calls this must not end before it returns: the system would kill the run.
    """
    group = cgroup.create(limits)
    try:
        with Log(log, limits.log) as output:
            started = subprocess.Popen(
                group.join(list(command)), cwd=folder, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            tree = Tree(started.pid, group)
            try:
                watch = _Watch(started, folder, limits, tree, group, output)
                stopped = watch.until_end(should_stop, on_tick, grace, cancel_grace)
            finally:
                is_gone = tree.kill()
                code = started.wait()
                _drain(started, output)
            if not is_gone:
                raise RuntimeError(f"processes do not end: {' '.join(str(process.pid) for process in tree.living())}")
            return stopped or watch.outcome(code)
    finally:
        group.remove()


def _drain(process: subprocess.Popen[bytes], output: Log) -> None:
    """Take what is left in the pipe; nobody writes to it any more."""
    if process.stdout is None:
        return
    os.set_blocking(process.stdout.fileno(), False)
    with contextlib.suppress(BlockingIOError), process.stdout as pipe:
        while chunk := os.read(pipe.fileno(), 1 << 16):
            output.write(chunk)


class _Watch:
    """One run, from its start to its end."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        folder: Path,
        limits: Limits,
        tree: Tree,
        group: cgroup.Cgroup,
        output: Log,
    ) -> None:
        self._process, self._folder, self._limits = process, folder, limits
        self._tree, self._group, self._output = tree, group, output
        self._started = time.monotonic()
        self._next_usage = self._next_disk = self._started
        self._selector: selectors.BaseSelector | None = selectors.DefaultSelector()
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ)

    def until_end(
        self, should_stop: Callable[[], bool], on_tick: Callable[[], None], grace: float, cancel_grace: float
    ) -> Outcome | None:
        """How it was ended; None where it ended by itself."""
        stopped: Outcome | None = None
        kill_at = float("inf")
        while not self._ends_within(POLL):
            on_tick()
            if reason := self._exceeded():
                return stopped if stopped else Outcome(137, Kind.LIMIT, reason)
            now = time.monotonic()
            if now >= kill_at:
                break
            if stopped is None and should_stop():
                stopped, kill_at = Outcome(143, Kind.CANCELED, "canceled"), now + cancel_grace
                self._tree.terminate()
            elif stopped is None and now - self._started > self._limits.wall_clock:
                stopped = Outcome(143, Kind.LIMIT, reasons.wall_clock(self._limits))
                kill_at = now + grace
                self._tree.terminate()
        return stopped

    def outcome(self, code: int) -> Outcome:
        """Of a run that ended by itself; it may have met a limit since it was last looked at."""
        code = code if code >= 0 else 128 - code
        self._next_disk = 0
        if reason := self._group.exceeded(self._limits) or self._disk_exceeded():
            return Outcome(code, Kind.LIMIT, reason)
        if code == 0:
            return Outcome(0, Kind.COMPLETE)
        reason, is_limit = reasons.of_end(code, self._output.tail, self._limits)
        return Outcome(code, Kind.LIMIT if is_limit else Kind.FAILED, reason)

    def _ends_within(self, seconds: float) -> bool:
        """Whether it has ended; what it prints meanwhile goes to the log."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self._selector is None:  # it prints nothing any more: as a rule it ends
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(left)
                    return True
            elif self._selector.select(left):
                self._read()
        return self._process.poll() is not None

    def _read(self) -> None:
        if self._process.stdout is None or self._selector is None:
            return
        chunk = os.read(self._process.stdout.fileno(), 1 << 16)
        self._output.write(chunk)
        if not chunk:
            self._selector.close()
            self._selector = None

    def _exceeded(self) -> str:
        """Which limit it is over, in words; empty where it is over none."""
        now = time.monotonic()
        if reason := self._group.exceeded(self._limits):
            return reason
        if now >= self._next_usage and (reason := self._tree.exceeded(self._limits)):
            return reason
        if now >= self._next_usage:
            self._next_usage = _next(now)
        return self._disk_exceeded()

    def _disk_exceeded(self) -> str:
        now = time.monotonic()
        if now < self._next_disk:
            return ""
        try:
            disk.measure(self._folder, self._limits)
        except disk.ExceededError as error:
            return str(error)
        self._next_disk = _next(now)
        return ""


def _next(began: float) -> float:
    """When to measure again what was measured from `began` until now."""
    now = time.monotonic()
    return now + max(_LEAST_MEASURED, _MOST_SHARE * (now - began))
