"""The grades of agreement: exact, rounding, calls agree, calls differ."""

import csv
import io
import shutil

import pytest

from hetero2.commands import compare
from hetero2.commands.reproducing import agreement as agreeing
from hetero2.commands.reproducing.agreement import CALLS_AGREE, CALLS_DIFFER, EXACT, ROUNDED
from tests.packs import edit, relist


@pytest.fixture
def pair(stored_run, tmp_path):
    """(pack of a run, a copy of it that may be changed)."""
    return stored_run / "pack", shutil.copytree(stored_run / "pack", tmp_path / "copy")


def cell(pack, column, change):
    """Change a column of the first audited row of summary.csv."""
    path = pack / "summary.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
    row = next(row for row in rows if row["status"] == "OK" and row[column])
    row[column] = str(change(row[column]))
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n", quoting=csv.QUOTE_ALL)
        table.writeheader()
        table.writerows(rows)
    relist(pack)


def graded(pair):
    return agreeing.agreement(*map(compare.read_pack, pair))


def test_the_same_files_are_exact(pair):
    agreement = graded(pair)
    assert (agreement.grade, agreement.largest, agreement.where) == (EXACT, 0.0, "")
    assert set(agreement.differing.values()) == {0}
    assert agreement.n_rows == 20
    (pair[1] / "index.md").write_text("another page")  # no file of the result
    assert graded(pair).grade == EXACT


@pytest.mark.parametrize(
    ("relative", "grade"), [(1e-13, ROUNDED), (0.9e-9, ROUNDED), (1.1e-9, CALLS_AGREE), (0.1, CALLS_AGREE)]
)
def test_a_number_that_moved_is_rounding_or_not_by_its_size(pair, relative, grade):
    cell(pair[1], "score", lambda text: repr(float(text) * (1 + relative)))
    agreement = graded(pair)
    assert agreement.grade == grade
    assert agreement.largest == pytest.approx(relative, rel=0.2)
    assert agreement.where.startswith("summary.csv line ")
    assert agreement.where.endswith(" score")


@pytest.mark.parametrize("column", ["status", "verdict", "call"])
def test_another_word_about_a_molecule_is_a_call_that_differs(pair, column):
    cell(pair[1], column, lambda text: text + "X")
    agreement = graded(pair)
    assert agreement.grade == CALLS_DIFFER
    assert agreement.differing[column] == 1
    assert agreement.largest == float("inf")


def test_a_row_that_only_one_has_differs(pair):
    path = pair[1] / "summary.csv"
    path.write_bytes(path.read_bytes()[:-1].rpartition(b"\n")[0] + b"\n")
    relist(pair[1])
    agreement = graded(pair)
    assert agreement.grade == CALLS_DIFFER
    assert agreement.differing["status"] == 1


def test_a_rate_that_moved_differs_and_is_named(pair):
    edit(pair[1] / "metrics.json", lambda metrics: metrics | {"pass_rate": metrics["pass_rate"] + 0.01})
    relist(pair[1])
    agreement = graded(pair)
    assert agreement.grade == CALLS_DIFFER
    assert [line.split(":")[0] for line in agreement.rates] == ["metrics.json pass_rate"]


@pytest.mark.parametrize(("first", "second"), [("0", "0.0"), (0, 0.0), ("x", "x"), (None, None), (True, True)])
def test_values_that_are_equal_do_not_differ(first, second):
    assert agreeing._difference(first, second) == 0


@pytest.mark.parametrize(("first", "second"), [("a", "b"), (None, 1), ("", "1"), (True, 0.5), ("nan", "1")])
def test_what_is_no_number_on_both_sides_differs_without_end(first, second):
    assert agreeing._difference(first, second) == float("inf")
