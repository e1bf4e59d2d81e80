"""Simulated campaigns: does the verdict hold its level at every look, and how many purchases does it need?

    python -m benchmarks.campaign_level [--campaigns 2000] [--libraries 100] [--seed 0]

Level: share of campaigns without a difference in which a look at any round says that there is one; in independent arms,
and in libraries bought by team-draft interleaving of two orders that are equally good but different. Coverage and power
follow. Exit code 1 where a level exceeds 5 %, or an error of the interval 5 %, by 3 standard errors, or where twice the
purchases of the fixed-sample test have a power below 80 %. The tables are those of docs/campaign_statistics.md.
"""

import argparse
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from scipy.stats import norm

from hetero2.screening.interleaving import interleave
from hetero2.stats.sequential.comparison import LEVEL, SWAPPED, Round, count_round, looks
from hetero2.stats.sequential.planning import fixed_sample_size, plan, shown, simulated_counts

Array = NDArray[Any]
RATES = (0.02, 0.05, 0.10, 0.30)
SHAPES = ((10, 20), (20, 20), (50, 10), (100, 5), (100, 20))  # batch, rounds
LIBRARY_SHAPES = ((10, 20), (50, 10), (100, 5))
POWER = (((0.10, 0.20), 25, (100, 200, 300, 400, 600)), ((0.05, 0.10), 25, (200, 400, 600, 800, 1200)))
INTERVALS = ((0.02, 0.02), (0.10, 0.10), (0.10, 0.20), (0.30, 0.45))


def z_test(counts: Array) -> Array:
    """(campaigns, rounds): does the pooled two-sided z-test at 5 % on all purchases so far reject?"""
    n_today, hits_today, n_new, hits_new = np.moveaxis(counts.cumsum(axis=1), 2, 0)
    rate = (hits_today + hits_new) / (n_today + n_new)
    error = np.sqrt(rate * (1 - rate) * (1 / n_today + 1 / n_new))
    difference = np.abs(hits_new / n_new - hits_today / n_today)
    return difference > norm.isf(LEVEL / 2) * np.where(error > 0, error, np.inf)


def plug_in(counts: Array, prior: float = 0.18) -> Array:
    """(campaigns, rounds): does the e-process of Turner et al. with both rates at their posterior means reject?

    Beta(0.18, 0.18) on each rate, as their software has it; two-sided at 5 %; arms of equal size.
    """
    n, hits = counts[:, :, 0], counts[:, :, [1, 3]]
    before, bought = hits.cumsum(axis=1) - hits, n.cumsum(axis=1) - n
    rates = (before + prior) / (bought[:, :, None] + 2 * prior)
    mean = rates.mean(axis=2, keepdims=True)
    gain = xlogy(hits, rates / mean) + xlogy(n[:, :, None] - hits, (1 - rates) / (1 - mean))
    return np.maximum.accumulate(gain.sum(axis=2).cumsum(axis=1), axis=1) >= np.log(1 / LEVEL)


def oracle(counts: Array, rates: tuple[float, float]) -> Array:
    """(campaigns, rounds): does the e-process that knows both rates in advance reject? Nothing grows faster."""
    mean = sum(rates) / 2
    gain = sum(
        hits * np.log(rate / mean) + (counts[:, :, 0] - hits) * np.log((1 - rate) / (1 - mean))
        for hits, rate in zip((counts[:, :, 1], counts[:, :, 3]), rates, strict=True)
    )
    return np.maximum.accumulate(gain.cumsum(axis=1), axis=1) >= np.log(2 / LEVEL)


def ever(counts: Array) -> tuple[float, float]:
    """Shares of campaigns in which some look says "new is better", and "today is better"."""
    return float(shown(counts)[:, -1].mean()), float(shown(counts[:, :, SWAPPED])[:, -1].mean())


def exceeds(share: float, n: int, bound: float = LEVEL) -> bool:
    return share > bound + 3 * (bound * (1 - bound) / n) ** 0.5


def level_of_arms(campaigns: int, seed: int) -> bool:
    print("\n| hit rate of both | batch | rounds | says new | says today | level | z-test at every look |")
    print("|---|---|---|---|---|---|---|")
    failed = False
    for rate in RATES:
        for batch, rounds in SHAPES:
            counts = simulated_counts((rate, rate), batch // 2, rounds, campaigns, seed)
            new, today = ever(counts)
            naive = z_test(counts).any(axis=1).mean()
            print(f"| {rate:.0%} | {batch} | {rounds} | {new:.4f} | {today:.4f} | {new + today:.4f} | {naive:.3f} |")
            failed |= exceeds(new + today, campaigns)
    return failed


def library(rng: np.random.Generator, n: int, rate: float, world: dict[str, Any]) -> tuple[Array, Array, Array]:
    """(hit, framework, scores (2, n)): two scores that tell hits equally well and share half of their noise.

    Hits come independently, or with a correlation of `alike` within series of molecules. With `biased`, half of a
    score's own error is the same for a whole series.
    """
    alike = world["alike"]
    framework = np.arange(n) // world["series"]
    share = 1 / alike - 1 if alike else np.inf
    chance = rng.beta(rate * share, (1 - rate) * share, framework[-1] + 1)[framework] if alike else rate
    hit = rng.random(n) < chance
    noise = rng.normal(size=n) + rng.normal(size=(2, n))
    if world.get("biased"):
        noise = rng.normal(size=n) + (rng.normal(size=(2, n)) + rng.normal(size=(2, n))[:, framework]) / 2**0.5
    return hit, framework, 1.5 * hit + noise / 2**0.5


def campaign(rng: np.random.Generator, batch: int, rounds: int, world: dict[str, Any], rate: float) -> list[Round]:
    """Half a library bought in rounds; what is bought is gone from both orders."""
    hit, framework, scores = library(rng, 2 * batch * rounds, rate, world)
    orders = np.argsort(-scores, axis=1)
    left = np.ones(hit.size, bool)
    passed_over: set[int] = set()
    bought = []
    for _ in range(rounds):
        today, new = (order[left[order]] for order in orders)
        drafted = interleave(today, new, framework, batch, 2, world["share"], int(rng.integers(2**32)), passed_over)
        passed_over.update(drafted.passed_over.tolist())
        left[drafted.rows] = False
        bought.append(count_round(drafted.new_arm, drafted.both, hit[drafted.rows]))
    return bought


WORLDS = {
    "independent hits": {"series": 3, "alike": 0.0, "share": 0.5},
    "control share 20 %": {"series": 3, "alike": 0.0, "share": 0.2},
    "series of 5, correlation 0.3": {"series": 5, "alike": 0.3, "share": 0.5},
    "series of 50, correlation 0.3": {"series": 50, "alike": 0.3, "share": 0.5},
    # Here one order is really better in the library at hand, though not on average over libraries.
    "the same, and each score errs by series": {"series": 50, "alike": 0.3, "share": 0.5, "biased": True},
}


def level_of_libraries(libraries: int, seed: int) -> bool:
    print(
        "\n| library | hits | campaigns | bought by one only | says new | says today | level | z-test at every look |"
    )
    print("|---|---|---|---|---|---|---|---|")
    failed = False
    for name, world in WORLDS.items():
        for rate in RATES:
            rng = np.random.Generator(np.random.PCG64([seed, round(1000 * rate)]))
            verdicts, naive, single, total = [], [], 0, 0
            for batch, rounds in LIBRARY_SHAPES:
                campaigns = [campaign(rng, batch, rounds, world, rate) for _ in range(libraries)]
                counts = np.array([[[r.n_today, r.hits_today, r.n_new, r.hits_new] for r in c] for c in campaigns])
                verdicts.append(ever(counts))
                with np.errstate(invalid="ignore", divide="ignore"):
                    naive.append(z_test(counts).any(axis=1).mean())
                single += int(counts[:, :, [0, 2]].sum())
                total += libraries * batch * rounds
            new, today = np.mean(verdicts, axis=0)
            n = libraries * len(LIBRARY_SHAPES)
            print(
                f"| {name} | {rate:.0%} | {n} | {single / total:.0%} | {new:.4f} | {today:.4f} | {new + today:.4f} "
                f"| {np.mean(naive):.3f} |"
            )
            failed |= not world.get("biased") and exceeds(new + today, n)
    return failed


def coverage(campaigns: int, seed: int) -> bool:
    print("\n| hit rates | interval ever misses the difference | width at 200 per arm | at 400 | fixed-sample width |")
    print("|---|---|---|---|---|")
    failed = False
    for rates in INTERVALS:
        counts = simulated_counts(rates, 25, 16, campaigns, seed)
        difference = rates[1] - rates[0]
        missed = shown(counts, difference)[:, -1].mean() + shown(counts[:, :, SWAPPED], -difference)[:, -1].mean()
        seen = [looks([Round(*row) for row in rounds]) for rounds in counts[:10].tolist()]
        width = [np.mean([look[at].high - look[at].low for look in seen]) for at in (7, 15)]
        wald = [2 * 1.96 * (sum(p * (1 - p) for p in rates) / n) ** 0.5 for n in (200, 400)]
        print(
            f"| {rates[0]:.0%}, {rates[1]:.0%} | {missed:.4f} | {width[0]:.3f} | {width[1]:.3f} "
            f"| {wald[0]:.3f}, {wald[1]:.3f} |"
        )
        failed |= exceeds(missed, campaigns)
    return failed


def power(campaigns: int, seed: int) -> bool:
    print("\n| hit rates | per arm | sequential | plug-in | rates known | fixed sample, one look |")
    print("|---|---|---|---|---|---|")
    failed = False
    for rates, per_round, purchases in POWER:
        counts = simulated_counts(rates, per_round, max(purchases) // per_round, campaigns, seed)
        ours, plugged, ideal, single = shown(counts), plug_in(counts), oracle(counts, rates), z_test(counts)
        for n in purchases:
            at = n // per_round - 1
            shares = " | ".join(f"{by_look[:, at].mean():.2f}" for by_look in (ours, plugged, ideal, single))
            print(f"| {rates[0]:.0%}, {rates[1]:.0%} | {n} | {shares} |")
        twice = 2 * fixed_sample_size(*rates) // per_round
        failed |= bool(ours[:, twice - 1].mean() < 0.8)
    print("\n| hit rates | fixed sample, 80 % | sequential, 80 % | bought on average until shown |")
    print("|---|---|---|---|")
    for rates in ((0.10, 0.20), (0.05, 0.10), (0.02, 0.06), (0.10, 0.15), (0.30, 0.45), (0.32, 0.56)):
        needed = plan(*rates, per_round=10, seed=seed)
        mean = needed.expected_per_arm or float("nan")
        print(f"| {rates[0]:.0%}, {rates[1]:.0%} | {needed.fixed_per_arm} | {needed.sequential_per_arm} | {mean:.0f} |")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=2000)
    parser.add_argument("--libraries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    start = time.process_time()
    failed = [level_of_arms(args.campaigns, args.seed)]
    failed.append(level_of_libraries(args.libraries, args.seed))
    failed.append(coverage(args.campaigns, args.seed))
    failed.append(power(args.campaigns, args.seed))
    print(f"\n{time.process_time() - start:.0f} s of one core")
    return int(any(failed))


if __name__ == "__main__":
    sys.exit(main())
