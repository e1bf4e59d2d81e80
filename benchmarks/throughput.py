"""What a library costs over all stages, compared with the frozen algorithm and with RDKit's own floor, in one run.

    python -m benchmarks.throughput SMILES 1000 10000 [--cores 2] [--screen 300] [--kill-after 600] [--folder DIR]

SMILES: a text file with one SMILES per line, or the wheel of the package molsets (1.58 million drug-like SMILES; `pip
download --no-deps molsets`). For each number of rows: a library of so many of them, evenly spaced; the request for
scores through Snakemake; a table of made-up scores for everything requested, and truth for every tenth molecule;
then all stages to the pack, through Snakemake, and `hetero2 verify` and `accept` of that pack. CPU and peak memory of a
job are those that it logs; Snakemake's own CPU is what is left of that of the call. The scores stand in for a user's
model and are not counted.

--screen: a screen learns from so many molecules, whose Crippen logP is known. --kill-after: the first call of
Snakemake is killed (SIGKILL) so many seconds after its start, and the benchmark ends; the same command with the same
--folder continues, as it would for a user. The CPU of the jobs running then, at most one per core, is not counted.
Calls that have ended in that folder are not repeated: to measure again, use another folder.
"""

import argparse
import contextlib
import csv
import gzip
import io
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from rdkit import Chem
from rdkit.Chem.Crippen import MolLogP

from benchmarks.decoy_speed import floor
from benchmarks.frozen_decoys_v1 import generate as frozen
from hetero2.chem.graph_spectra.spectral import spectrum
from hetero2.chem.properties import bulk_property_matrix
from hetero2.chem.similarity import fingerprint
from hetero2.runtime.log import logged_use
from hetero2.runtime.seeds import row_seed

ROOT = Path(__file__).resolve().parent.parent
DATA = "moses/dataset/data/train.csv.gz"
# What computes, molecule by molecule or over a sample of fixed size; all else reads, writes and gathers.
COMPUTING = (
    "decoys", "audit", "calls", "decoy_quality", "control_sample", "controls", "utility", "cost_lift",
    "screen_model", "screen", "diagnosis",
)  # fmt: skip
PROBE = """\
import resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode  # accept says there why it refuses
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(code)
"""
CONFIG = """\
run_name: {name}
input: {{path: library.csv}}
scores: {{source: external, path: {scores}}}
truth: {{path: truth.csv}}
selection: {{k: {k}}}
"""
SCREEN = "screen: {known: known.csv}\n"


def smiles_of(path: Path) -> Iterator[str]:
    """The SMILES of a text file, or of the wheel of molsets."""
    if path.suffix != ".whl":
        yield from path.read_text(encoding="utf-8").split()
        return
    with zipfile.ZipFile(path) as wheel, gzip.open(wheel.open(DATA)) as packed:
        for row in csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8")):
            yield row["SMILES"]


def library(path: Path, folder: Path, rows: int) -> int:
    """Write library.csv, and truth.csv for every tenth row; return how many rows."""
    every = list(smiles_of(path))
    chosen = every[:: max(1, len(every) // rows)][:rows]
    with (folder / "library.csv").open("w") as out, (folder / "truth.csv").open("w") as truth:
        out.write("id,smiles\n")
        truth.write("molecule_id,expensive_label,truth_source,truth_version\n")
        for row, smiles in enumerate(chosen):
            out.write(f"m{row},{smiles}\n")
            if row % 10 == 0:
                truth.write(f"m{row},{'PASS' if row % 70 == 0 else 'FAIL'},external,customer_truth.v1\n")
    return len(chosen)


def known_molecules(folder: Path, wanted: int) -> None:
    """Write known.csv: so many molecules of library.csv, evenly spaced, and a property that a screen can learn."""
    with (folder / "library.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    with (folder / "known.csv").open("w") as out:
        out.write("id,smiles,value\n")
        for row in rows[:: len(rows) // wanted][:wanted]:
            out.write(f"{row['id']},{row['smiles']},{MolLogP(Chem.MolFromSmiles(row['smiles'])):.3f}\n")


def made_up_scores(request: Path | BinaryIO, out: Path) -> None:
    """A table of scores for a request: a number that follows from the structure hash; molecules somewhat higher."""
    table = pacsv.read_csv(request)
    number, role = table["id"].to_pylist(), table["role"].to_pylist()
    score = [
        int(text[:6], 16) / 16**6 + (0.5 if kind == "original" else 0.0)
        for text, kind in zip(number, role, strict=True)
    ]
    pq.write_table(pa.table({"id": table["id"], "score": pa.array(score)}), out, compression="zstd")


def environment() -> dict[str, str]:
    """Environment variables of a process that runs this checkout, whose modules are compiled once, as if installed.

    Where Python may not write them, every process compiles them again, which is most of what a short job takes.
    """
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "PYTHONPATH": str(ROOT)}


def snakemake(folder: Path, cores: int, *words: str, kill_after: float | None = None) -> dict[str, float]:
    """CPU and wall seconds of a call of Snakemake with its jobs, and of an earlier one for this target that was killed.

    A call that is killed after `kill_after` seconds ends the benchmark. What it took is kept, and the next call for the
    target is not killed. A target that exists is not built again: returned is what it took then.
    """
    program = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", str(cores)]
    killed, ended = (folder / f"{how}_{words[0]}.json" for how in ("killed", "ended"))
    if ended.exists():
        earlier_use: dict[str, float] = json.loads(ended.read_text())
        return earlier_use
    earlier = json.loads(killed.read_text()) if killed.exists() else {"cpu_s": 0.0, "wall_s": 0.0}
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with (folder / "printed.txt").open("a") as printed:
        call = subprocess.Popen([*program, *words], cwd=folder, stdout=printed, stderr=printed, env=environment())
        with contextlib.suppress(subprocess.TimeoutExpired):
            call.wait(None if killed.exists() else kill_after)
        is_killed = call.poll() is None
        call.kill()  # does nothing to a process that has ended
        call.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    used = {"cpu_s": earlier["cpu_s"] + cpu, "wall_s": earlier["wall_s"] + time.monotonic() - began}
    if is_killed:
        killed.write_text(json.dumps(used))
        sys.exit(f"Snakemake was killed after {kill_after:g} s: type the same command to go on in {folder}")
    if call.returncode:
        sys.exit((folder / "printed.txt").read_text()[-3000:])
    ended.write_text(json.dumps(used))
    return used


def stages(results: Path, cpu_s: float, calls: int) -> dict[str, dict[str, float]]:
    """CPU of all jobs and peak memory of the largest job of each rule, from the logs; Snakemake's own is what is left
    of the `cpu_s` of its calls."""
    by_rule: dict[str, dict[str, float]] = defaultdict(lambda: {"jobs": 0, "cpu_s": 0.0, "peak_mb": 0})
    for log in sorted((results / "logs").rglob("*.log")):
        use = logged_use(log)
        if use is not None:
            stage = by_rule[log.relative_to(results / "logs").parts[0].removesuffix(".log")]
            stage["jobs"] += 1
            stage["cpu_s"] += float(use[0])
            stage["peak_mb"] = max(stage["peak_mb"], int(use[1]))
    jobs = sum(sums["cpu_s"] for sums in by_rule.values())
    return {**by_rule, "snakemake": {"jobs": calls, "cpu_s": cpu_s - jobs, "peak_mb": 0}}


def disk(folder: Path) -> float:
    """Megabytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def measured(words: Sequence[str], folder: Path) -> dict[str, float]:
    """Wall and CPU seconds and peak memory (MB) of a command that must succeed.

    A small process starts it, since Linux counts the parent's memory towards the peak of a new process.
    """
    probe = [sys.executable, "-c", PROBE, *words]
    done = subprocess.run(probe, capture_output=True, text=True, cwd=folder, env=environment())
    if done.returncode:
        sys.exit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr[-3000:]}")
    wall_s, cpu_s, peak_mb = map(float, done.stdout.split())
    return {"wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1), "peak_mb": round(peak_mb)}


def measure(
    path: Path, folder: Path, rows: int, cores: int, screened: int = 0, kill_after: float | None = None
) -> dict[str, Any]:
    """One library through all stages; one that was killed continues."""
    folder.mkdir(parents=True, exist_ok=True)
    name, scores, config = "run", "scores.parquet", folder / "my.yaml"
    if not config.exists():
        written = library(path, folder, rows)
        if screened:
            known_molecules(folder, screened)
        text = CONFIG.format(name=name, scores=scores, k=max(1, written // 100))
        config.write_text(text + (SCREEN if screened else ""))
    with (folder / "library.csv").open() as molecules:
        rows = sum(1 for _ in molecules) - 1
    call = ("--configfile", "my.yaml")
    first = snakemake(folder, cores, "score_requests", *call, kill_after=kill_after)
    results = folder / "results" / name
    made_up_scores(results / "score_request.csv", folder / scores)
    second = snakemake(folder, cores, "value_utility_realtruth", *call)
    cpu = first["cpu_s"] + second["cpu_s"]
    table = stages(results, cpu, 2)
    [pack] = results.glob("*.zip")
    moved = sum(sums["cpu_s"] for stage, sums in table.items() if stage not in COMPUTING)
    return {
        "rows": rows,
        "cpu_s": round(cpu, 1),
        "ms_per_molecule": round(1000 * cpu / rows, 2),
        "wall_s": round(first["wall_s"] + second["wall_s"], 1),
        "cores": cores,
        "peak_mb": max(sums["peak_mb"] for sums in table.values()),
        "disk_mb": round(disk(folder / "results"), 1),
        "input_mb": round(sum((folder / n).stat().st_size for n in ("library.csv", scores, "truth.csv")) / 1e6, 1),
        "reading_writing_gathering": round(moved / cpu, 3),
        "verify": measured([sys.executable, "-m", "hetero2", "verify", str(pack)], folder),
        "accept": measured([sys.executable, "-m", "hetero2", "accept", str(pack)], folder),
        "stages": {stage: {key: round(value, 2) for key, value in sums.items()} for stage, sums in table.items()},
    }


def floor_ms(results: Path, molecules: int) -> float:
    """Milliseconds per molecule of the floor, on the run's own decoys of its first molecules."""
    shards = (pq.read_table(p, columns=["row", "decoy_smiles"]) for p in sorted(results.glob("decoys/*.parquet")))
    pairs = (pair for shard in shards for pair in zip(*shard.to_pydict().values(), strict=True))
    groups = itertools.groupby(pairs, lambda pair: pair[0])
    decoy_lists = [[smiles for _, smiles in group] for _, group in itertools.islice(groups, molecules)]
    return 1000 * sum(map(floor, decoy_lists)) / len(decoy_lists)


def references(folder: Path, molecules: int) -> dict[str, float]:
    """Milliseconds per molecule: of the floor, on the run's own decoys, and of the frozen algorithm."""
    least = floor_ms(folder / "results" / "run", 10 * molecules)
    with (folder / "library.csv").open() as handle:
        rows = list(itertools.islice(csv.DictReader(handle), molecules))
    began = time.process_time()
    for row in rows:
        frozen_decoys, _ = frozen(row["smiles"], 20, row_seed(0, "per_row", row["id"]))
        mols = [Chem.MolFromSmiles(smiles) for smiles in (row["smiles"], *frozen_decoys)]
        spectrum(mols[0])
        bulk_property_matrix([row["smiles"], *frozen_decoys])
        for mol in mols:
            fingerprint(mol)
    return {"floor_ms": least, "frozen_ms": 1000 * (time.process_time() - began) / len(rows)}


def cost(ms_per_molecule: float, core_hour: float, downstream: float, sent: float) -> dict[str, float]:
    """What 1,000,000 candidates cost: our core-hours, and downstream, where all of them or a share are sent."""
    hours = ms_per_molecule * 1e6 / 3.6e6
    ours = hours * core_hour
    return {
        "core_hours": round(hours, 1),
        "ours": round(ours, 2),
        "downstream_all": downstream * 1e6,
        "downstream_and_ours": round(downstream * sent * 1e6 + ours, 2),
    }


def table_of(result: dict[str, Any]) -> str:
    """The stages of one library as a table."""
    lines = [f"{'stage':<18}{'jobs':>6}{'CPU s':>10}{'ms/mol':>9}{'share':>8}{'peak MB':>9}"]
    for stage, sums in sorted(result["stages"].items(), key=lambda pair: -pair[1]["cpu_s"]):
        share = sums["cpu_s"] / result["cpu_s"]
        each = 1000 * sums["cpu_s"] / result["rows"]
        lines.append(f"{stage:<18}{sums['jobs']:>6}{sums['cpu_s']:>10.2f}{each:>9.2f}{share:>8.1%}{sums['peak_mb']:>9}")
    return "\n".join(lines)


def main() -> None:
    """Print a table for each number of rows, and JSON over all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smiles", type=Path)
    parser.add_argument("rows", type=int, nargs="+")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to work; kept (default: a temporary one)")
    parser.add_argument("--screen", type=int, default=0, metavar="LABELS", help="molecules that a screen learns from")
    parser.add_argument("--kill-after", type=float, metavar="SECONDS", help="kill Snakemake once, then go on")
    parser.add_argument("--frozen", type=int, default=30, help="molecules for the frozen algorithm")
    parser.add_argument("--core-hour", type=float, default=0.05, help="price of a core-hour (default 0.05)")
    parser.add_argument("--downstream", type=float, default=0.5, help="price of a molecule downstream (default 0.50)")
    parser.add_argument("--sent", type=float, default=0.02, help="share of the molecules sent there (default 0.02)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        base = args.folder or Path(temporary)
        for rows in args.rows:
            results.append(measure(args.smiles, base / str(rows), rows, args.cores, args.screen, args.kill_after))
            print(f"\n{rows} rows\n{table_of(results[-1])}", flush=True)
        beside = references(base / str(args.rows[0]), args.frozen)
    for result in results:
        result |= {
            "times_floor": round(result["ms_per_molecule"] / beside["floor_ms"], 2),
            "times_faster_than_frozen": round(beside["frozen_ms"] / result["ms_per_molecule"], 1),
            "price_of_a_million": cost(result["ms_per_molecule"], args.core_hour, args.downstream, args.sent),
        }
    text = json.dumps({"references": {k: round(v, 2) for k, v in beside.items()}, "libraries": results}, indent=2)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
