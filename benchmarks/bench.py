"""One table of what the product costs, to compare with that of another day or machine.

    python -m benchmarks.bench OUT.json [--smiles POOL] [--data FOLDER] [--molecules 200] [--rows 1000]
    python -m benchmarks.bench --compare A.json B.json

Every figure is a ratio within one run, mostly to RDKit's floor (`benchmarks/decoy_speed.py`), so that it says the same
on a slow and on a fast machine. Each benchmark runs in a process of its own, one after the other. The decoys of the
default data set are always measured; with POOL (as in `benchmarks/throughput.py`) also those of the pool, other ways to
make decoys and whole runs; with FOLDER (one folder per set, with input.csv) those of the sets. --compare prints every
figure of both and the ratio B / A, and how machines and versions differ.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.throughput import ROOT, smiles_of

Figures = dict[str, float]
PACKAGES = ("rdkit", "numpy", "numba", "snakemake", "scikit-learn", "pyarrow")
VERSION = 1
SLOWER = 1.1  # a figure that has grown by more is marked; two runs of the same code differ by less


def machine() -> dict[str, Any]:
    """What ratios may still depend on: the machine and the versions."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    describe = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=False)
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit.stdout.strip() or None,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def measured(module: str, *words: str | Path) -> dict[str, Any]:
    """What a benchmark writes as JSON. Exits with its code where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, words), "--json", str(out)]
        print("$", *command[1:-2], flush=True)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"error: benchmarks.{module} ended with code {done.returncode}\n{done.stderr[-2000:]}")
        result: dict[str, Any] = json.loads(out.read_text())
        return result


def decoys(name: str, path: Path | None, molecules: int) -> Figures:
    """Decoys of one set, in floors per molecule: over all molecules, and for the slowest one."""
    result = measured("decoy_speed", *([path] if path else []), "--molecules", str(molecules))
    slowest = max(row["ms"] for row in result["slowest_percent"])
    return {
        f"decoys of {name}, floors": result["ratio_to_floor"],
        f"decoys of {name}, slowest molecule, floors": round(slowest / result["floor_ms_per_molecule"], 1),
    }


def ways(pool: Path) -> Figures:
    """Other ways to make decoys."""
    return {
        f"{row['way']}: {name}": value
        for row in measured("peers", pool)["ways"]
        for name, value in {"floors": row["ratio_to_floor"], **row["measures"]}.items()
    }


def whole_runs(pool: Path, rows: int) -> Figures:
    """A run of so many rows, from library to pack: its total, its peak memory, and its costliest stages."""
    result = measured("throughput", pool, str(rows))
    library, least = result["libraries"][0], result["references"]["floor_ms"]
    in_floors = {stage: 1000 * sums["cpu_s"] / rows / least for stage, sums in library["stages"].items()}
    costliest = sorted(in_floors, key=lambda stage: -in_floors[stage])[:8]
    return {
        f"{rows} rows, floors": library["times_floor"],
        **{f"{rows} rows, {stage}, floors": round(in_floors[stage], 3) for stage in costliest},
        f"{rows} rows, peak MB": library["peak_mb"],
        f"{rows} rows, frozen algorithm over ours": library["times_faster_than_frozen"],
    }


def figures(args: argparse.Namespace) -> Iterator[Figures]:
    """The figures of each benchmark."""
    yield decoys("default", None, args.molecules)
    if args.data:
        for path in sorted(args.data.glob("*/input.csv")):
            yield decoys(path.parent.name, path, args.molecules)
    if args.smiles:
        with tempfile.TemporaryDirectory() as folder:
            every, library = list(smiles_of(args.smiles)), Path(folder) / "input.csv"
            chosen = every[:: max(1, len(every) // (2 * args.molecules))]
            library.write_text("id,smiles\n" + "".join(f"m{row},{text}\n" for row, text in enumerate(chosen)))
            yield decoys("pool", library, args.molecules)
        yield ways(args.smiles)
        yield whole_runs(args.smiles, args.rows)


def compare(first: Path, second: Path) -> str:
    """Every figure of two results side by side, with the ratio B / A, and what else differs."""
    a, b = (_read(path) for path in (first, second))
    lines = [f"{'':<52}{'A':>12}{'B':>12}{'B / A':>9}"]
    for name in [*a["figures"], *(name for name in b["figures"] if name not in a["figures"])]:
        x, y = a["figures"].get(name), b["figures"].get(name)
        ratio = y / x if x and y is not None else None
        mark = " slower" if ratio is not None and "floors" in name and ratio > SLOWER else ""
        shown = (f"{value:>12.3f}" if value is not None else f"{'-':>12}" for value in (x, y))
        lines.append(f"{name:<52}{''.join(shown)}{'-' if ratio is None else f'{ratio:.3f}':>9}{mark}")
    for fact in sorted({*a["machine"], *b["machine"]}):
        x, y = a["machine"].get(fact), b["machine"].get(fact)
        if x != y:
            lines.append(f"{fact}: A {x}, B {y}")
    return "\n".join(lines)


def _read(path: Path) -> dict[str, Any]:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        if result["version"] == VERSION and all(
            isinstance(value, (int, float)) for value in result["figures"].values()
        ):
            return dict(result)
    except OSError as error:
        sys.exit(f"error: {path}: {error.strerror}")
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    sys.exit(f"error: {path}: not a result of `make bench` of this version; make it again")


def main() -> None:
    """Measure, or compare two results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", help="file for the result")
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("A", "B"))
    parser.add_argument("--smiles", type=Path, help="SMILES, or the wheel of molsets")
    parser.add_argument("--data", type=Path, help="folder of sets")
    parser.add_argument("--molecules", type=int, default=200, help="molecules of each set (default 200)")
    parser.add_argument("--rows", type=int, default=1000, help="rows of a whole run (default 1000)")
    args = parser.parse_args()
    if args.compare:
        print(compare(*args.compare))
        return
    if not args.out:
        parser.error("OUT.json, or --compare A.json B.json")
    if not args.out.parent.is_dir():
        parser.error(f"{args.out}: no such folder")
    machine_facts, result = machine(), {}
    for part in figures(args):
        result |= part
        print("\n".join(f"{name:<52}{value:>12}" for name, value in part.items()), flush=True)
    measured_at = datetime.now(UTC).isoformat(timespec="seconds")
    text = json.dumps(
        {"version": VERSION, "measured_at": measured_at, "machine": machine_facts, "figures": result}, indent=2
    )
    args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
