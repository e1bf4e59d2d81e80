"""A service of this checkout in a process of its own, on loopback, as `hetero2 serve` starts it."""

import compileall
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hetero2.service.client.connection import Connection

ROOT = Path(__file__).resolve().parent.parent.parent
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
    folder.mkdir(parents=True)
    if caches is not None:
        caches.mkdir(exist_ok=True)
        (folder / "caches").symlink_to(caches)
    words = [sys.executable, "-m", "hetero2", "serve", f"--folder={folder}", "--port=0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*words, f"--workers={workers}", f"--cores={cores}"], stdout=subprocess.PIPE, stderr=log, text=True,
            env=environment,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        url, token = "", ""
        for line in process.stdout:
            token = line.partition("once: ")[2].strip() or token
            if line.startswith("listening on "):
                url = line.removeprefix("listening on ").strip()
                break
        if not url:
            sys.exit((folder / "server.log").read_text()[-3000:])
        with Connection(url, token) as connection:
            yield Served(url, token, process.pid, connection)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
