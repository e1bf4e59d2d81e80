"""Scores of molecules and decoys by id, without structures."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv as arrow_csv

from hetero2.errors import InputError
from hetero2.scoring import pair_table
from tests.conftest import ROOT

STORED = ROOT / "tests/contracts/data/hetero_pair_table.v1.csv"


def read(tmp_path, text, molecule_ids=("a", "b")):
    path = tmp_path / "t.csv"
    path.write_text(text)
    return pair_table.read(path, set(molecule_ids))


def test_the_stored_table_is_read():
    sets = pair_table.read(STORED, {"a", "b, 2"})
    assert sets["a"].molecule == (0.75, 1.0)
    assert [tuple(decoy) for decoy in sets["a"].decoys.values()] == [
        ("d1", (-12.5, 2.0), 0.61),
        ("d2", (3.0, 1.0), None),
    ]
    assert sets["b, 2"].decoys["d1"].tanimoto == 0.0
    assert pair_table.check(STORED) == (2, 5)
    assert list(pair_table.read_row_by_row(STORED)) == ["a", "b, 2"]


def test_only_wanted_molecules_are_kept_and_lines_may_stand_in_any_order(tmp_path):
    text = "decoy,score,id\nd1,1,a\n,2,b\n,3,a\nd1,4,c\n"
    sets = read(tmp_path, text, ["a"])
    assert set(sets) == {"a"}
    assert (sets["a"].molecule, sets["a"].decoys["d1"].scored) == ((3.0, 1.0), (1.0, 1.0))


def test_parquet_says_the_same(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": ["a", "a"], "decoy": [None, "1"], "score": [1.0, 2.0]}), path)
    sets = pair_table.read(path, {"a"})
    assert (sets["a"].molecule, list(sets["a"].decoys)) == ((1.0, 1.0), ["1"])
    pq.write_table(pa.table({"id": ["a"], "score": [1.0]}), path)
    with pytest.raises(InputError, match="no column 'decoy'"):
        pair_table.read(path, {"a"})


@pytest.mark.parametrize("column", [[1.5], [["a"]], [True]])
def test_ids_of_another_type_are_refused(tmp_path, column):
    pq.write_table(pa.table({"id": column, "decoy": [""], "score": [1.0]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="expected text"):
        pair_table.read(tmp_path / "t.parquet", {"a"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,score\na,1\n", "line 1: there is no column 'decoy'"),
        ("id,decoy,score\na,,x\n", "line 2: score is 'x'"),
        ("id,decoy,score\na,,nan\n", "line 2: score is 'nan'"),
        ("id,decoy,score\na,,1\na,,1\n", "line 3: the molecule's own score of 'a' occurs twice"),
        ("id,decoy,score\na,d,1\na,d,2\n", "line 3: the decoy 'd' of 'a' occurs twice"),
        ("id,decoy,score\na,d,1\na, d ,2\n", "line 3: the decoy 'd' of 'a' occurs twice"),
        ("id,decoy,score\n,d,1\n", "line 2: id is empty"),
        ("id,decoy,score,weight\na,d,1,0\n", "line 2: weight is 0.0"),
        ("id,decoy,score,tanimoto\na,d,1,1.5\n", "line 2: tanimoto is 1.5"),
        ("id,decoy,score,tanimoto\na,d,1,x\n", "line 2: tanimoto is 'x'"),
    ],
)
def test_a_bad_line_is_one_error_with_its_place(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)
    with pytest.raises(InputError, match=message):
        pair_table.check(tmp_path / "t.csv")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_is_counted_as_a_row_at_a_time(tmp_path, suffix):
    pairs = [(n, decoy) for n in range(9) for decoy in range(n)]
    rows = [{"id": f"m{n}", "decoy": f"d{decoy}" if decoy else "", "score": n / 7} for n, decoy in pairs]
    path = tmp_path / f"t.{suffix}"
    table = pa.Table.from_pylist(rows)
    (pq.write_table if suffix == "parquet" else arrow_csv.write_csv)(table, path)
    assert pair_table.check(path) == (8, len(rows))
    sets = pair_table.read_row_by_row(path)
    assert (8, len(rows)) == (len(sets), sum(len(decoy_set.decoys) + 1 for decoy_set in sets.values()))
