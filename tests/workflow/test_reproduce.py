"""`hetero2 reproduce`: packs of every kind of run are made again, byte for byte, or it is said where they differ."""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hetero2.io.files import pretty_json, read_json, sha256_file, write_text
from tests.conftest import DATA, ROOT, build, run, small_library, snakemake, taken_up
from tests.packs import relist

MODEL = f"{sys.executable} {DATA / 'model.py'} {{request}} {{scores}}"
GIVEN = ("--input", DATA / "library.csv", "--model", MODEL)


def reproduce(pack, scratch, *words, **options):
    """The call, which may leave nothing in its folder of temporary files."""
    scratch.mkdir(exist_ok=True)
    environment = {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    call = ("python", "-m", "hetero2", "reproduce", pack, "--cores", 2, *words)
    done = run(*call, cwd=scratch.parent, env=environment, check=False, **options)
    assert list(scratch.iterdir()) == []
    return done


def test_a_users_own_run_is_identical_and_can_be_kept(small_run, tmp_path):
    name = "small_evidence_pack.zip"
    done = reproduce(small_run / name, tmp_path / "scratch", *GIVEN, "--keep", tmp_path / "kept")
    assert done.returncode == 0, done.stdout + done.stderr
    digest = sha256_file(small_run / name)
    assert f"identical: the rerun gives the same bytes, sha256 {digest}\n" in done.stdout
    assert (tmp_path / "kept" / name).read_bytes() == (small_run / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "scratch"]


def test_what_other_packages_change_is_said_and_how_far_results_agree(small_run, tmp_path):
    """A pack that says it was made with another RDKit, as a folder, whose lists agree with that."""
    pack = Path(shutil.copytree(small_run / "pack", tmp_path / "pack"))
    for name in ("manifest.json", "environment.json"):
        document = read_json(pack / name)
        if name == "manifest.json":
            document["versions"]["rdkit"] = "2020.09.1"
        else:
            (rdkit,) = [package for package in document["packages"] if package["name"] == "rdkit"]
            rdkit["installed"] = "2020.9.1"
            document["matches_lock"] = False
        write_text(pack / name, pretty_json(document))
    relist(pack)
    done = reproduce(pack, tmp_path / "scratch", *GIVEN)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "note      bytes may differ: RDKit " in done.stdout
    lines = done.stdout.splitlines()
    assert "first difference: environment" in lines
    assert "agreement     exact: every file of the result has the same bytes" in lines
    assert "  call        all rows agree" in lines
    assert "  rates       all agree" in lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_nothing(small_run, tmp_path, number):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    words = ["reproduce", small_run / "small_evidence_pack.zip", *GIVEN, "--cores", 1, "--keep", tmp_path / "kept"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hetero2", *map(str, words)],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".hetero2-*/results/small/logs/**/*.log")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(number)
    _, printed = process.communicate(timeout=60)
    assert process.returncode == 130, printed
    assert "stopped; nothing is left of it" in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scratch"]
    assert list(scratch.iterdir()) == []
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 0)
        pytest.fail("a process is left")


@pytest.mark.nightly
def test_files_under_other_names_and_from_other_folders_are_the_same_files(small_run, tmp_path):
    """A copy of the library with another name, and a model given by a path relative to where one is."""
    shutil.copyfile(DATA / "library.csv", tmp_path / "another name.csv")
    shutil.copyfile(DATA / "model.py", tmp_path / "model.py")
    model = f"{sys.executable} model.py {{request}} {{scores}}"
    words = ("--input", "another name.csv", "--model", model, "--json")
    done = reproduce(small_run, tmp_path / "scratch", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert document["identical"]
    assert document["agreement"]["grade"] == "exact"
    assert document["comparison"]["first_difference"] is None


EXTERNAL = """\
scores: {{source: external, {scores}}}
truth: {{{truth}}}
selection: {{k: 3, baseline: today.csv}}
release: {{source_commit: {commit}, timestamp_utc: "2026-11-22T10:00:00Z"}}
"""


def brought(small_run, folder, how):
    """The small run with scores as a table, truth by path or URL, a filter of today, and the commit of a release."""
    folder = taken_up(small_run, folder)
    shutil.copyfile(small_run / "score_source/scores.csv", folder / "table.csv")
    ids = ("=1+1", "naïve Ω", "new\nline")
    with (folder / "today.csv").open("w", encoding="utf-8", newline="") as scores:
        csv.writer(scores).writerows([("id", "score"), *((name, n) for n, name in enumerate(ids))])
    digests = {name: sha256_file(folder / f"{name}.csv") for name in ("table", "truth")}
    scores, truth = "path: table.csv", "path: truth.csv"
    if how == "file":
        scores = f'url: "{(folder / "table.csv").as_uri()}", sha256: "{digests["table"]}"'
        truth = f'url: "{(folder / "truth.csv").as_uri()}", sha256: "{digests["truth"]}"'
    if how == "https":  # at a host that there is not: the files are where the run would have downloaded them to
        for name, source in (("scores.csv", "table.csv"), ("truth.csv", "truth.csv")):
            place = folder / "results/small/download" / name
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(folder / source, place)
        scores = f'url: "https://host.invalid:8443/t/table.csv?sig=x", sha256: "{digests["table"]}"'
        truth = f'url: "https://host.invalid/truth.csv", sha256: "{digests["truth"]}"'
    head = (folder / "my.yaml").read_text().split("scores:")[0]
    rest = EXTERNAL.format(scores=scores, truth=truth, commit="a" * 40)
    execution = "execution: {download: {ports: [443, 8443]}}\n" if how == "https" else ""
    (folder / "my.yaml").write_text(head + rest + execution)
    build(folder)
    return folder


@pytest.mark.nightly
@pytest.mark.parametrize("how", ["path", "file", "https"])
def test_scores_and_truth_that_were_brought_come_from_the_pack(small_run, tmp_path, how):
    """Without a network, also where they had been downloaded; the commit of a release is in the pack again."""
    folder = brought(small_run, tmp_path / "work", how)
    manifest = read_json(folder / "results/small/pack/manifest.json")
    assert manifest["source_commit"] == "a" * 40
    for name in ("table.csv", "truth.csv"):
        (folder / name).unlink()
    words = ("--input", folder / "library.csv", "--file", f"today.csv={folder / 'today.csv'}")
    done = reproduce(folder / "results/small/small_evidence_pack.zip", tmp_path / "scratch", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "scores    scores_external.csv of the pack" in done.stdout


@pytest.mark.nightly
def test_a_pack_that_a_service_made_names_its_job_again(small_run, tmp_path):
    folder = taken_up(small_run, tmp_path / "work")
    for name in ("small_evidence_pack.zip", "registry_row.json"):
        (folder / "results/small" / name).unlink()
    job = {"job_id": "j-1", "run_id": "r-1", "workflow": "audit", "workflow_version": "1", "workflow_digest": "a" * 64}
    build(folder, env={"HETERO2_JOB": json.dumps(job)})
    manifest = read_json(folder / "results/small/pack/manifest.json")
    assert manifest["job_id"] == "j-1"
    done = reproduce(folder / "results/small", tmp_path / "scratch", *GIVEN)
    assert done.returncode == 0, done.stdout + done.stderr


NOISY = """\
import csv, os, sys
noise = float(os.environ.get("NOISE", "0"))
with open(sys.argv[1], newline="") as request, open(sys.argv[2], "w", newline="") as scores:
    out = csv.writer(scores)
    out.writerow(["id", "score"])
    for row in csv.DictReader(request):
        order = -sum((place + 1) * (letter == "(") for place, letter in enumerate(row["smiles"]))
        out.writerow([row["id"], repr((order / len(row["smiles"]) ** 2 - 1) * (1 + noise))])
"""


@pytest.fixture(scope="module")
def noisy(small_run, tmp_path_factory):
    """A run whose model gives other scores where NOISE is set."""
    folder = taken_up(small_run, tmp_path_factory.mktemp("noisy"))
    (folder / "model.py").write_text(NOISY)
    build(folder)
    return folder


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("noise", "grade"), [("0", None), ("1e-12", "rounding"), ("0.5", "calls agree"), ("-2", "calls differ")]
)
def test_a_model_that_does_not_repeat_itself_is_graded_by_what_moved(noisy, tmp_path, monkeypatch, noise, grade):
    monkeypatch.setenv("NOISE", noise)
    model = f"{sys.executable} {noisy / 'model.py'} {{request}} {{scores}}"
    done = reproduce(noisy / "results/small", tmp_path / "scratch", "--input", DATA / "library.csv", "--model", model)
    assert done.returncode == (0 if grade is None else 1), done.stdout + done.stderr
    if grade is not None:
        assert "first difference: scores" in done.stdout
        assert f"agreement     {grade}: " in done.stdout


@pytest.mark.nightly
def test_a_pack_with_all_artefacts_that_is_deflated(small_run, tmp_path):
    folder = taken_up(small_run, tmp_path / "work")
    layer = "pack: {artifacts: full, compression: deflate}\nexecution: {shard_rows: 11}\n"
    (folder / "my.yaml").write_text((folder / "my.yaml").read_text() + layer)
    build(folder)
    crate = read_json(folder / "results/small/pack/ro-crate-metadata.json")
    assert any(entity["@id"] == "molecules/" and entity["@type"] == "Dataset" for entity in crate["@graph"])
    done = reproduce(folder / "results/small", tmp_path / "scratch", *GIVEN)
    assert done.returncode == 0, done.stdout + done.stderr


TARGETS = ("value_ring_suite", "value_known_bad_good_BAD-constant", "value_customer_proxy", "value_utility_proxy")


@pytest.mark.parametrize("name", TARGETS)
def test_packs_of_the_targets_need_nothing_but_themselves(all_targets, tmp_path, name):
    zip_file = all_targets[0] / "results" / name / f"{name}_evidence_pack.zip"
    done = reproduce(zip_file, tmp_path / "scratch")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"identical: the rerun gives the same bytes, sha256 {sha256_file(zip_file)}\n" in done.stdout


def test_the_pack_of_the_default_target_too(all_targets, tmp_path):
    name = "value_utility_realtruth"
    done = reproduce(all_targets[0] / "results" / name, tmp_path / "scratch")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "input     data set rdkit-freewilson, of an installed package\n" in done.stdout


def test_a_suite_of_twenty_rows_by_day(tmp_path):
    """What stands by day for the packs of all targets: one of the variants, whose name is not that of its target."""
    words = ("value_known_bad_good", "--cores", 2, "--config", "dataset={rows: 20}", "suite_strategy=chain")
    name = "value_known_bad_good_chain_GOOD-synthetic"
    zip_name = f"results/{name}/{name}_evidence_pack.zip"
    snakemake(tmp_path, zip_name, *words[1:], env={"HETERO2_TARGETS": "value_known_bad_good"})
    done = reproduce(tmp_path / zip_name, tmp_path / "scratch")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.nightly
def test_a_library_that_names_files_of_scores_is_found_with_them(tmp_path):
    folder = small_library(tmp_path / "work")
    scores = {
        "schema_version": "hetero_scores.v1",
        "original": {"score": 1.0, "weight": 1.0},
        "decoys": {"e" * 64: {"score": 0.0, "weight": 1.0}},
    }
    (folder / "s.json").write_text(json.dumps(scores))
    (folder / "library.csv").write_text("id,smiles,scores_input\naspirin,CC(=O)Oc1ccccc1C(=O)O,s.json\n")
    text = (folder / "my.yaml").read_text().split("scores:")[0]
    (folder / "my.yaml").write_text(text + "scores: {source: external}\ntruth: {source: none}\n")
    build(folder)
    zip_file = folder / "results/small/small_evidence_pack.zip"
    done = reproduce(zip_file, tmp_path / "scratch", "--input", folder / "library.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "s.json").write_text(json.dumps(scores | {"original": {"score": 2.0, "weight": 1.0}}))
    done = reproduce(zip_file, tmp_path / "scratch", "--input", folder / "library.csv")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "first difference: input" in done.stdout
