"""After a fault the same command finishes the run to the same bytes, or one clear error says what to type."""

import os
import subprocess

import pytest

from tests import faults
from tests.conftest import build, made_once, snakemake, taken_up

KINDS = ("worker", "job", "snakemake", "sigint", "disk full", "truncated", "read-only", "bare", "sigterm")
BY_DAY = [("snakemake", 1)]  # (kind, seed of the moment): each is a run; at night there are 20 moments of each kind


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A run of a few shards in which each job takes long enough to be struck; by day the small run is struck."""
    with made_once(tmp_path_factory, "faults") as (folder, empty):
        if empty:
            faults.reference(folder)
    return folder


def needs_mount(kind, folder):
    if kind in ("disk full", "read-only"):
        (folder / "m").mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder / "m"], capture_output=True, check=False)
        if mounted.returncode:
            pytest.skip("no permission to mount a small disk: needs root")
        subprocess.run(["umount", folder / "m"], check=True)
        (folder / "m").rmdir()


def check(outcome, reference, folder):
    printed = folder / "printed.txt"
    text = printed.read_text() if printed.exists() else ""
    assert "Traceback" not in text, text
    assert outcome.exit_code in (None, 0, 1, 2, -9, -2), outcome
    if outcome.kind == "disk full" and outcome.exit_code:
        assert "o space left on device" in text or "are left on its disk" in text, text
    if outcome.kind == "read-only":
        assert outcome.exit_code == 2
        assert [line for line in text.splitlines() if line.startswith("error: ")] != []
    assert outcome.zip_sha256 == faults.sha256(reference), outcome
    assert outcome.left == []


@pytest.mark.parametrize(("kind", "seed"), BY_DAY)
def test_one_command_finishes_the_run_after(kind, seed, small_run, tmp_path):
    needs_mount(kind, tmp_path)
    reference = small_run.parent.parent
    check(faults.strike(kind, seed, reference, tmp_path, earliest=0.85), reference, tmp_path)


@pytest.mark.faults
@pytest.mark.parametrize("kind", KINDS)
def test_one_command_finishes_the_run_after_many(kind, reference, tmp_path):
    """Each kind at many moments over the whole run; prints them all and fails once, at the end."""
    needs_mount(kind, tmp_path)
    failed = []
    for seed in range(int(os.environ.get("MOMENTS") or 20)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            outcome = faults.strike(kind, seed, reference, folder)
            print(outcome, flush=True)
            check(outcome, reference, folder)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            failed.append(f"{kind} seed {seed}: {error}")
            print(f"{kind} seed {seed} FAILED", flush=True)
    assert failed == []


def test_a_second_run_of_a_folder_is_refused_and_one_of_another_is_not(small_run, tmp_path):
    reference = small_run.parent.parent
    taken_up(small_run, tmp_path)
    # By name, not by a share of the time: where the last job waited for a processor, 85 % of it lie behind the pack.
    for name in ("report.html", "registry_row.json"):
        (tmp_path / "results/small" / name).unlink()
    (tmp_path / "other.yaml").write_text((tmp_path / "my.yaml").read_text() + "execution: {results_dir: elsewhere}\n")
    with faults.started(tmp_path) as first:
        job = faults.await_job(first)
        job.suspend()  # so that the first is surely still at work
        second = build(tmp_path, check=False)
        third = snakemake(tmp_path, *faults.CALL[:-1], "other.yaml", "--until", "input")
        job.resume()
        assert first.wait(timeout=300) == 0
    errors = [line for line in second.stderr.splitlines() if line.startswith("error: ")]
    assert second.returncode == 1
    assert len(errors) == 1
    assert f"pid {first.pid} on " in errors[0]
    assert "Traceback" not in second.stderr
    _, of_second, _ = sorted((tmp_path / ".snakemake/log").glob("*.log"))[-3:]
    assert "localrule" not in of_second.read_text(), "it started no job"
    assert third.returncode == 0
    assert (tmp_path / "elsewhere/small/input/rows.parquet").exists()
    assert faults.sha256(tmp_path) == faults.sha256(reference)
