"""The demonstration, or a screen, by the service and on the command line: from the request to published results."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.service import requests, served
from benchmarks.service.served import Served
from tools.service_process import ROOT

_CORES = 2


def measure(folder: Path, repeats: int, is_screen: bool, caches: Path | None = None) -> dict[str, Any]:
    """Each of them for the first time, then in alternating order; ratios of the service to the command line.

    For the first time means: nothing is compiled yet of the loops of decoys and screen, by either; with `caches`, the
    service finds there what it has compiled before.
    """
    with served.served(folder / "service", 1, _CORES, caches) as service:
        cold = _by_service(service, is_screen), _on_command_line(folder, 0, is_screen)
        by_service: list[float] = []
        on_command_line: list[float] = []
        for number in range(1, repeats + 1):
            for is_service in (True, False) if number % 2 else (False, True):
                if is_service:
                    by_service.append(_by_service(service, is_screen))
                else:
                    on_command_line.append(_on_command_line(folder, number, is_screen))
    return {
        "cores_of_a_run": _CORES,
        "cold": _beside(*cold),
        "warm": _beside(statistics.median(by_service), statistics.median(on_command_line)),
        "warm_service_s": ", ".join(f"{seconds:.1f}" for seconds in by_service),
        "warm_command_line_s": ", ".join(f"{seconds:.1f}" for seconds in on_command_line),
    }


def _beside(service: float, command: float) -> dict[str, float]:
    """Both, and the ratio of the service to the command line."""
    return {
        "service_s": round(service, 1),
        "command_line_s": round(command, 1),
        "ratio": round(service / command, 3),
    }


def _by_service(service: Served, is_screen: bool) -> float:
    """Seconds from the request to the end, in which the results are published."""
    began = time.monotonic()
    run = service.wait(service.ask(requests.screen(service, 0) if is_screen else {"workflow": "demo"}))
    if run["state"] != "COMPLETE":
        sys.exit(f"{run['workflow']}: {run['state']}: {run['reason']}")
    return time.monotonic() - began


def _on_command_line(folder: Path, number: int, is_screen: bool) -> float:
    """Seconds of the same by `hetero2`, with a cache of compiled loops of its own, which the first call fills."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / "numba")}
    words = ["demo", f"--out={folder / f'results{number}'}", f"--cores={_CORES}"]
    if is_screen:
        files = requests.screen_files(folder)
        words = ["screen", *(f"--{role}={path}" for role, path in files.items()), f"--out={folder / 'ranked.csv'}"]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "hetero2", *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return time.monotonic() - began
