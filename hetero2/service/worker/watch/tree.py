"""A process and all that came of it: what they use, and their end."""

import contextlib
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from hetero2.service.worker.limits import Limits
from hetero2.service.worker.watch import reasons
from hetero2.service.worker.watch.cgroup import Cgroup

_KEEPERS = ("bwrap",)  # they pass no signal on: where TERM ends them, all in the sandbox is killed at once
_ONE_BY_ONE = 2.0  # seconds for which processes are killed, and not yet the root, whose end ends all at once
_PATIENCE = 30.0  # seconds until what was killed must be gone: at a low priority even that takes its turn


@dataclass(frozen=True)
class Usage:
    """Of all processes of a tree at one moment; sizes in bytes, times in seconds."""

    processes: int  # and threads
    cpu: float  # the most of one process
    memory: int  # the most of one process
    total_memory: int  # without what processes share

    def exceeded(self, limits: Limits) -> str:
        """Which limit it is over, in words; empty where it is over none."""
        if self.processes > limits.processes:
            return reasons.processes(limits)
        if self.memory > limits.memory:
            return reasons.memory(limits)
        if self.total_memory > limits.total_memory:
            return reasons.total_memory(limits)
        if self.cpu > limits.cpu:
            return reasons.cpu(limits)
        return ""


class Tree:
    """The descendants of a process that we started, in a group of their own where there is one."""

    def __init__(self, pid: int, cgroup: Cgroup) -> None:
        self._root, self._cgroup = psutil.Process(pid), cgroup
        self._seen: set[psutil.Process] = set()  # those too whose parent ended before them

    def living(self) -> list[psutil.Process]:
        """All processes of it, its root excepted."""
        with contextlib.suppress(psutil.Error):
            self._seen.update(self._root.children(recursive=True))
        for pid in self._cgroup.pids():
            with contextlib.suppress(psutil.Error):
                self._seen.add(psutil.Process(pid))
        self._seen = {process for process in self._seen - {self._root} if _is_alive(process)}
        return list(self._seen)

    def exceeded(self, limits: Limits) -> str:
        """Which limit they are over, in words; empty where they are over none."""
        living = self.living()
        if len(living) > limits.processes:  # so many leave no time to look at each of them
            return reasons.processes(limits)
        return _usage(living).exceeded(limits)

    def terminate(self) -> None:
        """Ask all of them to end."""
        _signal((process for process in self.living() if _name(process) not in _KEEPERS), signal.SIGTERM)

    def _stop(self) -> None:
        began, stopped = time.monotonic(), set(self._seen)
        _signal(stopped, signal.SIGSTOP)  # before another look: it takes seconds where all want the processor
        while (running := set(self.living()) - stopped) and time.monotonic() < began + _PATIENCE:
            _signal(running, signal.SIGSTOP)
            stopped |= running

    def kill(self) -> bool:
        """Kill all of them and the root, those too that are started meanwhile; whether all are gone.

        They are stopped first: what is stopped starts no other in place of one that was killed, and leaves the
        processor to the killing.
        """
        self._stop()
        began = time.monotonic()
        while (living := self.living()) and time.monotonic() < began + _PATIENCE:
            _signal(living, signal.SIGKILL)
            self._cgroup.kill()
            if time.monotonic() > began + _ONE_BY_ONE:  # others are started as fast
                _signal([self._root], signal.SIGKILL)
            time.sleep(0.02)
        _signal([self._root], signal.SIGKILL)
        return not self.living()


def _usage(processes: Iterable[psutil.Process]) -> Usage:
    threads, cpu, memory, total = 0, 0.0, 0, 0
    for process in processes:
        with contextlib.suppress(psutil.Error), process.oneshot():
            resident, times = process.memory_info(), process.cpu_times()
            threads += process.num_threads()
            cpu = max(cpu, times.user + times.system)
            memory = max(memory, resident.rss)
            total += resident.rss - getattr(resident, "shared", 0)
    return Usage(threads, cpu, memory, total)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return ""


def _signal(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):  # ended meanwhile; psutil sees whether a pid is another process by now
            process.send_signal(number)
