"""Evaluators of decoys on cases whose answer is known, and against slow twins."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from hetero2.stats.audit import decoy_quality as quality


def blocks(b, m, shift=0.0, seed=0):
    """(values, label, block, cluster): b parents N(shift, 1), m decoys each N(0, 1), a cluster a parent."""
    random = np.random.default_rng(seed)
    value = random.normal(size=(b, m + 1))
    value[:, 0] += shift
    label = np.tile([1] + [0] * m, b)
    return value.ravel(), label, np.repeat(np.arange(b), m + 1), np.arange(b)


def slow_doe(parents, decoys):
    """The definition, one threshold at a time."""
    everything = np.concatenate([parents, decoys])
    scale = np.percentile(everything, 95, axis=0) - np.percentile(everything, 5, axis=0)
    scale[scale == 0] = 1
    areas = []
    for number, parent in enumerate(parents):
        to_parents = [np.linalg.norm((parent - p) / scale) for i, p in enumerate(parents) if i != number]
        to_decoys = [np.linalg.norm((parent - d) / scale) for d in decoys]
        points = [(0.0, 0.0)]
        for cut in sorted({*to_parents, *to_decoys}):
            points.append((np.mean([d <= cut for d in to_decoys]), np.mean([d <= cut for d in to_parents])))
        area = 0.0
        for (x0, y0), (x1, y1) in pairwise(points):
            for step in range(200):  # many thin strips: where the curve crosses the diagonal, both sides count
                t = (step + 0.5) / 200
                area += abs((y0 + t * (y1 - y0)) - (x0 + t * (x1 - x0))) * (x1 - x0) / 200
        areas.append(area)
    return np.array(areas)


def test_doe_agrees_with_its_definition():
    random = np.random.default_rng(1)
    parents, decoys = random.normal(size=(8, 3)).round(1), random.normal(0.3, 1.5, size=(40, 3)).round(1)
    assert quality.doe(parents, decoys) == pytest.approx(slow_doe(parents, decoys), abs=1e-3)


def test_doe_of_identical_far_and_mixed_sets():
    random = np.random.default_rng(2)
    parents = random.normal(size=(60, 4))
    assert quality.doe(parents, np.repeat(parents, 20, axis=0)).mean() < 0.05
    assert quality.doe(parents, parents + 100).mean() == pytest.approx(0.5)
    near, far = (quality.doe(parents, random.normal(shift, 1, size=(600, 4))).mean() for shift in (0.0, 1.0))
    assert near < 0.1 < far


def test_weighted_auc_is_that_of_another_library():
    value, label, _, _ = blocks(40, 5, 0.7)
    value, weight = value.round(1), np.random.default_rng(0).integers(0, 4, len(value)).astype(float)
    _, rank = np.unique(value, return_inverse=True)
    auc = quality._weighted_auc(rank, weight * label, weight * (1 - label), int(rank.max()) + 1)
    assert auc == pytest.approx(roc_auc_score(label, value, sample_weight=weight))


def test_within_decoy_set_is_the_share_of_wins():
    value, label, block, _ = blocks(30, 7, 0.5)
    value = value.round(0)
    shares = quality.within_decoy_set(value, label, block)
    for number in range(30):
        parent, decoys = value[(block == number) & (label == 1)][0], value[(block == number) & (label == 0)]
        assert shares[number] == pytest.approx(np.mean([(parent > d) + 0.5 * (parent == d) for d in decoys]))


def test_within_decoy_set_sees_ranks_alone_and_no_order():
    value, label, block, _ = blocks(30, 7, 0.5)
    shares = quality.within_decoy_set(value, label, block)
    assert quality.within_decoy_set(np.exp(3 * value), label, block) == pytest.approx(shares)
    assert quality.within_decoy_set(-value, label, block) == pytest.approx(1 - shares)
    order = np.random.default_rng(0).permutation(len(value))
    assert quality.within_decoy_set(value[order], label[order], block[order]) == pytest.approx(shares)
    assert quality.within_decoy_set(np.ones(len(value)), label, block) == pytest.approx(np.full(30, 0.5))


@pytest.mark.parametrize(("shift", "low", "high"), [(0.0, 0.44, 0.56), (3.0, 0.95, 1.0)])
def test_the_forest_sees_what_is_there_and_no_more(shift, low, high):
    value, label, block, cluster = blocks(60, 5, shift)
    features = np.column_stack([value, np.random.default_rng(5).normal(size=(len(value), 3))])
    scores = quality.forest_scores(features, label, block)
    result = quality.auc_with_interval(scores, label, block, cluster, 0)
    assert low <= result["estimate"] <= high
    assert result["ci_low"] <= result["estimate"] <= result["ci_high"]
    assert result["upper_bound"] >= abs(result["estimate"] - 0.5) - 0.02


def test_bits_give_the_same_forest_whether_all_of_them_are_held_or_those_that_are_set():
    generator = np.random.default_rng(4)
    label, block = np.tile([1, 0, 0], 40), np.repeat(np.arange(40), 3)
    bits = (generator.random((120, 50)) < 0.05 + 0.1 * label[:, None]).astype(np.uint8)
    sparse = quality.forest_scores(bits, label, block, 1, 10)
    assert np.array_equal(sparse, quality.forest_scores(bits.astype(float), label, block, 1, 10))


def test_the_parents_as_their_own_decoys_cannot_be_told():
    features = np.repeat(np.random.default_rng(3).normal(size=(40, 3)), 2, axis=0)
    label, block = np.tile([1, 0], 40), np.repeat(np.arange(40), 2)
    scores = quality.forest_scores(features, label, block)
    assert roc_auc_score(label, scores) == pytest.approx(0.5)


def test_a_mean_has_the_interval_of_its_clusters():
    """Decoy sets of one scaffold move together: the interval is as wide as if there were one value a scaffold."""
    values = np.random.default_rng(0).normal(size=20)
    alone = quality.mean_with_interval(values, np.arange(20), 0)
    repeated = quality.mean_with_interval(np.repeat(values, 10), np.repeat(np.arange(20), 10), 0)
    assert repeated == alone
    assert alone["ci_high"] - alone["ci_low"] == pytest.approx(4 * values.std() / 20**0.5, rel=0.15)


def test_few_clusters_give_no_interval():
    result = quality.mean_with_interval(np.arange(50) / 50, np.arange(50) % 9, 0)
    assert (result["ci_low"], result["upper_bound"]) == (None, None)
    assert "fewer than 10 scaffolds" in result["reason"]


def redrawn(cluster, seed):
    """The definition of the resamples, one at a time: which blocks, once for each time that their cluster is drawn."""
    random, names = np.random.Generator(np.random.PCG64(seed)), sorted(set(cluster.tolist()))
    draws = random.integers(0, len(names), (quality.RESAMPLES, len(names)))
    for draw in draws.tolist():
        yield [block for number in draw for block in np.flatnonzero(cluster == names[number]).tolist()]


def cut(values, share):
    """The value that `share` of all do not exceed, between the two nearest ones in proportion."""
    values = sorted(values)
    place = share * (len(values) - 1)
    low = values[int(place)]
    return low + (place - int(place)) * (values[min(int(place) + 1, len(values) - 1)] - low)


def test_the_bounds_of_a_mean_are_those_of_means_drawn_one_by_one():
    """The figure that decides whether a target is met: one-sided, 95 %."""
    random = np.random.default_rng(4)
    values, cluster = random.normal(0.56, 0.1, size=40), np.repeat(np.arange(20), 2)
    means = [np.mean([values[block] for block in blocks]) for blocks in redrawn(cluster, 3)]
    result = quality.mean_with_interval(values, cluster, 3)
    assert result["estimate"] == pytest.approx(values.mean(), abs=1e-4)
    assert (result["ci_low"], result["ci_high"]) == pytest.approx((cut(means, 0.025), cut(means, 0.975)), abs=1e-4)
    assert result["upper_bound"] == pytest.approx(cut(means, 0.95), abs=1e-4)
    around = quality.mean_with_interval(values, cluster, 3, 0.5)
    assert around["upper_bound"] == pytest.approx(cut([abs(mean - 0.5) for mean in means], 0.95), abs=1e-4)
    assert around["upper_bound"] > result["estimate"] - 0.5 + 0.01
    low = quality.mean_with_interval(1 - values, cluster, 3, 0.5)
    assert low["upper_bound"] == pytest.approx(around["upper_bound"], abs=1e-4)


def test_the_bound_of_an_auc_is_that_of_aucs_drawn_one_by_one():
    value, label, block, _ = blocks(24, 4, 0.4)
    cluster = np.arange(24) // 2
    aucs = []
    for chosen in redrawn(cluster, 7):
        rows = np.concatenate([np.flatnonzero(block == number) for number in chosen])
        aucs.append(roc_auc_score(label[rows], value[rows]))
    result = quality.auc_with_interval(value, label, block, cluster, 7)
    assert (result["ci_low"], result["ci_high"]) == pytest.approx((cut(aucs, 0.025), cut(aucs, 0.975)), abs=1e-4)
    assert result["upper_bound"] == pytest.approx(cut([abs(auc - 0.5) for auc in aucs], 0.95), abs=1e-4)


def lowest_share(full, molecules):
    """The definition of the bound: the share at which `full` or more of so many are seen in 5 % of all samples."""
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        seen = sum(
            math.comb(molecules, x) * share**x * (1 - share) ** (molecules - x) for x in range(full, molecules + 1)
        )
        low, high = (share, high) if seen < 0.05 else (low, share)
    return low


@pytest.mark.parametrize(
    ("full", "n"), [(299, 300), (300, 300), (298, 298), (299, 299), (500, 500), (495, 500), (0, 20)]
)
def test_coverage_of_a_sample_is_judged_by_its_lower_bound(full, n):
    result = quality.coverage(full, n, False, 0.99)
    assert (result["of"], result["estimate"]) == ("sample", round(full / n, 4))
    assert result["lower_bound"] == pytest.approx(lowest_share(full, n), abs=6e-5)
    assert result["met"] is (lowest_share(full, n) >= 0.99)


def test_a_good_figure_of_a_small_sample_does_not_meet_the_target():
    assert quality.coverage(299, 300, False, 0.99)["met"] is False
    assert quality.coverage(298, 298, False, 0.99)["met"] is False
    assert quality.coverage(299, 299, False, 0.99)["met"] is True
    assert quality.coverage(0, 0, False, 0.99)["met"] is None


def test_coverage_of_a_whole_library_is_exact():
    result = quality.coverage(299, 300, True, 0.99)
    assert (result["of"], result["estimate"], result["lower_bound"], result["met"]) == ("library", 0.9967, 0.9967, True)
    assert quality.coverage(988, 1000, True, 0.99)["met"] is False


def test_targets_are_judged_by_the_bound():
    interval = {"estimate": 0.52, "ci_low": 0.4, "ci_high": 0.6, "upper_bound": 0.06}
    judged = quality.targets_met({"doe": {**interval, "upper_bound": 0.01}, "a": interval}, {"doe": 0.02, "a": 0.55})
    assert (judged["doe"]["met"], judged["a"]["met"]) == (True, False)


@given(st.dictionaries(st.floats(-1e3, 1e3, width=32), st.integers(1, 5), min_size=1, max_size=8))
def test_quantiles_of_what_occurs_often_are_those_of_all_values(often):
    everything = np.sort([value for value, count in often.items() for _ in range(count)])
    values = np.array(sorted(often), float)
    counts = np.array([often[value] for value in values.tolist()], np.int64)
    shares = [0.0, 0.05, 0.3, 0.5, 0.95, 1.0]
    assert quality.quantiles(values, counts, shares) == np.quantile(everything, shares).tolist()


def test_a_spread_is_three_rounded_quantiles_without_a_minus_before_zero():
    often = {0.123456: 3, 1.0: 5, 7.25: 2}
    expected = np.quantile([0.123456] * 3 + [1.0] * 5 + [7.25] * 2, [0.05, 0.5, 0.95])
    assert quality.spread(often) == dict(zip(("p05", "median", "p95"), expected.round(4).tolist(), strict=True))
    assert quality.spread({}) == {}
    assert str(quality.spread({-0.00001: 1})) == "{'p05': 0.0, 'median': 0.0, 'p95': 0.0}"


def test_a_property_that_hardly_varies_keeps_its_unit():
    """Between its 5th and 95th percentile it is constant: only outliers differ, by their distance as it is."""
    random = np.random.default_rng(4)
    parents, decoys = random.normal(size=(6, 2)), random.normal(size=(60, 2))
    parents[:, 1], decoys[:, 1] = 3.0, 3.0
    parents[0, 1], decoys[0, 1] = 4.5, 3.8
    assert quality.doe(parents, decoys) == pytest.approx(slow_doe(parents, decoys), abs=1e-3)
    assert quality.doe(parents[:1], decoys).tolist() == []


def test_below_ten_scaffolds_there_is_an_estimate_without_interval():
    nothing = {"ci_low": None, "ci_high": None, "upper_bound": None, "reason": "fewer than 10 scaffolds"}
    values = np.array([0.125, 0.5, 0.25])
    assert quality.mean_with_interval(values, np.arange(3), 0) == {"estimate": 0.2917, **nothing}
    assert quality.mean_with_interval(values[:0], np.arange(0), 0) == {"estimate": None, **nothing}
    assert quality.undefined(0.87654321) == {"estimate": 0.8765, **nothing}
    value, label, block, cluster = blocks(9, 4, 0.5)
    few = quality.auc_with_interval(value, label, block, cluster, 0)
    assert few == {"estimate": round(float(roc_auc_score(label, value)), 4), **nothing}
    value, label, block, cluster = blocks(10, 4, 0.5)
    assert quality.auc_with_interval(value, label, block, cluster, 0)["ci_low"] is not None
    assert quality.mean_with_interval(np.arange(10.0), np.arange(10), 0)["ci_low"] is not None
