"""Molecules, labels and scores as callers bring them."""

import math
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hetero2.commands.tables import progress
from hetero2.commands.tables.molecules import as_molecules, labels_of, scores_by
from hetero2.errors import InputError

IDS = ["a", "b", "c"]
REQUEST = pa.table({"id": ["h1", "h2", "h3"], "smiles": ["C", "CC", "CCC"]})


@pytest.mark.parametrize(
    "texts", [["C", None], ("C", None), pd.Series(["C", None]), np.array(["C", None], object), pa.array(["C", None])]
)
def test_a_list_of_smiles_is_a_table_with_ids(texts):
    assert as_molecules(texts, "molecules").to_pydict() == {"id": ["m1", "m2"], "smiles": ["C", None]}


def test_a_table_stays_as_it_is():
    for table in ({"id": ["a"]}, pd.DataFrame({"id": ["a"]}), pa.table({"id": ["a"]})):
        assert as_molecules(table, "molecules") is table


@pytest.mark.parametrize(
    "truth",
    [
        {"a": True, "c": False},
        {"a": 1, "b": None, "c": 0},
        [True, None, False],
        [1, float("nan"), 0.0],
        np.array([1.0, np.nan, 0.0]),
        [np.bool_(True), None, np.bool_(False)],
        pd.Series([True, None, False]),
        pd.Series([True, None, False], index=[7, 8, 9]),
        pd.Series([False, True], index=["c", "a"]),
        pd.Series([False, True, pd.NA], index=["c", "a", "b"], dtype="boolean"),
    ],
)
def test_labels_are_by_id_or_in_the_order_of_the_molecules(truth):
    assert labels_of(truth, IDS) == {"a": True, "c": False}


def test_an_index_of_numbers_that_is_called_id_holds_ids():
    frame = pd.DataFrame({"id": [3, 1], "hit": [True, False]})
    assert labels_of(frame.set_index("id")["hit"], ["1", "2", "3"]) == {"3": True, "1": False}


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ([True], "truth: 1 labels for 3 molecules"),
        ({"z": True}, "truth: none of its 1 ids is an id of the molecules"),
        ({"a": 7.2}, "truth: 'a' is 7.2, expected True (a hit) or False"),
        ({"a": "active"}, "truth: 'a' is \"active\", expected True"),
        ({"a": None}, "truth: no molecule has a label"),
        ({}, "truth: no molecule has a label"),
        (pd.DataFrame({"id": ["a"]}), "truth: expected labels, found DataFrame"),
        (True, "truth: expected labels, found bool"),
        ("no.csv", "no.csv: no such file"),
    ],
)
def test_what_is_wrong_with_labels_is_said(truth, message):
    with pytest.raises(InputError, match=re.escape(message)):
        labels_of(truth, IDS)


def test_a_function_gets_lists_of_smiles_and_may_leave_some_out():
    calls = []

    def score(batch):
        calls.append(batch)
        return [math.nan if text == "CC" else len(text) for text in batch]

    assert scores_by(score, REQUEST).to_pydict() == {"id": ["h1", "h3"], "score": [1.0, 3.0]}
    assert calls == [["C", "CC", "CCC"]]
    many = pa.table({"id": [f"h{row}" for row in range(2500)], "smiles": ["C"] * 2500})
    calls.clear()
    assert len(scores_by(score, many)) == 2500
    assert [len(batch) for batch in calls] == [1024, 1024, 452]


@pytest.mark.parametrize("kind", [np.array, pd.Series, tuple, pa.array])
def test_scores_may_be_of_any_kind(kind):
    assert scores_by(lambda batch: kind([1.0] * len(batch)), REQUEST)["score"].to_pylist() == [1.0] * 3


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda _: [1.0], "returned 1 scores for 3 structures, the first of them 'C'"),
        (lambda _: 1.0, "returned 1.0, not a list"),
        (lambda _: None, "returned of type NoneType, not a list"),
        (lambda _: ["x"] * 3, "gave 'C' the score \"x\", expected a finite number"),
        (lambda _: [math.inf] * 3, "expected a finite number"),
        (lambda _: [math.nan] * 3, "gave none of 3 structures a score"),
        (lambda _: 1 / 0, "the function raised ZeroDivisionError: division by zero (on 3 structures"),
    ],
)
def test_what_a_function_does_wrong_is_said(function, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        scores_by(function, REQUEST)
    assert "hint: " in str(caught.value)


def test_what_the_function_raised_is_the_cause():
    with pytest.raises(InputError) as caught:
        scores_by(lambda _: 1 / 0, REQUEST)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_bar_is_shown_to_whoever_watches(monkeypatch, capsys):
    assert list(progress.bar(iter("ab"), 2, "letters")) == ["a", "b"]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "_is_watched", lambda: True)
    assert list(progress.bar([[1, 2], [3]], 3, "numbers", len)) == [[1, 2], [3]]
    assert "numbers: 100%" in capsys.readouterr().err
