"""A run with a molecule that crashes its worker and one that never ends: they are lost alone, nobody releases it."""

import csv
import json
import os
import re

import pytest

from tests.conftest import ROOT, build, run, small_library
from tests.terminal import on_terminal

# Found by Python itself on PYTHONPATH: what is planted needs no hook in the product.
PLANTED = """
import os, signal, sys

if "decoys-shard" in sys.orig_argv:
    from hetero2.chem import strategy

    strategy.warm_up(strategy.DEFAULT)  # its example is one of the molecules
    make = strategy.make

    def planted(name, smiles, *rest):
        if smiles.startswith("CCOC"):
            os.kill(os.getpid(), signal.SIGSEGV)
        while smiles.startswith("CC(C)NCC"):
            pass
        return make(name, smiles, *rest)

    strategy.make = planted
"""
LOST = {"=1+1": "worker_crashed", "x" * 300: "timeout"}


def build_broken(folder, shard_rows, *words):
    """Results folder of a run in which two molecules go wrong."""
    results_dir = f"r{shard_rows}"
    config = ("--config", f"execution={{results_dir: {results_dir}, shard_rows: {shard_rows}}}")
    build(folder, *config, *words, env={"PYTHONPATH": str(folder / "planted")})
    return folder / results_dir / "small"


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The user's folder, and the results of one shard as far as their summary."""
    folder = small_library(tmp_path_factory.mktemp("broken"))
    (folder / "planted").mkdir()
    (folder / "planted/sitecustomize.py").write_text(PLANTED)
    text = (folder / "my.yaml").read_text()
    (folder / "my.yaml").write_text(text + "guardrails: {seconds_per_molecule: 2}\n")
    return folder, build_broken(folder, 20, "--until", "summary")


@pytest.fixture(scope="module")
def broken_pack(broken):
    """Results folder of the same run, with its pack."""
    return build_broken(broken[0], 20)


def summary(folder):
    with (folder / "summary.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_two_molecules_are_lost_and_no_neighbour(broken, small_run):
    rows, healthy = summary(broken[1]), summary(small_run)
    assert [row["id"] for row in rows] == [row["id"] for row in healthy]
    lost = {row["id"]: row["reason"] for row in rows if row["reason"] in LOST.values()}
    assert list(lost.values()) == list(LOST.values())
    facts = ("status", "reason", "n_decoys_generated", "canonical_smiles", "auc", "slack", "verdict")
    for row, healthy_row in zip(rows, healthy, strict=True):
        if row["id"] not in lost:
            assert [row.get(name) for name in facts] == [healthy_row.get(name) for name in facts]
    counts = [json.loads((at / "metrics.json").read_text())["counts"] for at in (broken[1], small_run)]
    assert counts[0] == {**counts[1], "OK": counts[1]["OK"] - 2, "ERROR": counts[1]["ERROR"] + 2}


@pytest.mark.nightly
def test_shards_change_no_byte_of_it(broken, broken_pack):
    name = "small_evidence_pack.zip"
    assert (build_broken(broken[0], 3) / name).read_bytes() == (broken_pack / name).read_bytes()


@pytest.mark.nightly
def test_nobody_releases_it(broken_pack):
    archive = broken_pack / "small_evidence_pack.zip"
    done = run("python", "-m", "hetero2", "accept", archive, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stdout.endswith("\nIs the pack in order? No: not met: rows that failed.\n")
    assert run("python", "-m", "hetero2", "verify", archive, cwd=ROOT).returncode == 0


ENDLESS = """
from hetero2.chem import strategy

make = strategy.make

def planted(name, smiles, *rest):
    while smiles.startswith("CC(C)NCC"):
        pass
    return make(name, smiles, *rest)

strategy.make = planted
"""


@pytest.mark.nightly
def test_compiling_counts_for_no_molecule(tmp_path):
    """A fresh clone compiles, and an install where nothing can be kept does so in every process: some 20 s of CPU."""
    (tmp_path / "planted").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "planted/sitecustomize.py").write_text(ENDLESS)
    smiles = ["CCOC(=O)c1ccccc1N", "CC(C)NCC(O)COc1cccc2ccccc12", "COc1cccc(CNC(=O)CCc2ccccc2)c1"]
    (tmp_path / "in.csv").write_text(
        "id,smiles\n" + "".join(f"m{n},{structure}\n" for n, structure in enumerate(smiles))
    )
    words = ("--input", "in.csv", "--out", "d.csv", "--k", "5", "--seconds-per-molecule", "2")
    env = {"NUMBA_CACHE_DIR": str(tmp_path / "file/none"), "PYTHONPATH": f"{tmp_path / 'planted'}{os.pathsep}{ROOT}"}
    done = run("python", "-m", "hetero2", "decoys", *words, cwd=tmp_path, env=env)
    assert "3 molecules: 2 with decoys, 1 failed; 10 decoys" in done.stdout
    assert "m1,ERROR,timeout," in (tmp_path / "d.fewer.csv").read_text()


@pytest.mark.nightly
def test_a_terminal_shows_how_far_the_decoys_of_all_shards_are(tmp_path):
    folder = small_library(tmp_path)
    words = ("value_utility_realtruth", "--cores", "2", "--configfile", "my.yaml", "--until", "decoys_shard")
    code, said = on_terminal(folder, *words, "--config", "execution={shard_rows: 5}")
    assert code == 0, said
    assert re.search(r"of 6 jobs \| decoys of small: \d+ of 20 \(\d+ %\), .*/s, .* left; OK \d+, SKIP \d+", said)
    assert "decoys 000" not in said
