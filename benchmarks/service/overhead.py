"""The demonstration by the service and on the command line: from the request to the published pack."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.service import served
from benchmarks.service.served import ROOT, Served

_CORES = 2


def measure(folder: Path, repeats: int) -> dict[str, Any]:
    """Each of them for the first time, then in alternating order; ratios of the service to the command line.

    For the first time means: nothing is compiled yet of the loops of decoys and screen, by either.
    """
    with served.served(folder / "service", 1, _CORES) as service:
        cold_service = _by_service(service)
        cold_command = _on_command_line(folder, 0)
        warm_service: list[float] = []
        warm_command: list[float] = []
        for number in range(1, repeats + 1):
            for is_service in (True, False) if number % 2 else (False, True):
                if is_service:
                    warm_service.append(_by_service(service))
                else:
                    warm_command.append(_on_command_line(folder, number))
    return {
        "cores_of_a_run": _CORES,
        "cold": _beside(cold_service, cold_command),
        "warm": _beside(statistics.median(warm_service), statistics.median(warm_command)),
        "warm_service_s": [round(seconds, 1) for seconds in warm_service],
        "warm_command_line_s": [round(seconds, 1) for seconds in warm_command],
    }


def _beside(service: float, command: float) -> dict[str, float]:
    return {
        "service_s": round(service, 1), "command_line_s": round(command, 1), "ratio": round(service / command, 3)
    }  # fmt: skip


def _by_service(service: Served) -> float:
    began = time.monotonic()
    run = service.wait(service.ask({"workflow": "demo"}))
    if run["state"] != "COMPLETE":
        sys.exit(f"demo: {run['state']}: {run['reason']}")
    return time.monotonic() - began


def _on_command_line(folder: Path, number: int) -> float:
    """Seconds of `hetero2 demo`, with a cache of compiled loops of its own, which the first call fills."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / "numba")}
    words = [sys.executable, "-m", "hetero2", "demo", f"--out={folder / f'results{number}'}", f"--cores={_CORES}"]
    began = time.monotonic()
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return time.monotonic() - began
