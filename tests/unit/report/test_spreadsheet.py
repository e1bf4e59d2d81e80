"""A spreadsheet must find nothing to run in summary_spreadsheet.csv, and everything else as it was."""

import csv

import pytest

from hetero2.report import spreadsheet

FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def would_run(cell: str) -> bool:
    """What a spreadsheet may take for a formula, after it has dropped blanks, in any cell that it may cut it into."""
    for mark in (";", ",", "|", "\t", "\r", "\n"):
        cell = cell.replace(mark, "\0")
    return any(part.strip(' "\u00ad\u200b\ufeff\u202e').startswith(FORMULAS) for part in cell.split("\0"))


@pytest.mark.parametrize(
    "cell",
    [
        '=HYPERLINK("http://x","y")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        " \u200b=1",
        "\r\n=1",
        "a;=1",
        "a,\t-b",
        'x;"=HYPERLINK(1);y',
        'x;" \u00ad=1',
        "a|=1",
        "\uff1d1+1",
        "=",
    ],
)
def test_what_would_be_run_is_not(cell):
    assert would_run(cell)
    safe = spreadsheet.neutral(cell)
    assert not would_run(safe)
    assert safe.replace("'", "") == cell.replace("'", "")


@pytest.mark.parametrize("cell", ["", "-0.25", "+3", "1e-05", "CC(=O)O", "[O-]C=C", "C[N+](C)C", "OK", "a=b", "x-1"])
def test_what_is_harmless_stays(cell):
    assert spreadsheet.neutral(cell) == cell


def test_the_copy_has_the_rows_of_the_summary(tmp_path):
    source, out = tmp_path / "summary.csv", tmp_path / "copy.csv"
    rows = [["id", "reason"], ["=1", 'a "quoted", cell'], ["é\nnew", "-1"]]
    with source.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(rows)
    spreadsheet.write(source, out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")  # or a spreadsheet takes it for another encoding
    with out.open(encoding="utf-8-sig", newline="") as handle:
        assert list(csv.reader(handle)) == [rows[0], ["'=1", 'a "quoted", cell'], ["é\nnew", "-1"]]
