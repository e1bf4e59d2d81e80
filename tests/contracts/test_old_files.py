"""Stored files of older releases must still be read, and mean the same."""

import json
from pathlib import Path

import pytest

from hetero2.schemas import first_problem
from hetero2.scoring import hetero_scores, score_table
from hetero2.stages.cost_lift import read_rows
from hetero2.stages.truth import read_truth

GOLDEN = Path(__file__).parent.parent / "golden" / "data"
OWN = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("name", "n_decoys", "original", "key"),
    [
        ("scores_external_19f08f23.json", 12, 1.0, "external_ci_rule_v1"),
        ("scores_external_e3a00b22.json", 44, 1.0, "external_ci_rule_v1"),
        ("suite_scores_chain.json", 20, 1.0, None),
        ("scores_BAD-random.json", 20, 0.8444218515250481, None),
    ],
)
def test_hetero_scores_v1(name, n_decoys, original, key):
    scores = hetero_scores.read(GOLDEN / name)
    assert (len(scores.decoys), scores.original.score, scores.score_key) == (n_decoys, original, key)
    assert first_problem(json.loads((GOLDEN / name).read_text()), "hetero_scores.v1") is None


@pytest.mark.parametrize(
    ("name", "source", "n_pass"),
    [("truth_external_1403593f.csv", "external", 11), ("truth_proxy_rule_v1.csv", "proxy_rule_v1", 20)],
)
def test_customer_truth_v1(name, source, n_pass):
    hits = read_truth(GOLDEN / name, source)
    assert (len(hits), sum(hits.values())) == (200, n_pass)


@pytest.mark.parametrize("name", ["summary_ring_suite_chain.csv", "summary_BAD-random_chain.csv"])
def test_summary_v1(name):
    rows = read_rows(GOLDEN / name, {})
    assert len(rows) == 200
    assert all(row.status == "OK" for row in rows)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("cost_lift_*.json")), ids=lambda path: path.stem)
def test_cost_lift_v1(path):
    assert first_problem(json.loads(path.read_text()), "cost_lift.v1") is None


def test_hetero_score_table_v1():
    scores = score_table.read(OWN / "hetero_score_table.v1.csv")
    assert [tuple(scored) for scored in scores.values()] == [(0.75, 1.0), (-12.5, 2.0), (3.0, 1.0)]
