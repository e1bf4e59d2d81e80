"""Frozen decoys: the replaying generator against the contract's text, on any library.

    python -m benchmarks.decoys_v1 [input.csv] [--molecules 500] [--k 20] [--json out.json]

Both run in one process on the same molecules in turn; the decoys (same, in the same order) and the CPU time are
compared. Without a file, the compounds of the default data set are used. About 1.2 s per molecule, nearly all of it
for the contract's text.
"""

import argparse
import json
import random
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rdkit import Chem

from benchmarks import frozen_decoys_v1
from hetero2.chem import decoys_v1
from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.inputs.library import read_library
from hetero2.runtime.seeds import row_seed
from hetero2.stages.dataset import read_compounds, source_folder


def library(path, n):
    if path is None:
        rows = [(compound.name, compound.smiles) for compound in read_compounds(source_folder())]
    else:
        rows = [(row.id, row.smiles) for row in read_library(path)]
    random.Random(0).shuffle(rows)
    prepared = ((molecule_id, prepare(smiles, Guardrails())) for molecule_id, smiles in rows)
    usable = ((i, p.canonical_smiles) for i, p in prepared if p.reason is None)
    return [(i, s) for i, s in usable if 10 <= Chem.MolFromSmiles(s).GetNumHeavyAtoms() <= 70][:n]


def one(task):
    molecule_id, smiles, k = task
    seed = row_seed(0, "per_row", molecule_id)
    times = [time.process_time()]
    fast = decoys_v1.generate(smiles, k, seed)
    times.append(time.process_time())
    slow = frozen_decoys_v1.generate(smiles, k, seed)
    times.append(time.process_time())
    same = (list(fast.smiles), fast.strategy) == slow
    return {
        "id": molecule_id,
        "same": same,
        "n": len(fast.smiles),
        "fast": times[1] - times[0],
        "slow": times[2] - times[1],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", nargs="?", type=Path)
    parser.add_argument("--molecules", type=int, default=500)
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    tasks = [(molecule_id, smiles, args.k) for molecule_id, smiles in library(args.input, args.molecules)]
    with ProcessPoolExecutor(args.workers) as pool:
        rows = list(pool.map(one, tasks, chunksize=4))
    fast, slow = (sum(row[key] for row in rows) for key in ("fast", "slow"))
    result = {
        "molecules": len(rows),
        "decoys": sum(row["n"] for row in rows),
        "molecules_that_differ": [row["id"] for row in rows if not row["same"]],
        "fast_ms_per_molecule": round(1000 * fast / len(rows), 2),
        "contract_text_ms_per_molecule": round(1000 * slow / len(rows), 1),
        "ratio_of_cpu_times": round(slow / fast, 1),
        "median_ratio": round(statistics.median(row["slow"] / row["fast"] for row in rows), 1),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")
    return 1 if result["molecules_that_differ"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
