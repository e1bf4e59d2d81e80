"""Warnings: what truth says against the score, and against acting on the audit, is a caution."""

from dataclasses import replace

import pytest

from hetero2.report import index
from hetero2.report.text import answer, worth
from hetero2.report.text.cautions import warnings
from tests.unit.report.runs import against, cautions, changed, curve_of, levels_and_files, with_filter


def test_a_list_below_chance_or_below_today_is_a_caution(rich):
    filtered = with_filter(rich)
    assert not cautions(filtered, "the list by score finds")
    filtered.utility["utility"]["list"]["against"] = {
        "random": against(-0.1, -0.2, -0.01),
        "baseline_topk": against(-0.2, -0.3, -0.1),
    }
    assert cautions(filtered, "the list by score finds") == [
        "Per 100 evaluations, the list by score finds 10 fewer than choosing at random "
        "(95 % interval of the difference −20 to −1).",
        "Per 100 evaluations, the list by score finds 20 fewer than today's filter "
        "(95 % interval of the difference −30 to −10).",
    ]


def test_acting_on_the_audit_at_a_loss_is_a_caution_and_stands_in_the_appendix(rich):
    rich.utility["utility"]["uplift"]["against"]["score_topk"] = against(-0.2, -0.3, -0.1)
    assert cautions(rich, "Acting on the audit would cost hits") == [
        "Acting on the audit would cost hits. Per 100 evaluations, putting those that do not stand out at the end "
        "finds 20 fewer than the score alone (95 % interval of the difference −30 to −10)."
    ]
    assert list(worth.audit_comparison(rich)) == [
        "Putting those that do not stand out at the end would have found 60 hits per 100 evaluations, 20 fewer than "
        "the score alone (95 % interval of the difference −30 to −10); about as many hits as the score alone at this "
        "K, but fewer hits than the score alone at 15 of the 20 other K tried, 10 to 160."
    ]
    rich.utility["utility"]["uplift"]["coincides_with_score"] = True
    assert "both lists hold the same molecules" in next(worth.audit_comparison(rich))
    labels = [label for label, _, _ in index.appendix(rich)]
    assert labels[:2] == [
        "those that do not stand out at the end, else by score",
        "those that stand out first, those that do not at the end, else by score",
    ]
    assert not any("random" in label for label in labels)  # one draw is no chance


WRONG = "The score points the wrong way: is scores.higher_is_better right?"


def test_the_sign_is_doubted_by_truth_by_labels_or_by_values_as_of_docking_and_never_by_decoys(rich):
    rich = changed(rich, metrics__score_range={"lowest": -2.0, "highest": 3.0})
    backwards = replace(rich, hardness=curve_of(0.33, 0.27, 0.39))
    assert not cautions(backwards, "higher_is_better")
    assert cautions(backwards, "prefers decoys") == ["The score prefers decoys to the molecules."]
    area = {"value": 0.3, "ci_low": 0.2, "ci_high": 0.42, "interval_reason": None}
    low = changed(rich, utility__utility__score_metrics__roc_auc=area)
    assert cautions(low, "wrong way") == [f"Hits score lower than non-hits (ROC-AUC 0.30, 0.20 to 0.42). {WRONG}"]
    assert not cautions(changed(rich, utility__utility__score_metrics__roc_auc=area | {"ci_high": 0.5}), "wrong way")
    folds = changed(rich, controls__cross_validation={"auc": 0.3, "by_fold": [0.4, 0.3, 0.2, 0.45, None]})
    assert cautions(folds, "wrong way") == [
        f"In each of 4 folds of the training labels hits score lower than non-hits. {WRONG}"
    ]
    assert not cautions(changed(folds, controls__cross_validation={"by_fold": [0.4, 0.6]}), "wrong way")


@pytest.mark.parametrize(
    ("lowest", "highest", "higher_is_better", "doubted"),
    [
        (-11.0, -4.0, True, True),
        (-11.0, 0.0, True, True),
        (-11.0, 0.1, True, False),
        (-11.0, -4.0, False, False),
        (0.0, 0.0, True, False),
        (None, None, True, False),
    ],
)
def test_scores_that_are_all_negative_are_asked_about(rich, lowest, highest, higher_is_better, doubted):
    area = {"value": 0.6, "ci_low": 0.4, "ci_high": 0.8, "interval_reason": None}
    run = changed(
        rich,
        metrics__score_range={"lowest": lowest, "highest": highest},
        facts__scores__higher_is_better=higher_is_better,
        utility__utility__score_metrics__roc_auc=area,
    )
    assert bool(cautions(run, "No score is above 0, as with docking energies")) == doubted
    area["ci_low"] = 0.51  # truth says that the sign is right: log-probabilities are such scores
    run = changed(run, utility__utility__score_metrics__roc_auc=area)
    assert not cautions(run, "No score is above 0")


def test_leakage_is_not_looked_for_without_a_training_set(small_evidence):
    assert levels_and_files(small_evidence)[
        "Train–test leakage: not checked, since no training set was given (scores.train)."
    ] == (
        "Note",
        "leakage.csv",
    )
    trained = changed(small_evidence, facts__config__scores__train="train.csv")
    assert not [text for text in levels_and_files(trained) if "not checked" in text]


@pytest.mark.parametrize(
    ("kind", "level"),
    [("molecule_in_training", "Serious"), ("molecule_near_training", "Caution"), ("truth_id_unknown", "Note")],
)
def test_leakage_is_warned_of(small_evidence, kind, level):
    trained = changed(replace(small_evidence, leaks={kind: 1200}), facts__config__scores__train="train.csv")
    assert [(warning.level, warning.text[:5]) for warning in warnings(trained) if warning.file == "leakage.csv"] == [
        (level, "1,200")
    ]


def test_warnings_are_told_by_gravity_with_their_file(small_evidence):
    listed = warnings(
        changed(
            small_evidence,
            facts__scores__source="random",
            controls__inference__explanation="EXPLAINED_BY_NOVELTY",
            controls__inference__explained_by=["nearest_training_neighbour"],
        )
    )
    levels = [warning.level for warning in listed]
    assert levels == sorted(levels, key=("Serious", "Caution", "Note").index)
    texts = {warning.text: (warning.level, warning.file) for warning in listed}
    assert texts["2 rows failed."] == ("Serious", "metrics.json")
    assert texts["Only 11 molecules could be audited: below 20 none can stand out."] == ("Caution", "metrics.json")
    assert any(text.startswith("This is a test and not evidence: the scores are made up") for text in texts)
    assert any(
        text.startswith("Familiarity explains it at least as well: nearest training neighbour") for text in texts
    )


def test_truth_of_a_part_is_a_caution_that_says_what_is_known_of_the_list(rich):
    coverage = {"scored": 900, "with_truth": 400, "verification_bias": False}
    coverage["of_the_list"] = {"k": 40, "with_truth": 23.0, "hits": 19.0}
    partly = changed(rich, utility__truth_coverage=coverage)
    assert worth.compared(partly)[0].because.startswith(
        "the 40 best by score hold 50 hits per 100 evaluations (among the 400 with truth, of 900 scored)"
    )
    assert cautions(partly, "Truth is known for") == [
        "Truth is known for 400 of 900 scored molecules, and hits are counted among those. Of the 40 to send, 23 have "
        "truth, and 19 of these are hits."
    ]
    assert answer.to_send(partly).endswith("(ranks 1 to 40 of ranked_candidates.csv).")
