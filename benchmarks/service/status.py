"""Requests for the state of a run, while two runs work on the two cores that the server has, too.

As many as there can be (wrk), and at a steady rate, as from people and scripts that look now and then (hey).
"""

import csv
import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.service.batch import quantiles
from benchmarks.service.served import Served

_THREADS, _CONNECTIONS = 2, 8
_STEADY_CONNECTIONS = 10  # hey lets all of them ask at the same moment: more of them would measure their own crowd
_RUNS = 4  # of which two work at a time: when one ends, the next begins
# The token is in a file, not in the arguments, which anybody on the machine can read; hey takes it there alone.
_SCRIPT = """\
wrk.headers["Authorization"] = "Bearer {token}"
done = function(summary, latency, requests)
  local errors = summary.errors
  io.stderr:write(string.format(
    '{{"requests": %d, "seconds": %.3f, "p50_ms": %.2f, "p95_ms": %.2f, "p99_ms": %.2f, "errors": %d}}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


def measure(served: Served, folder: Path, seconds: int, rate: int) -> dict[str, Any]:
    """Ask for demonstrations, and for the state of one of them again and again while two work.

    rate: requests a second; 0: as many as there can be.
    """
    run_ids = [served.ask({"workflow": "demo"}) for _ in range(_RUNS)]
    for run_id in run_ids[:2]:
        served.wait(run_id, "RUNNING")
    url = f"{served.url}/api/v1/runs/{run_ids[0]}"
    server = psutil.Process(served.pid)
    before = sum(server.cpu_times()[:2])
    if rate:
        by, figures = "hey", _hey(url, served.token, rate, seconds)
    elif shutil.which("wrk") is not None:
        by, figures = "wrk", _wrk(url, served.token, folder, seconds)
    else:
        by, figures = "httpx in threads", _threads(url, served.token, seconds)
    cpu = sum(server.cpu_times()[:2]) - before  # with what the workers in it do meanwhile, which is little
    states = [served.run(run_id)["state"] for run_id in run_ids]
    for run_id, state in zip(reversed(run_ids), reversed(states), strict=True):
        if state in ("QUEUED", "RUNNING"):
            served.connection.ask("POST", f"/runs/{run_id}:cancel")
            served.wait(run_id)
    return {
        "by": by,
        "requests_a_second": round(figures["requests"] / figures["seconds"], 1),
        "server_cpu_ms_a_request": round(1000 * cpu / figures["requests"], 2),
        **{name: value for name, value in figures.items() if name not in ("requests", "seconds")},
        "two_runs_worked_until_the_end": states.count("RUNNING") == 2,
    }


def _hey(url: str, token: str, rate: int, seconds: int) -> dict[str, float]:
    """A steady rate: each connection asks in its turn, on time however late the others' answers are."""
    words = ["hey", "-z", f"{seconds}s", "-c", str(_STEADY_CONNECTIONS), "-q", str(rate / _STEADY_CONNECTIONS)]
    done = subprocess.run(
        [*words, "-o", "csv", "-H", f"Authorization: Bearer {token}", url], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    answers = list(csv.DictReader(done.stdout.splitlines()))
    errors = sum(answer["status-code"] != "200" for answer in answers)
    return _figures([1000 * float(answer["response-time"]) for answer in answers], float(seconds), errors)


def _wrk(url: str, token: str, folder: Path, seconds: int) -> dict[str, float]:
    script = folder / "requests.lua"
    script.touch(mode=0o600)
    script.write_text(_SCRIPT.format(token=token))
    words = ["wrk", f"-t{_THREADS}", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--latency", "--timeout=30s", "-s", script]
    done = subprocess.run([*map(str, words), url], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    figures: dict[str, float] = json.loads(done.stderr)
    return figures


def _threads(url: str, token: str, seconds: int) -> dict[str, float]:
    """The same by a loop in each of as many threads; slower itself, on the same cores, than wrk is."""
    latencies: list[float] = []
    errors: list[str] = []
    began = time.monotonic()

    def ask() -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False) as client:
            while time.monotonic() < began + seconds:
                asked = time.monotonic()
                try:
                    client.get(url).raise_for_status()
                except httpx.HTTPError as error:
                    errors.append(type(error).__name__)
                latencies.append(1000 * (time.monotonic() - asked))

    threads = [threading.Thread(target=ask) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _figures(latencies, time.monotonic() - began, len(errors))


def _figures(latencies: list[float], seconds: float, errors: int) -> dict[str, float]:
    """As wrk's script prints them; latencies in ms."""
    shares = {f"{name}_ms": value for name, value in quantiles(latencies, (50, 95, 99)).items()}
    return {"requests": len(latencies), "seconds": seconds, **shares, "errors": errors}
