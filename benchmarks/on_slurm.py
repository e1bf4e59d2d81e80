"""What a run costs on a SLURM cluster of one node, beside the same run on the same cores without one.

    python -m benchmarks.on_slurm FOLDER large.json [--shard-rows 5000] [--cpus 2]

FOLDER and large.json: `--folder` and `--json` of `benchmarks.throughput`. Of its libraries the largest is taken, with
its truth, scores and, where there was one, screen. The run is repeated with the profile `slurm`, in the subfolder
`slurm`, on Debian's daemons on loopback (as root; see tests/cluster). With the same code both packs are the same bytes.
"""

import argparse
import hashlib
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.throughput import ROOT, snakemake
from tests.cluster.slurm import Cluster, why_not


def sha256_of_pack(folder: Path) -> str:
    """sha256 of the pack of the run in this folder."""
    [pack] = (folder / "results/run").glob("*.zip")
    return hashlib.sha256(pack.read_bytes()).hexdigest()


def by_slurm(folder: Path, shard_rows: int, cpus: int) -> dict[str, Any]:
    """Repeat the run of a folder in its subfolder `slurm`: wall seconds, number of SLURM jobs, sha256 of the pack."""
    again = folder / "slurm"
    again.mkdir()
    for path in folder.iterdir():
        if path.is_file() and path.name != "printed.txt" and not path.name.startswith(("killed_", "ended_")):
            shutil.copy(path, again)
    (again / "shards.json").write_text(json.dumps({"execution": {"shard_rows": shard_rows}}))
    options = ("--profile", str(ROOT / "profiles/slurm"), "--configfile", "my.yaml", "shards.json")
    with tempfile.TemporaryDirectory() as daemons, Cluster(Path(daemons), cpus):
        wall_s = snakemake(again, 1, "value_utility_realtruth", *options)["wall_s"]  # a job asks for one core
    log = "".join(path.read_text() for path in (again / ".snakemake/log").glob("*.log"))
    n_jobs = len(set(re.findall(r"with SLURM jobid (\d+)", log)))
    return {"wall_s": round(wall_s, 1), "slurm_jobs": n_jobs, "sha256": sha256_of_pack(again)}


def main() -> None:
    """Print both runs and how much longer the cluster takes, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("local", type=Path, metavar="large.json")
    parser.add_argument("--shard-rows", type=int, default=5000)
    parser.add_argument("--cpus", type=int, default=2)
    args = parser.parse_args()
    if (reason := why_not()) is not None:
        sys.exit(f"error: no cluster can be started: {reason}")
    library = json.loads(args.local.read_text())["libraries"][-1]
    folder = args.folder / str(library["rows"])
    cluster = by_slurm(folder, args.shard_rows, args.cpus)
    result = {
        "rows": library["rows"],
        "shard_rows": args.shard_rows,
        "local_wall_s": library["wall_s"],
        **cluster,
        "overhead": round(cluster["wall_s"] / library["wall_s"] - 1, 3),
        "same_pack": cluster["sha256"] == sha256_of_pack(folder),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
