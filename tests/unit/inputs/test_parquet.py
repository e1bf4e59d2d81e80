"""Parquet tables as pyarrow, pandas, polars and DuckDB write them: their types for texts and for numbers."""

import datetime
import decimal
import math
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hetero2.errors import InputError
from hetero2.inputs.baseline import read_baseline
from hetero2.inputs.library import read_library
from hetero2.inputs.parquet import read_parquet_rows
from hetero2.scoring import pair_table, score_index, score_table
from hetero2.scoring.batches import read_batches

NAMES = ["m1", None, "é 3"]
BYTES = [name and name.encode() for name in NAMES]
TEXTS = {
    "string": pa.array(NAMES, pa.string()),
    "large_string (pandas, polars)": pa.array(NAMES, pa.large_string()),
    "string_view": pa.array(NAMES, pa.string_view()),
    "binary (DuckDB blob, Spark)": pa.array(BYTES, pa.binary()),
    "large_binary": pa.array(BYTES, pa.large_binary()),
    "binary_view": pa.array(BYTES, pa.binary_view()),
    "categorical (pandas)": pa.DictionaryArray.from_arrays(pa.array([0, None, 1], pa.int8()), ["m1", "é 3"]),
    "categorical (polars)": pa.DictionaryArray.from_arrays(
        pa.array([0, None, 1], pa.uint32()), pa.array(["m1", "é 3"], pa.large_string())
    ),
    "enum (polars)": pa.DictionaryArray.from_arrays(pa.array([0, None, 1], pa.uint8()), ["m1", "é 3"], ordered=True),
}
WHOLE = [12, None, 3]
IDS = {
    **{str(kind): pa.array(WHOLE, kind) for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
    **{str(kind): pa.array(WHOLE, kind) for kind in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())},
    "decimal (DuckDB)": pa.array([12, None, 3], pa.decimal128(18, 0)),
    "decimal256": pa.array([12, None, 3], pa.decimal256(40, 0)),
    "categorical": pa.DictionaryArray.from_arrays(pa.array([0, None, 1], pa.int16()), pa.array([12, 3])),
}
VALUES = [1.5, None, -2.0]
NUMBERS = {
    "float16": pa.array(np.array([1.5, math.nan, -2], np.float16)),
    "float32": pa.array(VALUES, pa.float32()),
    "float64": pa.array(VALUES, pa.float64()),
    "nan (polars)": pa.array([1.5, math.nan, -2.0]),
    "decimal128 (DuckDB)": pa.array([decimal.Decimal("1.5"), None, decimal.Decimal(-2)], pa.decimal128(10, 3)),
    "decimal256": pa.array([decimal.Decimal("1.5"), None, decimal.Decimal(-2)], pa.decimal256(50, 3)),
    "categorical": pa.DictionaryArray.from_arrays(pa.array([0, None, 1], pa.int8()), pa.array([1.5, -2.0])),
}
NO_TEXT = {
    "timestamp": pa.array([datetime.datetime(2024, 1, 1)] * 3),
    "date32": pa.array([datetime.date(2024, 1, 1)] * 3),
    "time": pa.array([datetime.time(1)] * 3),
    "duration": pa.array([datetime.timedelta(1)] * 3),
    "bool": pa.array([True] * 3),
    "list": pa.array([["a"]] * 3),
    "struct": pa.array([{"id": "a"}] * 3),
    "map": pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int8())),
}
NO_ID = NO_TEXT | {
    "double": pa.array([12.0, None, 3.0]),
    "halffloat": pa.array(np.array([12.0, 1.0, 3.0], np.float16)),
    "decimal": pa.array([decimal.Decimal("12.0")] * 3, pa.decimal128(4, 1)),
}


def written(tmp_path, **columns):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("kind", TEXTS)
def test_every_type_for_text_is_read(tmp_path, kind):
    path = written(tmp_path, id=TEXTS[kind], smiles=TEXTS[kind], n=[[1], [2], [3]])
    assert [row[:2] for row in read_library(path)] == [(name or "", name or "") for name in NAMES]


@pytest.mark.parametrize("kind", IDS)
def test_whole_numbers_of_any_width_are_ids_as_a_csv_would_have_them(tmp_path, kind):
    path = written(tmp_path, id=IDS[kind], smiles=["C"] * 3)
    assert [row.id for row in read_library(path)] == ["12", "", "3"]


@pytest.mark.parametrize("kind", NUMBERS)
def test_every_type_for_numbers_is_read_and_nan_is_no_value(tmp_path, kind):
    path = written(tmp_path, id=["a", "b", "c"], docking=NUMBERS[kind])
    assert read_baseline(path, "docking") == {"a": 1.5, "c": -2.0}
    path = written(tmp_path, id=["a", "b", "c"], score=NUMBERS[kind])
    assert [row["score"] for _, row in read_parquet_rows(path, ["id"], ["score"], {})] == VALUES


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
@pytest.mark.parametrize("sign", ["int", "uint"])
def test_whole_numbers_are_numbers(tmp_path, bits, sign):
    path = written(tmp_path, id=["a", "b"], score=pa.array([7, 0], f"{sign}{bits}"))
    assert read_baseline(path) == {"a": 7.0, "b": 0.0}


def test_a_column_of_nothing_and_uuids_are_read(tmp_path):
    path = written(tmp_path, id=pa.nulls(2), smiles=["C", "CC"])
    assert [row.id for row in read_library(path)] == ["", ""]
    names = [uuid.UUID(int=1), uuid.UUID(int=2)]
    column = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([name.bytes for name in names], pa.binary(16)))
    path = written(tmp_path, id=column, smiles=["C", "CC"])
    assert [row.id for row in read_library(path)] == [str(name) for name in names]


def test_a_colon_in_a_name_makes_no_address_of_a_file(tmp_path, monkeypatch):
    written(tmp_path, id=["a"], smiles=["C"], score=[1.0]).rename(tmp_path / "s3:t.parquet")
    monkeypatch.chdir(tmp_path)
    assert [row.id for row in read_library(Path("s3:t.parquet"))] == ["a"]
    assert len(list(read_batches(Path("s3:t.parquet"), ["id"], ["score"]))) == 1


def test_columns_that_are_not_asked_for_may_be_anything(tmp_path):
    path = written(
        tmp_path, id=["a"] * 3, smiles=["C"] * 3, **{f"x {kind}": column for kind, column in NO_TEXT.items()}
    )
    assert len(list(read_library(path))) == 3


def test_the_index_of_a_data_frame_is_a_column_if_it_has_the_name(tmp_path):
    frame = pd.DataFrame({"smiles": ["C", "CC"], "id": ["a", "b"]}, index=[7, 9])
    frame.to_parquet(tmp_path / "plain.parquet")
    frame.set_index("id").to_parquet(tmp_path / "index.parquet")
    for name in ("plain", "index"):
        assert [row[:2] for row in read_library(tmp_path / f"{name}.parquet")] == [("a", "C"), ("b", "CC")]


def test_ids_that_pandas_made_floats_are_refused_with_what_to_do(tmp_path):
    pd.DataFrame({"id": [12, None, 3], "smiles": ["C"] * 3}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="column 'id' is of type double, expected text or whole numbers") as caught:
        list(read_library(tmp_path / "t.parquet"))
    assert "Int64" in caught.value.hint


@pytest.mark.parametrize("kind", NO_ID)
def test_other_types_are_no_ids(tmp_path, kind):
    path = written(tmp_path, id=NO_ID[kind], smiles=["C"] * 3)
    with pytest.raises(InputError, match=r"t\.parquet: the column 'id' is of type .*, expected text"):
        list(read_library(path))
    path = written(tmp_path, id=["a"] * 3, decoy=NO_ID[kind], score=[1.0] * 3)
    with pytest.raises(InputError, match=r"the column 'decoy' is of type .*, expected text"):
        pair_table.check(path)


@pytest.mark.parametrize("kind", NO_TEXT)
def test_other_types_are_no_structures_and_no_scores(tmp_path, kind):
    path = written(tmp_path, id=["a"] * 3, smiles=NO_TEXT[kind])
    with pytest.raises(InputError, match=r"column 'smiles' is of type .*, expected text"):
        list(read_library(path))
    path = written(tmp_path, id=["a" * 64] * 3, score=NO_TEXT[kind])
    for read in (score_table.index, read_baseline):
        with pytest.raises(InputError, match=r"column 'score' is of type .*, expected (text or )?numbers"):
            read(path)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_bytes_that_are_no_text_are_named_by_column(tmp_path, kind):
    path = written(tmp_path, id=pa.array([b"a", b"\xff"], kind), smiles=["C", "C"])
    with pytest.raises(InputError, match="the column 'id' holds bytes that are not UTF-8"):
        list(read_library(path))


def test_a_text_that_a_writer_never_checked_is_named_too(tmp_path):
    column = pa.StringArray.from_buffers(2, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"a\xff"))
    path = written(tmp_path, id=column, smiles=["C", "C"])
    with pytest.raises(InputError, match="the column 'id' holds bytes that are not UTF-8"):
        list(read_library(path))


def test_a_nul_in_a_text_is_named_by_row(tmp_path):
    path = written(tmp_path, id=["a", "b\0"], smiles=["C", "C"])
    with pytest.raises(InputError, match="data row 2: column 'id': contains a NUL"):
        list(read_library(path))
    path = written(tmp_path, id=["a", "b\0"], decoy=["", ""], score=[1.0, 2.0])
    for read in (pair_table.check, lambda path: pair_table.read(path, {"a"})):
        with pytest.raises(InputError, match="data row 2: column 'id': contains a NUL"):
            read(path)


HASHES = ["a" * 64, "b" * 64, "c" * 64]


@pytest.mark.parametrize("values", [NUMBERS[kind] for kind in NUMBERS] + [pa.array([3, None, 5], pa.int16())])
def test_scores_of_any_type_are_read_in_batches_as_row_by_row(tmp_path, values):
    values = values.take(pa.array([0, 2]))
    path = written(tmp_path, id=pa.array(HASHES[:2]).dictionary_encode(), score=values)
    assert len(list(read_batches(path, ["id"], ["score"]))) == 1  # it is read fast
    table = score_table.index(path)
    scores, weights = score_index.find(table, score_index.hash_keys(HASHES))
    slow = score_table.read(path)
    assert scores[:2].tolist() == [slow[key].score for key in HASHES[:2]]
    assert weights[:2].tolist() == [1, 1]
    assert math.isnan(scores[2])


@pytest.mark.parametrize("ids", [*TEXTS, *IDS])
def test_pair_tables_are_read_in_batches_as_row_by_row(tmp_path, ids):
    column = {**TEXTS, **IDS}[ids]
    names = pa.concat_arrays([column.slice(place, 1) for place in (0, 0, 2)])
    path = written(tmp_path, id=names, decoy=["", "d", ""], score=pa.array([1, 2, 3], pa.int8()))
    first, last = ("m1", "é 3") if ids in TEXTS else ("12", "3")
    plain, fast = pair_table.read_row_by_row(path), pair_table.read(path, {first, last})
    assert plain == fast
    assert list(plain) == [first, last]
    assert pair_table.check(path) == (2, 3)
