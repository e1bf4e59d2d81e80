"""The wheel works from any folder, with the workflow that it carries, and names the same code as the checkout."""

import os
import subprocess
import sys
import zipfile

import pytest

from tests.conftest import ROOT, copy_checkout, run

MODEL = f"{sys.executable} model.py {{request}} {{scores}}"
DIGEST = "from hetero2.runtime import provenance as p; print(p.pack_digest(), p.lock_sha256(), len(p.workflow_files()))"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds what the wheel installs; the checkout is not on the path."""
    folder = tmp_path_factory.mktemp("wheel")
    checkout = copy_checkout(folder / "checkout")
    words = ("python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", "out", ".")
    run(*words, cwd=checkout)
    (wheel,) = (checkout / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def call(installed, *words, cwd):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "hetero2", *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_it_holds_what_a_run_needs_and_no_more(installed):
    carried = installed / "hetero2/workflow_files"
    names = {path.name for path in carried.iterdir()}
    assert names == {"Snakefile", "rules", "profiles", "config", "schemas", "envs", "requirements.lock"}
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {
        "hetero2",
        "snakemake_logger_plugin_hetero2",
    }
    templates = {path.name for path in (ROOT / "hetero2/report/templates").iterdir()}
    assert {path.name for path in (installed / "hetero2/report/templates").iterdir()} == templates


def test_its_code_is_that_of_the_checkout(installed, tmp_path):
    for_both = [
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for root in (installed, ROOT)
    ]
    assert for_both[0] == for_both[1]


def test_it_plans_a_run_in_any_folder(installed, tmp_path):
    for name in ("library.csv", "truth.csv", "model.py"):
        (tmp_path / name).write_bytes((ROOT / "tests/data" / name).read_bytes())
    done = call(installed, "run", "library.csv", "--model", MODEL, "--truth", "truth.csv", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "dry run   would run " in done.stdout
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("model ")]
    assert all(str(ROOT) not in line for line in said)
    assert "(installed)" in call(installed, "--version", cwd=tmp_path).stdout


def test_verify_and_decoys_work_from_it(installed, tmp_path):
    pack = ROOT / "tests/contracts/data/pack.v1.zip"
    assert call(installed, "verify", pack, cwd=tmp_path).returncode == 0
    (tmp_path / "l.csv").write_text("id,smiles\na,CCOC(=O)c1ccc(N)cc1\n")
    done = call(installed, "decoys", "--input", "l.csv", "--out", "d.csv", "--decoys-per-molecule", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
