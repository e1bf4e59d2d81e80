"""verify and accept take the results folder of a run, and say so where a folder is none."""

import shutil

import pytest

from hetero2 import cli
from tests.conftest import ROOT

PACK = ROOT / "tests/contracts/data/pack.v1.zip"


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    shutil.copyfile(PACK, folder / "library_evidence_pack.zip")
    (folder / "registry_row.json").write_text("{}")
    (folder / "summary.csv").write_text("no part of the pack")
    return folder


@pytest.mark.parametrize("verb", ["verify", "accept"])
def test_the_results_folder_of_a_run_stands_for_its_zip(verb, results, capsys):
    outcomes = []
    for path in (results, results / "library_evidence_pack.zip"):
        code = cli.main([verb, str(path)])
        outcomes.append((code, capsys.readouterr().out))
    assert outcomes[0] == outcomes[1]
    assert "library_evidence_pack.zip" in outcomes[0][1] or verb == "accept"


@pytest.mark.parametrize("verb", ["verify", "accept"])
def test_a_folder_that_is_no_pack_is_one_error(verb, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert cli.main([verb, str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {tmp_path}: no pack, and no finished run")
    assert not said.out
