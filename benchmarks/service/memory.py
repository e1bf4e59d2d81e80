"""Memory of the processes of a service: its own, and those of the runs that its workers have started."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.service import requests, served
from benchmarks.service.served import Served

_PAUSE = 0.5  # seconds between two looks


def measure(folder: Path, cores: int, caches: Path) -> dict[str, Any]:
    """A server without a worker; the same with two, before any run; and the most while two audits work at once.

    Workers are threads of the server, as they are with SQLite: what they need is the difference.
    """
    with served.served(folder / "server", 0, cores, caches) as service:
        service.connection.ask("GET", "/runs")
        alone = Watch(psutil.Process(service.pid)).look()
    with served.served(folder / "workers", 2, cores, caches) as service:
        service.wait(service.ask(requests.screen(service, 0)))
        idle = Watch(psutil.Process(service.pid)).look()
        with watched(service) as watch:
            for run_id in [service.ask(requests.reference_scorer(service, seed)) for seed in range(2)]:
                service.wait(run_id)
        after = Watch(psutil.Process(service.pid)).look()
    return {"server_alone": alone, "with_2_workers_idle": idle, "peak_of_2_runs": watch.peak, "after_them": after}


@dataclass
class Watch:
    """Megabytes now, and the most that was seen; PSS counts a page that n processes share as its n-th part."""

    process: psutil.Process
    peak: dict[str, float] = field(default_factory=dict)

    def look(self) -> dict[str, float]:
        """What the processes have now."""
        server = self.process.memory_full_info()
        resident, shared = [0.0], [0.0]
        for child in self.process.children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                memory = child.memory_full_info()
                resident.append(memory.rss)
                shared.append(memory.pss)
        values = {
            "server_rss_mb": server.rss, "server_pss_mb": server.pss, "runs_pss_mb": sum(shared),
            "largest_process_of_a_run_rss_mb": max(resident),
        }  # fmt: skip
        seen = {name: round(value / 1e6, 1) for name, value in values.items()}
        self.peak = {name: max(value, self.peak.get(name, 0)) for name, value in seen.items()}
        return seen


@contextlib.contextmanager
def watched(served: Served) -> Iterator[Watch]:
    """Look twice a second until the block ends."""
    watch, stopped = Watch(psutil.Process(served.pid)), threading.Event()

    def look_on() -> None:
        while not stopped.wait(_PAUSE):
            with contextlib.suppress(psutil.Error):  # the server has ended
                watch.look()

    thread = threading.Thread(target=look_on, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stopped.set()
        thread.join()
