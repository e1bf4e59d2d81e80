"""A user's text tables: what is read, and each refusal to the letter, with the line as an editor counts it."""

import csv
import gzip
import re

import pytest

from hetero2.errors import InputError
from hetero2.io import csv_reader
from hetero2.io.tables import MAX_COLUMNS

UTF8_HINT = "save the file as UTF-8 (Excel: 'CSV UTF-8'), or convert it with iconv"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.csv"


def read(path, content, required=("id",), **more):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    header, rows = csv_reader.csv_rows(path, required, **more)
    return header, list(rows)


def refused(path, content, required=("id",), **more):
    with pytest.raises(InputError) as caught:
        read(path, content, required, **more)
    assert caught.value.message.startswith(f"{path}: ")
    return caught.value.message.removeprefix(f"{path}: "), caught.value.hint


def test_rows_come_with_the_line_where_they_begin(path):
    content = 'id,note\na,"one\ntwo"\n\nb,\n'
    expected = [(2, {"id": "a", "note": "one\ntwo"}), (5, {"id": "b", "note": ""})]
    assert read(path, content) == (["id", "note"], expected)
    assert list(csv_reader.read_csv(path, ["note"])) == expected


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfid,x\na,1\n", b"id,x\r\na,1\r\n", b"\n\nid,x\na,1", b"id,x\na,1\n\n\n"]
)
def test_marks_line_ends_and_empty_lines_do_not_matter(path, content):
    header, rows = read(path, content)
    assert header == ["id", "x"]
    assert [row for _, row in rows] == [{"id": "a", "x": "1"}]


def test_what_stands_above_the_header_is_skipped_and_counted(path):
    assert read(path, "about\nmore\nid\tx\na\t1\n", delimiter="\t", skipped=2) == (
        ["id", "x"],
        [(4, {"id": "a", "x": "1"})],
    )
    assert refused(path, "about\nx\n", skipped=1)[0] == "line 2: there is no column 'id'; found 'x'"
    assert refused(path, "about\nid,x\na\n", skipped=1)[0] == "line 3: 1 cell, but the header has 2"
    assert refused(path, "about\n", skipped=3)[0] == "the file is empty; expected a header line with id"


def test_gzip_is_read_by_its_name(tmp_path):
    path = tmp_path / "table.CSV.GZ"
    assert read(path, gzip.compress(b"id\na\n")) == (["id"], [(2, {"id": "a"})])
    assert refused(path, gzip.compress(b"id\na\n")[:-3])[0].startswith("not a valid gzip file: ")
    assert refused(path, b"id\na\n")[0].startswith("not a valid gzip file: ")


@pytest.mark.parametrize(
    ("required", "message"),
    [
        (("id", "smiles"), "the file is empty; expected a header line with id, smiles"),
        ((), "the file is empty; expected a header line"),
    ],
)
def test_an_empty_file_says_what_was_expected(path, required, message):
    for content in ("", "\n\n"):
        assert refused(path, content, required) == (message, None)


def test_a_column_that_is_missing_is_named_with_those_that_are_there(path):
    assert refused(path, "Id,smiles\n", ("smiles", "id")) == (
        "line 1: there is no column 'id'; found 'Id', 'smiles'",
        "the first line must name the columns; they are case-sensitive",
    )


def test_a_column_twice_is_refused(path):
    assert refused(path, "id,x,x\n") == ("the column 'x' occurs twice", "give each column a name of its own")


@pytest.mark.parametrize(("required", "hint"), [(("id", "x"), ": id, x"), ((), "")])
def test_more_columns_than_a_spreadsheet_has_are_refused(path, required, hint):
    wide = ",".join(f"c{number}" for number in range(MAX_COLUMNS + 1)) + "\n"
    assert refused(path, wide, required) == (
        "line 1: 16,385 columns, but at most 16,384 are read",
        f"keep the columns that are needed{hint}",
    )
    assert (
        len(read(path, ",".join(["id", *(f"c{number}" for number in range(1, MAX_COLUMNS))]) + "\n")[0]) == MAX_COLUMNS
    )


def test_a_row_of_another_length_is_refused_where_it_begins(path):
    assert refused(path, 'id,x\na,"1\n2"\nb\n') == (
        "line 4: 1 cell, but the header has 2",
        "a row has a cell for each column, if only an empty one",
    )
    assert refused(path, "id\na,b\n") == (
        "line 2: 2 cells, but the header has 1",
        "a cell with a comma in it stands in quotes",
    )


@pytest.mark.parametrize(
    ("first", "message", "hint"),
    [
        (b"PAR1", "is a Parquet file, expected UTF-8 text", "name it .parquet, or write the table as CSV"),
        (
            b"PK\x03\x04",
            "is a zip archive or an Excel workbook, expected UTF-8 text",
            "name a workbook .xlsx; unpack an archive",
        ),
        (
            b"\xd0\xcf\x11\xe0",
            "is an old Excel workbook, or one with a password, expected UTF-8 text",
            "save it as .xlsx, without a password",
        ),
        (
            b"\x1f\x8b",
            "is compressed by gzip, expected UTF-8 text",
            "let its name end in .gz, as .csv.gz, or unpack it",
        ),
        (b"\xff\xfe", "is UTF-16 text, expected UTF-8 text", UTF8_HINT),
        (b"\xfe\xff", "is UTF-16 text, expected UTF-8 text", UTF8_HINT),
    ],
)
def test_what_is_no_text_is_called_by_its_name(path, first, message, hint):
    assert refused(path, first + b"more") == (message, hint)


def test_text_that_is_not_utf_8_says_near_which_line(path):
    assert refused(path, b"id\n\xe9\n") == ("near line 1: not UTF-8", UTF8_HINT)
    message, hint = refused(path, b"id\n" + b"a\n" * 9000 + b"\xe9\n")
    assert re.fullmatch(r"near line \d{4}: not UTF-8", message)
    assert hint == UTF8_HINT


def test_a_quote_that_is_never_closed_is_named_where_its_cell_begins(path):
    message, hint = refused(path, 'id\na\n"b\n')
    assert message == "line 3: not a valid CSV: unexpected end of data"
    assert hint == "look for a quoted cell that is never closed, and for a line that never ends"


def test_a_cell_beyond_the_limit_is_refused(path):
    limit = csv.field_size_limit(10)
    try:
        assert refused(path, "id\n" + "x" * 11)[0] == "line 2: not a valid CSV: field larger than field limit (10)"
    finally:
        csv.field_size_limit(limit)


def test_a_nul_is_refused_by_its_line(path):
    assert refused(path, "id\na\nb\0\n") == ("line 3: contains a NUL character", "save the file as UTF-8 text")


def test_a_path_that_is_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=rf"^{re.escape(str(tmp_path))}: is a folder, expected a file"):
        csv_reader.csv_rows(tmp_path, [])
