"""The demonstration, or a screen, by the service and on the command line: from the request to published results."""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from benchmarks.service import requests, served
from benchmarks.service.served import ROOT, Served

_CORES = 2


class Cost(NamedTuple):
    """Seconds that passed, and of CPU; only these say something on a machine that does other things, too."""

    wall: float
    cpu: float


def measure(folder: Path, repeats: int, is_screen: bool, caches: Path | None = None) -> dict[str, Any]:
    """Each of them for the first time, then in alternating order; ratios of the service to the command line.

    For the first time means: nothing is compiled yet of the loops of decoys and screen, by either; with `caches`, the
    service finds there what it has compiled before.
    """
    with served.served(folder / "service", 1, _CORES, caches) as service:
        cold = _by_service(service, is_screen), _on_command_line(folder, 0, is_screen)
        by_service: list[Cost] = []
        on_command_line: list[Cost] = []
        for number in range(1, repeats + 1):
            for is_service in (True, False) if number % 2 else (False, True):
                if is_service:
                    by_service.append(_by_service(service, is_screen))
                else:
                    on_command_line.append(_on_command_line(folder, number, is_screen))
    return {
        "cores_of_a_run": _CORES,
        "cold": _beside(*cold),
        "warm": _beside(_median(by_service), _median(on_command_line)),
        "warm_service_wall_s": ", ".join(f"{cost.wall:.1f}" for cost in by_service),
        "warm_command_line_wall_s": ", ".join(f"{cost.wall:.1f}" for cost in on_command_line),
    }


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(cost.wall for cost in costs), statistics.median(cost.cpu for cost in costs))


def _beside(service: Cost, command: Cost) -> dict[str, float]:
    """Both, and the ratios of the service to the command line."""
    return {
        "service_wall_s": round(service.wall, 1),
        "command_line_wall_s": round(command.wall, 1),
        "wall_ratio": round(service.wall / command.wall, 3),
        "service_cpu_s": round(service.cpu, 1),
        "command_line_cpu_s": round(command.cpu, 1),
        "cpu_ratio": round(service.cpu / command.cpu, 3),
    }


def _by_service(service: Served, is_screen: bool) -> Cost:
    process = psutil.Process(service.pid)
    began, before = time.monotonic(), sum(process.cpu_times()[:4])  # of the server and of what it has started
    run = service.wait(service.ask(requests.screen(service, 0) if is_screen else {"workflow": "demo"}))
    if run["state"] != "COMPLETE":
        sys.exit(f"{run['workflow']}: {run['state']}: {run['reason']}")
    return Cost(time.monotonic() - began, sum(process.cpu_times()[:4]) - before)


def _on_command_line(folder: Path, number: int, is_screen: bool) -> Cost:
    """The cost of the same by `hetero2`, with a cache of compiled loops of its own, which the first call fills."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / "numba")}
    words = ["demo", f"--out={folder / f'results{number}'}", f"--cores={_CORES}"]
    if is_screen:
        files = requests.screen_files(folder)
        words = ["screen", *(f"--{role}={path}" for role, path in files.items()), f"--out={folder / 'ranked.csv'}"]
    began, before = time.monotonic(), _cpu_of_children()
    done = subprocess.run(
        [sys.executable, "-m", "hetero2", *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return Cost(time.monotonic() - began, _cpu_of_children() - before)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
