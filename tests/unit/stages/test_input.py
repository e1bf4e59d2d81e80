import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hetero2.errors import ConfigError, InputError
from hetero2.stages.input import mark
from hetero2.stages.library import Raw
from hetero2.stages.sdf_library import read_any as read_library

ROWS = [("a", "CCO", ""), ("b", "c1ccccc1", ""), ("", "C", "")]


def test_every_row_comes_out_once_in_order_with_bad_ids_marked():
    rows = [("a", "C"), ("", "C"), ("a", "CC"), ("  ", "C"), ("A", "C"), ("a", "C", "x.json")]
    marked = list(mark(Raw(*row) for row in rows))
    assert [row["row"] for row in marked] == list(range(6))
    assert [row["reason"] for row in marked] == [None, "missing_id", "duplicate_id", "missing_id", None, "duplicate_id"]
    assert [row["status"] for row in marked] == [None, "ERROR", "ERROR", "ERROR", None, "ERROR"]


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "x.parquet", "x.smi", "X.SMI"])
def test_all_formats_say_the_same(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"smiles": [r[1] for r in ROWS], "id": ["a", "b", None], "z": [1, 2, 3]}), path)
    elif name.lower().endswith(".smi"):
        path.write_text("CCO a\nc1ccccc1\tb\nC\n")
    else:
        text = b"more,smiles,id\n1,CCO,a\n2,c1ccccc1,b\n3,C,\n"
        path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert [row[:3] for row in read_library(path)] == ROWS


def test_ids_of_a_smi_file_may_hold_blanks(tmp_path):
    (tmp_path / "x.smi").write_text("CCO the first one\n")
    assert [row[:3] for row in read_library(tmp_path / "x.smi")] == [("the first one", "CCO", "")]


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match="unknown suffix"):
        read_library(tmp_path / "x.xlsx")
    for name, data in (("x.parquet", b"PAR1"), ("x.smi", b"\xe9")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name):
            list(read_library(tmp_path / name))
    for column in ([b"a"], [["a"]], [1.5]):
        pq.write_table(pa.table({"id": column, "smiles": ["C"]}), tmp_path / "z.parquet")
        with pytest.raises(InputError, match="expected text"):
            list(read_library(tmp_path / "z.parquet"))
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "y.parquet")
    with pytest.raises(InputError, match="no column 'smiles'"):
        list(read_library(tmp_path / "y.parquet"))
