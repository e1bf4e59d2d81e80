"""Known bad and known good side by side."""

import json

import pytest

from hetero2 import cli
from hetero2.io.files import sha256_file
from hetero2.stages.separation import compare, delta

NAMES = ("BAD-constant", "BAD-random", "GOOD-synthetic")


def metrics(median, rate, n=60):
    numbers = dict.fromkeys(("mean_slack", "p25_slack", "p75_slack"), median)
    return {"metrics_schema": "metrics.v1", "counts": {"OK": n}, "median_slack": median, "pass_rate": rate, **numbers}


@pytest.mark.parametrize(
    ("good", "bad", "expected"), [(0.3, 0.25, True), (0.3, 0.2501, False), (None, 0.1, None), (0.1, None, None)]
)
def test_a_threshold_is_reached_or_not_or_unknown(good, bad, expected):
    assert delta(good, bad, 0.05 - 1e-12)["met"] is expected


def test_one_difference_to_each_bad_is_enough():
    document = compare(
        {"BAD-constant": metrics(-0.5, 0.0), "BAD-random": metrics(0.0, 0.6), NAMES[2]: metrics(0.0, 1.0)}
    )
    assert document["separated"]
    assert document["deltas"]["GOOD-synthetic - BAD-random"]["median_slack"] == {
        "delta": 0.0,
        "threshold": 0.05,
        "met": False,
    }
    same = dict.fromkeys(NAMES, metrics(0.0, 1.0))
    assert not compare(same)["separated"]
    empty = dict.fromkeys(NAMES, metrics(None, None, 0))
    assert not compare(empty)["separated"]


@pytest.fixture
def files(tmp_path):
    files = {"--rows": [], "--metrics": [], "--zips": []}
    for number, name in enumerate(NAMES):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.zip").write_bytes(name.encode())
        (folder / "metrics.json").write_text(json.dumps(metrics(-0.5 + number / 4, number / 2)))
        sha256 = sha256_file(folder / f"{name}.zip").upper()
        (folder / "row.json").write_text(json.dumps({"assets": [{"sha256": sha256}]}))
        files["--rows"].append(str(folder / "row.json"))
        files["--metrics"].append(str(folder / "metrics.json"))
        files["--zips"].append(str(folder / f"{name}.zip"))
    return files


def separate(files, tmp_path, names=NAMES):
    options = [word for key, paths in files.items() for word in (key, *paths)]
    return cli.main(["separation", "--variants", *names, *options, "--out", str(tmp_path / "out")])


def test_the_page_says_whether_they_are_separated(files, tmp_path):
    assert separate(files, tmp_path) == 0
    page = (tmp_path / "out/separation.html").read_text()
    document = json.loads((tmp_path / "out/separation.json").read_text())
    assert ("Yes: they are separated." in page) == document["separated"]
    for variant in document["variants"].values():
        assert f'<a href="{variant["pack"]}">' in page
        assert variant["sha256"].lower() in page


def test_packs_stand_beside_it_with_their_sha256(files, tmp_path):
    assert separate(files, tmp_path) == 0
    document = json.loads((tmp_path / "out/separation.json").read_text())
    for name in NAMES:
        assert (tmp_path / f"out/{name}.zip").read_bytes() == name.encode()
        assert document["variants"][name]["sha256"] == sha256_file(tmp_path / f"out/{name}.zip").upper()
    assert document["separated"]


def test_what_is_wrong_is_said_and_nothing_is_left(files, tmp_path, capsys):
    assert separate(files, tmp_path, ("BAD-constant", "BAD-random", "BAD")) == 2
    assert "--variants: found BAD-constant, BAD-random, BAD; expected GOOD-synthetic" in capsys.readouterr().err
    (tmp_path / "BAD-random/BAD-random.zip").write_bytes(b"another")
    assert separate(files, tmp_path) == 1
    assert "is not the pack that" in capsys.readouterr().err
    assert separate(files | {"--metrics": files["--metrics"][:2]}, tmp_path) == 2
    assert not (tmp_path / "out/separation.json").exists()
