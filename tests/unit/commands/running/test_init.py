"""A configuration from a user's files, which a run takes as it is."""

import pytest
import yaml

from hetero2 import cli
from hetero2.config.resolve import resolve_settings


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib.tsv").write_text("Name\tSmiles\na\tCCO\nb\tCCN\n")
    (tmp_path / "train.csv").write_text("id,smiles,label\nx,CCO,1\ny,CCN,0\n")
    (tmp_path / "results.csv").write_text("ID;Outcome\na;active\nb;inactive\nc;active\n")
    return tmp_path


def test_files_are_told_apart_and_the_configuration_holds(folder, capsys):
    assert cli.main(["init", "lib.tsv", "train.csv", "results.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("library   lib.tsv: 2 molecules; id = 'Name', smiles = 'Smiles'; separated by tab")
    assert "2 of its 3 ids are in the library" in "\n".join(lines)
    assert lines[-1] == "written   my.yaml: look at it, then `hetero2 run --configfile my.yaml`"
    config = resolve_settings("value_utility_realtruth", folder / "my.yaml")
    assert config["run_name"] == "lib"
    assert config["scores"]["source"] == "reference:morgan_rf"
    assert config["selection"]["k"] == 1
    assert "#" in (folder / "my.yaml").read_text()


def test_without_truth_it_says_so(folder, capsys):
    assert cli.main(["init", "lib.tsv", "--out", "other.yaml"]) == 0
    assert "truth     none" in capsys.readouterr().out
    assert yaml.safe_load((folder / "other.yaml").read_text())["truth"] == {"source": "none"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["results.csv"], "none of the files is a library"),
        (["lib.tsv", "nothing.csv"], "nothing.csv"),
        (["lib.tsv", "train.csv", "copy.csv"], "and so does train.csv"),
    ],
)
def test_what_cannot_be_told_is_asked(folder, capsys, words, message):
    (folder / "copy.csv").write_text((folder / "train.csv").read_text())
    assert cli.main(["init", *words]) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert not (folder / "my.yaml").exists()


def test_a_configuration_that_is_there_is_kept(folder, capsys):
    (folder / "my.yaml").write_text("run_name: mine\n")
    assert cli.main(["init", "lib.tsv"]) == 2
    assert "already exists" in capsys.readouterr().err
    assert (folder / "my.yaml").read_text() == "run_name: mine\n"
