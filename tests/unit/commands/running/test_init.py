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


def test_a_path_with_signs_of_yaml_is_read_back(folder):
    own = 'li #b: "x".csv'
    (folder / own).write_text("id,smiles\na,CCO\nb,CCN\n")
    assert cli.main(["init", own]) == 0
    assert yaml.safe_load((folder / "my.yaml").read_text())["input"]["path"] == own


def test_columns_can_be_named_and_what_cannot_be_used_is_counted(folder, capsys):
    (folder / "two.csv").write_text("cid,zinc_id,smiles\n1,a,CCO\n2,a,CCN\n3,,CCC\n4,d,C1CC\n")
    assert cli.main(["init", "two.csv"]) == 2
    assert "--id-column" in capsys.readouterr().err
    assert cli.main(["init", "two.csv", "--id-column", "zinc_id"]) == 0
    said = capsys.readouterr().out
    assert "1 have no structure that can be read, 1 have no id, 1 repeat the id of an earlier one" in said


def test_files_may_be_named_by_what_they_are_alone(folder, capsys):
    assert cli.main(["init"]) == 2
    assert "no file is named" in capsys.readouterr().err
    (folder / "a.csv").write_text("id,smiles,class\nx,CCO,1\ny,CCN,0\n")
    assert cli.main(["init", "--library", "lib.tsv", "--train", "a.csv"]) == 0
    assert "train     a.csv" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("l.smi", "CCO\nCCN\n", "write the id after the SMILES"),
        ("l.csv", "id,smiles\n,CCO\n,CCN\n", "--id-column names another"),
    ],
)
def test_a_library_without_ids_is_not_called_one_without_structures(folder, capsys, name, text, hint):
    (folder / name).write_text(text)
    assert cli.main(["init", name]) == 1
    said = capsys.readouterr().err
    assert "2 of 2 rows have no id" in said
    assert hint in said


def test_structures_are_read_beyond_the_first_thousand(folder, capsys):
    bad = "".join(f"b{n},C1CC\n" for n in range(1200))
    (folder / "late.csv").write_text(f"id,smiles\n{bad}a,CCO\n")
    assert cli.main(["init", "late.csv"]) == 0
    assert "1,201 molecules; 1,200 have no structure that can be read" in capsys.readouterr().out
