"""Figures of campaigns: they say what the numbers say, and are drawn from nothing as well."""

import pytest

from hetero2.report.plots.campaigns import Curve, difference_by_round, frameworks_of_hits, hits_by_measurements

LOOKS = [
    {"round": 1, "difference": None, "low": -1.0, "high": 0.995},
    {"round": 2, "difference": 0.125, "low": -0.2, "high": 0.4},
]


def test_chance_is_drawn_only_where_the_base_rate_is_known():
    curves = [Curve("new", [10, 20], [2.0, 5.0]), Curve("today", [10, 20], [1, 2])]
    with_chance = hits_by_measurements("k", "t", curves, 0.1, "n", "f.json")
    without = hits_by_measurements("k", "t", curves, None, "n", "f.json")
    assert "chance: 2 of 20" in with_chance.svg
    assert "chance" not in without.svg
    for text in ("new: 5 of 20", "today: 2 of 20"):
        assert text in with_chance.svg
        assert text in without.svg


def test_the_difference_of_the_last_round_is_the_title():
    figure = difference_by_round(LOOKS, "f.json")
    assert figure.title == "After round 2 the difference of hit rates is +12.5 points (-20.0 to +40.0)"
    assert difference_by_round(LOOKS[:1], "f.json").title.startswith(
        "After round 1 the difference of hit rates is undef"
    )


@pytest.mark.parametrize(
    "figure",
    [
        hits_by_measurements("k", "t", [Curve("new", [], [])], 0.1, "n", "f.json"),
        difference_by_round([], "f.json"),
        frameworks_of_hits([("a", 0), ("b", 0)], "t", "n", "f.json"),
    ],
)
def test_what_cannot_be_drawn_says_so(figure):
    assert figure.svg == ""
    assert "not" in figure.title or "No hit" in figure.title or "nothing" in figure.title


def test_counts_of_frameworks_are_written_at_their_bars():
    figure = frameworks_of_hits([("new", 7), ("known", 12)], "t", "n", "f.json")
    assert ">7<" in figure.svg
    assert ">12<" in figure.svg
