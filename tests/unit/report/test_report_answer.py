"""The first screen says what the files of the pack say, whatever they say."""

import copy
import json
from dataclasses import replace

import pytest

from hetero2.pack import verify
from hetero2.report import answer, evidence
from hetero2.report.cautions import warnings
from hetero2.stages import results

AT = {"k": 10, "methods": {}}
RATES = {"random": 0.2, "score_topk": 0.5, "score_plus_audit_topk": 0.6, "signal_first_topk": 0.3}
for _name, _rate in RATES.items():
    AT["methods"][_name] = {
        "hit_rate": _rate,
        "expected_hits": 10 * _rate,
        "wilson_low": _rate - 0.1,
        "wilson_high": _rate + 0.1,
        "enrichment": _rate / 0.2,
        "cost_per_hit": None,
    }


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
        "Buying 10 by score and audit finds 60 hits per 100 evaluations (50 to 70): 40 more than at random (95 % "
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
    assert text.endswith("and the same as the score alone, whose list holds the same molecules.")
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
    assert found["score + audit"].money is None
    assert found["at random"].saved is None
    worth.utility["price_per_evaluation"] = 7.0
    assert answer.selections(worth)[2].money == pytest.approx(140)


def test_money_is_told_with_its_interval(worth):
    same = worth.utility["utility"]["before_after"]["sent_for_the_same_hits"]
    assert next(answer.saving(worth)) == (
        "For the 5 hits of the score alone, score and audit need 2.5 fewer evaluations (95 % interval −1 to 4)."
    )
    same |= {"saving": 1234567.0, "saving_ci_low": -5.0, "saving_ci_high": 2e6}
    assert list(answer.saving(worth))[1] == "That is 1,234,567 in money (95 % interval −5 to 2,000,000)."


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
    assert any(text.startswith("The scores (random) are made up") for text in told)
    assert any(text.startswith("Novelty explains it at least as well: nearest training neighbour") for text in told)


@pytest.mark.parametrize(
    ("kind", "level"),
    [("molecule_in_training", "STOP"), ("molecule_near_training", "CAUTION"), ("truth_id_unknown", "NOTE")],
)
def test_leakage_is_warned_of(known, kind, level):
    found = [one for one in warnings(replace(known, leaks={kind: 1200})) if one.file == "leakage.csv"]
    assert [(one.level, one.text[:5]) for one in found] == [(level, "1,200")]


def test_numbers_for_people():
    assert [answer.number(x) for x in (0, 1234567.0, 0.04, -0.04, -2.5, 86.0)] == [
        "0",
        "1,234,567",
        "0",
        "0",
        "−2.5",
        "86",
    ]
    assert answer.counted(1, "row") == "1 row"
    assert answer.counted(2, "row") == "2 rows"
