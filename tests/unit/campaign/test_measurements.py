"""known_measurements.v1: what a user may bring, and the one error for anything else."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hetero2.campaign.library import Library
from hetero2.campaign.measurements import read_measurements
from hetero2.chem.molecules import structure_hash
from hetero2.errors import InputError
from tests.campaigns import write
from tests.conftest import ROOT

STRUCTURES = ("CCO", "c1ccccc1", "", "CCO")
DATA = ROOT / "tests/contracts/data"
LIBRARY = Library(
    ["a", "b", "broken", "again"],
    list(STRUCTURES),
    ["OK", "OK", "SKIP", "OK"],
    ["", "", "invalid_smiles", ""],
    list(STRUCTURES),
    [structure_hash(text) if text else "" for text in STRUCTURES],
    list(STRUCTURES),
    np.array([3, 6, 0, 3]),
    np.zeros(4),
)


def read(path):
    return read_measurements(path, LIBRARY, "none")


def test_values_labels_and_failures_by_id(tmp_path):
    rows = [("a", 6.5, "", ""), ("b", "", 1, "ok"), ("broken", "", "", "failed"), ("again", "", "", "")]
    measurements, notes = read(write(tmp_path / "r.csv", "id,value,label,status", rows))
    assert [(m.id, *m.outcome) for m in measurements] == [
        ("a", 6.5, None, "ok"),
        ("b", None, 1, "ok"),
        ("broken", None, None, "failed"),
    ]
    assert measurements[0].structure_hash == structure_hash("CCO")
    assert measurements[2].structure_hash is None
    assert notes == [
        "r.csv: 1 rows have no result, and count for nothing",
        "r.csv: 1 molecules have no usable structure: kept, not learned from",
    ]


def test_the_stored_file_is_read():
    library = LIBRARY._replace(ids=["m17", "m18", "m19", "again"])
    measurements, notes = read_measurements(DATA / "known_measurements.v1.csv", library, "none")
    assert [m.id for m in measurements] == ["CHEMBL1", "CHEMBL2", "m17", "m18"]
    assert [m.status for m in measurements] == ["ok", "ok", "ok", "failed"]
    assert notes == ["known_measurements.v1.csv: 1 rows have no result, and count for nothing"]


def test_parquet_says_the_same_as_csv(tmp_path):
    table = pa.table({"id": ["a", "b"], "value": [6.5, None], "label": pa.array([None, 1], pa.int8())})
    pq.write_table(table, tmp_path / "r.parquet")
    same = write(tmp_path / "r.csv", "id,value,label", [("a", 6.5, ""), ("b", "", 1)])
    assert read(tmp_path / "r.parquet") == read(same)
    assert [m.outcome for m in read(same).measurements] == [(6.5, None, "ok"), (None, 1, "ok")]


def test_a_molecule_from_elsewhere_needs_its_structure(tmp_path):
    path = write(tmp_path / "r.csv", "id,smiles,value", [("a", "", 1), ("x", "OCC", 2)])
    assert read(path).measurements[1].canonical_smiles == "CCO"
    path = write(tmp_path / "r.csv", "id,value", [("a", 1), ("x", 2)])
    with pytest.raises(InputError, match=r"line 3: the id 'x' is not in the library; nothing was recorded"):
        read(path)


def test_an_id_of_the_library_with_another_structure_is_refused(tmp_path):
    assert read(write(tmp_path / "r.csv", "id,smiles,value", [("a", "OCC", 2)])).notes == []
    path = write(tmp_path / "r.csv", "id,smiles,value", [("a", "CCC", 2)])
    with pytest.raises(InputError, match=r"line 2: the id 'a' is that of another structure in the library \(CCO\)"):
        read(path)


def test_an_id_twice(tmp_path):
    measurements, notes = read(write(tmp_path / "r.csv", "id,value", [("a", 1), ("b", 2), ("a", "1.0")]))
    assert [m.id for m in measurements] == ["a", "b"]
    assert notes == ["r.csv: 1 rows repeat an id with the same result"]
    path = write(tmp_path / "r.csv", "id,value", [("a", 1), ("b", 2), ("a", 3)])
    with pytest.raises(InputError, match="line 4: 'a' has the value 3, but the value 1 in line 2"):
        read(path)


@pytest.mark.parametrize(
    ("header", "row", "problem"),
    [
        ("id,value", ("a", ">10"), "line 2: column 'value': found '>10', expected a finite number"),
        ("id,value", ("a", "nan"), "line 2: column 'value': found 'nan', expected a finite number"),
        ("id,label", ("a", "yes"), "line 2: label is 'yes', expected 1"),
        ("id,value", ("", 3), "line 2: the id is empty"),
        ("id,value,status", ("a", 3, "bad"), "line 2: status is 'bad', expected ok, failed or nothing"),
        ("id,value,status", ("a", 3, "failed"), "line 2: 'a' is said to have failed, but has a result"),
        ("id,value,status", ("a", "", "ok"), "line 2: 'a' is said to be ok, but has no result"),
        ("id,value", ("a", ""), "none of the 1 rows has a result"),
        ("id,pIC50", ("a", "3"), "there is neither a column 'value' nor a column 'label'"),
        ("name,value", ("a", "3"), "there is no column 'id'"),
        ("id,smiles,value", ("x", "C1CC", 3), "line 2: smiles is 'C1CC', which is not valid"),
    ],
)
def test_what_cannot_be_read_is_one_error_with_its_line(tmp_path, header, row, problem):
    with pytest.raises(InputError) as caught:
        read(write(tmp_path / "r.csv", header, [row]))
    assert problem in caught.value.message


def test_an_empty_table(tmp_path):
    with pytest.raises(InputError, match="no row after the header"):
        read(write(tmp_path / "r.csv", "id,value", []))
