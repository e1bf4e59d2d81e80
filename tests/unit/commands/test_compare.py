"""Two packs side by side: the first layer that differs, the numbers that moved, the molecules."""

import json
import shutil

import pytest

from hetero2 import cli
from hetero2.commands.compare import comparison, lines
from hetero2.io.files import read_json


@pytest.fixture
def pair(stored_run, tmp_path):
    """(results of a run, a copy of its pack that may be changed)."""
    copied = tmp_path / "copy"
    shutil.copytree(stored_run / "pack", copied)
    return stored_run, copied


def edit(path, change):
    document = read_json(path)
    change(document)
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")


def test_the_same_pack_is_identical(pair, capsys):
    assert cli.main(["compare", *map(str, pair)]) == 0
    assert capsys.readouterr().out == "identical: every file of both packs has the same bytes\n"


def test_an_edited_configuration_comes_before_what_follows_from_it(pair, capsys):
    edit(pair[1] / "manifest.json", lambda manifest: manifest["config"]["decoys"].update(k=5))
    summary = pair[1] / "summary.csv"
    summary.write_bytes(summary.read_bytes().replace(b"aspirin,OK", b"aspirin,SKIP", 1))
    edit(pair[1] / "metrics.json", lambda metrics: metrics["counts"].update(OK=metrics["counts"]["OK"] - 1))
    document = comparison(*pair)
    assert document["first_difference"] == "configuration"
    assert [row["key"] for row in document["layers"]["configuration"]] == ["decoys.k"]
    assert {row["key"] for row in document["layers"]["audit"]} == {"summary.csv", "metrics.json"}
    assert [(row["file"], row["key"], row["difference"]) for row in document["numbers"]] == [
        ("metrics.json", "counts.OK", -1)
    ]
    assert [row["id"] for row in document["molecules"]] == ["aspirin"]
    assert cli.main(["compare", *map(str, pair)]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("first difference: configuration\n")
    assert "  decoys.k: 4 → 5\n" in printed
    assert "  aspirin: row audited → left out\n" in printed


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("decoy_quality.json", "decoys"),
        ("scores.csv", "scores"),
        ("truth.csv", "truth"),
        ("hit_curve.csv", "utility"),
        ("report.html", "bytes"),
        ("workflow/Snakefile", "code"),
    ],
)
def test_each_file_belongs_to_its_layer(pair, name, layer):
    with (pair[1] / name).open("a") as handle:
        handle.write("\n")
    assert comparison(*pair)["first_difference"] == layer


def test_another_package_is_a_difference_of_the_environment(pair):
    def change(document):
        document["packages"][0]["installed"] = "0.0.1"

    edit(pair[1] / "environment.json", change)
    assert comparison(*pair)["first_difference"] == "environment"


def test_as_json_and_what_is_no_pack(pair, tmp_path, capsys):
    assert cli.main(["compare", *map(str, pair), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identical"] is True
    (tmp_path / "empty").mkdir()
    assert cli.main(["compare", str(pair[0]), str(tmp_path / "empty")]) == 1
    assert "cannot be read as a pack" in capsys.readouterr().err


def test_a_molecule_of_one_pack_alone_is_named(pair):
    text = (pair[1] / "summary.csv").read_bytes().rstrip(b"\n")
    (pair[1] / "summary.csv").write_bytes(text[: text.rindex(b"\n") + 1])
    document = comparison(*pair)
    assert document["molecules"][-1]["only_in"] == "first"
    assert any(line.endswith("only in the first of the two") for line in lines(document))
