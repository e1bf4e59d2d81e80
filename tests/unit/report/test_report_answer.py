"""The first screen says what the files of the pack say, whatever they say."""

import copy
import json
from dataclasses import replace

import pytest

from hetero2.pack import verify
from hetero2.report import answer, evidence, page
from hetero2.report.cautions import warnings
from hetero2.report.words import counted, number
from hetero2.stages import results

AT = {"k": 10, "methods": {}}
RATES = {"random": 0.2, "score_topk": 0.5, "score_plus_audit_topk": 0.6, "signal_first_topk": 0.3}
for _name, _rate in RATES.items():  # random: draws hold 1 to 4 hits
    AT["methods"][_name] = {
        "hit_rate": _rate,
        "expected_hits": 10 * _rate,
        "wilson_low": _rate - 0.1,
        "wilson_high": _rate + 0.1,
        "enrichment": _rate / 0.2,
        "cost_per_hit": None,
    } | ({"hits_low": 1, "hits_high": 4} if _name == "random" else {})


def against(uplift, low, high):
    return {"uplift": uplift, "ci_low": low, "ci_high": high}


UTILITY = {
    "n": 100,
    "k": 10,
    "k_reason": None,
    "reason": None,
    "at": [AT],
    "uplift": {
        "against": {"random": against(0.4, 0.1, 0.7), "score_topk": against(0.1, -0.05, 0.25)},
        "discordant": {"lists_coincide": False, "reason": None},
        "interval_reason": None,
    },
    "before_after": {
        "before": {"method": "score_topk", "sent": 10, "hits": 5.0},
        "after": {"method": "score_plus_audit_topk", "sent": 10, "hits": 6.0},
        "sent_for_the_same_hits": {
            "hits": 5.0,
            "fewer": 2.5,
            "ci_low": -1.0,
            "ci_high": 4.0,
            "saving": None,
            "saving_ci_low": None,
            "saving_ci_high": None,
        },
    },
}


@pytest.fixture
def known(pack):
    """Evidence of the small run."""
    files = {name: pack / name for name in (*results.READ.values(), "utility_report.json", verify.HIT_CURVE)}
    manifest = json.loads((pack / "manifest.json").read_text())
    return evidence.read(files, None, facts=manifest, lock_differences=[])


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
def worth(known):
    """The same where score, audit and chance find different things."""
    return changed(known, utility__utility=copy.deepcopy(UTILITY))


def test_the_answer_tells_rate_interval_and_differences(worth):
    assert answer.answer(worth) == (
        "Buying 10 by score and audit finds 60 hits per 100 evaluations (50 to 70 if molecules were independent): "
        "40 more than at random (95 % "
        "interval of the difference 10 to 70), and 10 more than the score alone (95 % interval of the difference "
        "−5 to 25)."
    )


def test_a_loss_is_told_as_a_loss(worth):
    worth.utility["utility"]["uplift"]["against"]["score_topk"] = against(-0.2, -0.3, -0.1)
    assert "and 20 fewer than the score alone (95 % interval of the difference −30 to −10)" in answer.answer(worth)


def test_lists_that_coincide_and_intervals_that_are_none(worth):
    found = worth.utility["utility"]["uplift"]
    found["discordant"] |= {"lists_coincide": True, "reason": "lists_coincide"}
    found["interval_reason"] = "fewer_than_30_scaffolds"
    text = answer.answer(worth)
    assert "40 more than at random (no interval: fewer than 30 scaffolds)" in text
    assert text.endswith("and as many as the score alone, whose list holds the same molecules.")
    assert any("changes nothing at this K" in one.text for one in warnings(worth))


def test_a_filter_of_today_is_what_the_audit_is_held_against(worth):
    utility = worth.utility["utility"]
    utility["before_after"]["before"]["method"] = "baseline_topk"
    utility["uplift"]["against"]["baseline_topk"] = against(0.3, 0.2, 0.4)
    utility["at"][0]["methods"]["baseline_topk"] = utility["at"][0]["methods"]["random"]
    assert "and 30 more than today's filter (95 %" in answer.answer(worth)
    assert [one.label for one in answer.selections(worth)][1] == "today's filter"
    assert "For the 5 hits of today's filter," in next(answer.saving(worth))


def test_what_is_saved_follows_from_the_enrichment(worth):
    found = {one.label: one for one in answer.selections(worth)}
    assert list(found) == ["at random", "by the score (today)", "score + audit", "SIGNAL first"]
    assert found["score + audit"].per_100 == pytest.approx(60)
    assert found["score + audit"].saved == pytest.approx(20)  # 6 hits at random take 30 evaluations, 20 more than 10
    assert [one.today for one in found.values()] == [None, None, 2.5, None]
    assert found["at random"].saved is None
    assert (found["at random"].low, found["at random"].high) == (10, 40)  # of draws, not of a share
    assert answer.saved(20.0, None) == "20"
    assert answer.saved(20.0, 7.0) == "140 (20)"
    assert answer.saved(-2.5, None) == "−2.5"
    assert answer.saved(None, 7.0) == "–"


def test_money_is_told_with_its_interval(worth):
    same = worth.utility["utility"]["before_after"]["sent_for_the_same_hits"]
    assert next(answer.saving(worth)) == (
        "For the 5 hits of the score alone, score and audit need 2.5 fewer evaluations (95 % interval: −1 to 4 fewer)."
    )
    same |= {"saving": 1234567.0, "saving_ci_low": -5.0, "saving_ci_high": 2e6}
    assert list(answer.saving(worth))[1] == "That saves 1,234,567 in money (95 % interval: −5 to 2,000,000 saved)."


@pytest.mark.parametrize(
    ("parts", "begins"),
    [
        (
            {"controls__audit": {"status": "FAILED", "reason": "not silent: formula"}},
            "No answer: the audit has failed on this library (not silent: formula)",
        ),
        ({"metrics__counts": {"OK": 0, "SKIP": 2, "ERROR": 1}}, "No answer: none of the 3 rows could be audited."),
        ({"utility__truth_coverage": {"scored": 5, "with_truth": 0}}, "No answer: NO TRUTH MATCHES"),
    ],
)
def test_what_makes_an_answer_void_comes_first(worth, parts, begins):
    void = changed(worth, **parts)
    assert answer.answer(void).startswith(begins)
    assert answer.second(void) is None


def test_without_truth_the_skill_of_the_score_is_the_answer(known):
    blind = replace(known, utility=None, cost_lift=None)
    assert answer.answer(blind).startswith("The score ranks a molecule above one of its decoys with probability 0.")
    assert answer.second(blind) == "No truth was given, so nothing is said of hits and money."
    assert answer.selections(blind) == []
    assert list(answer.saving(blind)) == []
    assert answer.question(blind) == "Can the model tell these 20 molecules from matched decoys?"


def test_truth_of_one_class_says_nothing_of_hits(known):
    nothing = {"n": 5, "reason": "truth_has_one_class", "at": [], "uplift": None, "before_after": None}
    one = changed(known, utility__utility=nothing)
    assert answer.second(one) == "Nothing can be said of hits and money: truth has one class."
    assert answer.selections(one) == []
    assert list(answer.saving(one)) == []
    warnings(one)


def test_warnings_are_told_by_gravity_with_their_file(known):
    found = warnings(
        changed(
            known,
            facts__scores__source="random",
            controls__inference__explanation="EXPLAINED_BY_NOVELTY",
            controls__inference__explained_by=["nearest_training_neighbour"],
        )
    )
    levels = [one.level for one in found]
    assert levels == sorted(levels, key=("STOP", "CAUTION", "NOTE").index)
    told = {one.text: (one.level, one.file) for one in found}
    assert told["2 rows ended in ERROR."] == ("STOP", "metrics.json")
    assert any(text.startswith("This is a test and no evidence: the scores are made up") for text in told)
    assert any(text.startswith("Novelty explains it at least as well: nearest training neighbour") for text in told)


@pytest.mark.parametrize(
    ("kind", "level"),
    [("molecule_in_training", "STOP"), ("molecule_near_training", "CAUTION"), ("truth_id_unknown", "NOTE")],
)
def test_leakage_is_warned_of(known, kind, level):
    found = [one for one in warnings(replace(known, leaks={kind: 1200})) if one.file == "leakage.csv"]
    assert [(one.level, one.text[:5]) for one in found] == [(level, "1,200")]


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


def test_the_question_names_what_can_be_bought_and_how_much(known):
    """3 of 20 rows were asked for; 11 of the 20 can be bought."""
    assert answer.question(known) == "Which 3 of these 11 molecules are worth paying for, and does the model know?"
    more = changed(known, utility__utility__k=11, facts__config__selection__k=500)
    assert answer.question(more).startswith("Which 11 of these 11 molecules")


def test_a_loss_of_evaluations_is_told_with_its_interval(worth):
    same = worth.utility["utility"]["before_after"]["sent_for_the_same_hits"]
    same |= {"fewer": -5.0, "ci_low": -9.0, "ci_high": 2.0, "saving": -500.0, "saving_ci_low": -900.0}
    same |= {"saving_ci_high": 200.0}
    needs, money = answer.saving(worth)
    assert needs.endswith("need 5 more evaluations (95 % interval: −9 to 2 fewer).")
    assert money == "That costs 500 in money (95 % interval: −900 to 200 saved)."
    assert answer.saved(answer.selections(worth)[2].today, None) == "−5"
    same["fewer"] = 0.04
    assert "need as many evaluations" in next(answer.saving(worth))


@pytest.mark.parametrize(
    ("uplift", "told"),
    [(0.0004, "as many as at random (95 %"), (-0.02, "2 fewer than at random"), (0.02, "2 more than")],
)
def test_a_difference_is_told_with_its_sign(worth, uplift, told):
    worth.utility["utility"]["uplift"]["against"]["random"] = against(uplift, -0.1, 0.1)
    assert told in answer.answer(worth)


def test_where_the_audit_failed_nothing_of_it_is_shown_as_a_finding(worth):
    failed = changed(worth, controls__audit={"status": "FAILED", "reason": "not silent: formula"})
    assert [one.label for one in answer.selections(failed)] == ["at random", "by the score (today)"]
    assert list(answer.saving(failed)) == []
    titles = {key: one.title for key, one in page.pictures(failed).items()}
    for key in ("hit_rate", "cumulative_hits", "hardness", "score_against_decoys"):
        assert titles[key].startswith("Not to be relied upon: "), key
    assert "FAILED" in titles["controls"]


def test_made_up_scores_and_truth_are_named_in_the_answer_itself(worth):
    assert answer.answer(changed(worth, facts__scores__source="random")).startswith(
        "A test, not evidence: the scores are"
    )
    assert answer.answer(changed(worth, facts__truth={"truth_source": "proxy_rule_v1"})).startswith(
        "A test, not evidence: the truth is a hash of the SMILES"
    )


def curve_of(auc, low, high):
    row = {"auc": auc, "ci_low": low, "ci_high": high, "reason": None, "n_molecules": 40, "n_decoys": 800}
    return [row | {"bin": name} for name in ("easy", "medium", "hard", "all")]


@pytest.mark.parametrize(
    ("row", "interpretation", "explanation", "told"),
    [
        (
            (0.33, 0.27, 0.39),
            "NOT_SHOWN_ON_HARD",
            None,
            "0.33 (0.27 to 0.39), below a coin toss: it prefers the decoys",
        ),
        (
            (0.6, 0.55, 0.65),
            "SIGNAL_ON_HARD",
            None,
            "above one of those that look most like it with 0.60 (0.55 to 0.65).",
        ),
        ((0.6, 0.55, 0.65), "ILLUSION", None, "is not shown for those that look like it."),
        ((0.6, 0.55, 0.65), "SIGNAL_ON_HARD", "EXPLAINED_BY_NOVELTY", "so this is no evidence of knowing the target."),
    ],
)
def test_the_skill_of_a_score_is_told_with_what_else_explains_it(known, row, interpretation, explanation, told):
    found = replace(
        changed(
            known,
            controls__library__interpretation=interpretation,
            controls__inference__explanation=explanation,
            controls__inference__explained_by=["nearest_training_neighbour"],
        ),
        hardness=curve_of(*row),
    )
    assert told in answer.skill(found)
    warned = [one.text for one in warnings(found)]
    assert any("higher_is_better" in text for text in warned) == (row[0] < 0.5)
    assert any("from those that look like them that is not shown" in text for text in warned) == (
        interpretation == "ILLUSION"
    )


def test_first_screen_and_figures_tell_the_same_difference(worth):
    """The title of the hit rate says of the present practice what the answer says."""
    curve = [{"k": k, "methods": AT["methods"]} for k in (1, 10)]
    told = page.pictures(replace(worth, curve=curve))["hit_rate"].title
    assert "finds 60 hits per 100, 10 more than the score alone" in told
    assert "and 10 more than the score alone" in answer.answer(worth)
