"""Measurements, scores and workbooks as people have them; what is said is of the user's own file."""

import gzip

import pytest

from hetero2.campaign.measurements import read_measurements_alone
from hetero2.errors import ConfigError, InputError
from hetero2.inputs.recognised.in_form import in_form
from hetero2.inputs.recognised.tables import open_table
from hetero2.inputs.recognised.written import Names
from hetero2.io.files import check_file

NONE = Names()


def write(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Compound;SMILES;Active\na;CCO;active\nb;CCN;Inactive\n", "id,smiles,label\na,CCO,1\nb,CCN,0\n"),
        ("Name\tSmiles\tpIC50\na\tCCO\t7.5\nb\tCCN\t\n", "id,smiles,value\na,CCO,7.5\nb,CCN,\n"),
        ("id,smiles,label\na,CCO,yes\nb,CCN,no\n", "id,smiles,label\na,CCO,1\nb,CCN,0\n"),
    ],
)
def test_measurements_are_recognised_and_it_is_said(tmp_path, capsys, text, expected):
    own = write(tmp_path, "mine.csv", text)
    with in_form({"known": own}, NONE) as files:
        assert files.path("known").read_text() == expected
    assert f"{own}: 2 rows; id = " in capsys.readouterr().err


def test_files_in_the_form_of_their_contract_are_taken_as_they_are(tmp_path, capsys):
    known = write(tmp_path, "known.csv", "id,smiles,value,label\na,CCO,7.5,1\n")
    today = write(tmp_path, "today.csv", "id,score\na,1\n")
    with in_form({"known": known, "today": today}, NONE, {"today": ("score", "--today-column")}) as files:
        assert (files.path("known"), files.path("today")) == (known, today)
    assert not capsys.readouterr().err


def test_an_error_names_the_users_own_file_and_line(tmp_path):
    own = write(tmp_path, "mine.csv", "sep=;\nName;SMILES;pIC50\na;CCO;7\n\nb;C1CC;8\n")
    with pytest.raises(InputError) as caught, in_form({"known": own}, NONE) as files:
        read_measurements_alone(files.path("known"), "none")
    assert caught.value.message.startswith(f"{own}: line 5: smiles is 'C1CC'")


def test_a_named_column_holds_for_the_files_that_have_it(tmp_path):
    library = write(tmp_path, "l.csv", "cid,name,smiles\na,x,CCO\n")
    known = write(tmp_path, "k.csv", "id,smiles,label\na,CCO,1\n")
    with in_form({"library": library, "known": known}, Names(id="name")) as files:
        assert files.path("library").read_text().startswith("cid,id,smiles")
        assert files.path("known") == known
    with pytest.raises(ConfigError, match="no such column"), in_form({"known": known}, Names(id="nmae")):
        pass


def test_a_score_is_in_a_column_with_a_usual_name(tmp_path):
    own = write(tmp_path, "d.csv", "Name;Docking score\na;-7\n")
    with in_form({"today": own}, NONE, {"today": ("score", "--today-column")}) as files:
        assert files.path("today").read_text() == "id,score\na,-7\n"


def test_floating_ids_of_parquet_are_refused_and_columns_of_lists_are_not_read(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "l.parquet"
    pq.write_table(pa.table({"Name": [12.0], "SMILES": ["CCO"], "more": [[1]]}), path)
    assert open_table(path).header == ["Name", "SMILES"]
    with pytest.raises(InputError, match="floating numbers"), in_form({"library": path}, NONE):
        pass


def workbook(path, rows):
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_formula_without_a_stored_result_is_no_empty_cell(tmp_path):
    path = workbook(tmp_path / "l.xlsx", [["Name", "SMILES", "pIC50"], ["a", "CCO", "=1+6"]])
    with pytest.raises(InputError, match=r"row 2: the formula '=1.6' has no stored result"):
        list(open_table(path).rows)


def test_a_cell_beyond_the_header_of_a_workbook_is_not_dropped(tmp_path):
    path = workbook(tmp_path / "l.xlsx", [["Name", "SMILES"], ["a", "CCO", "x"]])
    with pytest.raises(InputError, match="row 2: 3 cells, but the header has 2"):
        list(open_table(path).rows)


def test_what_breaks_openpyxl_is_one_error(tmp_path):
    path = workbook(tmp_path / "l.xlsx", [["Name", "SMILES"], ["a", "CCO"]])
    import zipfile

    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data[:-40] if name.endswith("sheet1.xml") else data)
    with pytest.raises(InputError, match="not a readable Excel file"):
        list(open_table(path).rows)


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("l.csv", "id,smiles\n".encode("utf-16"), "UTF-16"),
        ("l.csv", gzip.compress(b"id,smiles\n", mtime=0), "compressed by gzip"),
        ("l.csv", b"PK\x03\x04\x14", "a zip archive"),
        ("l.csv", b"PAR1", "a Parquet file"),
        ("l.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1", "password"),
        ("l.smi", "CCO a\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(tmp_path, name, data, what):
    path = tmp_path / name
    path.write_bytes(data)
    from hetero2.inputs.library import read_library

    with pytest.raises(InputError, match=what):
        list(read_library(path) if name.endswith(".smi") else open_table(path).rows)


@pytest.mark.parametrize(("text", "what"), [("CCO,", "4,250,001 columns"), ("CCOO", "line 1: not a valid CSV")])
def test_a_line_that_never_ends_is_an_error_of_the_file(tmp_path, text, what):
    """Also where its delimiter is still looked for, which one of the others leaves as one cell."""
    with pytest.raises(InputError, match=f"l.csv: .*{what}"):
        open_table(write(tmp_path, "l.csv", text * 4_250_000))


def test_what_is_no_file_is_called_what_it_is(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    for path, what in ((tmp_path, "is a folder"), (tmp_path / "pipe", "is a pipe"), (tmp_path / "link", "a link to")):
        with pytest.raises(InputError, match=what):
            check_file(path)
