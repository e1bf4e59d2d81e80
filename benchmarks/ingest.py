"""What it costs to take in a large library and its scores.

    python -m benchmarks.ingest [ROWS] [DECOYS]

ROWS molecules (default 1,000,000) and DECOYS scores of decoys for each (default 1). Each step runs in a process of its
own; its CPU time is given next to that of Python's csv reader on the same file, with its peak memory. All steps are
O(rows); a score table takes 32 bytes of memory per row while it is checked.
"""

import argparse
import csv
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def write(folder: Path, rows: int, decoys: int) -> None:
    """library.csv, scores.csv by hash and ids.csv by id; the SMILES are short, since nothing here reads them."""
    with (
        (folder / "library.csv").open("w") as library,
        (folder / "scores.csv").open("w") as scores,
        (folder / "ids.csv").open("w") as by_id,
    ):
        library.write("id,smiles,score\n")
        scores.write("id,score\n")
        by_id.write("molecule_id,score\n")
        for row in range(rows):
            library.write(f"molecule-{row},{'C' * (row % 20 + 1)}O,{row % 997}\n")
            by_id.write(f"molecule-{row},{row % 997}.5\n")
            for decoy in range(decoys + 1):
                scores.write(f"{hashlib.sha256(f'{row}-{decoy}'.encode()).hexdigest()},{row % 997}.{decoy}\n")


def csv_reader_seconds(path: Path) -> float:
    """CPU seconds of csv.reader over a file."""
    began = time.process_time()
    with path.open(newline="") as handle:
        for _ in csv.reader(handle):
            pass
    return time.process_time() - began


def measured(*words: object) -> dict[str, float]:
    """CPU seconds and peak megabytes of one process."""
    code = (
        "import resource, sys\nfrom hetero2 import cli\ncode = cli.main(sys.argv[1:])\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=True)
    status, cpu, megabytes = done.stdout.split()
    if status != "0":
        sys.exit(done.stderr)
    return {"cpu_s": round(float(cpu), 2), "peak_mb": round(float(megabytes))}


def main() -> None:
    """Print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("decoys", type=int, nargs="?", default=1)
    args = parser.parse_args()
    rows, decoys = args.rows, args.decoys
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, rows, decoys)
        sample = ("--config", '{"audit": {"sample": {"top": 500, "random": 500, "score_column": "score"}}}')
        library = ("input", "--library", folder / "library.csv", "--out", folder / "r.parquet", "--facts", folder / "f")
        table = ("score-source", "--input", folder / "r.parquet", "--out", folder / "s.csv")
        table = (*table, "--index", folder / "i.npy", "--facts", folder / "g", "--path")
        steps = {
            "input": (folder / "library.csv", library),
            "input with a sample": (folder / "library.csv", (*library, *sample)),
            "score table": (folder / "scores.csv", (*table, folder / "scores.csv")),
            "score table by id": (folder / "ids.csv", (*table, folder / "ids.csv")),
        }
        result = {}
        for step, (path, words) in steps.items():
            plain = csv_reader_seconds(path)
            result[step] = {**measured(*words), "csv_reader_cpu_s": round(plain, 2)}
            result[step]["ratio"] = round(result[step]["cpu_s"] / plain, 1)
            print(f"{step:<20} {result[step]}")
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "decoys": decoys, "steps": result, "peak_mb": round(children)}, indent=2))


if __name__ == "__main__":
    main()
