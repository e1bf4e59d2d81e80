"""Ways to make decoys side by side: time, and quality of what they make, in one run on the same molecules.

    python -m benchmarks.peers POOL [input.csv] [--molecules 100] [--k 20] [--pool 20000] [--json out.json]

POOL: SMILES as in `benchmarks/throughput.py`, the compounds that the last of these takes its decoys from:

isomers (v2)         decoy_strategy.v2, what a run makes
random rewiring      the text of decoy_strategy.v1 as it reads: RDKit alone, a random exchange of two bonds at a time
matched from a pool  as DUD-E matches (doi 10.1021/jm300687e), over the pool: of the compounds with the charge of the
                     molecule the 9 k closest in weight, logP, rotatable bonds, donors and acceptors, and of these the
                     k least similar to it (Morgan 2, Tanimoto)

CPU is in multiples of RDKit's floor for as many decoys (`benchmarks/decoy_speed.py`). The pool's properties and
fingerprints are computed once and not counted; its scan is. Quality as in decoy_quality.json (docs/decoys.md), and DOE.
LUDe's generator is a web page that chooses from a curated ChEMBL, so it cannot run here; its rule is that of the last
row with further conditions.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import Chem, DataStructs, rdBase

from benchmarks.decoy_speed import floor
from benchmarks.decoys_v1 import library
from benchmarks.frozen_decoys_v1 import generate as rewire_at_random
from benchmarks.throughput import smiles_of
from hetero2.chem.decoys_v2 import engine
from hetero2.chem.properties import dude_properties
from hetero2.chem.similarity import fingerprint
from hetero2.runtime.seeds import row_seed
from hetero2.stages.decoy_quality import quality_measures

CHARGE = 5  # column of `dude_properties`
MATCHED = 9  # times k compounds are matched by properties before the least similar are kept, as 50 of 450 in DUD-E


class Pool:
    """Compounds with their properties, as `matched from a pool` chooses among them."""

    def __init__(self, smiles: list[str]) -> None:
        mols = [mol for mol in map(Chem.MolFromSmiles, smiles) if mol is not None]
        self.smiles = [Chem.MolToSmiles(mol) for mol in mols]
        self.fingerprints = [fingerprint(mol) for mol in mols]
        self.properties = dude_properties(mols)
        self.scale = self.properties.std(axis=0)
        self.scale[CHARGE] = 1e-6  # so that the same charge comes before all else

    def matched(self, smiles: str, k: int) -> list[str]:
        """The k decoys of a molecule: O(pool) for its properties, O(k) for similarities."""
        mol = Chem.MolFromSmiles(smiles)
        far = (np.abs(self.properties - dude_properties([mol])) / self.scale).sum(axis=1)
        far[[number for number, text in enumerate(self.smiles) if text == smiles]] = np.inf
        closest = np.argsort(far, kind="stable")[: MATCHED * k].tolist()
        similar = DataStructs.BulkTanimotoSimilarity(fingerprint(mol), [self.fingerprints[n] for n in closest])
        return [self.smiles[closest[place]] for place in np.argsort(similar, kind="stable")[:k].tolist()]


def measured(name: str, molecules: list[tuple[str, str]], k: int, make: Any) -> dict[str, Any]:
    """CPU in floors and quality of one way."""
    cpu, least, blocks = 0.0, 0.0, []
    for molecule_id, smiles in molecules:
        began = time.process_time()
        decoys = make(smiles, row_seed(0, "per_row", molecule_id))
        cpu += time.process_time() - began
        least += floor(decoys)
        if decoys:
            blocks.append((smiles, decoys))
    n_decoys = sum(len(decoys) for _, decoys in blocks)
    quality = quality_measures(blocks, 0)
    return {
        "way": name,
        "ratio_to_floor": round(cpu / least, 2),
        "ms_per_decoy": round(1000 * cpu / max(1, n_decoys), 3),
        "decoys_of_k": round(n_decoys / (k * len(molecules)), 3),
        "measures": {name: value["estimate"] for name, value in quality["measures"].items()},
    }


def main() -> None:
    """Print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool_smiles", type=Path)
    parser.add_argument("input", nargs="?", type=Path)
    parser.add_argument("--molecules", type=int, default=100)
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--pool", type=int, default=20000, help="compounds of the pool (default 20000)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rdBase.DisableLog("rdApp.*")
    molecules = library(args.input, args.molecules)
    every = list(smiles_of(args.pool_smiles))
    pool = Pool(every[:: max(1, len(every) // args.pool)][: args.pool])
    engine.generate("CCOC(=O)c1ccccc1N", args.k, 0)  # tables are loaded once per process
    ways = {
        "isomers (v2)": lambda smiles, seed: [d.smiles for d in engine.generate(smiles, args.k, seed).decoys],
        "random rewiring": lambda smiles, seed: rewire_at_random(smiles, args.k, seed)[0],
        "matched from a pool": lambda smiles, _: pool.matched(smiles, args.k),
    }
    rows = [measured(name, molecules, args.k, make) for name, make in ways.items()]
    shown = list(rows[0]["measures"])
    print(f"{'':<22}{'floors':>9}{'ms/decoy':>10}{'of k':>7}" + "".join(f"{name:>22}" for name in shown))
    for row in rows:
        head = f"{row['way']:<22}{row['ratio_to_floor']:>9}{row['ms_per_decoy']:>10}{row['decoys_of_k']:>7}"
        print(head + "".join(f"{row['measures'][name]:>22.3f}" for name in shown))
    result = {"molecules": len(molecules), "k": args.k, "pool": len(pool.smiles), "ways": rows}
    print(json.dumps(result, indent=2))
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
