"""What other constants of v2 would do to the quality and the cost of decoys.

    python -m benchmarks.decoy_variants [input.csv ...] [--molecules 300] [--only NAME ...]

Each row of the table is v2 with some constants changed: SA and fragment frequency within the decoy set, AUC of the
forests on properties and on ECFP4 (docs/decoys.md), share of decoys with the FCFP6 fingerprint of their molecule, share
of molecules with all 20 decoys, and milliseconds of CPU per molecule. With another seed of its forest, an AUC differs
by about 0.005. Each row takes about 40 s of CPU per set.
"""

import argparse
import contextlib
import time
from pathlib import Path
from unittest import mock

import numpy as np
from rdkit import DataStructs

from benchmarks.decoys_v1 import library
from hetero2.chem.decoy_features import BIASES, DecoySet, features
from hetero2.chem.decoys_v2 import candidates, engine
from hetero2.chem.molecules import parse_known
from hetero2.chem.properties import feature_fingerprints
from hetero2.runtime.seeds import row_seed
from hetero2.stats.audit.decoy_quality import forest_scores, within_decoy_set
from hetero2.stats.benefit.enrichment import roc_auc

K = 20
SA_AND_FREQUENCY = (BIASES.index("synthetic_accessibility"), BIASES.index("fragment_popularity"))
FREQUENCY = {"_LOG_FREQUENCY_UNIT": 0.025}
PROPERTIES = {"_PROPERTY_WEIGHTS": 2 * engine._PROPERTY_WEIGHTS}
CANDIDATES = {"_SPARE": 3.0}  # twice as many
SHORTLISTS = {"_SHORTLIST": 6.0, **CANDIDATES}
# Constants that differ: those of `engine`, those of `candidates`.
VARIANTS = {
    "as it is": ({}, {}),
    "frequency counts twice": (FREQUENCY, {}),
    "stereo centres count twice": ({"_CENTRES_UNIT": 0.05}, {}),
    "properties count twice": (PROPERTIES, {}),
    "shortlists twice as long": (SHORTLISTS, {}),
    "both": (SHORTLISTS | PROPERTIES, {}),
    "12 batches of three-bond moves": (CANDIDATES, {"_CHUNKS": 12}),
    "16 walks": ({}, {"_WALKS": 16}),
    "16 walks, twice the candidates": (CANDIDATES, {"_WALKS": 16}),
    "all but stereo centres": (FREQUENCY | PROPERTIES | SHORTLISTS, {"_WALKS": 16, "_CHUNKS": 12}),
}


def generated(molecules: list[tuple[str, str]], variant: str) -> tuple[list[DecoySet], float]:
    """Decoy sets made by a variant, and CPU seconds."""
    of_engine, of_candidates = VARIANTS[variant]
    with contextlib.ExitStack() as changed:
        for module, constants in ((engine, of_engine), (candidates, of_candidates)):
            for name, value in constants.items():
                changed.enter_context(mock.patch.object(module, name, value))
        began = time.process_time()
        decoys = [engine.generate(smiles, K, row_seed(0, "per_row", name)).decoys for name, smiles in molecules]
        used = time.process_time() - began
    named = zip(molecules, decoys, strict=True)
    return [(smiles, [decoy.smiles for decoy in of_it]) for (_, smiles), of_it in named if of_it], used


def share_alike(decoy_sets: list[DecoySet]) -> float:
    """Share of decoys that have the FCFP6 fingerprint of their molecule."""
    alike = []
    for parent, decoys in decoy_sets:
        shape, *shapes = feature_fingerprints([parse_known(smiles) for smiles in (parent, *decoys)])
        alike += [similar == 1 for similar in DataStructs.BulkTanimotoSimilarity(shape, shapes)]
    return float(np.mean(alike))


def figures(decoy_sets: list[DecoySet]) -> list[float]:
    """SA, fragment frequency, property AUC, topology AUC."""
    data = features(sorted(decoy_sets))
    within = [within_decoy_set(data.biases[:, n], data.label, data.set_number).mean() for n in SA_AND_FREQUENCY]
    areas = [
        roc_auc(forest_scores(table, data.label, group), data.label)[0]
        for table, group in ((data.properties, data.set_number), (data.bits, data.cluster[data.set_number]))
    ]
    return [*within, *areas]


def main() -> None:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", type=Path)
    parser.add_argument("--molecules", type=int, default=300)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="NAME")
    args = parser.parse_args()
    engine.generate("CCOC(=O)c1ccccc1N", K, 0)  # tables are loaded once per process
    heads = ("SA", "fragments", "properties", "topology", "FCFP6 alike", "coverage", "ms/molecule")
    for path in args.inputs or [None]:
        molecules = library(path, args.molecules)
        print(
            f"\n{path or 'default data set'}: {len(molecules)} molecules\n{'':<32}" + "".join(f"{h:>13}" for h in heads)
        )
        for variant in args.only:
            decoy_sets, used = generated(molecules, variant)
            whole = sum(len(decoys) == K for _, decoys in decoy_sets) / len(molecules)
            row = [*figures(decoy_sets), share_alike(decoy_sets), whole, 1000 * used / len(molecules)]
            print(f"{variant:<32}" + "".join(f"{value:>13.4f}" for value in row), flush=True)


if __name__ == "__main__":
    main()
