"""A service of this checkout in a process of its own, on loopback, as `hetero2 serve` starts it."""

import compileall
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hetero2.service.client.connection import Connection
from tools.service_process import ROOT, started

ENDS = ("COMPLETE", "EXECUTOR_ERROR", "SYSTEM_ERROR", "CANCELED")
_PAUSE = 0.1  # seconds between two looks at a run


@dataclass(frozen=True)
class Served:
    """A service that runs."""

    url: str
    token: str
    pid: int
    connection: Connection

    def put(self, name: str, content: str) -> str:
        """Upload a file; its id."""
        return str(self.connection.ask("PUT", "/uploads", params={"name": name}, content=content.encode())["id"])

    def ask(self, body: dict[str, Any]) -> str:
        """Ask for a run; its id."""
        return str(self.connection.ask("POST", "/runs", json=body)["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        """A run as it stands."""
        return dict(self.connection.ask("GET", f"/runs/{run_id}"))

    def wait(self, run_id: str, *states: str) -> dict[str, Any]:
        """A run, once it is in one of these states or has ended."""
        while (run := self.run(run_id))["state"] not in (*states, *ENDS):
            time.sleep(_PAUSE)
        return run


def compile_package() -> None:
    """Compile the package to bytecode, as pip does when it installs it: a sandbox cannot write what it compiles."""
    for name in ("hetero2", "snakemake_logger_plugin_hetero2"):
        compileall.compile_dir(ROOT / name, quiet=2)


@contextlib.contextmanager
def served(folder: Path, workers: int, cores: int, caches: Path | None = None) -> Iterator[Served]:
    """Serve a new folder until the block ends; caches: of compiled loops, kept for the next (default: a new one)."""
    options = (f"--workers={workers}", f"--cores={cores}")
    rates = {f"HETERO2_RATE_{name}": "1000000" for name in ("TOKEN", "ORG", "RUNS", "CHECKS")}  # not what is measured
    with (
        started(folder, *options, caches=caches, environment=rates) as service,
        Connection(service.url, service.token) as connection,
    ):
        yield Served(service.url, service.token, service.pid, connection)
