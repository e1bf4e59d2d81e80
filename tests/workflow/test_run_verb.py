"""`hetero2 run` makes the bytes that Snakemake makes of the same configuration, and typed again has nothing to do."""

import json
import subprocess
import sys

from tests.conftest import ROOT, run, small_library


def call(folder, *words):
    environment = {"PYTHONPATH": str(ROOT)}
    return run("python", "-m", "hetero2", "run", *words, cwd=folder, env=environment, check=False)


def test_the_same_bytes_as_the_target_and_nothing_again(small_run, tmp_path):
    folder = small_library(tmp_path / "work")
    model = f"{sys.executable} model.py {{request}} {{scores}}"
    words = ["library.csv", "--name", "small", "--model", model, "--truth", "truth.csv", "--top-k", 3]
    done = call(folder, *words, "--set", "decoys.k=4", "--cores", 2)
    assert done.returncode == 0, done.stderr
    assert len((done.stdout + done.stderr).splitlines()) <= 40
    manifests = [
        json.loads((path / "pack/manifest.json").read_text()) for path in (small_run, folder / "results/small")
    ]
    assert manifests[0]["payload_sha256"] == manifests[1]["payload_sha256"]
    name = "small_evidence_pack.zip"
    assert (small_run / name).read_bytes() == (folder / "results/small" / name).read_bytes()
    compared = subprocess.run(
        [sys.executable, "-m", "hetero2", "compare", str(small_run), "results/small"], cwd=folder, check=False
    )
    assert compared.returncode == 0
    again = call(folder, *words, "--set", "decoys.k=4", "--cores", 2)
    assert again.returncode == 0
    assert "has scored this library already" in again.stdout
    assert "Nothing to be done" in again.stdout + again.stderr
