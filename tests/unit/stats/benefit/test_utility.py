"""cost_lift.v2 against slow twins, exact enumeration and libraries whose answer is known."""

import json

import numpy as np
import pytest

from hetero2.stats.benefit import cluster_bootstrap, utility
from hetero2.stats.benefit.choosing import BASELINE, OURS, PRESENT, Library, priorities
from tests.unit.stats.benefit.libraries import brute_force, library, molecules_for


def test_a_constant_score_gets_random_choice():
    data = library(3)
    flat = Library(np.zeros(200), data.hit, data.call, data.cluster, np.zeros(200), np.zeros(200), data.passed)
    at = utility.report(flat, 30, [], 0, None, 50)["at"][0]["methods"]
    assert at[PRESENT]["expected_hits"] == pytest.approx(at["random"]["expected_hits"])
    assert at[PRESENT]["enrichment"] == pytest.approx(1)


def test_lists_that_coincide_have_no_uplift_to_show():
    report = utility.report(library(4, calls=("UNDECIDABLE",)), 30, [], 0, 5.0, 50)
    assert report["uplift"]["against"][PRESENT]["uplift"] == 0
    assert report["uplift"]["discordant"]["lists_coincide"]
    assert report["uplift"]["discordant"]["smallest_detectable_uplift"] is None
    same = report["before_after"]["sent_for_the_same_hits"]
    assert [same[key] for key in ("fewer", "ci_low", "ci_high", "saving", "saving_ci_high")] == [0, 0, 0, 0, 0]


def test_fewer_is_counted_from_the_last_hit_of_either_list():
    """A present practice whose last purchase is a miss could have stopped before: that is no merit of ours."""
    data = library(12)
    same = utility.report(data, 40, [], 0, 5.0, 200)["before_after"]["sent_for_the_same_hits"]
    kept = data.call != "NO_SIGNAL"
    theirs, ours = np.argsort(-data.score), np.lexsort((-data.score, ~kept))
    hits = data.hit[theirs[:40]].sum()
    before, after = (int(np.flatnonzero(np.cumsum(data.hit[order]) == hits)[0]) + 1 for order in (theirs, ours))
    assert (same["hits"], same["before"], same["after"]) == (hits, before, after)
    assert same["saving"] == pytest.approx(5 * (before - after))


def test_baseline_is_the_present_practice_where_there_is_one():
    report = utility.report(library(8, baseline=True), 40, [], 0, 10.0, 200)
    after = report["before_after"]
    assert after["before"]["method"] == "baseline_topk"
    same = after["sent_for_the_same_hits"]
    assert same["fewer"] == same["before"] - same["after"]
    assert same["ci_low"] <= same["fewer"] <= same["ci_high"]
    assert same["saving"] == pytest.approx(10 * same["fewer"])
    many = report["extrapolation"]
    scale = 1_000_000 / report["n"]
    assert many["sent"] == pytest.approx(40 * scale)
    assert many["sent_for_the_same_hits"]["saving_ci_low"] == pytest.approx(same["saving_ci_low"] * scale)
    gained = report["uplift"]["against"]["baseline_topk"]
    assert many["hits_gained"]["ci_high"] == pytest.approx(gained["ci_high"] * 40 * scale)
    judged = after["non_inferiority"]
    assert judged["margin_hits"] == pytest.approx(0.1 * after["before"]["hits"])
    assert judged["non_inferior"] is (judged["ci_low"] > -judged["margin_hits"])
    assert judged["ci_low"] < judged["hits_difference"] < judged["ci_high"]


def test_undefined_is_named_and_wrong_k_refused():
    data = library(9)
    few = Library(*(getattr(data, f)[:40] for f in ("score", "hit", "call", "cluster", "auc", "slack", "passed")))
    report = utility.report(few, 10, [], 0, None, 50)
    assert report["uplift"]["interval_reason"] == "fewer_than_30_scaffolds"
    assert report["uplift"]["against"][PRESENT]["ci_low"] is None
    assert report["before_after"]["non_inferiority"]["non_inferior"] is None
    assert report["before_after"]["after"]["cost"] is None
    beyond = utility.report(few, 99, [50], 0, None, 50)
    assert (beyond["k"], beyond["k_reason"], beyond["k_not_shown"]) == (40, "k_beyond_library", [50])
    all_hits = Library(data.score, np.ones(200, bool), data.call, data.cluster, data.auc, data.slack, data.passed)
    assert utility.report(all_hits, 5, [], 0, None)["reason"] == "truth_has_one_class"
    with pytest.raises(ValueError, match="K must be at least 1"):
        utility.report(data, 0, [], 0, None)


def test_row_order_and_monotone_rescaling_change_nothing():
    data = library(10, n=150)
    order = np.random.default_rng(0).permutation(150)
    turned = Library(*(getattr(data, f)[order] for f in ("score", "hit", "call", "cluster", "auc", "slack", "passed")))
    base = utility.report(data, 30, [], 0, None, 300)
    of_turned = utility.report(turned, 30, [], 0, None, 300)
    assert json.dumps(base["at"]) == json.dumps(of_turned["at"])
    for name in (PRESENT, "random"):
        assert base["uplift"]["against"][name] == pytest.approx(of_turned["uplift"]["against"][name])
    grown = Library(np.exp(data.score), data.hit, data.call, data.cluster, data.auc, data.slack, data.passed)
    assert utility.report(grown, 30, [], 0, None, 300) == base


def resampled_lists(data, k, resamples, seed=0):
    """Of each resample, molecule by molecule: K of it; hit rates of the top K by score, with the audit, by today; base
    rate; AUC; share of K that the list by score, and that with the audit, need not send for the hits of today."""
    ways = priorities(data)
    rows = []
    for weight in np.concatenate(list(cluster_bootstrap.draws(data.cluster, resamples, seed, resamples))):
        members = np.repeat(np.arange(data.hit.size), weight.astype(int))
        size = max(1, round(k / data.hit.size * len(members)))
        hit, score = data.hit[members], data.score[members]
        lists = [brute_force(ways[name][members], hit, size) / size for name in (PRESENT, OURS, BASELINE)]
        sent = [molecules_for(ways[name][members], hit, lists[2] * size) / size for name in (PRESENT, OURS, BASELINE)]
        beaten = [(a > b) + (a == b) / 2 for a in score[hit] for b in score[~hit]]
        rows.append([size, *lists, hit.mean(), np.mean(beaten), sent[2] - sent[0], sent[2] - sent[1]])
    return np.array(rows).T


@pytest.mark.parametrize("digits", [6, 0])
def test_intervals_are_those_of_lists_written_out(digits):
    """95 %, not another level; differences of hits are widened by half a molecule at each end."""
    data = library(21, n=120, digits=digits, baseline=True, uneven=True)
    report = utility.report(data, 24, [], 0, 2.0, 60)
    sizes, score, ours, today, base, auc, score_saves, ours_save = resampled_lists(data, 24, 60)
    assert len(set(sizes)) > 5, "K follows the size of the resample"
    for record, values in [
        (report["list"]["against"]["random"], score - base),
        (report["list"]["against"][BASELINE], score - today),
        (report["uplift"]["against"][PRESENT], ours - score),
        (report["uplift"]["against"][BASELINE], ours - today),
        (report["uplift"]["against"]["random"], ours - base),
    ]:
        low, high = np.quantile(values, [0.025, 0.975])
        assert record["ci_low"] == pytest.approx(low - 0.5 / 24)
        assert record["ci_high"] == pytest.approx(high + 0.5 / 24)
        assert record["ci_low"] < record["uplift"] < record["ci_high"]
    low, high = np.quantile((ours - today) * 24, [0.025, 0.975])
    difference = report["before_after"]["non_inferiority"]
    assert (difference["ci_low"], difference["ci_high"]) == pytest.approx((low - 0.5, high + 0.5))
    for record, values in [
        (report["list"]["sent_for_the_same_hits"], score_saves * 24),
        (report["before_after"]["sent_for_the_same_hits"], ours_save * 24),
    ]:
        ends = np.quantile(values, [0.025, 0.975])
        assert (record["ci_low"], record["ci_high"]) == pytest.approx(tuple(ends))
        assert (record["saving_ci_low"], record["saving_ci_high"]) == pytest.approx(tuple(2 * ends))
    measured = report["score_metrics"]["roc_auc"]
    pairs = int(data.hit.sum()) * int((~data.hit).sum())
    logits = np.log((auc * pairs + 0.5) / ((1 - auc) * pairs + 0.5))
    middle = np.log((measured["value"] * pairs + 0.5) / ((1 - measured["value"]) * pairs + 0.5))
    ends = [1 / (1 + np.exp(-(middle + sign * 1.959964 * logits.std()))) for sign in (-1, 1)]
    assert [measured["ci_low"], measured["ci_high"]] == pytest.approx(ends)


def test_the_list_follows_the_score_and_saves_what_today_does_not():
    data = library(22, baseline=True)
    report = utility.report(data, 40, [], 0, 2.0, 100)
    order = np.argsort(-data.score)
    same = report["list"]["sent_for_the_same_hits"]
    today = np.argsort(-data.baseline, kind="stable")
    assert report["list"]["method"] == PRESENT
    assert same["hits"] == report["at"][0]["methods"][BASELINE]["expected_hits"]
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
    report = utility.report(data, k, [], 0, 5.0, 50)
    assert report["evidence"] == {"enough": reason is None, "reason": reason, "hits": hits, "others": n - hits}
    intervals = [*report["uplift"]["against"].values(), *report["list"]["against"].values()]
    intervals += [report["before_after"]["sent_for_the_same_hits"], report["before_after"]["non_inferiority"]]
    for record in intervals:
        assert (record["ci_low"] is None) == (reason is not None)
    if reason is not None:
        assert report["uplift"]["interval_reason"] == report["list"]["interval_reason"] == reason
        assert report["before_after"]["non_inferiority"]["non_inferior"] is None
        assert report["before_after"]["non_inferiority"]["reason"] == reason
        assert (report["extrapolation"], report["extrapolation_reason"]) == (None, reason)
    has_auc = not str(reason).startswith(("fewer_than_10", "fewer_than_5"))  # the latter: all hits score lowest
    assert (report["score_metrics"]["roc_auc"]["ci_low"] is not None) == has_auc


def test_one_hit_is_no_evidence_of_anything():
    """A library of 40 with one hit: no verdict, no saving per million, no interval from 0 to 0."""
    data = library(24, n=40)
    hit = np.arange(40) == int(np.argmax(data.score))
    few = Library(data.score, hit, data.call, np.arange(40), data.auc, data.slack, data.passed)
    report = utility.report(few, 10, [], 0, None, 50)
    assert report["before_after"]["non_inferiority"]["non_inferior"] is None
    assert report["uplift"]["against"]["random"]["ci_low"] is None


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
