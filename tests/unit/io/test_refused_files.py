"""Files and tables that are refused, each message to the letter: what, where, and what to do."""

import errno
import json
import math
import os
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hetero2.errors import ContractError, GateError, InputError
from hetero2.io import files, tables


def message_of(raised):
    return raised.value.message, raised.value.hint


def test_what_is_no_file_is_called_what_it_is(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("")
    files.check_file(tmp_path / "file")
    for name, message, hint in [
        ("", "is a folder, expected a file", "name the file in it"),
        ("pipe", "is a pipe or device, expected a file", "it is read more than once: save it first"),
        ("link", "no such file: it is a link to nothing", "is the disk with the file mounted?"),
        ("none", "no such file", None),
    ]:
        path = tmp_path / name
        with pytest.raises(InputError) as raised:
            files.check_file(path)
        assert message_of(raised) == (f"{path}: {message}", hint)


def test_a_file_of_another_digest_is_refused_with_both(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    digest = files.sha256_bytes(b"abc")
    for expected in (digest, digest.upper(), None):
        assert files.check_sha256(path, expected, "truth") == digest
    for expected in ("0" * 90, digest[:63]):
        with pytest.raises(GateError) as raised:
            files.check_sha256(path, expected, "truth")
        assert message_of(raised) == (
            f"{path}: truth has sha256 {digest}, expected {expected[:80]}",
            "the file is not the pinned one; restore it, or pin the new sha256 if you trust the file",
        )


def test_nothing_is_written_over_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, message in [
        (tmp_path, "is a folder, expected a file"),
        (tmp_path / "pipe", "is a device or pipe, expected a file"),
    ]:
        with pytest.raises(InputError) as raised:
            files.write_text(path, "x")
        assert raised.value.message == f"{path}: {message}"


def test_the_part_of_a_file_is_hidden_beside_it_and_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with files.atomic_path(files.Path("new/folder/a:b.txt")) as part:
        assert part == tmp_path / f"new/folder/.a:b.txt.{os.getpid()}.part"
        part.write_text("x")
    assert (tmp_path / "new/folder/a:b.txt").read_text() == "x"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_disk_that_is_full_is_said_of_the_file_that_was_to_be(tmp_path, number):
    with (
        pytest.raises(OSError, match=re.escape(os.strerror(number))) as raised,
        files.atomic_path(tmp_path / "a") as part,
    ):
        raise OSError(number, "in other words", str(part))
    assert (raised.value.errno, raised.value.filename) == (number, str(tmp_path / "a"))


def test_other_errors_are_told_as_they_are(tmp_path):
    with pytest.raises(OSError, match="own words") as raised, files.atomic_path(tmp_path / "a"):
        raise OSError(errno.EACCES, "own words", "elsewhere")
    assert raised.value.filename == "elsewhere"


def test_text_is_written_as_it_is_and_copied_byte_for_byte(tmp_path):
    files.write_text(tmp_path / "a", "é\nb\n")
    assert (tmp_path / "a").read_bytes() == "é\nb\n".encode()
    files.copy_file(tmp_path / "a", tmp_path / "more/b")
    assert (tmp_path / "more/b").read_bytes() == (tmp_path / "a").read_bytes()


def test_json_in_one_line_is_sorted_plain_and_finite():
    assert files.canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'
    assert files.pretty_json({"b": 1, "a": 2}, sort_keys=False) == '{\n  "b": 1,\n  "a": 2\n}\n'
    for write in (files.canonical_json, files.pretty_json):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write(math.inf)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": NaN}', "NaN is not a number in JSON"),
        ("-1e999", "-1e999 is too large for a number"),
        ('{"a": 1, "a": 1}', "the key 'a' occurs twice"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_json_that_is_not_strict_says_why(tmp_path, text, reason):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        files.read_json(path)
    assert raised.value.message == f"{path}: not valid JSON: {reason}"
    path.write_text('{"a": "\\\\ud800 is no escape", "b": 1.5}')
    assert files.read_json(path) == {"a": "\\ud800 is no escape", "b": 1.5}


@pytest.mark.parametrize("escape", ["\\ud800", "\\uDC00"])
def test_half_a_letter_is_refused(escape):
    with pytest.raises(ValueError, match="surrogates not allowed"):
        files.parse_json(f'"{escape}"')
    assert files.parse_json('"\\ud83d\\ude00"') == "😀"


def test_json_beyond_its_limit_is_not_read(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("1" + " " * ((2 << 20) - 1))
    assert files.read_json(path, 2 << 20) == files.read_json(path) == 1
    with pytest.raises(InputError) as raised:
        files.read_json(path, (2 << 20) - 1)
    assert raised.value.message == f"{path}: 2 MB of JSON, but at most 1 MB are read"
    with pytest.raises(InputError, match=f"^{path}x: no such file$"):
        files.read_json(files.Path(f"{path}x"), 5)


@pytest.fixture
def contract(tmp_path, monkeypatch):
    """A contract with every kind of rule."""
    rules = {
        "kind": {"enum": ["a", "b", None], "type": ["string", "null"]},
        "word": {"type": "string", "minLength": 2, "pattern": "^[x-z]+$"},
        "version": {"const": "v1"},
        "n": {"type": ["integer", "null"], "minimum": 2},
        "share": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
    }
    (tmp_path / "some.v1.schema.json").write_text(json.dumps({"properties": rules}))
    monkeypatch.setattr(tables, "SCHEMAS", tmp_path)
    caches = (tables.row_schema, tables.columns, tables.arrow_schema)
    for cached in caches:
        cached.cache_clear()
    yield "some.v1"
    for cached in caches:
        cached.cache_clear()


RIGHT = {"kind": "a", "word": "xyz", "version": "v1", "n": 2, "share": 1.0}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "c"}, "column 'kind': found 'c'; allowed are a, b"),
        ({"word": "x"}, "column 'word': found 'x'; must not be empty"),
        ({"word": "xya"}, "column 'word': found 'xya'; must match ^[x-z]+$"),
        ({"word": None}, "column 'word': found None; a value is required"),
        ({"version": "v2"}, "column 'version': found 'v2'; must be 'v1'"),
        ({"n": 1}, "column 'n': found 1; must be at least 2"),
        ({"share": 0.0}, "column 'share': found 0.0; must be more than 0"),
        ({"share": 1.5}, "column 'share': found 1.5; must be at most 1"),
        ({"share": -math.inf}, "column 'share': found -inf; must be more than 0"),
        ({"share": math.nan}, "column 'share': found nan; must be a finite number"),
    ],
)
def test_a_cell_that_breaks_a_rule_is_named_with_it(contract, change, problem):
    missing = dict.fromkeys(("kind", "n", "share"))
    assert tables.to_table([RIGHT, RIGHT | missing], contract).to_pylist() == [RIGHT, RIGHT | missing]
    with pytest.raises(ContractError) as raised:
        tables.to_table([RIGHT, RIGHT | missing, RIGHT | change, RIGHT | change], contract)
    assert raised.value.message == f"some.v1: data row 3, {problem}"


def test_only_some_columns_are_checked_where_only_they_are_asked_for(contract):
    table = pa.table({"n": [3], "word": ["?"], "more": [0]})
    assert tables.check(table, contract, "here", ["n"]).column_names == ["n"]
    with pytest.raises(ContractError) as raised:
        tables.check(table, contract, "here")
    assert raised.value.message == "here: there is no column 'kind', which some.v1 requires"


def test_columns_and_single_values_become_a_table(contract):
    values = {
        "word": "xx",
        "n": pa.array([2.0, None]),
        "share": [math.nan, 0.5],
        "version": pa.chunked_array([["v1"], ["v1"]]),
    }
    table = tables.from_columns(contract, 2, values)
    assert table.to_pydict() == {
        "kind": [None, None],
        "word": ["xx", "xx"],
        "version": ["v1", "v1"],
        "n": [2, None],
        "share": [None, 0.5],
    }
    assert table.schema.types == [pa.string(), pa.string(), pa.string(), pa.int64(), pa.float64()]


def test_rows_are_written_as_they_come_in_groups(contract, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_ROW_GROUP", 2)
    path = tmp_path / "t.parquet"
    rows = [RIGHT | {"n": number} for number in range(2, 7)]
    assert tables.write_parquet_rows(path, iter(rows), contract) == 5
    with pq.ParquetFile(path) as file:
        assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [2, 2, 1]
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
        assert not file.schema_arrow.field("word").nullable
    assert tables.read_parquet(path, contract).to_pylist() == rows
    assert tables.read_parquet(path, contract, ["share", "n"]).column_names == ["share", "n"]
    with pytest.raises(ContractError, match=r"some\.v1: data row 1, column 'n'"):
        tables.write_parquet_rows(path, [RIGHT, RIGHT, RIGHT | {"n": 0}], contract)
    assert tables.read_parquet(path, contract).to_pylist() == rows  # the old file is still there


def test_what_is_no_parquet_says_what_to_do(contract, tmp_path):
    path = tmp_path / "t.parquet"
    with pytest.raises(InputError) as raised:
        tables.read_parquet(path, contract)
    assert message_of(raised) == (f"{path}: no such file", None)
    path.write_bytes(b"PAR1 and more")
    for read in (lambda: tables.read_parquet(path, contract), lambda: tables.read_shard(path, contract, 0, 1)):
        with pytest.raises(InputError) as raised:
            read()
        assert raised.value.message.startswith(f"{path}: not a readable Parquet file: ")
        assert raised.value.hint == "delete it and run again; it will be rebuilt"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1", 1), (" -1.5e3 ", -1500), (".5", 0.5), ("+2.", 2), ("1" + " " * 399, 1), ("1" * 309, float("1" * 309))),
        *((text, None) for text in ("1e999", "nan", "", "1_0", "0x1", "1,5", "1" * 310, "1" + " " * 400, "٣")),
    ],
)
def test_a_number_is_written_in_plain_digits(tmp_path, text, value):
    if value is None:
        assert math.isnan(tables.number(text))
        with pytest.raises(InputError) as raised:
            tables.number_cell(text, tmp_path, "line 3", "score")
        expected = f"{tmp_path}: line 3: column 'score': found {tables.quoted(text)}, expected a finite number"
        assert raised.value.message == expected
    else:
        assert tables.number(text) == tables.number_cell(text, tmp_path, "line 3", "score") == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", "'a'"),
        (1.5, "1.5"),
        ("x" * 78, f"'{'x' * 78}'"),
        ("x" * 79, f"'{'x' * 75}..'"),
        ("x" * 500, f"'{'x' * 75}..'"),
    ],
)
def test_a_cell_is_shown_to_80_letters(value, shown):
    assert tables.quoted(value) == shown
    assert len(shown) <= 80


def test_many_names_are_ten_and_how_many_more():
    names = [f"c{number}" for number in range(1200)]
    assert tables.shown_names(names[:10]) == ", ".join(map(repr, names[:10]))
    assert tables.shown_names(names) == ", ".join(map(repr, names[:10])) + ", … and 1,190 more"
    assert tables.check_names("f", names) == names
    with pytest.raises(InputError) as raised:
        tables.check_names("f", ["b", "a", "b", "a"])
    assert message_of(raised) == ("f: the column 'a' occurs twice", "give each column a name of its own")
