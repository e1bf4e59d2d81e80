"""cost_lift.v2 against slow twins, exact enumeration and libraries whose answer is known."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest, hypergeom

from hetero2.stats.benefit import cluster_bootstrap, utility
from hetero2.stats.benefit.choosing import BASELINE, OURS, PRESENT, Library, priorities, wilson
from hetero2.stats.benefit.discordant import discordant
from hetero2.stats.benefit.enrichment import dense_priority


def library(seed=0, n=200, digits=6, calls=("SIGNAL", "NO_SIGNAL", "UNDECIDABLE"), baseline=False):
    rng = np.random.default_rng(seed)
    hit = rng.uniform(size=n) < 0.3
    score = np.round(hit + rng.normal(size=n), digits)
    call = rng.choice(np.array(calls, object), n)
    passed = rng.uniform(size=n) < 0.3
    today = np.round(hit + 2 * rng.normal(size=n), 2) if baseline else None
    return Library(score, hit, call, np.arange(n) // 3, score, np.where(passed, 0.0, -0.5), passed, today)


def brute_force(priority, hit, k):
    """Mean over random orders within ties, by simulation-free arithmetic: tied hits come evenly."""
    total, left = 0.0, k
    for value in sorted(set(priority.tolist()), reverse=True):
        tied = priority == value
        taken = min(left, int(tied.sum()))
        total += taken * hit[tied].mean()
        left -= taken
    return total


@pytest.mark.parametrize("digits", [6, 0])
def test_methods_are_the_twins_and_all_buy_k(digits):
    data = library(1, digits=digits)
    found = utility.report(data, 40, [10, 80], 0, 2.5, 100)
    ways = priorities(data)
    assert [at["k"] for at in found["at"]] == [10, 40, 80]
    for at in found["at"]:
        for name, way in ways.items():
            one = at["methods"][name]
            assert one["expected_hits"] == pytest.approx(brute_force(way, data.hit, at["k"]))
            assert one["cost_per_hit"] == pytest.approx(2.5 * at["k"] / one["expected_hits"])
            assert one["wilson_low"] <= one["hit_rate"] <= one["wilson_high"]
        random = at["methods"]["random"]
        assert random["expected_hits"] == pytest.approx(hypergeom(200, data.hit.sum(), at["k"]).mean())
    json.dumps(found, allow_nan=False)


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


def test_a_constant_score_gets_random_choice():
    data = library(3)
    flat = Library(np.zeros(200), data.hit, data.call, data.cluster, np.zeros(200), np.zeros(200), data.passed)
    at = utility.report(flat, 30, [], 0, None, 50)["at"][0]["methods"]
    assert at[PRESENT]["expected_hits"] == pytest.approx(at["random"]["expected_hits"])
    assert at[PRESENT]["enrichment"] == pytest.approx(1)


def test_lists_that_coincide_have_no_uplift_to_show():
    found = utility.report(library(4, calls=("UNDECIDABLE",)), 30, [], 0, 5.0, 50)
    assert found["uplift"]["against"][PRESENT]["uplift"] == 0
    assert found["uplift"]["discordant"]["lists_coincide"]
    assert found["uplift"]["discordant"]["smallest_detectable_uplift"] is None
    same = found["before_after"]["sent_for_the_same_hits"]
    assert [same[key] for key in ("fewer", "ci_low", "ci_high", "saving", "saving_ci_high")] == [0, 0, 0, 0, 0]


def test_fewer_is_counted_from_the_last_hit_of_either_list():
    """A present practice whose last purchase is a miss could have stopped before: that is no merit of ours."""
    data = library(12)
    found = utility.report(data, 40, [], 0, 5.0, 200)["before_after"]["sent_for_the_same_hits"]
    kept = data.call != "NO_SIGNAL"
    theirs, ours = np.argsort(-data.score), np.lexsort((-data.score, ~kept))
    hits = data.hit[theirs[:40]].sum()
    before, after = (int(np.flatnonzero(np.cumsum(data.hit[order]) == hits)[0]) + 1 for order in (theirs, ours))
    assert (found["hits"], found["before"], found["after"]) == (hits, before, after)
    assert found["saving"] == pytest.approx(5 * (before - after))


def test_discordant_counts_are_the_twins():
    data = library(5)
    k = 40
    ways = priorities(data)
    ours, theirs = (set(np.argsort(-ways[name])[:k].tolist()) for name in (OURS, PRESENT))
    found = discordant(data.hit, data.cluster, ways[OURS], ways[PRESENT], k)
    gained, lost = sum(data.hit[i] for i in ours - theirs), sum(data.hit[i] for i in theirs - ours)
    assert (found["hits_gained"], found["hits_lost"]) == (gained, lost)
    assert found["expected_discordant"] == len(ours ^ theirs)
    interval = binomtest(int(gained), int(gained + lost)).proportion_ci()
    assert found["exact_low"] == pytest.approx((2 * interval.low - 1) * (gained + lost) / k)
    assert found["exact_high"] == pytest.approx((2 * interval.high - 1) * (gained + lost) / k)


def test_resamples_are_the_twins_lists():
    """The weights of a resample, written out as a list of molecules and ranked by sorting."""
    data = library(6, n=45, digits=0)
    way = priorities(data)[OURS]
    ranked = cluster_bootstrap.Ranked(way, data.hit)
    for weight in next(cluster_bootstrap.draws(data.cluster, 5, 0, 5)):
        members = np.repeat(np.arange(45), weight.astype(int))
        assert len({int(weight[data.cluster == c].max()) for c in data.cluster}) > 1
        for k in (1, 7, 20):
            found = ranked.expected_hits(weight[None, :], np.array([float(k)]))[0]
            assert found == pytest.approx(brute_force(way[members], data.hit[members], k))


def test_inverse_is_the_least_number_that_holds_the_hits():
    data = library(7, n=50)
    ranked = cluster_bootstrap.Ranked(dense_priority(data.score), data.hit)
    ones = np.ones((1, 50))
    order = np.argsort(-data.score)
    for wanted in range(1, int(data.hit.sum()) + 1):
        found = cluster_bootstrap.inverse(*ranked.groups(ones), np.array([float(wanted)]))[0]
        assert found == pytest.approx(np.flatnonzero(np.cumsum(data.hit[order]) >= wanted)[0] + 1)


def test_baseline_is_the_present_practice_where_there_is_one():
    found = utility.report(library(8, baseline=True), 40, [], 0, 10.0, 200)
    after = found["before_after"]
    assert after["before"]["method"] == "baseline_topk"
    same = after["sent_for_the_same_hits"]
    assert same["fewer"] == same["before"] - same["after"]
    assert same["ci_low"] <= same["fewer"] <= same["ci_high"]
    assert same["saving"] == pytest.approx(10 * same["fewer"])
    many = found["extrapolation"]
    scale = 1_000_000 / found["n"]
    assert many["sent"] == pytest.approx(40 * scale)
    assert many["sent_for_the_same_hits"]["saving_ci_low"] == pytest.approx(same["saving_ci_low"] * scale)
    gained = found["uplift"]["against"]["baseline_topk"]
    assert many["hits_gained"]["ci_high"] == pytest.approx(gained["ci_high"] * 40 * scale)
    judged = after["non_inferiority"]
    assert judged["margin_hits"] == pytest.approx(0.1 * after["before"]["hits"])
    assert judged["non_inferior"] is (judged["ci_low"] > -judged["margin_hits"])
    assert judged["ci_low"] < judged["hits_difference"] < judged["ci_high"]


def test_undefined_is_named_and_wrong_k_refused():
    data = library(9)
    few = Library(*(getattr(data, f)[:40] for f in ("score", "hit", "call", "cluster", "auc", "slack", "passed")))
    found = utility.report(few, 10, [], 0, None, 50)
    assert found["uplift"]["interval_reason"] == "fewer_than_30_scaffolds"
    assert found["uplift"]["against"][PRESENT]["ci_low"] is None
    assert found["before_after"]["non_inferiority"]["non_inferior"] is None
    assert found["before_after"]["after"]["cost"] is None
    beyond = utility.report(few, 99, [50], 0, None, 50)
    assert (beyond["k"], beyond["k_reason"], beyond["k_not_shown"]) == (40, "k_beyond_library", [50])
    one = Library(data.score, np.ones(200, bool), data.call, data.cluster, data.auc, data.slack, data.passed)
    assert utility.report(one, 5, [], 0, None)["reason"] == "truth_has_one_class"
    with pytest.raises(ValueError, match="K must be at least 1"):
        utility.report(data, 0, [], 0, None)


def test_row_order_and_monotone_rescaling_change_nothing():
    data = library(10, n=150)
    order = np.random.default_rng(0).permutation(150)
    turned = Library(*(getattr(data, f)[order] for f in ("score", "hit", "call", "cluster", "auc", "slack", "passed")))
    base = utility.report(data, 30, [], 0, None, 300)
    other = utility.report(turned, 30, [], 0, None, 300)
    assert json.dumps(base["at"]) == json.dumps(other["at"])
    for name in (PRESENT, "random"):
        assert base["uplift"]["against"][name] == pytest.approx(other["uplift"]["against"][name])
    grown = Library(np.exp(data.score), data.hit, data.call, data.cluster, data.auc, data.slack, data.passed)
    assert utility.report(grown, 30, [], 0, None, 300) == base


def resampled_lists(data, k, resamples, seed=0):
    """Of each resample, molecule by molecule: hits of the top K by score, with the audit, by today; base rate; AUC."""
    ways = priorities(data)
    rows = []
    for weight in np.concatenate(list(cluster_bootstrap.draws(data.cluster, resamples, seed, resamples))):
        members = np.repeat(np.arange(data.hit.size), weight.astype(int))
        size = max(1, round(k / data.hit.size * len(members)))
        hit, score = data.hit[members], data.score[members]
        lists = [brute_force(ways[name][members], hit, size) / size for name in (PRESENT, OURS, BASELINE)]
        beaten = [(a > b) + (a == b) / 2 for a in score[hit] for b in score[~hit]]
        rows.append([*lists, hit.mean(), np.mean(beaten)])
    return np.array(rows).T


@pytest.mark.parametrize("digits", [6, 0])
def test_intervals_are_those_of_lists_written_out(digits):
    """95 %, not another level; widened by half a molecule at each end, but for the AUC."""
    data = library(21, n=120, digits=digits, baseline=True)
    found = utility.report(data, 24, [], 0, None, 60)
    score, ours, today, base, auc = resampled_lists(data, 24, 60)
    for record, values in [
        (found["list"]["against"]["random"], score - base),
        (found["list"]["against"][BASELINE], score - today),
        (found["uplift"]["against"][PRESENT], ours - score),
        (found["uplift"]["against"][BASELINE], ours - today),
        (found["uplift"]["against"]["random"], ours - base),
    ]:
        low, high = np.quantile(values, [0.025, 0.975])
        assert record["ci_low"] == pytest.approx(low - 0.5 / 24)
        assert record["ci_high"] == pytest.approx(high + 0.5 / 24)
        assert record["ci_low"] < record["uplift"] < record["ci_high"]
    measured = found["score_metrics"]["roc_auc"]
    pairs = int(data.hit.sum()) * int((~data.hit).sum())
    logits = np.log((auc * pairs + 0.5) / ((1 - auc) * pairs + 0.5))
    middle = np.log((measured["value"] * pairs + 0.5) / ((1 - measured["value"]) * pairs + 0.5))
    ends = [1 / (1 + np.exp(-(middle + sign * 1.959964 * logits.std()))) for sign in (-1, 1)]
    assert [measured["ci_low"], measured["ci_high"]] == pytest.approx(ends)


def test_the_list_follows_the_score_and_saves_what_today_does_not():
    data = library(22, baseline=True)
    found = utility.report(data, 40, [], 0, 2.0, 100)
    order = np.argsort(-data.score)
    same = found["list"]["sent_for_the_same_hits"]
    today = np.argsort(-data.baseline, kind="stable")
    assert found["list"]["method"] == PRESENT
    assert same["hits"] == found["at"][0]["methods"][BASELINE]["expected_hits"]
    assert same["after"] == int(np.flatnonzero(np.cumsum(data.hit[order]) >= same["hits"])[0]) + 1
    assert same["before"] <= len(today)
    assert same["saving"] == pytest.approx(2.0 * same["fewer"])
    assert utility.report(library(22), 40, [], 0, None, 50)["list"]["sent_for_the_same_hits"] is None


@pytest.mark.parametrize(
    ("hits", "n", "k", "reason"),
    [
        (9, 200, 40, "fewer_than_10_hits"),
        (195, 200, 40, "fewer_than_10_non_hits"),
        (60, 200, 9, "k_below_10"),
        (60, 200, 200, "k_is_the_whole_library"),
        (60, 200, 400, "k_is_the_whole_library"),
        (10, 200, 12, "fewer_than_5_hits_bought"),
        (60, 200, 40, None),
    ],
)
def test_too_few_hits_give_no_interval_and_no_verdict(hits, n, k, reason):
    """One rule: without enough hits there are counts, and nothing that looks like a finding."""
    data = library(23, n=n)
    hit = np.zeros(n, bool)
    hit[np.argsort(data.score)[:hits] if reason == "fewer_than_5_hits_bought" else np.arange(hits)] = True
    data = Library(data.score, hit, data.call, np.arange(n) // 2, data.auc, data.slack, data.passed)
    found = utility.report(data, k, [], 0, 5.0, 50)
    assert found["evidence"] == {"enough": reason is None, "reason": reason, "hits": hits, "others": n - hits}
    intervals = [*found["uplift"]["against"].values(), *found["list"]["against"].values()]
    intervals += [found["before_after"]["sent_for_the_same_hits"], found["before_after"]["non_inferiority"]]
    for record in intervals:
        assert (record["ci_low"] is None) == (reason is not None)
    if reason is not None:
        assert found["uplift"]["interval_reason"] == found["list"]["interval_reason"] == reason
        assert found["before_after"]["non_inferiority"]["non_inferior"] is None
        assert found["before_after"]["non_inferiority"]["reason"] == reason
        assert (found["extrapolation"], found["extrapolation_reason"]) == (None, reason)
    has_auc = not str(reason).startswith(("fewer_than_10", "fewer_than_5"))  # the latter: all hits score lowest
    assert (found["score_metrics"]["roc_auc"]["ci_low"] is not None) == has_auc


def test_one_hit_is_no_evidence_of_anything():
    """A library of 40 with one hit: no verdict, no saving per million, no interval from 0 to 0."""
    data = library(24, n=40)
    hit = np.arange(40) == int(np.argmax(data.score))
    few = Library(data.score, hit, data.call, np.arange(40), data.auc, data.slack, data.passed)
    found = utility.report(few, 10, [], 0, None, 50)
    assert found["before_after"]["non_inferiority"]["non_inferior"] is None
    assert found["uplift"]["against"]["random"]["ci_low"] is None


def test_the_curve_around_k_is_counted_list_by_list():
    data = library(25, n=400, baseline=True)
    k = 20
    found = utility.report(data, k, [], 0, None, 50)["around_k"]
    sizes = [size for size in sorted({round(k / 4 * 16 ** (i / 20)) for i in range(21)}) if size != k]
    assert (found["k_from"], found["k_to"]) == (5, 80)
    assert {pair["n_k"] for pair in found["compared"]} == {len(sizes)}
    ways, base = priorities(data), data.hit.sum()
    counts = {(one["method"], one["against"]): one for one in found["compared"]}
    assert set(counts) == {(PRESENT, "random"), (PRESENT, BASELINE), (OURS, PRESENT)}
    for (method, other), told in counts.items():
        signs = []
        for size in [*sizes, k]:
            hits = brute_force(ways[method], data.hit, size)
            if other == "random":
                low, high = hypergeom(400, base, size).interval(0.95)
                signs.append(int(hits > high) - int(hits < low))
            else:
                theirs = brute_force(ways[other], data.hit, size)
                signs.append(int(hits >= theirs + 0.5) - int(hits <= theirs - 0.5))
        assert told["at_k"] == {1: "more", 0: "as_many", -1: "fewer"}[signs.pop()]
        expected = {"more": signs.count(1), "as_many": signs.count(0), "fewer": signs.count(-1)}
        assert {name: told[name] for name in expected} == expected


def test_auc_of_a_resample_of_one_class_is_undefined():
    ranked = cluster_bootstrap.Ranked(dense_priority(np.array([3.0, 2.0, 2.0])), np.array([True, False, True]))
    weights = np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0], [0.0, 3.0, 0.0]])
    area = cluster_bootstrap.cumulative_auc(*ranked.groups(weights))
    assert area[0] == pytest.approx(0.75)
    assert np.isnan(area[1:]).all()


@pytest.mark.parametrize("score", [np.arange(200.0), np.zeros(200)])
def test_a_perfect_and_a_constant_score_have_no_interval_of_one_point(score):
    hit = np.arange(200) >= 150
    whole = Library(score, hit, np.full(200, "UNDECIDABLE", object), np.arange(200), score, score, hit)
    area = utility.report(whole, 40, [], 0, None, 50)["score_metrics"]["roc_auc"]
    assert (area["ci_low"], area["ci_high"], area["interval_reason"]) == (None, None, "all_resamples_are_equal")


def test_a_filter_that_knows_fewer_than_k_is_refused():
    data = library(26, baseline=True)
    data.baseline[30:] = -np.inf
    with pytest.raises(ValueError, match="fewer than K = 40"):
        utility.report(data, 40, [], 0, None, 50)


def test_a_comparison_that_holds_the_molecules_of_the_score_is_said_beside_any_filter():
    """Whether both lists coincide is asked of the score, not of the present practice."""
    flat = library(27, calls=("UNDECIDABLE",), baseline=True)
    assert utility.report(flat, 40, [], 0, None, 50)["uplift"]["coincides_with_score"]
    assert not utility.report(library(27, baseline=True), 40, [], 0, None, 50)["uplift"]["coincides_with_score"]


def test_identical_lists_without_hits_are_not_called_inferior():
    data = library(28, calls=("UNDECIDABLE",))
    judged = utility.report(data, 40, [], 0, None, 200)["before_after"]["non_inferiority"]
    assert judged["non_inferior"] is True
