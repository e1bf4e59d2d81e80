"""What small runs cost: CPU of every stage and of Snakemake, against RDKit's floor for the same rows, in one run.

    python -m benchmarks.small_run SMILES [--rows 20 1000] [--cores 2] [--folder DIR] [--json out.json]

SMILES as for `benchmarks.throughput`. For each number of rows: one call of Snakemake from the library to the verified
pack, with scores and truth given. The call before it that makes the table of scores is not counted, nor is what happens
once per installation (numba compiles its loops, Python its modules): `--folder` of an earlier call, or a first call
with few rows, has done that. The floor is the time of `benchmarks.decoy_speed`, for all decoys of the run.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.throughput import CONFIG, floor_ms, library, made_up_scores, snakemake, stages, table_of

NAME, SCORES, OVERLAY = "run", "scores.parquet", "my.yaml"


def given(path: Path, folder: Path, rows: int, more: str = "") -> int:
    """Write library, truth, configuration (and `more` of it) and a table of scores into a folder; return the rows."""
    folder.mkdir(parents=True)
    rows = library(path, folder, rows)
    (folder / OVERLAY).write_text(CONFIG.format(name=NAME, scores=SCORES, k=max(1, rows // 100)) + more)
    request = {"execution": {"results_dir": "requested"}}
    (folder / "request.json").write_text(json.dumps(request))
    snakemake(folder, 2, "score_requests", "--configfile", OVERLAY, "request.json")
    made_up_scores(folder / "requested" / NAME / "score_request.csv", folder / SCORES)
    return rows


def measure(path: Path, folder: Path, rows: int, cores: int) -> dict[str, Any]:
    """One small run: CPU of its stages and of Snakemake, and how many times the floor that is."""
    rows = given(path, folder, rows)
    used = snakemake(folder, cores, "value_utility_realtruth", "--configfile", OVERLAY)
    results = folder / "results" / NAME
    table = stages(results, used["cpu_s"], 1)
    floor_s = floor_ms(results, rows) * rows / 1000
    for sums in table.values():
        sums["times_floor"] = sums["cpu_s"] / floor_s
    return {
        "rows": rows,
        "cores": cores,
        "cpu_s": round(used["cpu_s"], 1),
        "wall_s": round(used["wall_s"], 1),
        "floor_s": round(floor_s, 2),
        "times_floor": round(used["cpu_s"] / floor_s, 1),
        "stages": {stage: {key: round(value, 2) for key, value in sums.items()} for stage, sums in table.items()},
    }


def main() -> None:
    """Print a table for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smiles", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[20, 1000])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to work; kept (default: a temporary one)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        for rows in args.rows:
            result = measure(args.smiles, (args.folder or Path(temporary)) / str(rows), rows, args.cores)
            results.append(result)
            print(
                f"\n{result['rows']} rows on {args.cores} cores: {result['cpu_s']} s of CPU, {result['wall_s']} s; "
                f"{result['times_floor']} times the floor of {result['floor_s']} s\n{table_of(result)}",
                flush=True,
            )
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
