"""Where a cluster of 1,000 nodes would stop keeping up: a simulation of its scheduling, from what is measured here.

    python -m benchmarks.scheduling large.json SMILES [--rows 1000000 100000000] [--nodes 1000] [--json out.json]

large.json: `--json` of `benchmarks.throughput` with at least two libraries. It gives, per stage, CPU and memory,
extrapolated linearly from its two largest libraries. Measured in this call: what Snakemake's main process needs to plan
the jobs (dry runs of 100 to 1,600 shards), and the file-system calls of a shard in the main process and in its jobs
(strace, two small runs). Simulated, job by job: the main process submits one job at a time; each occupies one core of
a node while Snakemake starts there and the job works; stages over the whole library are one job, after all shards.

--submit-s, --start-s: seconds for one submission (Snakemake and sbatch) and for the start of a job on a node, as
`benchmarks.on_slurm` shows them. Not simulated: queues behind other users' jobs, and how fast a file system is.
"""

import argparse
import heapq
import io
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.small_run import NAME, OVERLAY, SCORES, given
from benchmarks.throughput import CONFIG, ROOT, environment, library, made_up_scores, measured

SHARDED = {"decoys": "decoys", "scores": "shard", "audit": "shard", "screen": "screen"}  # stage: its job on a cluster
PHASES = ("decoys", "shard", "screen")
NODE_GB = 256
SHARD_ROWS = "execution: {{shard_rows: {}}}\n"
CLONE = re.compile(r"v?fork\(|clone3?\(")
CHILD = re.compile(r"(?:clone3?|v?fork)(?:\(| resumed>).*= (\d+)$")
FILE_CALLS = "openat,stat,lstat,newfstatat,statx,access,unlink,rename,mkdir,getdents64,readlink,rmdir,utimensat"


def lines(libraries: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Of each stage, CPU seconds and peak MB as `at_0` + `per_row` times rows; of sharded ones, of one shard."""
    small, large = libraries[-2:]
    table = {}
    for stage in large["stages"]:
        if stage == "snakemake" or stage not in small["stages"]:
            continue
        points = []
        for of_run in (small, large):
            of_stage = of_run["stages"][stage]
            jobs = of_stage["jobs"] if stage in SHARDED else 1
            points.append((of_run["rows"] / jobs, of_stage["cpu_s"] / jobs, of_stage["peak_mb"]))
        (x0, cpu0, mb0), (x1, cpu1, mb1) = points
        if abs(x1 - x0) < 0.1 * x1:  # for shards of nearly equal size the difference gives no slope
            fits = [(0.0, cpu1 / x1), (mb1, 0.0)]
        else:
            slopes = [max(0.0, (cpu1 - cpu0) / (x1 - x0)), max(0.0, (mb1 - mb0) / (x1 - x0))]
            fits = [(cpu1 - slopes[0] * x1, slopes[0]), (mb1 - slopes[1] * x1, slopes[1])]
        table[stage] = dict(
            zip(("cpu_at_0", "cpu_per_row", "mb_at_0", "mb_per_row"), (*fits[0], *fits[1]), strict=True)
        )
    return table


def plan_cost(smiles: Path, shards: Iterable[int]) -> list[dict[str, float]]:
    """CPU and peak memory of a dry run, which plans all jobs, for each number of shards."""
    costs = []
    with tempfile.TemporaryDirectory() as temporary:
        for n in shards:
            folder = Path(temporary) / str(n)
            folder.mkdir()
            library(smiles, folder, n)
            (folder / OVERLAY).write_text(CONFIG.format(name=NAME, scores=SCORES, k=1) + SHARD_ROWS.format(1))
            made_up_scores(io.BytesIO(b"id,role\n"), folder / SCORES)  # without a row: nothing is run
            program = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1"]
            options = ["--dry-run", "--quiet", "all", "--configfile", OVERLAY, "--", "value_utility_realtruth"]
            costs.append({"shards": n, **measured([*program, *options], folder)})
    return costs


def file_calls(smiles: Path, rows: int, shards: tuple[int, int]) -> dict[str, float]:
    """File-system calls that one more shard makes: of the main process, and of the jobs of the shard."""
    counts = []
    with tempfile.TemporaryDirectory() as temporary:
        for n in shards:
            folder = Path(temporary) / str(n)
            given(smiles, folder, rows, SHARD_ROWS.format(rows // n))
            counts.append(_traced(folder))
    per_shard = {who: (counts[1][who] - counts[0][who]) / (shards[1] - shards[0]) for who in ("main", "jobs")}
    return {who: round(count, 0) for who, count in per_shard.items()}


def _traced(folder: Path) -> Counter[str]:
    """File-system calls of the main process, and of all others, of a run."""
    trace = folder / "trace.txt"
    watched = f"trace={FILE_CALLS},clone,clone3,fork,vfork"
    strace = ["strace", "-f", "-qq", "--signal=none", "-e", watched, "-o", str(trace)]
    options = ["--snakefile", str(ROOT / "Snakefile"), "--cores", "2", "--configfile", OVERLAY, "--"]
    subprocess.run(
        [*strace, sys.executable, "-m", "snakemake", *options, "value_utility_realtruth"],
        cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment(),
    )  # fmt: skip
    calls: Counter[str] = Counter()
    process_of: dict[str, str] = {}  # of each thread
    makes_thread: dict[str, bool] = {}  # by thread, whether it is starting a thread rather than a process
    with trace.open() as handle:
        for line in handle:
            thread, _, call = line.rstrip().partition(" ")
            process_of.setdefault(thread, thread)
            call = call.lstrip()
            if CLONE.match(call):
                makes_thread[thread] = "CLONE_THREAD" in call
            if child := CHILD.search(call):
                process_of[child.group(1)] = process_of[thread] if makes_thread[thread] else child.group(1)
            # A call about a file that is already open does not go to the file system.
            if not CLONE.match(call) and "resumed>" not in call and "AT_EMPTY_PATH" not in call:
                calls[process_of[thread]] += 1
    main = next(iter(process_of.values()))
    return Counter({"main": calls[main], "jobs": sum(calls.values()) - calls[main]})


def phase(jobs: int, seconds: float, cores: int, submit_s: float, at_once: int) -> float:
    """Makespan of equal jobs, submitted one at a time, with a limit on those in the queue."""
    free = [0.0] * min(cores, jobs)
    ends: list[float] = []
    clock = 0.0
    for _ in range(jobs):
        if len(ends) >= at_once:  # the next is submitted when one of those in the queue has ended
            clock = max(clock, heapq.heappop(ends))
        clock += submit_s
        end = max(clock, heapq.heappop(free)) + seconds
        heapq.heappush(free, end)
        heapq.heappush(ends, end)
    return max(free)


def simulated(
    rows: int, shard_rows: int, table: dict[str, dict[str, float]], plan_s: float, args: argparse.Namespace
) -> dict[str, Any]:
    """One library on the cluster."""
    shards = -(-rows // shard_rows)
    cores, wall, work, jobs = args.nodes * args.cores, plan_s, 0.0, 0
    for name in PHASES:
        stages = [table[stage] for stage, phase_name in SHARDED.items() if phase_name == name and stage in table]
        if not stages:
            continue
        seconds = sum(of["cpu_at_0"] + of["cpu_per_row"] * shard_rows for of in stages)
        wall += phase(shards, seconds + args.start_s, cores, args.submit_s, args.jobs)
        work, jobs = work + shards * seconds, jobs + shards
    single = {name: of for name, of in table.items() if name not in SHARDED}
    serial = {name: of["cpu_at_0"] + of["cpu_per_row"] * rows for name, of in single.items()}
    memory = {name: (of["mb_at_0"] + of["mb_per_row"] * rows) / 1000 for name, of in single.items()}
    slowest, largest = max(serial, key=lambda name: serial[name]), max(memory, key=lambda name: memory[name])
    # The groups input, request and finish are one job each, and nothing else is submitted or starts meanwhile.
    wall, jobs = wall + sum(serial.values()) + 3 * (args.submit_s + args.start_s), jobs + 3
    return {
        "rows": rows,
        "shards": shards,
        "slurm_jobs": jobs,
        "plan_s": round(plan_s),
        "submit_s": round(jobs * args.submit_s),
        "serial_s": round(sum(serial.values())),
        "slowest_serial": f"{slowest} {serial[slowest]:.0f} s",
        "largest": f"{largest} {memory[largest]:.1f} GB",
        "wall_h": round(wall / 3600, 2),
        "busy": round((work + sum(serial.values())) / (wall * min(cores, args.jobs)), 3),
        "fits": "yes" if memory[largest] < NODE_GB else f"no: {largest}",
    }


def main() -> None:
    """Print what was measured, and a line per library and shard size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("large", type=Path, metavar="large.json")
    parser.add_argument("smiles", type=Path, help="SMILES as for benchmarks.throughput")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    parser.add_argument("--shard-rows", type=int, nargs="+", default=[2500, 25_000, 250_000])
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--cores", type=int, default=1, help="of a node (default 1)")
    parser.add_argument("--jobs", type=int, default=1000, help="jobs in the queue at a time (default 1,000)")
    parser.add_argument("--submit-s", type=float, default=0.5)
    parser.add_argument("--start-s", type=float, default=8)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    table = lines(json.loads(args.large.read_text())["libraries"])
    plans = plan_cost(args.smiles, (100, 400, 1600))
    calls = file_calls(args.smiles, 80, (4, 20))
    shards, cpu = np.array([plan["shards"] for plan in plans]), np.array([plan["cpu_s"] for plan in plans])
    slope, start = np.polyfit(shards, cpu, 1)
    runs = [
        simulated(rows, shard_rows, table, start + slope * rows / shard_rows, args)
        for rows in args.rows
        for shard_rows in args.shard_rows
        if rows // shard_rows >= 4
    ]
    result = {"plans": plans, "file_calls_of_a_shard": calls, "runs": runs}
    print(json.dumps({key: result[key] for key in ("plans", "file_calls_of_a_shard")}, indent=2))
    head = list(runs[0])
    widths = {key: max(len(key), *(len(str(run[key])) for run in runs)) for key in head}
    print("  ".join(key.rjust(widths[key]) for key in head))
    for run in runs:
        print("  ".join(str(run[key]).rjust(widths[key]) for key in head))
    if args.json:
        args.json.write_text(json.dumps({**result, "stages": table}, indent=2) + "\n")


if __name__ == "__main__":
    main()
