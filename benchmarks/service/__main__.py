"""What the service costs, measured on one that is started for it.

    python -m benchmarks.service [overhead status memory batch] [--runs 200] [--workers 2] [--cores 1] [--json out.json]

overhead: the time from asking for the demonstration to its published pack, next to `hetero2 demo` on the command line;
each the first time, when its loops are compiled, and again in alternating order.
status: requests a second for the state of a run while two runs work, by wrk where it is installed;
with --rate 200 a steady 200 a second, by hey, which has to be installed.
memory: of the server with its workers, and of the processes of two runs at once.
batch: RUNS small runs of a standard mix, asked for at once, and BAD with inputs that are no good.

Every figure is of this machine and of what else it does meanwhile: its load is in the result.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.service import batch, memory, overhead, served, status

_ALL = ("overhead", "status", "memory", "batch")


def _batch(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    with (
        served.served(folder, args.workers, args.cores, folder.parent / "caches") as service,
        memory.watched(service) as watch,
    ):
        return {**batch.measure(service, args.runs, args.bad, args.minutes), "memory_peak": watch.peak}


def _overhead(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    return overhead.measure(folder, args.repeats, args.screen)


def _status(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    with served.served(folder, 2, args.cores, folder.parent / "caches") as service:
        return status.measure(service, folder, args.seconds, args.rate)


def _memory(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    return memory.measure(folder, args.cores, folder.parent / "caches")


def table(name: str, values: dict[str, Any]) -> str:
    """The figures of one measurement, a line each; what is within another is indented."""
    lines = [name]

    def add(part: dict[str, Any], depth: int) -> None:
        for key, value in part.items():
            if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
                lines.append(f"{'  ' * depth}{key}")
                add(value, depth + 1)
            else:
                shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
                lines.append(f"{'  ' * depth}{key:<34} {shown}")

    add(values, 1)
    return "\n".join(lines)


def main() -> None:
    """Print a table for each measurement, and JSON of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurements", nargs="*", metavar="MEASUREMENT", help=f"of {', '.join(_ALL)} (default: all)")
    parser.add_argument("--runs", type=int, default=200, help="of the batch (default 200)")
    parser.add_argument("--bad", type=int, default=10, help="runs with bad inputs beside them (default 10)")
    parser.add_argument("--minutes", type=float, default=60, help="after which the batch is ended (default 60)")
    parser.add_argument("--workers", type=int, default=2, help="of the batch (default 2)")
    parser.add_argument("--cores", type=int, default=1, help="of each run (default 1)")
    parser.add_argument("--repeats", type=int, default=2, help="of the demonstration, once it is warm (default 2)")
    parser.add_argument("--screen", action="store_true", help="the overhead of a screen instead of the demonstration")
    parser.add_argument("--seconds", type=int, default=30, help="of requests for a state (default 30)")
    parser.add_argument("--rate", type=int, default=0, help="of these requests a second (default: all that can be)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if unknown := [name for name in args.measurements if name not in _ALL]:
        parser.error(f"{unknown[0]}: measurements are {', '.join(_ALL)}")
    functions = {"overhead": _overhead, "status": _status, "memory": _memory, "batch": _batch}
    served.compile_package()
    result: dict[str, Any] = {"cores_of_machine": os.cpu_count(), "niceness": os.nice(0)}
    with tempfile.TemporaryDirectory() as temporary:
        for name in args.measurements or _ALL:
            began = time.monotonic()
            measured = functions[name](Path(temporary, name), args)
            load = round(os.getloadavg()[1], 1)
            result[name] = {**measured, "load_average_5_min": load, "measured_in_s": round(time.monotonic() - began)}
            print(f"{table(name, result[name])}\n", flush=True)
            if args.json:
                args.json.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
