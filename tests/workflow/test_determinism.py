"""The same bytes whatever the cores, shards, hash seed, time zone, locale and folder."""

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT, build, copy_checkout, run, small_library, snakemake, taken_up

PLACES = {"PYTHONHASHSEED": "1234", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "C"}


def identity(results: Path, run_name: str) -> tuple[str, bytes]:
    payload = json.loads((results / "pack/manifest.json").read_text())["payload_sha256"]
    return payload, (results / f"{run_name}_evidence_pack.zip").read_bytes()


def test_a_small_library_gives_the_same_zip(small_run, tmp_path):
    """With one core, other shards, hash seed, zone and locale, in folders with a blank and a quote, all at once."""
    folder = small_library(tmp_path / "other folder's name")
    build(folder, "--config", "execution={shard_rows: 7, results_dir: else where}", cores=1, env=PLACES)
    results = next(folder.glob("*/small"))
    assert identity(results, "small") == identity(small_run, "small")


@pytest.mark.nightly
def test_a_checkout_in_another_folder_gives_the_same_zip(small_run, tmp_path):
    folder = small_library(tmp_path / "work")
    build(folder, root=copy_checkout(tmp_path / "a clone's folder"))
    assert identity(folder / "results/small", "small") == identity(small_run, "small")


@pytest.mark.nightly
def test_another_input_or_configuration_is_another_run(small_run, tmp_path):
    folder = taken_up(small_run, tmp_path)
    results = folder / "results/small"
    manifests = [json.loads((small_run / "pack/manifest.json").read_text())]
    build(folder, "--config", "acceptance={min_rows_ok: 1}")
    manifests.append(json.loads((results / "pack/manifest.json").read_text()))
    (folder / "truth.csv").write_text((folder / "truth.csv").read_text() + "\n")
    build(folder)
    manifests.append(json.loads((results / "pack/manifest.json").read_text()))
    for name in ("run_id", "payload_sha256"):
        assert len({manifest[name] for manifest in manifests}) == 3


@pytest.mark.determinism
def test_the_default_run_gives_the_same_zip_everywhere(tmp_path):
    """The whole measured data set, under all variations; prints the digests."""
    name, identities = "value_utility_realtruth", {}
    variations = {
        "2 cores": (ROOT, 2, (), {}),
        "1 core": (ROOT, 1, (), {}),
        "shard_rows 40": (ROOT, 2, ("--config", "execution={shard_rows: 40}"), {}),
        "hash seed, zone, locale": (ROOT, 2, (), PLACES),
        "another folder": (copy_checkout(tmp_path / "clone"), 2, (), {}),
    }
    for number, (label, (root, cores, words, env)) in enumerate(variations.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        snakemake(folder, name, "--cores", cores, *words, root=root, env=env)
        results = folder / "results" / name
        digest = run("sha256sum", results / f"{name}_evidence_pack.zip", cwd=folder).stdout.split()[0]
        identities[label] = (identity(results, name)[0], digest)
        print(f"{label:<26} payload {identities[label][0]}  zip {digest}")
    assert len(set(identities.values())) == 1
