"""The threads of a process beside its HTTP server: workers, the sweeper, and what listens to the doorbell."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from hetero2.service import isolation
from hetero2.service.core import Service
from hetero2.service.dispatch.listener import Listener
from hetero2.service.dispatch.sweeper import sweep, tidy
from hetero2.service.worker import numba_cache
from hetero2.service.worker.worker import Worker

log = logging.getLogger(__name__)
_GRACE = 40.0  # seconds that workers get to give back their runs
_TIDY = 60.0  # seconds between two looks for what killed processes left


class Background:
    """As many workers as set, one sweeper, and one listener where the database is PostgreSQL."""

    def __init__(self, service: Service, n_workers: int) -> None:
        self._service = service
        self._workers = [Worker(service, number) for number in range(n_workers)]
        self._listener = None if service.settings.is_embedded else Listener(service.engine, service.bell)
        self._stopped = threading.Event()
        self._warming = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(worker,), name=worker.name, daemon=True)
            for worker in self._workers
        ]
        if isolation.sees_all(service):
            self._threads.append(threading.Thread(target=self._sweep, name="sweeper", daemon=True))

    def start(self) -> None:
        """Begin."""
        self._service.metrics.workers.set(len(self._workers))
        if self._listener and self._workers:
            self._listener.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Give back runs at hand; wait until that is done."""
        self._stopped.set()
        for worker in self._workers:
            worker.drain()
        deadline = time.monotonic() + _GRACE
        for thread in self._threads:
            thread.join(max(0.1, deadline - time.monotonic()))
        if self._listener and self._workers:
            self._listener.stop()

    def _work(self, worker: Worker) -> None:
        with self._warming:  # the first worker does it; the server answers meanwhile
            if not self._service.caches:
                warm(self._service)
        worker.work()

    def _sweep(self) -> None:
        pause, tidied = min(5.0, self._service.settings.lease / 4), 0.0
        while not self._stopped.wait(pause):
            try:
                sweep(self._service)
                if time.monotonic() - tidied > _TIDY:
                    tidied = time.monotonic()
                    tidy(self._service)
            except Exception as error:  # the database is locked, or away: the next turn comes
                log.warning("nothing was swept: %s", type(error).__name__)


def warm(service: Service) -> None:
    """Fill numba's cache for runs, once a machine and release; without it every run takes a minute longer."""
    try:
        service.caches[:] = [numba_cache.warm(service.settings.folder / "caches")]
    except (RuntimeError, OSError, ValueError) as error:
        log.warning("runs will compile what they need each time: %s", error)


@contextlib.contextmanager
def in_background(service: Service, n_workers: int) -> Iterator[Background]:
    """Workers, sweeper and listener, for as long as the block lasts."""
    background = Background(service, n_workers)
    background.start()
    try:
        yield background
    finally:
        background.stop()
