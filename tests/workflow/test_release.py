"""A release of a real target in a clone of this checkout: built twice, held to its gates, registered."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time

import pytest

from hetero2.pack.verification.checking import verify
from tests.conftest import AS_INSTALLED, ROOT, copy_checkout, run
from tests.releases import commit, git
from tools.release import gates

pytestmark = pytest.mark.nightly  # test_workflows.py has every command of a release, on a build that was made before
TAG, TODAY = "value-ring-suite-2026-11-22-r0", "value-ring-suite-2026-11-23-r1"


def release_tool(folder, *words, check=True, **options):
    return run(
        "python", "-m", "tools.release", *words, cwd=folder, check=check, env={"PYTHONPATH": str(folder)}, **options
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(this tree, committed, with the release built; what was printed; what a second build was told meanwhile).

    The first attempt is killed in the middle, so that all tests look at what the same command made of that.
    """
    folder = copy_checkout(tmp_path_factory.mktemp("release") / "clone")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "all")
    log = folder.with_name("log")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    with log.open("w") as printed:
        words = [sys.executable, "-m", "tools.release", "build", TAG]
        first = subprocess.Popen(words, cwd=folder, env=environment, stdout=printed, stderr=printed)
        while not any((folder / "release/.work").rglob("results/**/input.csv")):  # jobs have begun
            assert first.poll() is None, log.read_text()
            time.sleep(0.1)
        second = release_tool(folder, "build", TAG, check=False)
        first.kill()
        first.wait()
    assert not (folder / "release" / TAG).exists()
    # Whatever git and Snakemake are set to here, and whoever was at the clones of the first try, changes nothing.
    for clone in (folder / "release/.work").glob("*/*"):
        (clone / "hetero2/__init__.py").write_text('__version__ = "9"\n')
    profile = folder.with_name("profile") / "config.yaml"
    profile.parent.mkdir()
    profile.write_text("config: ['decoys={\"k\": 25}']\n")
    folder.with_name("gitconfig").write_text("[core]\n\tautocrlf = true\n\thooksPath = /nowhere\n")
    elsewhere = {"SNAKEMAKE_PROFILE": str(profile.parent), "GIT_CONFIG_GLOBAL": str(folder.with_name("gitconfig"))}
    (folder / ".venv").symlink_to(ROOT / ".venv")
    names = ("TRUTH_URL", "TRUTH_SHA256", "SCORES_URL", "SCORES_SHA256", "SELECTION_K", "SKIP_POLICY")
    given = {
        "TAG": TAG,
        "PYTHONPATH": str(folder),
        "MAKEFLAGS": "",
        "MAKELEVEL": "",
        **elsewhere,
        **dict.fromkeys(names, ""),
    }
    return folder, run("make", *AS_INSTALLED, "release-build", cwd=folder, env=given).stdout, second


@pytest.fixture(scope="module")
def clone(built):
    return built[0]


def test_a_second_build_of_a_tag_at_once_is_refused(built):
    assert built[2].returncode == 1
    assert "another command is working on it here" in built[2].stderr


def test_the_build_is_whole_though_the_first_try_was_killed(built):
    clone, told, _ = built
    folder, head = clone / "release" / TAG, git(clone, "rev-parse", "HEAD")
    archive = folder / "value_ring_suite_evidence_pack.zip"
    names = {archive.name, f"{archive.name}.sha256", "notes.md", "registry_row.json", "lineage.jsonl"}
    assert {path.name for path in folder.iterdir()} == names | {
        f"{TAG}.provenance.intoto.json",
        f"{TAG}.gates.intoto.json",
    }
    assert verify(archive) == []
    subprocess.run(["sha256sum", "--check", "--quiet", f"{archive.name}.sha256"], cwd=folder, check=True)
    row = json.loads((folder / "registry_row.json").read_text())
    assert (row["status"], row["source_commit"], row["milestone"]) == ("built", head, "VALUE-M1")
    assert {name: gate["met"] for name, gate in row["gates"].items()} == dict.fromkeys(gates.NAMES, True)
    sha256 = row["assets"][0]["sha256"]
    for name in ("provenance", "gates"):
        statement = json.loads((folder / f"{TAG}.{name}.intoto.json").read_text())
        assert statement["subject"] == [{"name": archive.name, "digest": {"sha256": sha256.lower()}}]
    assert sha256 in (folder / "notes.md").read_text()
    assert [line.split(":")[0] for line in told.splitlines() if line.startswith("gate ")] == [
        f"gate {name}" for name in gates.NAMES
    ]
    assert git(clone, "status", "--porcelain") == ""


def test_the_manifest_names_the_commit_and_its_time(clone):
    import zipfile

    with zipfile.ZipFile(clone / "release" / TAG / "value_ring_suite_evidence_pack.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["source_commit"] == git(clone, "rev-parse", "HEAD")
    assert manifest["timestamp_utc"].endswith("Z")
    assert "release" not in manifest["config"]


def test_the_command_of_the_row_gives_the_same_bytes(clone, tmp_path):
    """What a stranger types: a clone at the commit, one command."""
    folder = tmp_path / "stranger"
    git(tmp_path, "clone", "--quiet", str(clone), str(folder))
    row = json.loads((clone / "release" / TAG / "registry_row.json").read_text())
    program, *words = shlex.split(row["command"])
    assert program == "snakemake"
    run("python", "-m", "snakemake", *words, cwd=folder, env={"PYTHONPATH": str(folder)})
    name = row["assets"][0]["name"]
    mine = folder / "results/value_ring_suite" / name
    assert mine.read_bytes() == (clone / "release" / TAG / name).read_bytes()


def test_again_is_nothing_to_do_and_another_build_is_not_overwritten(clone):
    before = {path.name: path.stat().st_mtime_ns for path in (clone / "release" / TAG).iterdir()}
    assert "is built already" in release_tool(clone, "build", TAG).stdout
    assert {path.name: path.stat().st_mtime_ns for path in (clone / "release" / TAG).iterdir()} == before
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "later")
    other = release_tool(clone, "build", TAG, check=False)
    git(clone, "reset", "--quiet", "--hard", "HEAD^")
    assert other.returncode == 2
    assert "holds a build of" in other.stderr


def test_what_stands_in_the_way_is_one_clear_error(clone, tmp_path):
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(clone), str(folder))

    def refused(*words):
        done = release_tool(folder, *words, check=False)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        return done.stderr

    assert "git has no such tag here" in refused("build", TODAY)
    (folder / "README.md").write_text("edited")
    (folder / "new.txt").write_text("new")
    assert "the tree is dirty: README.md, new.txt" in refused("build", TAG)
    git(folder, "checkout", "--quiet", "README.md")
    (folder / "new.txt").unlink()
    git(folder, "tag", TODAY)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "later")
    assert "git switch --detach" in refused("build", TODAY)
    assert "no such commit" in refused("build", "pilot-2026-11-22", "--commit", "nowhere")
    assert "supports only unknown_bucket" in refused("plan", TAG, "--skip-policy", "guess")
    shutil.rmtree(folder / ".git")
    assert "no git checkout" in refused("build", TAG)


def test_a_pack_that_is_not_accepted_is_not_released(tmp_path):
    """The gates are asked of the packs that were built, not of what somebody says of them."""
    folder = copy_checkout(tmp_path / "clone")
    overlay = folder / "config/runs/value_ring_suite.yaml"
    overlay.write_text(overlay.read_text() + "acceptance:\n  min_rows_ok: 100\n")
    git(folder, "init", "--quiet")
    commit(folder, "a criterion that the suite does not meet")
    done = release_tool(folder, "build", TAG, check=False)
    assert done.returncode == 1
    assert "gate verified: in order" in done.stdout
    assert "stopped at the gate accepted: value_ring_suite_evidence_pack.zip: min_rows_ok" in done.stderr
    assert not (folder / "release" / TAG).exists()


def test_from_the_build_to_registry_and_lineage(clone):
    assert "added to the registry" in release_tool(clone, "registry", "add", TAG).stdout
    head = commit(clone, "registry")
    assert (
        "added to the lineage"
        in release_tool(clone, "registry", "add", TAG, "--lineage", "--merge-commit", "HEAD").stdout
    )
    commit(clone, "lineage")
    assert release_tool(clone, "registry", "check", "--base", head).stdout.startswith("registry: in order")
    assert f"{TAG}  " in release_tool(clone, "registry", "show").stdout
    assert json.loads(release_tool(clone, "registry", "show", TAG).stdout)["status"] == "built"
    assert "VALUE-M1  BUILT" in release_tool(clone, "milestones").stdout
    done = release_tool(clone, "plan", TAG, check=False)
    assert (done.returncode, "is registered: registry/artefacts.jsonl line" in done.stderr) == (2, True)
    release_tool(clone, "registry", "render")
    assert git(clone, "status", "--porcelain") == ""
