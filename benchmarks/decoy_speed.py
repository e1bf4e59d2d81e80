"""CPU time of v2's decoys against the floor, measured in one run on the same molecules.

    python -m benchmarks.decoy_speed [input.csv] [--molecules 300] [--k 20] [--json out.json]

The floor: RDKit's own time to sanitise the accepted decoys, write their canonical SMILES and compute one fingerprint
each. Also shown: each part of v2 by itself, the slowest 1 % of molecules, and the peak memory at two library sizes.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
from rdkit import Chem, rdBase

from benchmarks.decoys_v1 import library
from hetero2.chem import alerts
from hetero2.chem.decoys_v2 import candidates, engine
from hetero2.chem.similarity import fingerprint
from hetero2.chem.structures import same_compound
from hetero2.runtime.seeds import row_seed

PARTS = (
    (candidates.CandidatePool, "fill", "candidates: moves and previews"),
    (candidates.CandidatePool, "build", "building and sanitising"),
    (candidates.CandidatePool, "properties", "properties of a shortlist"),
    (alerts.Alerts, "suspected", "structural alerts that bonds allow"),
    (engine, "has_any", "structural alerts"),
    (same_compound.Compounds, "holds", "whether it is one of them in another form"),
    (engine, "canonical", "canonical SMILES"),
)


def timed(owner, name, into):
    plain = getattr(owner, name)

    def wrapped(*args, **options):
        start = time.process_time()
        try:
            return plain(*args, **options)
        finally:
            into[name] = into.get(name, 0.0) + time.process_time() - start

    setattr(owner, name, wrapped)
    return plain


def floor(smiles):
    """RDKit's time for the decoys of one molecule."""
    raw = [Chem.MolFromSmiles(text, sanitize=False) for text in smiles]
    start = time.process_time()
    for mol in raw:
        Chem.SanitizeMol(mol)
        Chem.MolToSmiles(mol)
        fingerprint(mol)
    return time.process_time() - start


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", nargs="?", type=Path)
    parser.add_argument("--molecules", type=int, default=300)
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rdBase.DisableLog("rdApp.*")
    molecules = library(args.input, args.molecules)
    engine.generate("CCOC(=O)c1ccccc1N", args.k, 0)  # tables are loaded once per process
    rows, memory = [], []
    for number, (name, smiles) in enumerate(molecules):
        start = time.process_time()
        generated = engine.generate(smiles, args.k, row_seed(0, "per_row", name))
        rows.append((time.process_time() - start, floor([d.smiles for d in generated.decoys]), smiles))
        if number + 1 in (len(molecules) // 4, len(molecules)):
            memory.append((number + 1, peak()))
    parts = {}
    plain = [(owner, name, timed(owner, name, parts)) for owner, name, _ in PARTS]
    for name, smiles in molecules:
        engine.generate(smiles, args.k, row_seed(0, "per_row", name))
    for owner, name, function in plain:
        setattr(owner, name, function)
    cpu, least = (1000 * np.array([row[column] for row in rows]) for column in (0, 1))
    slowest = sorted(rows, key=lambda row: -row[0])[: max(1, len(rows) // 100)]
    result = {
        "molecules": len(rows),
        "k": args.k,
        "ms_per_molecule": round(float(cpu.mean()), 2),
        "floor_ms_per_molecule": round(float(least.mean()), 2),
        "ratio_to_floor": round(float(cpu.sum() / least.sum()), 2),
        "median_ms": round(float(np.median(cpu)), 2),
        "parts_ms_per_molecule": {text: round(1000 * parts[name] / len(rows), 2) for _, name, text in PARTS},
        "slowest_percent": [{"ms": round(1000 * row[0], 1), "smiles": row[2]} for row in slowest],
        "peak_memory_mb_after_molecules": {str(number): value for number, value in memory},
    }
    print(json.dumps(result, indent=2))
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
