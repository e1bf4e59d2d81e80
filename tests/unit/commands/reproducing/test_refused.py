"""What a pack cannot be reproduced from here, each with its reason: nothing is run, and nothing is left."""

import argparse
import shutil

import pytest

from hetero2 import cli
from hetero2.commands.reproducing import inputs, original
from hetero2.errors import ConfigError
from hetero2.io.files import pretty_json, read_json, write_text
from hetero2.pack.verification.container.folders import open_pack
from hetero2.pack.verification.problems import Problems
from hetero2.runtime import provenance
from tests.conftest import DATA
from tests.packs import relist

LIBRARY = f"--input={DATA / 'library.csv'}"
MODEL = f"--model=python {DATA / 'model.py'} {{request}} {{scores}}"


def resealed(pack, change):
    """The pack with another manifest, with which its lists, run_id and pages agree again."""
    manifest = read_json(pack / "manifest.json")
    before = {key: manifest[key] for key in ("run_id", "code_digest")}
    change(manifest)
    manifest["run_id"] = provenance.run_id(
        manifest["inputs"], manifest["config"], manifest["code_digest"], manifest["environment_lock_sha256"]
    )
    write_text(pack / "manifest.json", pretty_json(manifest))
    for page in ("index.md", "report.html"):
        text = (pack / page).read_bytes().decode()
        for key, digest in before.items():
            text = text.replace(digest, manifest[key]).replace(digest[:12], manifest[key][:12])
        (pack / page).write_bytes(text.encode())
    relist(pack)
    return pack


@pytest.fixture
def made_here(pack):
    """The stored run's pack as if the code of today had made it."""
    return resealed(pack, lambda manifest: manifest.update(code_digest=provenance.pack_digest()))


def refused(capsys, *words):
    assert cli.main(["reproduce", *map(str, words)]) == 2
    return capsys.readouterr().err


def test_a_pack_by_other_code_needs_that_code(pack, capsys):
    resealed(pack, lambda manifest: manifest.update(code_digest="0" * 64))
    message = refused(capsys, pack, LIBRARY, MODEL)
    assert "it was made by other code of hetero2 (code digest 000000000000…" in message
    assert "hint: install the code that made it, of version 0.1.0" in message
    resealed(pack, lambda manifest: manifest.update(source_commit="a" * 40, timestamp_utc="2026-11-22T10:00:00Z"))
    assert f"hint: install commit {'a' * 40}" in refused(capsys, pack, LIBRARY, MODEL)


def test_a_pack_that_does_not_verify_is_not_run(made_here, capsys):
    with (made_here / "summary.csv").open("a") as stream:
        stream.write("\n")
    message = refused(capsys, made_here, LIBRARY, MODEL)
    assert "does not verify: " in message
    assert f"`hetero2 verify {made_here}`" in message


@pytest.mark.parametrize("name", ["nothing_here", "."])
def test_what_is_no_pack_is_said_to_be_none(name, tmp_path, capsys):
    assert "no such pack" in (message := refused(capsys, tmp_path / name)) or "no pack, and no finished run" in message


def test_files_that_are_missing_are_named_with_their_digest(made_here, capsys):
    message = refused(capsys, made_here)
    assert "a file that its run read is not in it" in message
    assert "give library.csv (the library, sha256 d83b6f5f3660…): --input FILE; the same command" in message


def test_a_scoring_command_is_never_taken_from_the_pack(made_here, capsys):
    message = refused(capsys, made_here, LIBRARY)
    assert "its scores were made by a command that no pack carries: python model.py" in message
    assert "which reads model.py, sha256 5d91c6196e1e…" in message
    assert "--model 'python PATH/model.py {request} {scores}'" in message


def test_another_file_than_the_run_read_is_refused(made_here, tmp_path, capsys):
    assert "truth.csv: is not the library of this run" in refused(capsys, made_here, f"--input={DATA / 'truth.csv'}")
    other = tmp_path / "model.py"
    other.write_text((DATA / "model.py").read_text() + "# another\n")
    command = f"--model=python {other} {{request}} {{scores}}"
    assert "model.py: is no file that the run read" in refused(capsys, made_here, LIBRARY, command)
    shutil.copyfile(DATA / "model.py", tmp_path / "scorer.py")
    command = f"--model=python {tmp_path / 'scorer.py'} {{request}} {{scores}}"
    assert "--model: is not the command of this run: python scorer.py" in refused(capsys, made_here, LIBRARY, command)


def test_options_that_do_not_fit_the_run_are_refused(made_here, tmp_path, capsys):
    message = refused(capsys, made_here, "--file", f"train.csv={DATA / 'truth.csv'}")
    assert "--file train.csv: the run read no file of this name" in message
    assert "by name or key: library.csv, input.path" in message
    assert "is not NAME=PATH" in _usage(capsys, made_here, "--file", "train.csv")
    assert f"--keep: {tmp_path}: is there already" in refused(capsys, made_here, "--keep", tmp_path)
    nowhere = tmp_path / "no" / "folder"
    assert f"--keep: {nowhere}: its folder does not exist" in refused(capsys, made_here, "--keep", nowhere)
    assert "no_library.csv: no such file" in refused(capsys, made_here, "--input", tmp_path / "no_library.csv")


def _usage(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        cli.main(["reproduce", *map(str, words)])
    assert ended.value.code == 2
    return capsys.readouterr().err


def unverified(pack, **changes):
    """A pack as it would be read had verification not seen what was changed in its manifest."""
    problems = Problems()
    opened = open_pack(pack, problems)
    return original.Original(pack, read_json(pack / "manifest.json") | changes, opened)


@pytest.mark.parametrize("section", ["execution", "release", "suite_strategy"])
def test_a_configuration_that_says_where_to_write_is_refused(made_here, section):
    config = read_json(made_here / "manifest.json")["config"] | {section: {"results_dir": "/"}}
    with pytest.raises(ConfigError, match=f"its configuration has the section {section}"):
        original.check_code(unverified(made_here, config=config), False)


def test_a_target_that_is_unknown_is_refused(made_here):
    with pytest.raises(ConfigError, match="its target is unknown here"):
        original.check_code(unverified(made_here, target="value_unknown"), False)


@pytest.mark.parametrize("path", ["../library.csv", "/etc/passwd", "a/b.csv"])
def test_a_pack_that_names_places_of_this_machine_is_refused(made_here, path):
    config = read_json(made_here / "manifest.json")["config"]
    config["input"]["path"] = path
    with pytest.raises(ConfigError, match=r"input\.path is no name of a file"):
        inputs.needed(unverified(made_here, config=config))
    config["input"]["path"] = "library.csv"
    config["truth"]["path"] = path
    given = argparse.Namespace(input=DATA / "library.csv", file=[], model="python x {request} {scores}")
    with pytest.raises(ConfigError, match=r"truth\.path is no name of a file"):
        inputs.layer_of(unverified(made_here, config=config), given, made_here.parent / "files")
    assert not (made_here.parent / "files").exists()
