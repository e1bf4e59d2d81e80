"""The rows of the table: what fits, escaped so that no cell ends the script that holds it."""

import json

import pytest

from hetero2.report import table
from hetero2.report.cards import reason_in_words
from hetero2.report.text.words import clipped

ROW = {
    "rank": 1,
    "id": "m1",
    "status": "OK",
    "reason": "",
    "call": "SIGNAL",
    "call_reason": "both_orderings",
    "score": 0.123456789,
    "p_value": 1 / 21,
    "q_value": 0.05,
    "auc_tie_aware": 1.0,
    "n_decoys_scored": 20,
    "m_needed": None,
    "tanimoto_median": None,
    "verdict": "PASS",
    "measured": "hit",
    "canonical_smiles": "CCO",
}


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--", "\u2028\u2029", "&lt;", "\"'\\\n"])
def test_no_text_ends_the_script(text):
    script = table.as_script([[text, 1.5, None]])
    assert not set("<>&\u2028\u2029") & set(script)
    assert json.loads(script) == [[text, 1.5, None]]


def test_cells_are_in_the_order_of_the_columns():
    cells = dict(zip((column.heading for column in table.COLUMNS), table.cells(ROW), strict=True))
    assert cells["score"] == 0.123456789
    assert cells["p"] == 0.048
    assert (cells["stands out"], cells["above decoys"], cells["status"]) == ("yes", "yes", "audited")
    assert cells["similarity"] is None
    assert cells["why"] == reason_in_words(ROW)


def test_long_cells_are_cut_and_rows_that_do_not_fit_left_out():
    rows = [ROW | {"id": "x" * 5000, "canonical_smiles": "C" * 100_000} for _ in range(100)]
    assert all(len(cell) <= 141 for row in table.fitting(rows) for cell in row if isinstance(cell, str))
    few = table.fitting(rows, 5000)
    assert 0 < len(few) < 100
    assert len(table.as_script(few).encode()) <= 5000 + 2


def test_the_limit_counts_bytes_of_what_is_written():
    rows = [ROW | {"id": "<" * 80}]
    size = len(table.as_script([table.cells(rows[0], 4)]).encode())
    assert table.fitting(rows, size) == [table.cells(rows[0], 4)]
    assert table.fitting(rows, size - 1) == []


def test_scores_that_differ_late_or_are_huge_stay_numbers():
    scores = [-1523.8842, -1523.8790, 1.7976931348623157e308]
    places = [column.key for column in table.COLUMNS].index("score")
    shown = [table.cells(ROW | {"score": score})[places] for score in scores]
    assert shown == pytest.approx(scores, rel=1e-11)
    assert len(set(shown)) == 3
    assert json.loads(table.as_script([shown])) == [shown]


def test_control_characters_are_no_text():
    assert clipped("a\x00b\x08\n", 9) == "a\ufffdb\ufffd\n"


def test_clipped():
    assert clipped("abc", 3) == "abc"
    assert clipped("abcd", 3) == "ab…"
    assert clipped(None, 3) == ""
