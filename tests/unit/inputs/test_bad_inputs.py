"""Every bad input of one table, tests/data/bad_inputs.yaml, through the command line: what a person is told of it.

A case has files (their text, or how they are made, below), the words of a call, its exit code, and what is printed of
errors, word for word. A line says what, in which file, where; a hint says what to do.
"""

import gzip
import io
import re
import shlex
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from openpyxl import Workbook
from pyarrow import parquet

from hetero2 import cli
from tests.conftest import DATA
from tools.release.__main__ import main as release

CASES = yaml.safe_load((DATA / "bad_inputs.yaml").read_text())
GOOD = {
    "library.csv": "id,smiles\na,CCO\nb,CCN\nc,c1ccccc1O\n",
    "truth.csv": "id,label\na,1\nb,0\nc,0\n",
    "scores.csv": "id,score\na,1\nb,2\nc,3\n",
    "known.csv": "id,smiles,label\nk1,CCOC,1\nk2,CCCC,0\nk3,CCNC,1\nk4,CCCO,0\n",
}


def parquet_of(columns: dict[str, list[Any]]) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def zip_of(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def workbook_of(rows: list[list[Any]]) -> bytes:
    out, book = io.BytesIO(), Workbook()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


WAYS: dict[str, Callable[[Any], bytes]] = {
    "hex": bytes.fromhex,
    "repeat": lambda parts: "".join(text * count for text, count in parts).encode(),
    "gzip": lambda inner: gzip.compress(bytes_of(inner), mtime=0),
    "cut": lambda inner: bytes_of(inner)[: -len(bytes_of(inner)) // 2],
    "encoded": lambda what: what["text"].encode(what["as"]),
    "parquet": parquet_of,
    "zip": zip_of,
    "xlsx": workbook_of,
}


def bytes_of(value: Any) -> bytes:
    """The bytes of a file: its text, or one entry that says how they are made."""
    if isinstance(value, str):
        return value.encode()
    ((how, what),) = value.items()
    return WAYS[how](what)


def call(case: dict[str, Any], capfd) -> tuple[int, str]:
    """(exit code, errors) of a call in the folder that this process is in."""
    for name, value in (GOOD | case.get("files", {})).items():
        if value is not None:
            Path(name).write_bytes(bytes_of(value))
    words = shlex.split(case["call"])
    run = release if words[0] == "release" else cli.main
    try:
        code = run(words[1:])
    except SystemExit as end:  # as argparse ends
        code = end.code
    printed = capfd.readouterr()
    lines = (printed.err + printed.out).splitlines()
    first = next((n for n, line in enumerate(lines) if re.match("error:|PROBLEM|.*: error:|[a-z_-]+: ", line)), 0)
    return code, "\n".join(lines[first : first + 3])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_bad_input_is_told_in_plain_words(case, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert call(case, capfd) == (case["code"], case["told"])


def test_the_table_holds_what_a_person_can_bring():
    assert len(CASES) >= 150
    assert len({case["case"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert case["code"] in (1, 2), case
        assert "Traceback" not in case["told"], case
        assert all(line.isprintable() for line in case["told"].splitlines()), case
