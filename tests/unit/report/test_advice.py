"""The next step: send, do not send, or measure so many more."""

import pytest

from hetero2.report.text import answer
from hetero2.report.text.advice import DO_NOT, MEASURE, SEND, advise
from tests.unit.report.runs import against, changed, with_filter
from tests.unit.report.test_trust import AREA, LABELS, NO_AREA, diagnosed


@pytest.mark.parametrize(
    ("case", "act", "step"),
    [
        ({}, SEND, "send these 40"),
        (
            {"area": AREA | {"auc": 0.3, "ci_low": 0.25, "ci_high": 0.35}},
            DO_NOT,
            "do not send by this score: check scores.higher_is_better, and run again",
        ),
        (
            {"heavy_atoms": "no_better"},
            DO_NOT,
            "do not send by this score: heavy atoms alone would do as well, so choose by today's filter or fit another "
            "model",
        ),
        (
            {"area": AREA | {"auc": 0.5, "ci_low": 0.45, "ci_high": 0.55}},
            DO_NOT,
            "do not send by this score: it ranks no better than chance, so choose by today's filter or fit another "
            "model",
        ),
        (
            {"labels": LABELS | {"n": 40, "hits": 4}, "area": NO_AREA | {"reason": "fewer_than_10_hits"}},
            MEASURE,
            "measure 60 more molecules or so (10 hits and 10 others are needed, 4 and 36 are known), and run again",
        ),
        (
            {"labels": LABELS | {"n": 4, "hits": 0}, "area": NO_AREA | {"reason": "fewer_than_10_hits"}},
            MEASURE,
            "measure more molecules (10 hits and 10 others are needed, 0 and 4 are known), and run again",
        ),
        (
            {"labels": LABELS | {"scaffolds": 24}, "area": NO_AREA | {"reason": "fewer_than_30_scaffolds"}},
            MEASURE,
            "measure molecules of at least 6 more scaffolds, and run again",
        ),
        (
            {"labels": LABELS | {"n": 50}, "area": {"auc": 0.6, "ci_low": 0.4, "ci_high": 0.8, "reason": None}},
            MEASURE,
            "measure 150 more molecules or so (if the difference stays at +0.10), and run again",
        ),
        (
            {"area": {"auc": 0.505, "ci_low": 0.35, "ci_high": 0.7, "reason": None}},
            MEASURE,
            "measure more molecules, or bring another score: this one is hardly above chance, and run again",
        ),
        (
            {"sign": {"all_equal": True}},
            MEASURE,
            "bring a score that puts the molecules in an order, and run again",
        ),
        (
            {"labels": LABELS | {"source": "training"}},
            MEASURE,
            "measure molecules that the model was not fitted on, until 10 hits and 10 others are known, and run again",
        ),
    ],
)
def test_the_next_step_follows_from_the_answers(rich, case, act, step):
    assert advise(diagnosed(rich, **case)) == (act, step)


def test_a_list_below_chance_or_today_is_not_sent(rich):
    trusted = diagnosed(with_filter(rich))
    assert advise(trusted).step.endswith("that beats today's filter, a campaign of both would show (hetero2 campaign)")
    of_list = trusted.utility["utility"]["list"]["against"]
    of_list["baseline_topk"] = against(-0.1, -0.2, -0.01)
    assert advise(trusted) == (DO_NOT, "do not send by this score: today's filter finds more hits, keep to it")
    of_list["random"] = against(-0.1, -0.2, -0.01)
    assert advise(trusted).step.endswith("its list finds fewer hits than choosing at random")
    assert answer.heading(trusted) == "Do not send by this score; its 40 best by score"


def test_what_is_not_shown_to_be_worth_something_is_sent_to_learn(rich):
    trusted = diagnosed(rich)
    trusted.utility["utility"]["list"]["against"]["random"] = against(0.1, -0.1, 0.3)
    assert advise(trusted).step == "send these 40, and give their results as truth, to show what the list is worth"


def test_nothing_is_sent_by_scores_that_are_made_up_or_belong_to_nothing(rich):
    assert advise(changed(rich, facts__scores__source="random")).act == DO_NOT
    assert advise(changed(rich, metrics__counts={"OK": 0, "SKIP": 2, "ERROR": 1})).act == DO_NOT
