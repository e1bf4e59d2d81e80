"""Calls in words, and scores on an axis."""

import ast
import inspect
import re
from xml.etree import ElementTree

import pytest

from hetero2.report.cards import _REASONS, at_least_as_high, axis, digits, move_in_words, reason_in_words
from hetero2.stats.audit import target_decoy_competition
from tests.unit.report.test_table import ROW


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Stands out from its 20 decoys, in both orderings of the library (q = 0.05)."),
        (
            {"call_reason": "block_max", "n_decoys_scored": 1},
            "Scores above its one decoy, and high in the library (q = 0.05).",
        ),
        (
            {"call": "NO_SIGNAL", "call_reason": "decoys_score_as_high", "p_value": 6 / 21, "q_value": None},
            "5 of its 20 decoys score as high: at 95 % confidence, over 5 % of its isomers do.",
        ),
        (
            {"call": "UNDECIDABLE", "call_reason": "too_few_decoys", "n_decoys_scored": 1, "q_value": None},
            "Has 1 decoy with a score, too few to tell.",
        ),
        (
            {"call": "UNDECIDABLE", "call_reason": "share_not_told_from_0.05", "m_needed": 78, "q_value": None},
            "0 of its 20 decoys score as high, too few to tell whether 5 % do (78 could tell).",
        ),
        (
            {"call": "UNDECIDABLE", "call_reason": "share_not_told_from_0.05", "m_needed": None, "q_value": None},
            "0 of its 20 decoys score as high, too few to tell whether 5 % do.",
        ),
        ({"status": "SKIP", "reason": "invalid_smiles"}, "Left out: invalid smiles"),
        ({"call_reason": "something_new", "q_value": None}, "Something new."),
        ({"call_reason": "", "call": "", "q_value": None}, "No call."),
    ],
)
def test_reasons_are_told_in_words(changes, sentence):
    assert reason_in_words(ROW | changes) == sentence


def test_every_reason_of_the_calls_has_its_words():
    nodes = ast.walk(ast.parse(inspect.getsource(target_decoy_competition._reasons)))
    named = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    named = {text for text in named if " " not in text}  # without its docstring
    assert "decoys_score_as_high" in named
    named |= {"pooled_residuals", "no_scored_decoys", "copy_with_another_score"}
    assert named | set(target_decoy_competition.METHODS[1:3]) == set(_REASONS)


@pytest.mark.parametrize("above", range(21))
def test_the_number_above_follows_from_p(above):
    assert at_least_as_high({"p_value": (1 + above) / 21, "n_decoys_scored": 20}) == above
    assert at_least_as_high({"p_value": None, "n_decoys_scored": 0}) is None


def test_repeated_moves_are_counted():
    assert (
        move_in_words("slide+slide+relink2") == "2 × a group moved along the chain or ring, then two bonds reconnected"
    )
    assert move_in_words("odd_move") == "odd move"


def test_the_axis_puts_scores_where_they_belong():
    root = ElementTree.fromstring(axis(0.5, [0.0, 1.0]))
    strokes = [float(x) for x in re.findall(r"M([\d.]+)", root.find("path[@class='strokes']").get("d"))]
    diamond = float(re.match(r"M([\d.]+)", root.find("path[@class='own']").get("d"))[1])
    assert diamond == pytest.approx(sum(strokes) / 2, abs=0.1)
    assert "score of the molecule 0.5; scores of 2 decoys from 0 to 1" in root.get("aria-label")


@pytest.mark.parametrize(
    ("score", "decoys"), [(1.0, []), (1.0, [1.0]), (None, [2.0, 3.0]), (-1e300, [1e300]), (1e308, [-1e308, 0.0])]
)
def test_odd_scores_have_an_axis_too(score, decoys):
    assert "nan" not in axis(score, decoys)
    ElementTree.fromstring(axis(score, decoys))


def test_scores_are_told_with_the_digits_that_tell_them_apart():
    assert digits([1.0, 2.0]) == 4
    energies = [-1523.8842, -1523.8790, -1523.8800]
    n = digits(energies)
    assert len({f"{energy:.{n}g}" for energy in energies}) == 3
    assert f">{energies[0]:.{n}g}</text>" in axis(None, energies, n)
    assert digits([1.0, 1.0 + 1e-15]) == 12


def test_no_scores_no_axis():
    assert axis(None, []) == ""


def test_an_axis_of_many_decoys_is_no_larger_than_its_pixels():
    assert len(axis(0.5, [n / 1e5 for n in range(100_000)])) < 8000
