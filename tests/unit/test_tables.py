import gzip

import pyarrow as pa
import pytest

from hetero2.csv_files import write_csv
from hetero2.errors import ContractError, InputError
from hetero2.tables import (
    arrow_schema,
    check,
    columns,
    read_csv,
    read_parquet,
    read_shard,
    to_table,
    write_parquet,
)

ITEM = {"row": 0, "decoy_index": -1, "score": 1.5, "weight": 1.0}
REQUEST = {"id": "a" * 64, "smiles": "CC", "role": "decoy", "n_rows": 2}


def rows_of(tmp_path, data: bytes, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return list(read_csv(path, ["id", "smiles"]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"id,smile\n1,C\n", "line 1: there is no column 'smiles'"),
        (b"id,smiles,id\n1,C,2\n", "occurs twice"),
        (b"id,smiles\n1,C\n2\n", "line 3: 1 cells, but the header has 2"),
        (b"id,smiles\n1,C,9\n", "line 2: 3 cells"),
        (b'id,smiles\n"1\n\n2",C\n3\n', "line 5: 1 cells"),
        (b"id,smiles\n1,\xe9\n", "not UTF-8"),
        (b'id,smiles\n"1,C\n', "not a valid CSV"),
    ],
)
def test_an_unreadable_file_is_one_error_with_file_and_line(tmp_path, data, message):
    with pytest.raises(InputError, match=message) as caught:
        rows_of(tmp_path, data)
    assert str(tmp_path / "a.csv") in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        list(read_csv(tmp_path / "none.csv", ["id"]))


def test_a_byte_order_mark_blank_lines_and_quoted_newlines_are_read(tmp_path):
    found = rows_of(tmp_path, b'\xef\xbb\xbfid,smiles\r\n"a\nb",C\r\n\r\n=1,"C,C"\r\n')
    assert found == [(2, {"id": "a\nb", "smiles": "C"}), (5, {"id": "=1", "smiles": "C,C"})]


def test_gzip_is_read_and_a_false_one_named(tmp_path):
    assert rows_of(tmp_path, gzip.compress(b"id,smiles\n1,C\n"), "a.csv.gz") == [(2, {"id": "1", "smiles": "C"})]
    with pytest.raises(InputError, match="not a valid gzip"):
        rows_of(tmp_path, b"id,smiles\n", "b.csv.gz")


def test_a_very_long_cell_is_read(tmp_path):
    assert rows_of(tmp_path, b"id,smiles\n" + b"x" * 200_000 + b",C\n")[0][1]["smiles"] == "C"


def test_columns_come_from_the_schema_in_its_order():
    assert columns("score_request.v1") == ("id", "smiles", "role", "n_rows")
    assert arrow_schema("score_item.v1").field("score").nullable
    assert not arrow_schema("score_item.v1").field("row").nullable


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "A" * 64}, "must match"),
        ({"role": "both"}, "allowed are original, decoy"),
        ({"n_rows": 0}, "at least 1"),
        ({"smiles": ""}, "must not be empty"),
        ({"smiles": None}, "a value is required"),
    ],
)
def test_a_cell_that_breaks_the_contract_is_named(change, message):
    with pytest.raises(ContractError, match=message) as caught:
        to_table([REQUEST, REQUEST | change], "score_request.v1")
    assert "data row 2" in str(caught.value)


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_numbers_must_be_finite(score):
    with pytest.raises(ContractError, match="finite"):
        to_table([ITEM | {"score": score}], "score_item.v1")


def test_a_missing_column_is_named():
    with pytest.raises(ContractError, match="needs the column 'n_rows'"):
        check(pa.table({"id": ["a" * 64], "smiles": ["C"], "role": ["decoy"]}), "score_request.v1", "x")


@pytest.mark.parametrize("n_rows", [0, 1, 7, 70_000])
@pytest.mark.parametrize("shards", [1, 3, 9])
def test_shards_hold_every_row_once_in_order(tmp_path, n_rows, shards):
    path = tmp_path / "t.parquet"
    write_parquet(
        path, to_table([ITEM | {"row": number} for number in range(n_rows)], "score_item.v1"), "score_item.v1"
    )
    parts = [read_shard(path, "score_item.v1", shard, shards)["row"].to_pylist() for shard in range(shards)]
    assert [row for part in parts for row in part] == list(range(n_rows))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_bytes_of_a_table_do_not_depend_on_its_batches(tmp_path):
    whole = to_table([ITEM | {"row": number} for number in range(100)], "score_item.v1")
    write_parquet(tmp_path / "a", whole, "score_item.v1")
    write_parquet(tmp_path / "b", pa.concat_tables([whole.slice(0, 30), whole.slice(30)]), "score_item.v1")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_truncated_intermediate_is_named_with_what_to_do(tmp_path):
    path = tmp_path / "t.parquet"
    write_parquet(path, to_table([ITEM], "score_item.v1"), "score_item.v1")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match="run again"):
        read_parquet(path, "score_item.v1")


def test_csv_round_trip_of_hostile_text(tmp_path):
    rows = [{"id": text, "smiles": "C"} for text in ('a"b', "a,b", "a\nb", "=1+1", "../x", " é ", "a\rb")]
    write_csv(tmp_path / "a.csv", [to_table(rows, "molecule_input.v1")], "molecule_input.v1")
    assert [row for _, row in read_csv(tmp_path / "a.csv", ["id", "smiles"])] == rows
