"""Tables in memory: whatever holds them, they come out as Arrow, with the types of a contract."""

import pandas as pd
import pyarrow as pa
import pytest

from hetero2.errors import ContractError, InputError
from hetero2.io.in_memory import as_contract, as_table, from_cells

COLUMNS = {"id": ["a", "b"], "score": [1.5, None]}
TABLE = pa.table(COLUMNS)


class Stream:
    """What polars and DuckDB offer."""

    def __arrow_c_stream__(self, requested_schema=None):
        return TABLE.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "data",
    [TABLE, TABLE.to_batches()[0], COLUMNS, Stream(), pd.DataFrame(COLUMNS, index=[5, 7])],
    ids=["table", "batch", "columns", "stream", "pandas"],
)
def test_tables_of_any_kind(data):
    table = as_table(data, "molecules")
    assert table.column_names == ["id", "score"]
    assert table.to_pydict() == COLUMNS


@pytest.mark.parametrize("data", [None, 3, "a,b", [1, 2], COLUMNS["id"], {"id": ["a"], "x": []}, {"id": 3}])
def test_what_is_no_table_is_refused_by_its_name(data):
    with pytest.raises(InputError, match=r"^molecules: "):
        as_table(data, "molecules")


CALLS = {"row": [0, 1], "call": ["SIGNAL", "UNDECIDABLE"], "call_reason": [None, "x"], "q_value": [0.1, None]}


def test_types_that_another_library_changed_are_turned_back():
    frame = pd.DataFrame({**CALLS, "m_needed": [3.0, None], "more": ["x", "y"]})
    table = as_contract(frame, "call.v1", "calls")
    assert table.schema.types == [pa.int64(), pa.string(), pa.string(), pa.float64(), pa.int64()]
    assert table["m_needed"].to_pylist() == [3, None]


def test_what_breaks_a_contract_is_said():
    with pytest.raises(ContractError, match=r"^calls: .*'m_needed'"):
        as_contract(CALLS, "call.v1", "calls")
    with pytest.raises(ContractError, match=r"^calls: does not meet call.v1: .*3.5"):
        as_contract({**CALLS, "m_needed": [3.5, None]}, "call.v1", "calls")
    with pytest.raises(ContractError, match=r"^calls: data row 1, column 'call'"):
        as_contract({**CALLS, "call": ["MAYBE", "SIGNAL"], "m_needed": [3, 4]}, "call.v1", "calls")


def test_cells_get_the_types_of_their_contract_and_columns_that_are_missing_are_null():
    table = from_cells([["row", "q_value", "call"], ["0", "", "SIGNAL"], ["1", "0.25", ""]], "call.v1", "calls.csv")
    assert table["row"].to_pylist() == [0, 1]
    assert table["q_value"].to_pylist() == [None, 0.25]
    assert table["call"].to_pylist() == ["SIGNAL", None]
    assert table["m_needed"].null_count == 2
    assert len(from_cells([["row", "call"]], "call.v1", "calls.csv")) == 0
    assert from_cells([["id"], [""]], "summary.v1", "summary.csv")["id"].to_pylist() == [""]


def test_cells_that_are_wrong_are_refused():
    with pytest.raises(InputError, match=r"^calls.csv: data row 2: 1 cells, but the header has 2"):
        from_cells([["row", "call"], ["0", "SIGNAL"], ["1"]], "call.v1", "calls.csv")
    with pytest.raises(InputError, match=r"^calls.csv: does not meet call.v1: .*one"):
        from_cells([["row"], ["one"]], "call.v1", "calls.csv")


@pytest.mark.parametrize(("data", "kind"), [(None, "NoneType"), ([1, 2], "list"), ("a,b", "str")])
def test_what_is_expected_instead_is_said(data, kind):
    with pytest.raises(InputError) as caught:
        as_table(data, "molecules")
    assert caught.value.message == f"molecules: expected a table, found {kind}"
    assert caught.value.hint == "give a pyarrow Table, a pandas DataFrame, or a mapping of column names to columns"


def test_a_mapping_of_columns_of_unlike_length_is_said_in_one_line():
    columns = {"id": ["a"], "x": []}
    with pytest.raises(pa.ArrowInvalid) as reason:
        pa.table(columns)
    with pytest.raises(InputError) as caught:
        as_table(columns, "molecules")
    assert caught.value.message == f"molecules: not a table: {' '.join(str(reason.value).split())}"


def test_an_empty_cell_of_text_is_null_only_where_the_contract_allows_it():
    table = from_cells([["id", "status"], ["", "OK"]], "summary.v1", "summary.csv")
    assert table["id"].to_pylist() == [""]
    assert from_cells([["row", "call"], ["1", ""]], "call.v1", "calls.csv")["call"].to_pylist() == [None]
