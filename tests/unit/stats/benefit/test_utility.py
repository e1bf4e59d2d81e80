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


def names(value):
    """The names in a record, nested as it is, without values."""
    if isinstance(value, dict):
        return {name: names(inner) for name, inner in value.items()}
    return [names(value[0])] if isinstance(value, list) and value else None


def of(words):
    return dict.fromkeys(words.split())


METHOD = of("expected_hits hit_rate wilson_low wilson_high enrichment cost_per_hit")
UPLIFT = of("uplift ci_low ci_high")
FEWER = of("fewer ci_low ci_high saving saving_ci_low saving_ci_high")
SAME = of("hits before after") | FEWER
WAYS = "score_topk score_plus_audit_topk signal_first_topk audit_auc_topk pass_slack_topk baseline_topk".split()
MEASURE = of("value random reason")


def test_the_names_are_those_that_readers_of_packs_rely_on():
    report = utility.report(library(21, n=300, baseline=True), 24, [10], 0, 2.0, 60)
    assert names(report) == {
        **of("n reason k k_requested k_reason k_not_shown extrapolation_reason"),
        "evidence": of("enough reason hits others"),
        "at": [{"k": None, "methods": {**dict.fromkeys(WAYS, METHOD), "random": METHOD | of("hits_low hits_high")}}],
        "list": {
            **of("method interval_reason"),
            "against": {"random": UPLIFT, "baseline_topk": UPLIFT},
            "sent_for_the_same_hits": SAME,
        },
        "around_k": {**of("k_from k_to"), "compared": [of("method against at_k n_k more as_many fewer")]},
        "uplift": {
            **of("estimand interval_reason resamples coincides_with_score"),
            "against": {"score_topk": UPLIFT, "baseline_topk": UPLIFT, "random": UPLIFT},
            "discordant": of(
                "expected_discordant lists_coincide design_effect smallest_detectable_uplift "
                "smallest_detectable_reason hits_gained hits_lost exact_low exact_high reason"
            ),
        },
        "before_after": {
            "before": of("method sent hits cost"),
            "after": of("method sent hits cost"),
            "sent_for_the_same_hits": SAME,
            "non_inferiority": of("hits_difference ci_low ci_high margin_hits non_inferior reason"),
        },
        "extrapolation": {
            **of("candidates sent cost assumes"),
            "hits_gained": of("estimate ci_low ci_high"),
            "sent_for_the_same_hits": FEWER,
        },
        "score_metrics": {
            "roc_auc": MEASURE | of("ci_low ci_high interval_reason"),
            **dict.fromkeys(
                [
                    "bedroc_20",
                    *(f"enrichment_factor_{share}" for share in ("1_percent", "5_percent", "10_percent", "k")),
                ],
                MEASURE,
            ),
        },
    }


def test_costs_and_savings_are_the_numbers_times_the_price():
    report = utility.report(library(21, n=300, baseline=True), 24, [10], 0, 2.5, 60)
    after, many = report["before_after"], report["extrapolation"]
    assert (after["before"]["cost"], after["after"]["cost"]) == (24 * 2.5, 24 * 2.5)
    assert (many["candidates"], many["sent"], many["cost"]) == (1e6, 24 / 300 * 1e6, 24 / 300 * 1e6 * 2.5)
    for same in (
        report["list"]["sent_for_the_same_hits"],
        after["sent_for_the_same_hits"],
        many["sent_for_the_same_hits"],
    ):
        assert same["saving"] == same["fewer"] * 2.5
        assert same["saving_ci_low"] == same["ci_low"] * 2.5
        assert same["saving_ci_high"] == same["ci_high"] * 2.5
        assert same["ci_low"] < same["fewer"] < same["ci_high"]
    for same in (report["list"]["sent_for_the_same_hits"], after["sent_for_the_same_hits"]):
        assert same["fewer"] == same["before"] - same["after"]
    here = after["sent_for_the_same_hits"]
    for key in ("fewer", "ci_low", "ci_high"):
        assert many["sent_for_the_same_hits"][key] == pytest.approx(here[key] * 1e6 / 300)
    gained = report["uplift"]["against"][BASELINE]
    expected = {"estimate": gained["uplift"], "ci_low": gained["ci_low"], "ci_high": gained["ci_high"]}
    assert many["hits_gained"] == {name: pytest.approx(value * many["sent"]) for name, value in expected.items()}
    free = utility.report(library(21, n=300, baseline=True), 24, [10], 0, None, 60)
    assert free["extrapolation"]["cost"] is None
    assert set(free["before_after"]["sent_for_the_same_hits"].values()) >= {None}
    assert free["before_after"]["sent_for_the_same_hits"]["saving"] is None
    assert free["before_after"]["sent_for_the_same_hits"]["fewer"] == here["fewer"]


def test_lists_of_one_class_say_why_there_is_nothing():
    data = library(9)
    none = Library(data.score, np.zeros(200, bool), data.call, data.cluster, data.auc, data.slack, data.passed)
    empty = {"at": [], "uplift": None, "before_after": None}
    assert utility.report(none, 5, [], 0, None) == {"n": 200, "reason": "truth_has_one_class", **empty}
    nobody = Library(*(getattr(data, f)[:0] for f in ("score", "hit", "call", "cluster", "auc", "slack", "passed")))
    assert utility.report(nobody, 5, [], 0, None) == {"n": 0, "reason": "no_molecule_with_score_and_truth", **empty}
    with pytest.raises(ValueError, match=r"^K must be at least 1$"):
        utility.report(data, 5, [5, 0], 0, None)


def test_what_is_said_of_the_library_is_counted():
    data = library(21, n=300, baseline=True)
    report = utility.report(data, 24, [10, 301, 400, 300], 0, None, 60)
    hits = int(data.hit.sum())
    assert report["evidence"] == {"enough": True, "reason": None, "hits": hits, "others": 300 - hits}
    assert (report["n"], report["k"], report["k_requested"], report["k_reason"]) == (300, 24, 24, None)
    assert report["k_not_shown"] == [301, 400]
    assert [at["k"] for at in report["at"]] == [10, 24, 300]
    assert report["uplift"]["resamples"] == 60
    assert (report["list"]["method"], report["before_after"]["before"]["method"]) == (PRESENT, BASELINE)
    assert report["before_after"]["after"]["method"] == OURS
    assert (report["before_after"]["before"]["sent"], report["before_after"]["after"]["sent"]) == (24, 24)
