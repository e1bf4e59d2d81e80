"""A service in a process of its own, as its operator starts it, for tests and benchmarks."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Started(NamedTuple):
    """A service that listens; `token` is empty where the folder had one before."""

    url: str
    token: str
    pid: int


@contextlib.contextmanager
def started(
    folder: Path,
    *options: str,
    caches: Path | None = None,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = ("hetero2",),
) -> Iterator[Started]:
    """Serve a folder on a free port until the block ends.

    caches: of runs, kept for the next service; environment: more than ours; program: a module that is the command line,
    with what it takes before the command's name. Raises AssertionError with the log of
    a service that does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if caches is not None and not (folder / "caches").exists():
        caches.mkdir(exist_ok=True)
        (folder / "caches").symlink_to(caches)
    command = [sys.executable, "-m", *program, "serve", "--folder", str(folder), "--port", "0", *options]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=variables)
    assert process.stdout is not None
    try:
        url, token = "", ""
        for line in process.stdout:
            token = line.partition("once: ")[2].strip() or token
            if line.startswith("listening on "):
                url = line.removeprefix("listening on ").strip()
                break
        assert url, (folder / "server.log").read_text()
        yield Started(url, token, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
