"""The running service: HTTP server, workers in threads, and the sweeper that finds what was lost."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

import uvicorn

from hetero2.service.api.app import create_app
from hetero2.service.core import Service
from hetero2.service.db import runs
from hetero2.service.worker import numba_cache
from hetero2.service.worker.worker import Worker

log = logging.getLogger(__name__)
_OLD = 24 * 3600.0  # seconds after which a part of an upload that nobody finished is taken away
_GRACE = 40.0  # seconds that workers get to give back their runs


class Background:
    """The threads beside the HTTP server: as many workers as set, and one sweeper."""

    def __init__(self, service: Service, n_workers: int) -> None:
        self._service = service
        self._workers = [Worker(service, number) for number in range(n_workers)]
        self._stopped = threading.Event()
        self._warming = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(worker,), name=worker.name, daemon=True)
            for worker in self._workers
        ]
        self._threads.append(threading.Thread(target=self._sweep, name="sweeper", daemon=True))

    def start(self) -> None:
        """Begin."""
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

    def _work(self, worker: Worker) -> None:
        with self._warming:  # the first worker does it; the server answers meanwhile
            if not self._service.caches:
                warm(self._service)
        worker.work()

    def _sweep(self) -> None:
        pause = min(5.0, self._service.settings.lease / 4)
        while not self._stopped.wait(pause):
            try:
                sweep(self._service)
            except Exception as error:  # the database is locked, or away: the next turn comes
                log.warning("nothing was swept: %s", type(error).__name__)


def warm(service: Service) -> None:
    """Fill numba's cache for runs, once a machine and release; without it every run takes a minute longer."""
    try:
        service.caches[:] = [numba_cache.warm(service.settings.folder / "caches")]
    except (RuntimeError, OSError, ValueError) as error:
        log.warning("runs will compile what they need each time: %s", error)


def sweep(service: Service) -> None:
    """Take back what lost workers had, and take away parts of uploads that nobody finishes."""
    with service.writing() as session:
        changed = runs.sweep(session, service.now())
    for key in changed:
        log.warning("run %s: taken back from a worker that was lost or stopped", key.run_id)
    if changed:
        service.bell.set()
    for path in service.arriving.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _OLD:
                path.unlink()


@contextlib.contextmanager
def in_background(service: Service, n_workers: int) -> Iterator[Background]:
    """Workers and sweeper, for as long as the block lasts."""
    background = Background(service, n_workers)
    background.start()
    try:
        yield background
    finally:
        background.stop()


class HttpServer(uvicorn.Server):
    """Says where it listens once it does: with port 0 that is known only then."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        super().__init__(
            uvicorn.Config(
                create_app(service), host=settings.host, port=settings.port, log_config=None, access_log=False,
                server_header=False, timeout_keep_alive=30, timeout_graceful_shutdown=5,
                h11_max_incomplete_event_size=65536,
            )
        )  # fmt: skip

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, and say where."""
        await super().startup(sockets)  # type: ignore[arg-type]
        for server in self.servers:
            for socket in server.sockets:
                host, port = socket.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                print(f"listening on http://{shown}:{port}", flush=True)
