"""What a pack cannot be reproduced from here, each with its reason: nothing is run, and nothing is left."""

import json
import shutil

import pytest

from hetero2 import cli
from hetero2.io.files import pretty_json, read_json, write_text
from hetero2.runtime import provenance
from tests.conftest import DATA
from tests.packs import edit, relist

LIBRARY = f"--input={DATA / 'library.csv'}"
MODEL = f"--model=python {DATA / 'model.py'} {{request}} {{scores}}"


def resealed(pack, change):
    """The pack with another manifest, whose lists and run_id agree again."""
    manifest = read_json(pack / "manifest.json")
    change(manifest)
    manifest["run_id"] = provenance.run_id(
        manifest["inputs"], manifest["config"], manifest["code_digest"], manifest["environment_lock_sha256"]
    )
    write_text(pack / "manifest.json", pretty_json(manifest))
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
    assert "hint: install version 0.1.0" in message
    resealed(pack, lambda manifest: manifest.update(source_commit="a" * 40))
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
    assert "1 file(s) that its run read are not in it" in message
    assert "give library.csv (the library, sha256 d83b6f5f3660…): --input FILE; the same command" in message


def test_a_scoring_command_is_never_taken_from_the_pack(made_here, capsys):
    message = refused(capsys, made_here, LIBRARY)
    assert "its scores were made by a command that no pack carries: python model.py" in message
    assert "which reads model.py, sha256 5d91c6196e1e…" in message
    assert "--model 'python PATH/my_model.py {request} {scores}'" in message


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: config.update(execution={"results_dir": "/"}), "its configuration has the section execution"),
        (lambda config: config["input"].update(path="../library.csv"), "input.path is no name of a file"),
    ],
)
def test_a_pack_that_names_places_of_this_machine_is_refused(made_here, change, message, capsys):
    resealed(made_here, lambda manifest: change(manifest["config"]))
    config = json.loads((made_here / "manifest.json").read_text())["config"]
    import yaml

    (made_here / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True))
    relist(made_here)
    assert message in refused(capsys, made_here, LIBRARY, MODEL)


def test_a_pack_of_a_target_that_is_unknown_is_refused(made_here, capsys):
    edit(made_here / "manifest.json", lambda manifest: manifest | {"target": "value_unknown"})
    relist(made_here)
    assert "its target is unknown here" in refused(capsys, made_here, LIBRARY, MODEL)
