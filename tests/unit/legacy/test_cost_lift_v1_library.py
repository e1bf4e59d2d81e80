from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hetero2.legacy.cost_lift_v1 import Row
from hetero2.legacy.cost_lift_v1_library import expected_hits_of_top, library_facts


def slow_expected_hits(scores, hits, k):
    """Mean over all orders of the molecules of the hits among the k highest, the order breaking ties."""
    counts = []
    for order in permutations(range(len(scores))):
        top = sorted(order, key=lambda i: -scores[i])[:k]
        counts.append(sum(hits[i] for i in top))
    return sum(counts) / len(counts)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6), st.data())
def test_expected_hits_are_the_mean_over_all_ways_to_break_ties(items, data):
    scores, hits = [float(s) for s, _ in items], [h for _, h in items]
    k = data.draw(st.integers(1, len(items)))
    assert expected_hits_of_top(scores, hits, k) == pytest.approx(slow_expected_hits(scores, hits, k))


def test_a_constant_scorer_gets_the_base_rate():
    assert expected_hits_of_top([1.0] * 10, [True] * 3 + [False] * 7, 5) == pytest.approx(1.5)


def row(number, verdict, slack, score, hit):
    return Row(f"m{number}", "OK", verdict, 1.0, slack, None, 3, 3, hit, score)


def test_library_facts():
    rows = [row(0, "PASS", 0.0, 3.0, True), row(1, "PASS", 0.0, 2.0, False), row(2, "FAIL", -0.5, 1.0, True)]
    facts = library_facts([*rows, row(3, "FAIL", -0.5, 9.0, None)], 2)
    assert facts == {
        "all": {"n": 3, "hits": 2, "hit_rate": 2 / 3},
        "PASS": {"n": 2, "hits": 1, "hit_rate": 0.5},
        "FAIL": {"n": 1, "hits": 1, "hit_rate": 1.0},
        "score_topk": {"k": 2, "expected_hits": 1.0, "hit_rate": 0.5},
        "n_pass_with_the_highest_slack": 2,
    }
    assert library_facts([row(3, "FAIL", -0.5, 9.0, None)], 2) is None
    assert library_facts(rows[2:], 5)["PASS"]["hit_rate"] is None
