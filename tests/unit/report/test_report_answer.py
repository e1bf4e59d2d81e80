"""The first screen says what the files of the pack say, whatever they say."""

import copy
import json
from dataclasses import replace

import pytest

from hetero2.report import evidence, index, page
from hetero2.report.text import answer, isomers, worth
from hetero2.report.text.cautions import warnings
from hetero2.report.text.words import counted, number

RATES = {"random": 0.2, "score_topk": 0.5, "score_plus_audit_topk": 0.6, "signal_first_topk": 0.3}
K = 40


def method(name, rate):
    drawn = {"hits_low": 4, "hits_high": 16} if name == "random" else {}
    return {
        "hit_rate": rate,
        "expected_hits": K * rate,
        "wilson_low": rate - 0.1,
        "wilson_high": rate + 0.1,
        "enrichment": rate / 0.2,
        "cost_per_hit": None,
    } | drawn


def against(uplift, low, high):
    return {"uplift": uplift, "ci_low": low, "ci_high": high}


def compared(method, other, at_k="more", more=18, as_many=2, fewer=0):
    counts = {"n_k": more + as_many + fewer, "more": more, "as_many": as_many, "fewer": fewer}
    return {"method": method, "against": other, "at_k": at_k, **counts}


def fewer(estimate, low, high):
    saved = {"saving": None, "saving_ci_low": None, "saving_ci_high": None}
    return {
        "hits": 16.0,
        "before": 40.0,
        "after": 40.0 - estimate,
        "fewer": estimate,
        "ci_low": low,
        "ci_high": high,
    } | saved


UTILITY = {
    "n": 400,
    "k": K,
    "k_reason": None,
    "reason": None,
    "evidence": {"enough": True, "reason": None, "hits": 80, "others": 320},
    "at": [{"k": K, "methods": {name: method(name, rate) for name, rate in RATES.items()}}],
    "list": {
        "method": "score_topk",
        "against": {"random": against(0.3, 0.1, 0.45)},
        "sent_for_the_same_hits": None,
        "interval_reason": None,
    },
    "around_k": {
        "k_from": 10,
        "k_to": 160,
        "compared": [
            compared("score_topk", "random"),
            compared("score_plus_audit_topk", "score_topk", "as_many", 1, 4, 15),
        ],
    },
    "uplift": {
        "against": {"random": against(0.4, 0.1, 0.7), "score_topk": against(0.1, -0.05, 0.25)},
        "coincides_with_score": False,
        "interval_reason": None,
    },
    "before_after": {"before": {"method": "score_topk"}},
    "score_metrics": {
        "roc_auc": {"value": 0.8, "ci_low": 0.7, "ci_high": 0.88, "interval_reason": None},
        "enrichment_factor_5_percent": {"value": 3.14},
        "enrichment_factor_10_percent": {"value": 2.5},
    },
}


@pytest.fixture
def known(pack):
    """Evidence of the small run: 14 scored molecules of 20 rows, of which 5 are hits, K = 3."""
    return evidence.of_pack(pack, json.loads((pack / "manifest.json").read_text()), [])


def changed(known, **parts):
    """The same with other values: dotted keys by `__`."""
    documents = {name: copy.deepcopy(getattr(known, name)) for name in ("facts", "metrics", "controls", "utility")}
    for name, value in parts.items():
        document, *keys, last = name.split("__")
        place = documents[document]
        for key in keys:
            place = place[key]
        place[last] = value
    return replace(known, **documents)


@pytest.fixture
def rich(known):
    """The same with enough hits, where score, audit and chance find different things."""
    return changed(known, utility__utility=copy.deepcopy(UTILITY), metrics__counts={"OK": 400, "SKIP": 0, "ERROR": 0})


def with_filter(rich):
    """The same where a filter is in use."""
    utility = rich.utility["utility"]
    utility["before_after"]["before"]["method"] = "baseline_topk"
    utility["at"][0]["methods"]["baseline_topk"] = method("baseline_topk", 0.4)
    utility["list"]["against"]["baseline_topk"] = against(0.1, -0.02, 0.2)
    utility["list"]["sent_for_the_same_hits"] = fewer(2.5, -1.0, 4.0)
    utility["uplift"]["against"]["baseline_topk"] = against(0.2, 0.1, 0.3)
    utility["around_k"]["compared"].append(compared("score_topk", "baseline_topk", "more", 5, 9, 6))
    return rich


def test_the_answer_is_about_the_list_by_score_with_its_interval_and_the_curve_around_k(rich):
    assert answer.answer(rich) == (
        "Buying the 40 best by score finds 50 hits per 100 evaluations (40 to 60 if molecules were independent): 30 "
        "more than choosing at random (95 % interval of the difference 10 to 45); above 95 % of random draws, as "
        "at 18 of the 20 other K tried, 10 to 160."
    )
    ranked, diagnosed = answer.more(rich)
    assert ranked == (
        "Measured: 80 of 400 molecules are hits (base rate 20 %); ROC-AUC of the score 0.80 (95 % interval 0.70 to "
        "0.88); enrichment factor 3.1 in its best 5 %, 2.5 in its best 10 %."
    )
    assert diagnosed.startswith("Tells molecules from their isomers: ")


def test_the_curve_around_k_can_contradict_k(rich):
    pair = rich.utility["utility"]["around_k"]["compared"][0]
    pair |= {"at_k": "as_many", "more": 1, "as_many": 3, "fewer": 16}
    assert answer.answer(rich).endswith(
        "; within what random draws give at this K, but below 95 % of random draws at 16 of the 20 other K tried, 10 "
        "to 160."
    )
    pair |= {"more": 7, "as_many": 7, "fewer": 6}
    assert answer.answer(rich).endswith(
        "; within what random draws give at this K; of the 20 other K tried, 10 to 160: above 95 % of random draws at "
        "7, within what random draws give at 7, below 95 % of random draws at 6."
    )


def test_a_filter_of_today_is_compared_with_and_what_is_saved_is_said_with_its_interval(rich):
    known = with_filter(rich)
    assert "; 10 more than today's filter (95 % interval of the difference −2 to 20)" in answer.answer(known)
    chosen = {one.label: one for one in answer.selections(known)}
    assert list(chosen) == ["at random", "today's filter", "the best by score"]
    assert [one.today for one in chosen.values()] == [None, None, 2.5]
    assert list(answer.saving(known)) == [
        "For the 16 hits of today's filter, the score needs 2.5 fewer evaluations (95 % interval: −1 to 4 fewer).",
        "No price was given (selection.price_per_evaluation), so savings are counted in evaluations.",
    ]
    same = known.utility["utility"]["list"]["sent_for_the_same_hits"]
    same |= {"fewer": -5.0, "ci_low": -9.0, "ci_high": 2.0, "saving": -500.0, "saving_ci_low": -900.0}
    same |= {"saving_ci_high": 200.0}
    needs, money = answer.saving(known)
    assert needs.endswith("needs 5 more evaluations (95 % interval: −9 to 2 fewer).")
    assert money == "That costs 500 in money (95 % interval: −900 to 200 saved)."
    same["fewer"] = 0.04
    assert "needs as many evaluations" in next(answer.saving(known))


def test_what_is_saved_against_chance_follows_from_the_enrichment(rich):
    chosen = {one.label: one for one in answer.selections(rich)}
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
    known = with_filter(rich)
    known.utility["utility"]["evidence"] |= {"enough": False, "reason": reason}
    text = answer.answer(known)
    assert text.startswith(
        "Not enough evidence to compare lists at K = 40: the 40 best by score hold 20 hits, and 80 of "
    )
    assert text.endswith(needs)
    assert [one.saved for one in answer.selections(known)] == [None, None, None]
    assert [one.today for one in answer.selections(known)] == [None, None, None]
    assert list(answer.saving(known)) == []
    assert list(worth.audit_comparison(known)) == [text]
    assert page.pictures(replace(known, curve=known.utility["utility"]["at"]))["hit_rate"].title.startswith(
        "Not enough ev"
    )


def test_the_small_run_has_too_few_hits_for_any_finding(known):
    assert answer.answer(known) == (
        "Not enough evidence to compare lists at K = 3: the 3 best by score hold 1 hit, and 5 of the 14 molecules with "
        "score and truth are hits; at least 10 hits with score and truth are needed."
    )
    text = " ".join([answer.answer(known), *answer.more(known)])
    assert "interval" not in text
    assert "ROC-AUC" not in text


def test_intervals_that_are_none_say_why(rich):
    rich.utility["utility"]["list"]["interval_reason"] = "fewer_than_30_scaffolds"
    area = rich.utility["utility"]["score_metrics"]["roc_auc"]
    area |= {"ci_low": None, "ci_high": None, "interval_reason": "fewer_than_30_scaffolds"}
    assert "30 more than choosing at random (no interval: fewer than 30 scaffolds)" in answer.answer(rich)
    assert "ROC-AUC of the score 0.80 (no interval: fewer than 30 scaffolds)" in answer.more(rich)[0]


@pytest.mark.parametrize(
    ("uplift", "told"),
    [
        (0.0004, "as many as choosing at random (95 %"),
        (-0.02, "2 fewer than choosing at random (95 %"),
        (0.02, "2 more than choosing at random (95 %"),
    ],
)
def test_a_difference_is_told_with_its_sign(rich, uplift, told):
    rich.utility["utility"]["list"]["against"]["random"] = against(uplift, -0.1, 0.1)
    assert told in answer.answer(rich)


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
        "cannot say, because the audit failed its own controls on this library (not silent: formula)"
        in answer.more(failed)[1]
    )
    assert any(one.level == "SERIOUS" and "failed its own controls" in one.text for one in warnings(failed))
    titles = {key: one.title for key, one in page.pictures(replace(failed, curve=UTILITY["at"])).items()}
    for key, title in titles.items():
        of_the_audit = key in ("hardness", "score_against_decoys", "audit_hit_rate")
        assert title.startswith("Not to be relied upon: ") == of_the_audit, key
    assert "FAILED" in titles["controls"]


def test_without_truth_the_diagnosis_is_the_answer(known):
    blind = replace(known, utility=None, cost_lift=None)
    assert answer.answer(blind).startswith("Tells molecules from their isomers: cannot say, because ")
    assert answer.more(blind) == ["No truth was given, so nothing is said of hits and money."]
    assert answer.selections(blind) == []
    assert list(answer.saving(blind)) == []
    assert list(index.appendix(blind)) == []
    assert answer.question(blind) == "Can the model tell these 20 molecules from matched decoys?"


def test_truth_of_one_class_says_nothing_of_hits(known):
    nothing = {"n": 5, "reason": "truth_has_one_class", "at": [], "uplift": None, "before_after": None}
    single = changed(known, utility__utility=nothing)
    assert answer.more(single) == ["Nothing can be said of hits and money: truth has one class."]
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


def test_the_question_names_what_can_be_bought_and_how_much(known):
    """3 of 20 rows were asked for; 14 of the 20 can be bought: 11 audited, two without decoys, one in pieces."""
    assert answer.question(known) == "Which 3 of these 14 molecules are worth paying for, and does the model know?"
    more = changed(known, utility__utility__k=11, facts__config__selection__k=500)
    assert answer.question(more).startswith("Which 11 of these 14 molecules")


# What truth says against the score, and against acting on the audit, is a caution.


def told(known):
    return {one.text: (one.level, one.file) for one in warnings(known)}


def cautions(known, words):
    return [text for text, (level, _) in told(known).items() if words in text and level == "CAUTION"]


def test_a_list_below_chance_or_below_today_is_a_caution(rich):
    known = with_filter(rich)
    assert not cautions(known, "the list by score finds")
    known.utility["utility"]["list"]["against"] = {
        "random": against(-0.1, -0.2, -0.01),
        "baseline_topk": against(-0.2, -0.3, -0.1),
    }
    assert cautions(known, "the list by score finds") == [
        "Per 100 evaluations, the list by score finds 10 fewer than choosing at random "
        "(95 % interval of the difference −20 to −1).",
        "Per 100 evaluations, the list by score finds 20 fewer than today's filter "
        "(95 % interval of the difference −30 to −10).",
    ]


def test_acting_on_the_audit_at_a_loss_is_a_caution_and_stands_in_the_appendix(rich):
    rich.utility["utility"]["uplift"]["against"]["score_topk"] = against(-0.2, -0.3, -0.1)
    assert cautions(rich, "Acting on the calls would cost hits") == [
        "Acting on the calls would cost hits. Per 100 evaluations, sending NO_SIGNAL last finds 20 fewer than the "
        "score alone (95 % interval of the difference −30 to −10)."
    ]
    assert list(worth.audit_comparison(rich)) == [
        "Sending NO_SIGNAL last would have found 60 hits per 100 evaluations, 20 fewer than the score alone (95 % "
        "interval of the difference −30 to −10); about as many hits as the score alone at this K, but fewer hits than "
        "the score alone at 15 of the 20 other K tried, 10 to 160."
    ]
    rich.utility["utility"]["uplift"]["coincides_with_score"] = True
    assert "both lists hold the same molecules" in next(worth.audit_comparison(rich))
    labels = [label for label, _, _ in index.appendix(rich)]
    assert labels[:2] == ["NO_SIGNAL last, then by score", "SIGNAL first, NO_SIGNAL last, then by score"]
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
    known = changed(
        rich,
        metrics__score_range={"lowest": lowest, "highest": highest},
        facts__scores__higher_is_better=higher_is_better,
        utility__utility__score_metrics__roc_auc=area,
    )
    assert bool(cautions(known, "No score is above 0, as with docking energies")) == doubted
    area["ci_low"] = 0.51  # truth says that the sign is right: log-probabilities are such scores
    known = changed(known, utility__utility__score_metrics__roc_auc=area)
    assert not cautions(known, "No score is above 0")


def test_leakage_is_not_looked_for_without_a_training_set(known):
    assert told(known)["Leakage: not looked for: no training set was given (scores.train)."] == ("NOTE", "leakage.csv")
    trained = changed(known, facts__config__scores__train="train.csv")
    assert not [text for text in told(trained) if "not looked for" in text]


@pytest.mark.parametrize(
    ("kind", "level"),
    [("molecule_in_training", "SERIOUS"), ("molecule_near_training", "CAUTION"), ("truth_id_unknown", "NOTE")],
)
def test_leakage_is_warned_of(known, kind, level):
    trained = changed(replace(known, leaks={kind: 1200}), facts__config__scores__train="train.csv")
    assert [(one.level, one.text[:5]) for one in warnings(trained) if one.file == "leakage.csv"] == [(level, "1,200")]


def test_warnings_are_told_by_gravity_with_their_file(known):
    listed = warnings(
        changed(
            known,
            facts__scores__source="random",
            controls__inference__explanation="EXPLAINED_BY_NOVELTY",
            controls__inference__explained_by=["nearest_training_neighbour"],
        )
    )
    levels = [one.level for one in listed]
    assert levels == sorted(levels, key=("SERIOUS", "CAUTION", "NOTE").index)
    texts = {one.text: (one.level, one.file) for one in listed}
    assert texts["2 rows ended in ERROR."] == ("SERIOUS", "metrics.json")
    assert texts["Only 11 molecules could be audited: below 20 there are no calls."] == ("CAUTION", "metrics.json")
    assert any(text.startswith("This is a test and no evidence: the scores are made up") for text in texts)
    assert any(text.startswith("Novelty explains it at least as well: nearest training neighbour") for text in texts)


# The diagnosis: plain words first, then the codes.


def curve_of(auc, low, high):
    row = {"auc": auc, "ci_low": low, "ci_high": high, "reason": None, "n_molecules": 40, "n_decoys": 800}
    return [row | {"bin": name} for name in ("easy", "medium", "hard", "all")]


def diagnosed(
    known,
    area=(0.6, 0.55, 0.65),
    interpretation="SIGNAL_ON_HARD",
    verdict="NOT_ASSESSABLE",
    explained_by=(),
    p_value=0.03,
    **more,
):
    inference = {
        "verdict": verdict,
        "reason": "the_scorer_cannot_be_fitted_again",
        "p_value": None if verdict == "NOT_ASSESSABLE" else p_value,
        "refits": 0 if verdict == "NOT_ASSESSABLE" else 99,
        "model_seeds": 1,
        "quick_look": False,
        "explanation": "EXPLAINED_BY_NOVELTY" if explained_by else None,
        "explained_by": list(explained_by),
    }
    parts = {"controls__audit": {"status": "OK", "reason": None}, "controls__inference": inference}
    parts |= {"controls__library__interpretation": interpretation, "controls__library__why": "3 of 90 decoys are hard"}
    return isomers.diagnose(replace(changed(known, **parts | more), hardness=curve_of(*area)))


@pytest.mark.parametrize(
    ("options", "answered", "because"),
    [
        ({}, "yes", "also from those that look most like them (AUC 0.60, 0.55 to 0.65); whether labels taught it that"),
        (
            {"explained_by": ["nearest_training_neighbour"]},
            "not shown",
            "nearest training neighbour alone prefers the mol",
        ),
        ({"interpretation": "ILLUSION"}, "not shown", "only where isomers look little like the molecule"),
        (
            {"interpretation": "NOT_SHOWN_ON_HARD"},
            "not shown",
            "those that look most like the molecules score about as high",
        ),
        (
            {"interpretation": "INCONCLUSIVE_TOO_FEW_HARD"},
            "cannot say",
            "too few isomers look like the molecules (3 of 90",
        ),
        ({"verdict": "RESOLVES_STRUCTURE"}, "yes", "does with shuffled labels (99 refits, p = 0.03)"),
        (
            {"verdict": "RESOLVES_STRUCTURE", "area": (0.3, 0.2, 0.4)},
            "yes",
            "p = 0.03); it prefers the isomers (AUC 0.30, 0.20 to 0.40), which does not mean that its sign is wrong",
        ),
        (
            {"verdict": "NOT_SHOWN", "p_value": 0.1},
            "not shown",
            "because although it ranks molecules above them (AUC 0.60, 0.55 to 0.65), 9 of 99 models trained on "
            "shuffled labels did as well or better (p = 0.1)",
        ),
        ({"verdict": "NOT_SHOWN"}, "not shown", "stand out of their isomers less than random items would (99 refits"),
        ({"area": (0.3, 0.2, 0.4)}, "not shown", "because it prefers the isomers (AUC 0.30, 0.20 to 0.40), which does"),
        (
            {"controls__audit": {"status": "INCONCLUSIVE", "reason": "fewer_than_20_molecules"}},
            "cannot say",
            "because whether the audit works on this library could not be tested (the control sample",
        ),
        (
            {"metrics__scores_coverage__decoys_scored": 0, "metrics__scores_coverage__decoys_missing": 44},
            "cannot say",
            "because decoys have no scores (44 missing); score missing_decoy_scores.csv (decoy_smiles) with the same",
        ),
    ],
)
def test_the_diagnosis_is_told_in_plain_words_before_the_codes(known, options, answered, because):
    result = diagnosed(known, **options)
    assert (result.answer, because in result.because) == (answered, True), result
    assert result.sentence().startswith(f"Tells molecules from their isomers: {answered}, ")
    assert result.sentence().endswith("]")
    assert result.codes[-1] in ("EXPLAINED_BY_NOVELTY", *INTERPRETATIONS)


INTERPRETATIONS = ("SIGNAL_ON_HARD", "ILLUSION", "NOT_SHOWN_ON_HARD", "INCONCLUSIVE_TOO_FEW_HARD")


@pytest.mark.parametrize(
    ("signal", "passed", "verdict", "words"),
    [
        (0, 12, "RESOLVES_STRUCTURE", ["RESOLVES_STRUCTURE beside 0 SIGNAL"]),
        (0, 90, "NOT_ASSESSABLE", ["90 PASS, 10 by chance, beside 0 SIGNAL"]),
        (7, 90, "NOT_SHOWN", ["7 SIGNAL beside NOT_SHOWN"]),
        (7, 90, "RESOLVES_STRUCTURE", []),
    ],
)
def test_findings_that_seem_to_contradict_each_other_are_explained(known, signal, passed, verdict, words):
    odd = changed(
        known,
        metrics__call_counts__SIGNAL=signal,
        metrics__verdict_counts__PASS=passed,
        metrics__pass_expected_by_chance=10.0,
        controls__inference__verdict=verdict,
    )
    explained = list(isomers.contradictions(odd))
    assert len(explained) == len(words)
    assert all(text.startswith(begin) for text, begin in zip(explained, words, strict=True))


def test_numbers_for_people():
    assert [number(x) for x in (0, 1234567.0, 0.04, -0.04, -2.5, 86.0)] == [
        "0",
        "1,234,567",
        "0",
        "0",
        "−2.5",
        "86",
    ]
    assert counted(1, "row") == "1 row"
    assert counted(2, "row") == "2 rows"


def test_first_screen_and_figures_tell_the_same_rate(rich):
    curve = [{"k": k, "methods": rich.utility["utility"]["at"][0]["methods"]} for k in (1, K)]
    title = page.pictures(replace(rich, curve=curve))["hit_rate"].title
    assert "the list finds 50 hits per 100" in title
    assert "finds 50 hits per 100 evaluations" in answer.answer(rich)


def test_an_older_pack_without_the_list_is_still_shown(known):
    older = {
        key: value for key, value in known.utility["utility"].items() if key not in ("list", "evidence", "around_k")
    }
    old = changed(known, utility__utility=older)
    assert answer.more(old) == ["Nothing can be said of hits and money: the report of hits is of an older version."]
    assert answer.selections(old) == []
    warnings(old)


def test_truth_of_a_part_is_a_caution_that_says_what_is_known_of_the_list(rich):
    coverage = {"scored": 900, "with_truth": 400, "verification_bias": False}
    coverage["of_the_list"] = {"k": 40, "with_truth": 23.0, "hits": 19.0}
    partly = changed(rich, utility__truth_coverage=coverage)
    assert answer.answer(partly).startswith(
        "Buying the 40 best by score among the 400 with truth, of 900 scored, finds 50"
    )
    assert cautions(partly, "Truth is known for") == [
        "Truth is known for 400 of 900 scored molecules, and hits are counted among those. Of the 40 to send, 23 have "
        "truth, and 19 of these are hits."
    ]
    assert answer.to_send(partly) == "To send: ranks 1 to 3 of ranked_candidates.csv, the best by score."
