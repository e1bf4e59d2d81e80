"""How good decoys are, v1 beside v2, on the default data set or on files that you name.

    python -m benchmarks.decoy_quality [input.csv ...] [--molecules 300] [--k 20] [--workers 2] [--json out.json]

Molecules of 10 to 70 heavy atoms, drawn with a seed. Measures are those of decoy_quality.json (docs/decoys.md); the
target is met where the one-sided 95 % bound meets it: over the parents' scaffolds, and for coverage that of a sample.
`easy` to `hard` are v2 with that bin alone. All columns take about 1 s of CPU per molecule.
"""

import argparse
import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa

from benchmarks.decoys_v1 import library
from hetero2.chem.bins import QUOTAS
from hetero2.chem.molecules import parse_known
from hetero2.chem.strategy import make
from hetero2.runtime.seeds import row_seed
from hetero2.stages.decoy_quality import Coverage, hardness_shares, quality_measures


def one(strategy, k, hard_mode, molecule):
    name, smiles = molecule
    generated = make(strategy, smiles, k, row_seed(0, "per_row", name), QUOTAS, hard_mode)
    fewer = "" if generated.reason is None else f"fewer_decoys:{len(generated.records)}:{generated.reason}"
    record = {
        "heavy_atoms": parse_known(smiles).GetNumHeavyAtoms(),
        "n_decoys_generated": len(generated.records),
        "warnings": fewer,
    }
    return record, [(d["decoy_smiles"], d["tanimoto"]) for d in generated.records]


def column(pool, molecules, strategy, k, hard_mode=False):
    done = list(pool.map(partial(one, strategy, k, hard_mode), molecules, chunksize=8))
    blocks = [
        (smiles, [d for d, _ in decoys]) for (_, smiles), (_, decoys) in zip(molecules, done, strict=True) if decoys
    ]
    decoys = [d for _, of_molecule in done for d in of_molecule]
    coverage = Coverage(k, whole=False)
    coverage.add(pa.Table.from_pylist([record for record, _ in done]))
    return {
        **coverage.summary(),
        "connected": sum("." not in smiles for smiles, _ in decoys) / max(1, len(decoys)),
        "hardness": hardness_shares(Counter(similar for _, similar in decoys)),
        **quality_measures(blocks, 0),
    }


def cell(result, name):
    if name == "coverage":
        share = result["coverage"]
        return f"{share['estimate']:.4f} (from {share['lower_bound']:.4f}) {'met' if share['met'] else 'NOT met'}"
    if name == "connected":
        return f"{result['connected']:.4f} {'met' if result['connected'] == 1 else 'NOT met'}"
    if name in ("easy", "medium", "hard"):
        return f"{result['hardness']['shares'][name]:.2f}"
    if name == "doppelganger":
        return f"mean {result['doppelganger']['mean']:.3f}, max {result['doppelganger']['max']:.3f}"
    if name == "planted leak seen":
        return ", ".join(key for key, value in result["planted_leak"].items() if value["seen"])
    value = result["measures"][name]
    goal = result["targets"].get(name)
    mark = "" if goal is None else " met" if goal["met"] else " NOT met"
    interval = "" if value["ci_low"] is None else f" ({value['ci_low']:.3f} to {value['ci_high']:.3f})"
    return f"{value['estimate']:.3f}{interval}{mark}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", type=Path)
    parser.add_argument("--molecules", type=int, default=300)
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    results = {}
    with ProcessPoolExecutor(args.workers) as pool:
        for path in args.inputs or [None]:
            molecules = library(path, args.molecules)
            columns = {
                "decoy_strategy.v2": column(pool, molecules, "decoy_strategy.v2", args.k),
                "v2, hard only": column(pool, molecules, "decoy_strategy.v2", args.k, True),
                "decoy_strategy.v1": column(pool, molecules, "decoy_strategy.v1", args.k),
            }
            results["default" if path is None else str(path)] = columns
            first = next(iter(columns.values()))
            rows = ["coverage", "connected", *first["measures"], "doppelganger", "easy", "medium", "hard"]
            print(f"\n{path or 'default data set'}: {len(molecules)} molecules, k = {args.k}")
            print(f"{'':<26}" + "".join(f"{name:<36}" for name in columns))
            for row in [*rows, "planted leak seen"]:
                print(f"{row:<26}" + "".join(f"{cell(result, row):<36}" for result in columns.values()), flush=True)
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
