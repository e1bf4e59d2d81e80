"""Work on molecules in a process of its own, so that one of them can be stopped, or can crash, alone.

A worker is forked (spawned where fork is not safe) with its items and sends the results in order, so the first item
without a result is the one it was working on. The kernel enforces the limits, not a watcher: a timer of CPU time ends
the worker (SIGPROF), and memory beyond the limit is refused (MemoryError). The reader then starts another worker there.
What all items need once, such as compiled loops, is prepared before the first of them, and counts against none.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any, Generic, TypeVar

from hetero2.errors import HeteroError
from hetero2.runtime.log import logger

T = TypeVar("T")
R = TypeVar("R")
_FORKS = sys.platform == "linux"
_CONTEXT: Any = get_context("fork" if _FORKS else "spawn")
_TICK = 1.0  # seconds between two looks at a silent worker; a stop of all processes (Ctrl-Z) counts as one
_SILENT = 20  # a worker may be silent for this many times its CPU limit: it hangs, or the machine is very busy
_STARTS = 600  # seconds in which a worker must have started, which may take a compiler
_TRIES = 2  # the machine may kill a worker; an item is to blame if it kills this many in a row
_OUT_OF_MEMORY, _STARTED = 77, "started"
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass(frozen=True)
class Limits:
    """What one item may use: seconds of CPU, and megabytes beyond what its worker had at the start (Linux)."""

    seconds: float = 60
    megabytes: int = 1024


@dataclass(frozen=True)
class Failure:
    """An item without a result: timeout, out_of_memory, worker_crashed or internal_error:<type>."""

    reason: str


def each(
    function: Callable[[T], R],
    items: Sequence[T],
    limits: Limits,
    workers: int = 1,
    prepare: Callable[[], object] | None = None,
) -> Iterator[tuple[T, R | Failure]]:
    """Every item with function(item), in order, or with a Failure if it was stopped, crashed or raised.

    `prepare` sets up what every item needs, outside their limits: here, so that forked workers have it at once, or in
    each worker if they are spawned. Raises HeteroError if a worker cannot even start.
    """
    count = max(1, min(workers, len(items)))
    if items and prepare is not None and _FORKS:
        prepare()
    lanes = [_Lane(function, items[first::count], limits, None if _FORKS else prepare) for first in range(count)]
    try:
        for place, item in enumerate(items):
            lane = lanes[place % count]
            while not lane.results:
                _listen([busy for busy in lanes if busy.process is not None])
            yield item, lane.results.pop(0)
    finally:
        for lane in lanes:
            lane.stop()


def _listen(busy: "list[_Lane[Any, Any]]") -> None:
    """Take what the workers have sent; a worker that is silent for too long is ended."""
    ready = connection.wait([lane.reader for lane in busy], _TICK)
    for lane in busy:
        if lane.reader in ready:
            lane.receive()
        elif not ready:
            lane.wait(_TICK)


class _Lane(Generic[T, R]):
    """Some of the items, the worker that processes them, and the results that nobody has fetched yet."""

    def __init__(
        self, function: Callable[[T], R], items: Sequence[T], limits: Limits, prepare: Callable[[], object] | None
    ) -> None:
        self.function, self.items, self.limits, self.prepare = function, items, limits, prepare
        self.results: list[R | Failure] = []
        self.done, self.deaths, self.silent = 0, 0, 0.0
        self.process: Any = None
        if items:
            self._start()

    def _start(self) -> None:
        self.reader, writer = _CONTEXT.Pipe(duplex=False)
        words = (self.function, self.items[self.done :], self.limits, self.prepare, self.reader, writer, os.getpid())
        self.process = _CONTEXT.Process(target=_work, args=words, daemon=True)
        self.started, self.hung, self.silent = False, False, 0.0
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until the worker ignores it
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        writer.close()

    def receive(self) -> None:
        """Take one message, or notice that the worker is dead."""
        self.silent = 0.0
        try:
            message = self.reader.recv()
        except (EOFError, OSError):
            self._died()
            return
        if message == _STARTED:
            self.started = True
        else:
            self._next(message)

    def wait(self, seconds: float) -> None:
        """Count silence; end a worker that hangs."""
        self.silent += seconds
        if self.silent > (_SILENT * self.limits.seconds if self.started else max(_STARTS, self.limits.seconds)):
            self.hung = True
            self.process.kill()

    def _next(self, result: R | Failure) -> None:
        self.results.append(result)
        self.done, self.deaths = self.done + 1, 0
        if self.done == len(self.items):
            self.stop()

    def _died(self) -> None:
        """Blame the item if it has killed every worker that tried it, then continue with a new worker."""
        self.process.join()
        code = self.process.exitcode
        logger.warning("a worker ended at item %d of %d, exit code %d", self.done + 1, len(self.items), code)
        self.deaths += 1
        self.stop()
        if not self.started and self.deaths == _TRIES:
            raise HeteroError(
                f"a worker cannot start: exit code {code}", "is there enough memory, and are more processes allowed?"
            )
        if code == -signal.SIGPROF:
            self._next(Failure("timeout"))
        elif self.deaths == _TRIES:
            self._next(
                Failure("timeout" if self.hung else "out_of_memory" if code == _OUT_OF_MEMORY else "worker_crashed")
            )
        if self.done < len(self.items):
            self._start()

    def stop(self) -> None:
        """End the worker and wait for it, so that its CPU time and memory are counted."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None
            self.reader.close()


def _work(
    function: Callable[[T], R],
    items: Sequence[T],
    limits: Limits,
    prepare: Callable[[], object] | None,
    reader: Any,
    writer: Any,
    parent: int,
) -> None:
    """The worker: the result of each item, as long as somebody reads."""
    reader.close()
    _settle(limits, parent)
    try:
        if prepare is not None:
            prepare()
        writer.send(_STARTED)
        for item in items:
            signal.setitimer(signal.ITIMER_PROF, limits.seconds)
            writer.send(_result(function, item))
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    except BrokenPipeError:
        os._exit(1)
    signal.setitimer(signal.ITIMER_PROF, 0)


def _result(function: Callable[[T], R], item: T) -> R | Failure:
    try:
        return function(item)
    except MemoryError:
        raise
    except Exception as error:
        logger.exception("internal error")
        return Failure(f"internal_error:{type(error).__name__}")


def _settle(limits: Limits, parent: int) -> None:
    """Signals and limits of the worker: Ctrl-C is left to its parent, which it never outlives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for number in (signal.SIGPROF, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    end_with(parent)
    if sys.platform == "linux":
        in_use = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        soft = in_use + (limits.megabytes << 20)
        resource.setrlimit(resource.RLIMIT_DATA, (soft if hard < 0 else min(soft, hard), hard))


def end_with(parent: int) -> None:
    """Make this process end when its parent does, however the parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
