"""What screening a library costs, against RDKit's own floor, in one run.

    python -m benchmarks.screen SMILES 100000 1000000 [--labels 300] [--workers 2]

SMILES: as in `benchmarks/throughput.py`. For each number of rows: a library of so many SMILES, evenly spaced, and other
molecules of the same source as labels, every second one a hit; then `hetero2 screen` with one and with all workers,
whose lists must be the same bytes. CPU and peak memory are those of the verb and its processes; the floor is reading a
SMILES and computing its features, per molecule, on 2,000 of them.
"""

import argparse
import hashlib
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.throughput import smiles_of
from hetero2.chem.count_features import features_of_molecules
from hetero2.chem.molecules import parse

SAMPLE = 2000


def floor(smiles: list[str]) -> float:
    """CPU seconds per molecule for reading and features alone."""
    started = time.process_time()
    features_of_molecules(mol for mol in map(parse, smiles) if mol is not None)
    return (time.process_time() - started) / len(smiles)


def _write(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def measure(folder: Path, workers: int) -> tuple[float, float, float, str]:
    """(wall seconds, CPU seconds, peak MB of a process, sha256 of the list) of the verb."""
    words = [
        "screen",
        "--input",
        "library.csv",
        "--known",
        "known.csv",
        "--out",
        "ranked.csv",
        "--workers",
        str(workers),
    ]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "hetero2", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024, hashlib.sha256((folder / "ranked.csv").read_bytes()).hexdigest()


def main() -> None:
    """Print a line for each library and number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smiles", type=Path)
    parser.add_argument("rows", type=int, nargs="+")
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--workers", type=int, nargs="+", default=[os.cpu_count() or 1])
    args = parser.parse_args()
    everything = list(smiles_of(args.smiles))
    print(f"{'rows':>9} {'workers':>7} {'wall s':>8} {'CPU ms/mol':>10} {'of the floor':>12} {'peak MB':>8}  sha256")
    for n_rows in args.rows:
        step = len(everything) // (n_rows + args.labels)
        chosen = list(itertools.islice(everything, 0, None, max(1, step)))[: n_rows + args.labels]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            labels = [f"k{row},{text},{row % 2}" for row, text in enumerate(chosen[n_rows:])]
            _write(folder / "known.csv", "id,smiles,label", labels)
            _write(folder / "library.csv", "id,smiles", [f"m{row},{text}" for row, text in enumerate(chosen[:n_rows])])
            for workers in args.workers:
                per_molecule = floor(chosen[:SAMPLE])
                wall, cpu, peak, digest = measure(folder, workers)
                ratio = cpu / n_rows / per_molecule
                print(
                    f"{n_rows:9} {workers:7} {wall:8.0f} {1000 * cpu / n_rows:10.3f} {ratio:12.2f} {peak:8.0f}"
                    f"  {digest[:16]}"
                )


if __name__ == "__main__":
    main()
