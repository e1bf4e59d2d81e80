import csv
import gzip
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetero2.errors import ContractError, InputError
from hetero2.inputs.parquet import read_parquet_rows
from hetero2.io.csv_reader import read_csv
from hetero2.io.csv_writer import write_csv
from hetero2.io.tables import arrow_schema, check, columns, read_parquet, read_shard, to_table, write_parquet
from hetero2.scoring import pair_table, score_table
from hetero2.scoring.batches import read_batches

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
        (b"id,smiles\n1,C\n2\n", "line 3: 1 cell, but the header has 2"),
        (b"id,smiles\n1,C,9\n", "line 2: 3 cells"),
        (b'id,smiles\n"1\n\n2",C\n3\n', "line 5: 1 cell,"),
        (b"id,smiles\n1,\xe9\n", "not UTF-8"),
        (b'id,smiles\n"1,C\n', "not a valid CSV"),
        (b'id,smiles\n"1"x,C\n', "line 2: not a valid CSV"),
        (b"id,smiles\n1,C\n2,\0\n", "line 3: contains a NUL"),
        ("id,smiles\n1,C\n".encode("utf-16-le"), "line 1: contains a NUL"),
        (b"id,smiles\n1,C\n" + b"x" * (64 << 20), "line 3: longer than 64 million characters"),
        (b'id,smiles\n"' + (b"x" * 1023 + b"\n") * (17 << 10), "line 2: not a valid CSV: field larger than"),
    ],
)
def test_an_unreadable_file_is_one_error_with_file_and_line(tmp_path, data, message):
    with pytest.raises(InputError, match=message) as caught:
        rows_of(tmp_path, data)
    assert str(tmp_path / "a.csv") in str(caught.value)


def rows_by_name(path):
    return list(read_csv(path, ["id"]))


WIDE = [f"c{number}" for number in range(200_000)]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["id", "decoy", "score", *WIDE], "line 1: 200,003 columns, but at most 16,384 are read"),
        (["id", "decoy", "score", *WIDE[:9000], *WIDE[:5]], "the column 'c0' occurs twice"),
        (WIDE[:9000], "no column '(id|score)'; found 'c0', 'c1', .*'c9', … and 8,990 more"),
    ],
)
@pytest.mark.parametrize("read", [rows_by_name, score_table.index, pair_table.check])
def test_a_table_of_very_many_columns_is_one_short_error_at_once(tmp_path, header, message, read):
    path = tmp_path / "a.csv"
    path.write_text(",".join(header) + "\n" + ",".join(["1"] * len(header)) + "\n")
    start = time.process_time()
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert time.process_time() - start < 2
    assert len(caught.value.message) < 400 + len(str(path))


def test_a_parquet_table_of_very_many_columns_is_one_short_error(tmp_path):
    pq.write_table(pa.table({name: [1] for name in WIDE[:2_000]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"no column 'id'; found 'c0', .*'c9', … and 1,990 more"):
        list(read_parquet_rows(tmp_path / "a.parquet", ["id"], [], {}))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        list(read_csv(tmp_path / "none.csv", ["id"]))


def test_a_byte_order_mark_blank_lines_and_quoted_newlines_are_read(tmp_path):
    rows = rows_of(tmp_path, b'\xef\xbb\xbfid,smiles\r\n"a\nb",C\r\n\r\n=1,"C,C"\r\n')
    assert rows == [(2, {"id": "a\nb", "smiles": "C"}), (5, {"id": "=1", "smiles": "C,C"})]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_blank_lines_are_skipped_wherever_they_stand_and_whoever_reads(tmp_path, mark, end):
    path, key = tmp_path / "a.csv", "a" * 64
    path.write_bytes((mark + end.join(["", "", "id,score", "", f"{key},1.5", "", ""])).encode())
    assert [row for _, row in read_csv(path, ["id"])] == [{"id": key, "score": "1.5"}]
    assert [batch.to_pylist() for batch in read_batches(path, ["id"], ["score"])] == [[{"id": key, "score": 1.5}]]
    path.write_bytes((mark + end.join(["", "name,score", "x,1"])).encode())
    with pytest.raises(InputError, match="line 2: there is no column 'id'"):
        list(read_csv(path, ["id"]))


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
    with pytest.raises(ContractError, match="there is no column 'n_rows'"):
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


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9), min_size=1, max_size=5))
def test_any_text_comes_back_from_a_csv(tmp_path_factory, texts):
    path = tmp_path_factory.getbasetemp() / "back.csv"
    rows = [{"id": text, "smiles": reverse} for text, reverse in zip(texts, reversed(texts), strict=True)]
    write_csv(path, [to_table(rows, "molecule_input.v1")], "molecule_input.v1")
    assert [row for _, row in read_csv(path, ["id", "smiles"])] == rows
    with path.open(encoding="utf-8", newline="") as handle:
        assert list(csv.DictReader(handle, strict=True)) == rows
