import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hetero2.errors import InputError
from hetero2.scoring import score_table

A, B = "a" * 64, "b" * 64


def read(tmp_path, text, **options):
    path = tmp_path / "s.csv"
    path.write_text(text)
    return score_table.read(path, **options)


@pytest.mark.parametrize("key", ["id", "molecule_id", "structure_hash"])
def test_the_key_column_may_have_three_names(tmp_path, key):
    assert read(tmp_path, f"{key},score,more\n{A},1.5,x\n{B},-2,y\n") == {A: (1.5, 1.0), B: (-2.0, 1.0)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"name,score\n{A},1\n", "no key column"),
        (f"id,scores\n{A},1\n", "no column 'score'"),
        ("id,score\naspirin,1\n", "line 2: 'aspirin' is not a structure hash"),
        (f"id,score\n{A.upper()},1\n", "is not a structure hash"),
        (f"id,score\n{A},high\n", "line 2: score is 'high'"),
        (f"id,score\n{A},nan\n", "score is 'nan'"),
        (f"id,score\n{A},1_000\n", "score is '1_000'"),
        (f"id,score,score\n{A},1,2\n", "occurs twice"),
        (f"id,score,weight\n{A},1,1e308\n", "weight is 1e"),
        (f"id,score\n{A},1e999\n", "expected a finite number"),
        (f"id,score\n{A},\n", "score is ''"),
        (f"id,score,weight\n{A},1,0\n", "weight is 0.0"),
        (f"id,score,weight\n{A},1,x\n", "weight is 'x'"),
        (f"id,score\n{A},1\n{B},2\n{A},3\n", "line 4: .*another score"),
    ],
)
def test_a_bad_row_is_one_error_with_its_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_the_same_row_twice_is_no_contradiction(tmp_path):
    assert read(tmp_path, f"id,score\n{A},1\n{A},1.0\n") == {A: (1.0, 1.0)}


def test_only_what_is_wanted_is_kept_but_all_is_checked(tmp_path):
    assert read(tmp_path, f"id,score\n{A},1\n{B},2\n", wanted={B}) == {B: (2.0, 1.0)}
    with pytest.raises(InputError):
        read(tmp_path, f"id,score\n{A},x\n{B},2\n", wanted={B})


def test_parquet_says_the_same(tmp_path):
    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"id": [A, B], "score": [1, 2], "weight": [None, 3.0]}), path)
    assert score_table.read(path) == {A: (1.0, 1.0), B: (2.0, 3.0)}
    pq.write_table(pa.table({"id": [A], "score": [float("nan")]}), path)
    with pytest.raises(InputError, match="data row 1: score is nan"):
        score_table.read(path)
    pq.write_table(pa.table({"id": [A], "score": [True]}), path)
    with pytest.raises(InputError, match="score is True"):
        score_table.read(path)
    path.write_bytes(b"PAR1nonsense")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        score_table.read(path)
