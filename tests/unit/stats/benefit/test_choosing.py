"""Ways of choosing against counts by hand, scipy and exact random choice."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest, hypergeom

from hetero2.stats.benefit import utility
from hetero2.stats.benefit.choosing import BASELINE, OURS, PRESENT, hypergeometric_interval, priorities, wilson
from tests.unit.stats.benefit.libraries import brute_force, library


@pytest.mark.parametrize("digits", [6, 0])
def test_methods_are_the_twins_and_all_buy_k(digits):
    data = library(1, digits=digits)
    report = utility.report(data, 40, [10, 80], 0, 2.5, 100)
    ways = priorities(data)
    assert [at["k"] for at in report["at"]] == [10, 40, 80]
    for at in report["at"]:
        for name, way in ways.items():
            method = at["methods"][name]
            assert method["expected_hits"] == pytest.approx(brute_force(way, data.hit, at["k"]))
            assert method["cost_per_hit"] == pytest.approx(2.5 * at["k"] / method["expected_hits"])
            assert method["wilson_low"] <= method["hit_rate"] <= method["wilson_high"]
        random = at["methods"]["random"]
        assert random["expected_hits"] == pytest.approx(hypergeom(200, data.hit.sum(), at["k"]).mean())
        assert random["cost_per_hit"] == pytest.approx(2.5 * at["k"] / random["expected_hits"])
    json.dumps(report, allow_nan=False)


def test_what_is_dropped_fills_up():
    """With NO_SIGNAL for all but three, ours still buys K: the three, then the best of the dropped."""
    data = library(2, n=60, calls=("NO_SIGNAL",))
    data.call[:3] = "SIGNAL"
    order = np.argsort(-priorities(data)[OURS])
    assert set(order[:3].tolist()) == {0, 1, 2}
    rest = [place for place in np.argsort(-data.score).tolist() if place > 2]
    assert order[3:].tolist() == rest


def test_wilson_is_scipys():
    interval = binomtest(7, 40).proportion_ci(method="wilson")
    assert wilson(7 / 40, 40) == pytest.approx((interval.low, interval.high))


def test_the_curve_around_k_is_counted_list_by_list():
    data = library(25, n=400, baseline=True)
    k = 20
    around = utility.report(data, k, [], 0, None, 50)["around_k"]
    sizes = [size for size in sorted({round(k / 4 * 16 ** (i / 20)) for i in range(21)}) if size != k]
    assert (around["k_from"], around["k_to"]) == (5, 80)
    assert {pair["n_k"] for pair in around["compared"]} == {len(sizes)}
    ways, base = priorities(data), data.hit.sum()
    counts = {(pair["method"], pair["against"]): pair for pair in around["compared"]}
    assert set(counts) == {(PRESENT, "random"), (PRESENT, BASELINE), (OURS, PRESENT)}
    for (method, against), counted in counts.items():
        signs = []
        for size in [*sizes, k]:
            hits = brute_force(ways[method], data.hit, size)
            if against == "random":
                low, high = hypergeom(400, base, size).interval(0.95)
                signs.append(int(hits > high) - int(hits < low))
            else:
                theirs = brute_force(ways[against], data.hit, size)
                signs.append(int(hits >= theirs + 0.5) - int(hits <= theirs - 0.5))
        assert counted["at_k"] == {1: "more", 0: "as_many", -1: "fewer"}[signs.pop()]
        expected = {"more": signs.count(1), "as_many": signs.count(0), "fewer": signs.count(-1)}
        assert {name: counted[name] for name in expected} == expected


def test_the_interval_of_random_choice_is_that_of_the_hypergeometric_distribution():
    generator = np.random.default_rng(0)
    for n in (1, 2, 40, 533, 20_000, 1_000_000):
        for _ in range(40):
            hits, k = int(generator.integers(0, n + 1)), int(generator.integers(1, n + 1))
            assert hypergeometric_interval(n, hits, k) == hypergeom(n, hits, k).interval(0.95)


def test_a_distribution_that_reaches_a_quantile_exactly_has_it():
    assert hypergeometric_interval(40, 1, 1) == (0, 0)
    assert hypergeometric_interval(40, 39, 1) == (0, 1)
