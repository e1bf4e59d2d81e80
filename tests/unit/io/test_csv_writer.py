"""Tables as CSV, read back by the csv module: the same cells, quotes only where RFC 4180 needs them."""

import csv
import io
import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetero2.errors import ContractError
from hetero2.io import csv_writer, tables
from hetero2.io.csv_writer import cell, write_csv


@pytest.fixture
def contract(tmp_path, monkeypatch):
    """A contract with a column of every type."""
    kinds = {"name": ["string", "null"], "n": ["integer", "null"], "x": ["number", "null"], "yes": ["boolean", "null"]}
    schema = {"properties": {name: {"type": kind} for name, kind in kinds.items()}}
    (tmp_path / "some.v1.schema.json").write_text(json.dumps(schema))
    monkeypatch.setattr(tables, "SCHEMAS", tmp_path)
    for cached in (tables.row_schema, tables.columns, tables.arrow_schema):
        cached.cache_clear()
    yield "some.v1"
    for cached in (tables.row_schema, tables.columns, tables.arrow_schema):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (0.1, "0.1"),
        ("a b", "a b"),
        ("a,b", '"a,b"'),
        ('say "x"', '"say ""x"""'),
        ("a\nb", '"a\nb"'),
        ("a\rb", '"a\rb"'),
    ],
)
def test_a_cell_is_quoted_where_it_must_be(value, text):
    assert cell(value) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2))
def test_any_text_is_read_back(texts):
    line = io.StringIO(",".join(map(cell, texts)) + "\n", newline="")
    assert list(csv.reader(line, strict=True)) == [texts]


def test_every_type_is_written_as_it_is(contract, tmp_path):
    plain = pa.table({"name": ["a", None], "n": [1, None], "x": [0.5, None], "yes": [True, None]})
    quoted = pa.table({"name": ['b,"c"', "d"], "n": [-2, 3], "x": [1e-20, 2.0], "yes": [False, True]})
    path = tmp_path / "out.csv"
    assert write_csv(path, [plain, quoted], contract) == 4
    assert path.read_bytes() == b'name,n,x,yes\na,1,0.5,true\n,,,\n"b,""c""",-2,1e-20,false\nd,3,2.0,true\n'
    with path.open(newline="") as file:
        assert list(csv.DictReader(file))[2]["name"] == 'b,"c"'


def test_the_columns_are_those_of_the_contract_in_its_order(contract, tmp_path):
    table = pa.table({"more": ["?"], "yes": [True], "x": [0.5], "n": [1], "name": ["µ"]})
    write_csv(tmp_path / "out.csv", [table], contract)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "name,n,x,yes\nµ,1,0.5,true\n"


def test_no_rows_are_a_header(contract, tmp_path):
    assert write_csv(tmp_path / "out.csv", [], contract) == 0
    assert (tmp_path / "out.csv").read_text() == "name,n,x,yes\n"


def test_parts_of_a_table_are_text_one_after_the_other(contract, tmp_path, monkeypatch):
    monkeypatch.setattr(csv_writer, "_ROWS", 2)
    table = pa.table({"name": list("abcde"), "n": range(5), "x": [0.5] * 5, "yes": [None] * 5})
    table = table.set_column(3, "yes", pa.array([None] * 5, pa.bool_()))
    assert write_csv(tmp_path / "out.csv", [table], contract) == 5
    assert [line[0] for line in (tmp_path / "out.csv").read_text().splitlines()] == ["n", *"abcde"]


def test_what_breaks_the_contract_leaves_no_file(contract, tmp_path):
    path = tmp_path / "out.csv"
    with pytest.raises(ContractError, match=f"^{path}: there is no column 'n', which some.v1 requires"):
        write_csv(path, [pa.table({"name": ["a"]})], contract)
    assert not list(tmp_path.glob("*.csv*"))
