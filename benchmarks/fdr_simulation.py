"""Simulated libraries with known truth: do the calls hold their false discovery rate, and what do they find?

    python -m benchmarks.fdr_simulation [--libraries 300] [--seed 0]

m = 20 decoys, level 0.10. A cell: number of molecules × signal × shape of the scores. FDR: mean over libraries of false
calls / max(1, calls). Power: mean share of the true signals that are called. Exit code 1 where the union's FDR exceeds
the level by 3 standard errors, or its power at 2.5 s.d. is below 0.30 (not required for series, t3, rounded to 1 and
skewed).
"""

import argparse
import itertools
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from hetero2.stats.audit import target_decoy_competition
from hetero2.stats.audit.decoy_sets import describe_decoy_sets

LEVEL, M = 0.10, 20
SIZES = (20, 50, 200, 1000)
SIGNALS = (0.0, 1.0, 2.5)
HARD = ("series of 10, correlation 0.8", "t3", "rounded to 1", "skewed")
Floats = NDArray[np.float64]
Draw = tuple[Floats, NDArray[np.bool_]]
METHODS = (*target_decoy_competition.METHODS, "BH on p")


def _plain(rng: np.random.Generator, n: int, shift: float, noise: Callable[..., Floats] | None = None) -> Draw:
    scores = (noise or rng.standard_normal)((n, M + 1))
    true = np.arange(n) < (round(0.2 * n) if shift else 0)
    scores[true, 0] += shift
    return scores, true


def _rounded(digits: int) -> Callable[..., Draw]:
    def draw(rng: np.random.Generator, n: int, shift: float) -> Draw:
        scores, true = _plain(rng, n, shift)
        return np.round(scores, digits), true

    return draw


def _unequal(rng: np.random.Generator, n: int, shift: float) -> Draw:
    scores, true = _plain(rng, n, shift)
    return scores * np.exp(rng.uniform(np.log(0.3), np.log(3), (n, 1))), true


def _level(rng: np.random.Generator, n: int, shift: float) -> Draw:
    scores, true = _plain(rng, n, shift)
    return scores + 3 * rng.standard_normal((n, 1)), true


def _high(rng: np.random.Generator, n: int, shift: float) -> Draw:
    scores, true = _plain(rng, n, shift)
    return scores + 3 * np.sort(rng.standard_normal((n, 1)), axis=0)[::-1], true


def _series(rng: np.random.Generator, n: int, shift: float) -> Draw:
    """Series of 10 analogues, whose scores and whose decoys' scores have a correlation of 0.8."""
    scores, true = _plain(rng, n, shift)
    independent = 0.2**0.5 * (scores - shift * true[:, None] * (np.arange(M + 1) == 0))
    shared = np.repeat(rng.standard_normal((-(-n // 10), M + 1)), 10, axis=0)[:n]
    scores_of_series = independent + 0.8**0.5 * shared
    scores_of_series[true, 0] += shift
    return scores_of_series, true


def _t3(rng: np.random.Generator, n: int, shift: float) -> Draw:
    return _plain(rng, n, shift, lambda size: rng.standard_t(3, size) / 3**0.5)


def _skewed(rng: np.random.Generator, n: int, shift: float) -> Draw:
    return _plain(rng, n, shift, lambda size: rng.exponential(size=size) - 1)


def _fewer(rng: np.random.Generator, n: int, shift: float) -> Draw:
    """Between 20 and 40 decoys per molecule; missing ones are nan."""
    scores, true = _plain(rng, n, shift)
    more = rng.standard_normal((n, M))
    more[np.arange(M)[None, :] >= rng.integers(0, M + 1, (n, 1))] = np.nan
    return np.hstack([scores, more]), true


SHAPES: dict[str, Callable[..., Draw]] = {
    "plain": _plain,
    "rounded to 0.1": _rounded(1),
    "rounded to 1": _rounded(0),
    "unequal variance": _unequal,
    "molecule level, s.d. 3": _level,
    "signals among high scorers": _high,
    "t3": _t3,
    "skewed": _skewed,
    "unequal m": _fewer,
    "series of 10, correlation 0.8": _series,
}


def called(scores: Floats) -> dict[str, NDArray[np.bool_]]:
    """Which molecules each method calls."""
    there = np.isfinite(scores)
    starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))[:-1]]).astype(np.int64)
    flat = scores[there]
    blocks, pooled = describe_decoy_sets(flat, starts), target_decoy_competition.pooled_residual_p(flat, starts)
    is_signal = {
        name: target_decoy_competition.call(blocks, LEVEL, name, pooled_p=pooled).call
        == target_decoy_competition.SIGNAL
        for name in target_decoy_competition.METHODS
    }
    p = (1 + blocks.n_at_or_above) / (1 + blocks.n_decoys)
    return is_signal | {"BH on p": false_discovery_control(p) <= LEVEL}


def cell(shape: str, n: int, shift: float, libraries: int, seed: int) -> dict[str, tuple[float, float, float]]:
    """(FDR, its standard error, power) of each method."""
    rng = np.random.Generator(
        np.random.PCG64(np.random.SeedSequence([seed, list(SHAPES).index(shape), n, int(shift * 10)]))
    )
    proportions = np.zeros((len(METHODS), libraries))
    powers = np.zeros((len(METHODS), libraries))
    for library in range(libraries):
        scores, true = SHAPES[shape](rng, n, shift)
        for place, hits in enumerate(called(scores).values()):
            proportions[place, library] = (hits & ~true).sum() / max(1, hits.sum())
            powers[place, library] = (hits & true).sum() / max(1, true.sum())
    error = proportions.std(axis=1, ddof=1) / libraries**0.5
    return dict(zip(METHODS, zip(proportions.mean(axis=1), error, powers.mean(axis=1), strict=True), strict=True))


def main() -> int:
    """Print a line per cell and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    began, broken = time.process_time(), []
    print("FDR / power of each method; of the union the FDR with its standard error\n")
    print(f"| shape | N | signal | {' | '.join(METHODS)} |\n|---|---|---|{'---|' * len(METHODS)}")
    for shape, n, shift in itertools.product(SHAPES, SIZES, SIGNALS):
        by_method = cell(shape, n, shift, args.libraries, args.seed)
        shown = [f"{fdr:.3f} / {power:.2f}" if shift else f"{fdr:.3f}" for fdr, _, power in by_method.values()]
        fdr, error, power = by_method["union"]
        shown[0] += f" (± {error:.3f})"
        print(f"| {shape} | {n} | {shift or 'null'} | {' | '.join(shown)} |", flush=True)
        if fdr > LEVEL + 3 * error:
            broken.append(f"{shape}, N = {n}, {shift}: FDR {fdr:.3f}")
        if shift == 2.5 and shape not in HARD and power < 0.30:
            broken.append(f"{shape}, N = {n}: power {power:.2f}")
    print(f"\n{args.libraries} libraries a cell, {time.process_time() - began:.0f} s of CPU")
    print("\n".join(f"BROKEN {text}" for text in broken) or "every cell holds")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
