"""The first screen says what the files of the pack say, whatever they say."""

from dataclasses import replace

import pytest

from hetero2.report import index, page
from hetero2.report.text import answer, worth
from hetero2.report.text.cautions import warnings
from hetero2.stats.benefit import sufficiency
from tests.unit.report.runs import UTILITY, K, against, changed, with_filter


def compared(run):
    """What is said of the list beside chance and today's filter."""
    return " ".join(said.sentence() for said in worth.compared(run))


def test_the_answers_name_the_list_by_score_with_its_interval_and_the_curve_around_k(rich):
    assert compared(rich) == (
        "Is the list better than chance? Yes: the 40 best by score hold 50 hits per 100 evaluations (40 to 60 if "
        "molecules were independent), 30 more than choosing at random (95 % interval of the difference 10 to 45); "
        "above 95 % of random draws, as at 18 of the 20 other K tried, 10 to 160."
    )
    ranked, better, diagnosed = answer.more(rich)
    assert ranked == (
        "Measured: 80 of 400 molecules are hits (base rate 20 %); ROC-AUC of the score 0.80 (95 % interval 0.70 to "
        "0.88); enrichment factor 3.1 in its best 5 %, 2.5 in its best 10 %."
    )
    assert better == compared(rich)
    assert answer.answer(rich).startswith("Can this score be trusted? ")
    assert diagnosed.startswith("Does it tell molecules from their isomers? ")


def test_the_measures_of_the_first_screen_have_intervals_and_what_chance_gives(rich):
    assert list(worth.measures(rich)) == [
        ("ROC-AUC on truth", "0.80", "0.70 to 0.88; chance 0.5"),
        ("enrichment, best 5 %", "3.1", "2.1 to 4; chance 1"),
        ("enrichment, best 10 %", "2.5", "1.8 to 3.2; chance 1"),
        ("hits per 100, best 40", "50", "40 to 60; chance 20"),
    ]


def test_the_molecules_to_send_are_named_and_what_the_list_is_to_be_taken_for(rich, small_evidence):
    listed = "methane, phenol, salt (ranks 1 to 3 of ranked_candidates.csv)."
    assert answer.to_send(small_evidence) == f"The 3 best by score, not shown to be a good choice: {listed}"
    assert answer.to_send(rich) == (
        "The 40 best by score, not shown to be a good choice: methane, phenol, salt and 37 more (ranks 1 to 40 of "
        "ranked_candidates.csv)."
    )
    bare = replace(changed(small_evidence, facts__scores__source="random"), first=())
    assert (
        answer.to_send(bare) == "Do not send by this score; its 3 best by score: ranks 1 to 3 of ranked_candidates.csv."
    )
    assert "\n" not in answer.to_send(replace(rich, first=[{"id": "two\nlines"}]))


def test_the_curve_around_k_can_contradict_k(rich):
    pair = rich.utility["utility"]["around_k"]["compared"][0]
    pair |= {"at_k": "as_many", "more": 1, "as_many": 3, "fewer": 16}
    assert compared(rich).endswith(
        "; within what random draws give at this K, but below 95 % of random draws at 16 of the 20 other K tried, 10 "
        "to 160."
    )
    pair |= {"more": 7, "as_many": 7, "fewer": 6}
    assert compared(rich).endswith(
        "; within what random draws give at this K; of the 20 other K tried, 10 to 160: above 95 % of random draws at "
        "7, within what random draws give at 7, below 95 % of random draws at 6."
    )


def test_a_filter_of_today_is_compared_with_and_what_is_saved_is_said_with_its_interval(rich):
    filtered = with_filter(rich)
    assert (
        "Not shown: per 100 evaluations it finds 10 more than today's filter (95 % interval of the difference −2 to 20)"
        in compared(filtered)
    )
    chosen = {selection.label: selection for selection in answer.selections(filtered)}
    assert list(chosen) == ["at random", "today's filter", "the best by score"]
    assert [selection.today for selection in chosen.values()] == [None, None, 2.5]
    assert list(answer.saving(filtered)) == [
        "For the 16 hits of today's filter, the score needs 2.5 fewer evaluations (95 % interval: −1 to 4 fewer).",
        "No price was given (selection.price_per_evaluation), so savings are counted in evaluations.",
    ]
    same = filtered.utility["utility"]["list"]["sent_for_the_same_hits"]
    same |= {"fewer": -5.0, "ci_low": -9.0, "ci_high": 2.0, "saving": -500.0, "saving_ci_low": -900.0}
    same |= {"saving_ci_high": 200.0}
    needs, money = answer.saving(filtered)
    assert needs.endswith("needs 5 more evaluations (95 % interval: −9 to 2 fewer).")
    assert money == "That costs 500 in money (95 % interval: −900 to 200 saved)."
    same["fewer"] = 0.04
    assert "needs as many evaluations" in next(answer.saving(filtered))


def test_what_is_saved_against_chance_follows_from_the_enrichment(rich):
    chosen = {selection.label: selection for selection in answer.selections(rich)}
    assert list(chosen) == ["at random", "the best by score"]
    assert chosen["the best by score"].saved == pytest.approx(60)  # 20 hits at random take 100 evaluations
    assert chosen["at random"].saved is None
    assert (chosen["at random"].low, chosen["at random"].high) == (10, 40)  # of draws, not of a share
    assert answer.saved(20.0, None) == "20"
    assert answer.saved(20.0, 7.0) == "140 (20)"
    assert answer.saved(-2.5, None) == "−2.5"
    assert answer.saved(None, 7.0) == "–"


@pytest.mark.parametrize(
    ("reason", "needs"),
    [
        ("fewer_than_10_hits", "at least 10 hits with score and truth are needed."),
        ("fewer_than_10_non_hits", "at least 10 non-hits with score and truth are needed."),
        ("k_below_10", "a K of at least 10 is needed."),
        ("k_is_the_whole_library", "K takes every molecule, which leaves nothing to choose."),
        ("fewer_than_5_hits_bought", "no way of choosing finds 5 hits or more."),
    ],
)
def test_too_few_hits_are_told_as_such_and_nothing_is_saved(rich, reason, needs):
    filtered = with_filter(rich)
    filtered.utility["utility"]["evidence"] |= {"enough": False, "reason": reason}
    text = compared(filtered)
    why = "the 40 best by score hold 20 hits, and 80 of "
    assert text.startswith(f"Is the list better than chance? Not shown: {why}")
    assert text.endswith(needs)
    assert [selection.saved for selection in answer.selections(filtered)] == [None, None, None]
    assert [selection.today for selection in answer.selections(filtered)] == [None, None, None]
    assert list(answer.saving(filtered)) == []
    assert list(worth.audit_comparison(filtered)) == [text.removeprefix("Is the list better than chance? ")]
    assert page.pictures(replace(filtered, curve=filtered.utility["utility"]["at"]))["hit_rate"].title.startswith(
        "Not shown"
    )


def test_the_small_run_has_too_few_hits_for_any_finding(small_evidence):
    assert compared(small_evidence) == (
        "Is the list better than chance? Not shown: the 3 best by score hold 1 hit, and 5 of the 14 molecules with "
        "score and truth are hits; at least 10 hits with score and truth are needed."
    )
    text = " ".join([answer.answer(small_evidence), *answer.more(small_evidence)])
    assert "interval" not in text
    assert "ROC-AUC" not in text


def test_intervals_that_are_none_say_why(rich):
    rich.utility["utility"]["list"]["interval_reason"] = "fewer_than_30_scaffolds"
    area = rich.utility["utility"]["score_metrics"]["roc_auc"]
    area |= {"ci_low": None, "ci_high": None, "interval_reason": "fewer_than_30_scaffolds"}
    assert "30 more than choosing at random (no interval: fewer than 30 scaffolds)" in compared(rich)
    assert "ROC-AUC of the score 0.80 (no interval: fewer than 30 scaffolds)" in answer.more(rich)[0]


@pytest.mark.parametrize(
    ("uplift", "sentence"),
    [
        (0.0004, "as many as choosing at random (95 %"),
        (-0.02, "2 fewer than choosing at random (95 %"),
        (0.02, "2 more than choosing at random (95 %"),
    ],
)
def test_a_difference_is_told_with_its_sign(rich, uplift, sentence):
    rich.utility["utility"]["list"]["against"]["random"] = against(uplift, -0.1, 0.1)
    assert sentence in compared(rich)


@pytest.mark.parametrize(
    ("parts", "begins"),
    [
        ({"metrics__counts": {"OK": 0, "SKIP": 2, "ERROR": 1}}, "No answer: none of the 3 rows could be audited."),
        ({"utility__truth_coverage": {"scored": 5, "with_truth": 0}}, "No answer: NO TRUTH MATCHES"),
    ],
)
def test_what_makes_an_answer_void_comes_first(rich, parts, begins):
    void = changed(rich, **parts)
    assert answer.answer(void).startswith(begins)
    assert answer.more(void) == []
    assert answer.selections(void) == []


def test_a_failed_audit_voids_what_rests_on_decoys_and_not_the_hits_of_the_score(rich):
    failed = changed(rich, controls__audit={"status": "FAILED", "reason": "not silent: formula"})
    assert answer.answer(failed) == answer.answer(rich)
    assert (
        "Not shown: the audit failed its own controls on this library (not silent: formula)" in answer.more(failed)[2]
    )
    assert any(warning.level == "Serious" and "failed its own controls" in warning.text for warning in warnings(failed))
    titles = {key: figure.title for key, figure in page.pictures(replace(failed, curve=UTILITY["at"])).items()}
    for key, title in titles.items():
        of_the_audit = key in ("hardness", "score_against_decoys", "audit_hit_rate")
        assert title.startswith("Not to be relied upon: ") == of_the_audit, key
    assert "does not work" in titles["controls"]


def test_without_truth_nothing_is_said_of_hits(small_evidence):
    blind = replace(small_evidence, utility=None, cost_lift=None)
    assert answer.answer(blind).startswith("Can this score be trusted? Not shown: ")
    older = replace(blind, diagnosis=None)
    assert answer.answer(older).startswith("Does it tell molecules from their isomers? Not shown: ")
    assert answer.more(blind)[1:] == ["No truth was given, so nothing is said of hits and money."]
    assert answer.selections(blind) == []
    assert list(answer.saving(blind)) == []
    assert list(index.appendix(blind)) == []
    assert answer.question(blind) == "Can the model tell these 20 molecules from matched decoys?"


def test_truth_of_one_class_says_nothing_of_hits(small_evidence):
    nothing = {"n": 5, "reason": "truth_has_one_class", "at": [], "uplift": None, "before_after": None}
    single = changed(small_evidence, utility__utility=nothing)
    assert answer.more(single)[1:] == ["Nothing can be said of hits and money: truth has one class."]
    assert answer.selections(single) == []
    assert list(answer.saving(single)) == []
    warnings(single)


def test_made_up_scores_and_truth_are_named_in_the_answer_itself(rich):
    assert answer.answer(changed(rich, facts__scores__source="random")).startswith(
        "A test, not evidence: the scores are"
    )
    assert answer.answer(changed(rich, facts__truth={"truth_source": "proxy_rule_v1"})).startswith(
        "A test, not evidence: the truth is a hash of the SMILES"
    )


def test_the_question_names_what_can_be_bought_and_how_much(small_evidence):
    """3 of 20 rows were asked for; 14 of the 20 can be bought: 11 audited, two without decoys, one in pieces."""
    assert (
        answer.question(small_evidence)
        == "Which 3 of these 14 molecules are worth paying for, and does the model know?"
    )
    more = changed(small_evidence, utility__utility__k=11, facts__config__selection__k=500)
    assert answer.question(more).startswith("Which 11 of these 14 molecules")


def test_first_screen_and_figures_tell_the_same_rate(rich):
    curve = [{"k": k, "methods": rich.utility["utility"]["at"][0]["methods"]} for k in (1, K)]
    title = page.pictures(replace(rich, curve=curve))["hit_rate"].title
    assert "the list finds 50 hits per 100" in title
    assert "hold 50 hits per 100 evaluations" in compared(rich)


def test_an_older_pack_without_the_list_is_still_shown(small_evidence):
    older = {
        key: value
        for key, value in small_evidence.utility["utility"].items()
        if key not in ("list", "evidence", "around_k")
    }
    old = changed(small_evidence, utility__utility=older)
    assert answer.more(old)[1:] == ["Nothing can be said of hits and money: the report of hits is of an older version."]
    assert answer.selections(old) == []
    warnings(old)


def test_the_bound_on_what_is_saved_is_that_of_the_statistics():
    """The report may not import stats, and the utility report does not state the bound."""
    assert answer.MIN_HITS == sufficiency.MIN_BOUGHT
