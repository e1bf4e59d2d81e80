"""How precisely decoy bias is measured, and for what CPU: more molecules, or more decoys of each.

    python -m benchmarks.decoy_sample [input.csv ...] [--pool 500] [--samples 200x20 300x6] [--draws 3] [--k 20]

Of each file (without one, of the default data set) `--pool` molecules get decoys of `decoy_strategy.v2`; each of the
`--samples`, molecules x decoys of each at most, is drawn `--draws` times and measured as decoy_quality.json is. Printed
are the mean of each measure, half the mean width of its 95 % interval, and the CPU of a draw.
"""

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.decoy_quality import one
from benchmarks.decoys_v1 import library
from hetero2.chem.decoy_features import DecoySet
from hetero2.stages.decoy_quality import drawn, quality_measures


def pool_of(path: Path | None, molecules: int, k: int) -> list[DecoySet]:
    """Molecules of a file with their decoys; those without any are left out."""
    sets = []
    for name, smiles in library(path, molecules):
        _, decoys = one("decoy_strategy.v2", k, False, (name, smiles))
        if decoys:
            sets.append((smiles, [decoy for decoy, _ in decoys]))
    return sets


def measured(pool: Sequence[DecoySet], molecules: int, decoys: int, draw: int) -> tuple[dict[str, Any], float]:
    """(measures of a sample, seconds of CPU)."""
    chosen = random.Random(draw).sample(list(pool), min(molecules, len(pool)))
    began = time.process_time()
    measures = quality_measures([(smiles, drawn(of_it, decoys, draw)) for smiles, of_it in chosen], draw)["measures"]
    return measures, time.process_time() - began


def main() -> None:
    """Print a line for each file and sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", type=Path)
    parser.add_argument("--pool", type=int, default=500)
    parser.add_argument("--samples", nargs="+", default=["200x20", "300x6"])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--k", type=int, default=20)
    args = parser.parse_args()
    for path in args.inputs or [None]:
        pool = pool_of(path, args.pool, args.k)
        print(f"\n{path or 'default data set'}: {len(pool)} molecules, k = {args.k}, mean of {args.draws} draws")
        for text in args.samples:
            molecules, decoys = map(int, text.split("x"))
            draws = [measured(pool, molecules, decoys, draw) for draw in range(args.draws)]
            cells = [f"{text:>8} {statistics.mean(cpu for _, cpu in draws):5.1f} s"]
            for name in draws[0][0]:
                of_draws = [measures[name] for measures, _ in draws]
                half_width = statistics.mean((measure["ci_high"] - measure["ci_low"]) / 2 for measure in of_draws)
                estimate = statistics.mean(measure["estimate"] for measure in of_draws)
                cells.append(f"{name} {estimate:.3f} ± {half_width:.3f}")
            print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
