"""The small run on a SLURM cluster of one node: disturbed in every way that happens, and the same pack in the end.

The tests are one story in one folder, in this order: each takes up what the one before has left.
"""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.slurm import Cluster, wait_for, why_not
from tests.conftest import DATA, ROOT, small_library

pytestmark = [pytest.mark.cluster, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))]

CANCEL = ROOT / "profiles/slurm/cancel.sh"
SLURM = ("--profile", ROOT / "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2")
GENERIC = ("--profile", ROOT / "profiles/cluster-generic", "--seconds-between-status-checks", "1")
LIMIT = 300  # seconds that any one step may take
# A model that says when it is asked, and answers once there is no file `wait` beside it.
PATIENT = """\
import time
here = Path(__file__).resolve().parent
(here / "asked").touch()
while (here / "wait").exists():
    time.sleep(0.2)
"""


def patient_library(folder: Path) -> Path:
    """The small library with a model that may be held up."""
    small_library(folder)
    model = (DATA / "model.py").read_text()
    (folder / "model.py").write_text(model.replace("\nwith ", f"\n{PATIENT}\nwith ", 1))
    return folder


class Run:
    """A Snakemake that runs beside the test."""

    def __init__(self, folder: Path, *options: object) -> None:
        self.folder, self._out = folder, folder / f"printed-{time.monotonic_ns()}.txt"
        program = Path(sys.executable).with_name("snakemake")
        words = ["--snakefile", ROOT / "Snakefile", "value_utility_realtruth", "--configfile", "my.yaml", *options]
        with self._out.open("w") as out:
            self.process = subprocess.Popen(
                [str(word) for word in (program, *words)],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": ""},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def printed(self) -> str:
        return self._out.read_text()

    def wait(self) -> int:
        """The exit code; AssertionError with the output where it takes too long."""
        try:
            return self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not within {LIMIT} s:\n{self.printed()}") from None

    def sha256(self) -> str:
        """Of the pack, once the run has succeeded."""
        assert self.wait() == 0, self.printed()
        return hashlib.sha256((self.folder / "results/small/small_evidence_pack.zip").read_bytes()).hexdigest()


class Story:
    """The cluster, the folder of the story, and two undisturbed runs of the same library: local, and by `generic`."""

    def __init__(self, cluster: Cluster, base: Path) -> None:
        self.cluster, self.folder = cluster, patient_library(base / "slurm")
        (self.folder / "wait").touch()
        self.local = Run(patient_library(base / "local"), "--cores", 1)
        self.generic = Run(patient_library(base / "generic"), *GENERIC)
        self._runs = [self.local, self.generic]

    def start(self, *options: object) -> Run:
        """Go on in the folder of the story."""
        (self.folder / "asked").unlink(missing_ok=True)
        self._runs.append(Run(self.folder, *SLURM, *options))
        return self._runs[-1]

    def jobs(self, *states: str) -> list[dict[str, str]]:
        """Jobs of the story that are in the queue."""
        return self.cluster.jobs(*states, of=str(self.folder))

    def asked(self, run: Run) -> dict[str, str]:
        """The job that asks the model, once it does."""

        def is_asked() -> bool:
            assert run.process.poll() is None, run.printed()
            return (self.folder / "asked").exists()

        wait_for("the model is asked", is_asked, LIMIT)
        (self.folder / "asked").unlink()
        (job,) = [job for job in self.jobs("RUNNING") if "score_source" in job["comment"]]
        return job

    def end(self) -> None:
        """No Snakemake outlives the story."""
        for run in self._runs:
            run.process.kill()
            run.process.wait()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with tempfile.TemporaryDirectory(prefix="hetero2-cluster-") as folder, Cluster(Path(folder)) as cluster:
        story = Story(cluster, tmp_path_factory.mktemp("story"))
        yield story
        story.end()


def test_a_cancelled_job_is_tried_again_with_twice_the_memory_and_then_fails_by_name(story):
    run = story.start()
    first = story.asked(run)
    story.cluster.ask("scancel", first["id"])
    second = story.asked(run)
    assert int(second["memory"].rstrip("M")) == 2 * int(first["memory"].rstrip("M"))
    story.cluster.ask("scancel", second["id"])
    assert run.wait() != 0
    assert "failed: score_source, log: " in run.printed()
    assert f"SLURM-job '{second['id']}' failed, SLURM status is: 'CANCELLED'" in run.printed()
    assert "error: interrupted" in run.printed(), "what the job itself said of its end"
    assert not story.jobs()


def test_an_interrupted_snakemake_leaves_nothing_in_the_queue(story):
    run = story.start()
    story.asked(run)
    run.process.send_signal(signal.SIGINT)
    assert run.wait() != 0
    wait_for("the queue is empty", lambda: not story.jobs(), 30)


def test_the_jobs_of_a_killed_snakemake_are_cancelled_by_a_name_that_no_other_run_has(story):
    words = ("--parsable", "--mem=10", "--chdir=/", "--output=/dev/null", "--wrap=exec sleep 300")
    stranger = story.cluster.ask("sbatch", *words).strip()
    run = story.start()
    job = story.asked(run)
    run.process.kill()
    run.process.wait()
    assert [left["id"] for left in story.jobs()] == [job["id"]]
    subprocess.run([CANCEL], cwd=story.folder, check=True, timeout=90)
    assert not story.jobs()
    assert stranger in {left["id"] for left in story.cluster.jobs()}
    story.cluster.ask("scancel", stranger)


def test_jobs_wait_for_a_drained_node_and_the_pack_is_that_of_a_local_run(story):
    run = story.start("--nolock")  # the killed Snakemake could not take its lock away
    story.asked(run)
    story.cluster.set_node("drain")
    (story.folder / "wait").unlink()
    wait_for("a job waits for the node", lambda: story.jobs("PENDING"), LIMIT)
    assert story.cluster.node_state().startswith("drain")
    assert run.process.poll() is None
    story.cluster.set_node("resume")
    assert run.sha256() == story.local.sha256()
    assert not story.jobs()


def test_the_same_pack_through_the_three_commands_of_any_scheduler(story):
    assert story.generic.sha256() == story.local.sha256()


def test_a_folder_without_a_run_is_told(tmp_path):
    done = subprocess.run([CANCEL], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"error: {tmp_path}: no run on SLURM was started in this folder\n")
