"""Does the interval of the uplift cover the mean uplift of repeated libraries?

    python -m benchmarks.uplift_coverage [--libraries 300] [--resamples 2000] [--seed 0]

Libraries of N molecules, alone or in scaffolds of 2 or 4 on average with correlated truth; a score that follows truth,
calls that follow it weakly. The estimand is the mean uplift of at least 2000 other libraries at the same K/N. Exit code
1 where a coverage is below 0.93. Also: the exact interval on the discordant molecules, which assumes independence.
"""

import argparse
import sys
import time
from typing import Any

import numpy as np

from hetero2.stats.benefit.choosing import OURS, PRESENT, Library
from hetero2.stats.benefit.cluster_bootstrap import MIN_CLUSTERS
from hetero2.stats.benefit.utility import report

SIZES, SHARES = (100, 300, 1000), (0.1, 0.2)


def draw(rng: np.random.Generator, n: int, mean_size: int) -> Library:
    """One library of n molecules."""
    cluster = np.sort(rng.integers(0, max(1, n // mean_size), n)) if mean_size > 1 else np.arange(n)
    level = rng.standard_normal(n)[cluster] * (0.7 if mean_size > 1 else 0.0)
    hit = level + rng.standard_normal(n) * (1 - 0.49 * (mean_size > 1)) ** 0.5 > 0.55
    score = hit + 1.2 * rng.standard_normal(n)
    weak = rng.uniform(size=n) < np.where(hit, 0.35, 0.55)
    call = np.where(weak, "NO_SIGNAL", "UNDECIDABLE").astype(object)
    return Library(score, hit, call, cluster, score, score, ~weak)


def uplift_of(library: Library, k: int) -> float:
    """Uplift of one library, by sorting."""
    kept = library.call != "NO_SIGNAL"
    ours = np.lexsort((-library.score, ~kept))[:k]
    theirs = np.argsort(-library.score)[:k]
    return float(library.hit[ours].mean() - library.hit[theirs].mean())


def cell(n: int, mean_size: int, share: float, args: argparse.Namespace) -> dict[str, Any]:
    """Coverage and mean width of both intervals."""
    k = round(share * n)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([args.seed, n, mean_size, k])))
    truth = float(np.mean([uplift_of(draw(rng, n, mean_size), k) for _ in range(max(2000, 2_000_000 // n))]))
    covered, width, exact, exact_width, none = [], [], [], [], 0
    for number in range(args.libraries):
        uplift = report(draw(rng, n, mean_size), k, [], number, None, args.resamples)["uplift"]
        interval, lists = uplift["against"][PRESENT], uplift["discordant"]
        if interval["ci_low"] is None:
            none += 1
        else:
            covered.append(interval["ci_low"] <= truth <= interval["ci_high"])
            width.append(interval["ci_high"] - interval["ci_low"])
        if lists["exact_low"] is not None:
            exact.append(lists["exact_low"] <= truth <= lists["exact_high"])
            exact_width.append(lists["exact_high"] - lists["exact_low"])
    means = [float(np.mean(x)) if x else float("nan") for x in (covered, width, exact, exact_width)]
    return dict(zip(("coverage", "width", "exact", "exact_width"), means, strict=True)) | {"truth": truth, "none": none}


def main() -> int:
    """Print a line per cell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", type=int, default=300)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    began, broken = time.process_time(), 0
    print(f"{OURS} against {PRESENT}\n")
    print("| molecules | N | K | uplift | coverage | width | exact: coverage | exact: width | no interval |")
    print("|---|---|---|---|---|---|---|---|---|")
    for mean_size in (1, 2, 4):
        for n in SIZES:
            for share in SHARES:
                result = cell(n, mean_size, share, args)
                kind = "independent" if mean_size == 1 else f"in scaffolds of {mean_size}"
                numbers = " | ".join(
                    f"{result[key]:.3f}" for key in ("truth", "coverage", "width", "exact", "exact_width")
                )
                print(f"| {kind} | {n} | {round(share * n)} | {numbers} | {result['none']} |", flush=True)
                few = mean_size > 1 and n // mean_size < MIN_CLUSTERS
                broken += result["none"] != args.libraries if few else not result["coverage"] >= 0.93
    print(f"\n{args.libraries} libraries a cell, {time.process_time() - began:.0f} s of CPU")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
