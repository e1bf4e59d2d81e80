"""The one file that verifies packs anywhere: written from the modules, and of the same opinion as they are."""

import ast
import shutil
import subprocess
import sys

import pytest

from hetero2 import cli
from hetero2.pack import standalone
from hetero2.pack.verification.command import PACK_HINT
from tests.conftest import OWN_PACK
from tests.packs import edit, own_folder


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("elsewhere") / "verify.py"
    assert cli.main(["verify", "--standalone", str(path)]) == 0
    return path


def alone(program, *arguments):
    command = [sys.executable, "-I", "-S", program.name, *map(str, arguments)]
    return subprocess.run(command, cwd=program.parent, capture_output=True, text=True, timeout=60)


def damaged(folder):
    """A pack with problems of every kind: a number, a table, a list, a missing file, another file, a wrong name."""
    own_folder(folder)
    edit(folder / "metrics.json", lambda metrics: metrics | {"pass_rate": 2, "counts": {}})
    (folder / "summary.csv").write_bytes((folder / "summary.csv").read_bytes().replace(b"PASS", b"FAIL", 1))
    (folder / "index.md").unlink()
    (folder / "more.txt").write_text("x")
    shutil.rmtree(folder / "workflow/schemas")
    return folder


def test_it_parses_as_python_3_9(program):
    ast.parse(program.read_text(), feature_version=(3, 9))


def test_it_prints_what_the_package_prints(program, tmp_path, capsys):
    for pack, code in ((OWN_PACK, 0), (damaged(tmp_path / "pack"), 1)):
        assert cli.main(["verify", str(pack)]) == code
        ours, theirs = capsys.readouterr().out, alone(program, pack)
        assert (theirs.stdout, theirs.stderr, theirs.returncode) == (ours, "", code)
        assert len(ours.splitlines()) >= (2 if code == 0 else 8)


def test_it_says_how_it_is_called_and_what_it_checks(program):
    assert "Exit code 0: no problems." in alone(program, "--help").stdout
    done = alone(program, "nothing.zip")
    assert (done.returncode, done.stderr) == (2, f"error: nothing.zip: no such pack\nhint: {PACK_HINT}\n")


def test_it_reads_from_top_to_bottom_without_a_name_used_before_its_definition(program):
    """Every module stands below those that it needs; each begins with what it is about."""
    text = program.read_text()
    assert text.count("\n# -----") == len(standalone.sources())
    assert "hetero2.pack" not in text
    assert text.startswith('#!/usr/bin/env python3\n"""Verify an evidence pack: ')


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        ({"a": "def same():\n    pass", "b": "same = 1"}, "same is defined in a too"),
        ({"a": "import json as text"}, "under another name"),
        ({"a": "from hetero2.pack.verification.b import this as that"}, "under another name"),
    ],
)
def test_modules_that_cannot_share_one_file_are_refused(modules, reason, monkeypatch):
    monkeypatch.setattr(standalone, "sources", lambda: modules)
    with pytest.raises(ValueError, match=reason):
        standalone.text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify"], "error: no pack is named"),
        (["verify", "a.zip", "--standalone", "b.py"], "error: a.zip: with --standalone"),
    ],
)
def test_either_a_pack_or_the_program(arguments, said, capsys):
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize("place", ["", "no/such/verify.py", "/dev/full"])
def test_a_program_that_cannot_be_written_is_wrong_usage(place, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no").touch()
    assert cli.main(["verify", "--standalone", place]) == 2
    assert capsys.readouterr().err.startswith("error: --standalone: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["no"]
