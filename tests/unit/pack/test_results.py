"""The files of a run as options, and a pack that is read again for its numbers."""

import argparse
import re
import zipfile

import pytest

from hetero2.errors import ConfigError, InputError
from hetero2.pack import results
from tests.packs import own_folder, zipped

TRUTH = ["--truth", "t.csv", "--cost-lift", "c.json", "--utility", "u.json", "--hit-curve", "h.csv"]


def parsed(*words, files=results.READ):
    parser = argparse.ArgumentParser(exit_on_error=False)
    results.add_arguments(parser, files)
    return parser.parse_args(words)


def words(files=results.READ):
    return [word for name in files for word in (f"--{name.replace('_', '-')}", f"some/{name}")]


@pytest.mark.parametrize("files", [results.READ, results.COLLECTED])
def test_every_file_is_an_option_that_must_be_there(files):
    args = parsed(*words(files), files=files)
    assert {name: str(getattr(args, name)) for name in files} == {name: f"some/{name}" for name in files}
    with pytest.raises((argparse.ArgumentError, SystemExit)):
        parsed(*words(files)[2:], files=files)


def test_the_names_in_the_pack_are_those_of_the_options():
    pairs = list(results.given(parsed(*words()), results.READ))
    assert [(where, path.as_posix()) for where, path in pairs] == [
        ("summary.csv", "some/summary"),
        ("metrics.json", "some/metrics"),
        ("decoy_quality.json", "some/decoy_quality"),
        ("controls.json", "some/controls"),
        ("hardness_curve.csv", "some/hardness_curve"),
        ("leakage.csv", "some/leakage"),
        ("diagnosis.json", "some/diagnosis"),
    ]


def test_with_truth_come_its_files_but_not_the_one_that_may_hold_a_reason():
    pairs = dict(results.given(parsed(*words(), *TRUTH), results.READ))
    assert {where: str(pairs[where]) for where in pairs.keys() - set(results.READ.values())} == {
        "truth.csv": "t.csv",
        "utility_report.json": "u.json",
        "hit_curve.csv": "h.csv",
    }


@pytest.mark.parametrize("left_out", range(4))
def test_a_part_of_the_files_of_truth_is_refused(left_out):
    some = TRUTH[: 2 * left_out] + TRUTH[2 * left_out + 2 :]
    with pytest.raises(ConfigError, match=r"^--truth, --cost-lift, --utility and --hit-curve go together$"):
        list(results.given(parsed(*words(), *some), results.READ))


@pytest.fixture
def pack(tmp_path):
    return own_folder(tmp_path / "pack", small=True)


def test_a_pack_is_read_from_folder_and_zip_alike(pack, tmp_path):
    metrics, manifest, rows = results.read(pack)
    assert (metrics, manifest, rows) == results.read(zipped(pack, tmp_path / "pack.zip"))
    assert rows[0][:3] == ["id", "status", "reason"]
    assert len(rows) - 1 == sum(metrics["counts"].values())
    assert manifest["manifest_schema"] == "manifest.v1"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("summary.csv", None, "summary.csv is not there"),
        ("metrics.json", None, "metrics.json, manifest.json or summary.csv is empty or not there"),
        ("summary.csv", b"", "metrics.json, manifest.json or summary.csv is empty or not there"),
        ("metrics.json", b"[]\n", "metrics.json, manifest.json or summary.csv is empty or not there"),
        ("manifest.json", b"{", "manifest.json: "),
        ("summary.csv", b"id\n\xff\n", "codec can't decode"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_says_why(pack, name, content, reason):
    if content is None:
        (pack / name).unlink()
    else:
        (pack / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        results.read(pack)
    assert caught.value.message.startswith(f"{pack}: cannot be read as a pack: ")
    assert reason in caught.value.message
    assert caught.value.hint == "`hetero2 verify` lists its problems"


def test_a_pack_that_unpacks_to_more_than_is_allowed_is_not_read(pack, tmp_path):
    path = zipped(pack, tmp_path / "pack.zip")
    with zipfile.ZipFile(path) as package:
        size = sum(member.file_size for member in package.infolist())
    assert results.read(path, size)
    with pytest.raises(InputError, match=f"more than {size - 1}"):
        results.read(path, size - 1)


def test_the_pack_of_a_run_is_in_its_folder(tmp_path):
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}: no finished run here")) as caught:
        results.pack_of_run(tmp_path)
    assert caught.value.hint == "`hetero2 run` makes one"
    (tmp_path / "registry_row.json").write_text("{}")
    assert results.pack_of_run(tmp_path) == results.pack_at(tmp_path) == tmp_path / "pack"


def test_a_path_is_a_pack_unless_there_is_none(tmp_path):
    assert results.pack_at(tmp_path) == tmp_path
    (tmp_path / "pack.zip").write_bytes(b"")
    assert results.pack_at(tmp_path / "pack.zip") == tmp_path / "pack.zip"
    with pytest.raises(InputError, match=f"^{re.escape(str(tmp_path))}/none: no such file or folder$"):
        results.pack_at(tmp_path / "none")
