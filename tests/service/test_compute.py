"""Runs on a cluster, seen from the service: whose jobs are in the queue, which are canceled, what an operator may name.

SLURM is played by four scripts and a file of jobs; a real one is in tests/cluster.
"""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from pydantic import ValidationError

from hetero2.errors import ConfigError
from hetero2.service import core
from hetero2.service.db import runs
from hetero2.service.dispatch import lost_jobs
from hetero2.service.settings import Settings
from hetero2.service.worker.compute import choice, on_cluster, profile, slurm_queue
from hetero2.service.worker.compute.local import Local
from hetero2.service.worker.compute.on_cluster import OnCluster
from hetero2.service.worker.compute.slurm_queue import QueuedJob, QueueError
from hetero2.service.worker.limits import Limits
from hetero2.service.workflows.registry import WORKFLOWS
from tests.service import screens

pytestmark = pytest.mark.service
RUN, OTHER = uuid4(), uuid4()
SCRIPTS = {
    "squeue": '[ ! -e "$D/down" ] || { echo "no controller" >&2; exit 1; }; env > "$D/environment"; cat "$D/queue"',
    "scancel": 'echo "$@" >> "$D/canceled"; [ -e "$D/stuck" ] || for n; do sed -i "/^$n|/d" "$D/queue"; done',
    "sbatch": "exit 73",
    "sinfo": 'cat "$D/nodes"',
}


class Slurm:
    """A cluster that is a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, script in SCRIPTS.items():
            path = folder / "bin" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"#!/bin/sh\nD='{folder}'\n{script}\n")
            path.chmod(0o755)
        self.queue(), (folder / "nodes").write_text("")

    def queue(self, *names: str) -> None:
        """Let these jobs be in the queue, with the numbers 1, 2, .."""
        (self.folder / "queue").write_text("".join(f"{number}|{name}\n" for number, name in enumerate(names, 1)))

    def canceled(self) -> list[str]:
        path = self.folder / "canceled"
        return path.read_text().split() if path.exists() else []


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    cluster = Slurm(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{tmp_path / 'slurm/bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(slurm_queue, "_PAUSE", 0.01)
    return cluster


def of(run_id, attempt):
    return f"{slurm_queue.name_of(run_id, attempt)}_{uuid4()}"


def test_the_longest_name_is_one_that_snakemake_takes():
    assert len(slurm_queue.name_of(RUN, 99_999_999)) == 50


def test_jobs_are_known_by_their_names_and_strangers_are_none(slurm, monkeypatch):
    monkeypatch.setenv("SQUEUE_STATES", "COMPLETED")
    slurm.queue("hetero2", of(RUN, 1), "x", f"x-{of(RUN, 1)}", slurm_queue.name_of(OTHER, 12), f"hetero2-{RUN}-a1")
    assert slurm_queue.jobs() == [QueuedJob("2", RUN, 1), QueuedJob("5", OTHER, 12)]
    assert "SQUEUE_STATES" not in (slurm.folder / "environment").read_text(), "which would hide jobs"


def test_what_is_unwanted_is_canceled_and_nothing_else(slurm):
    slurm.queue(of(RUN, 1), of(OTHER, 1), of(RUN, 2), "stranger")
    assert slurm_queue.cancel_until_gone(lambda job: job.run_id == RUN, 5) == []
    assert slurm.canceled() == ["1", "3"]
    slurm_queue.cancel([])
    assert slurm.canceled() == ["1", "3"], "scancel without a number"


def test_a_job_that_stays_is_named_and_a_queue_that_does_not_answer_is_no_empty_one(slurm):
    slurm.queue(of(RUN, 1))
    (slurm.folder / "stuck").touch()
    assert slurm_queue.cancel_until_gone(lambda _: True, 0.1) == [QueuedJob("1", RUN, 1)]
    (slurm.folder / "down").touch()
    with pytest.raises(QueueError, match="squeue: no controller"):
        slurm_queue.cancel_until_gone(lambda _: True, 0.1)


def test_an_attempt_cancels_its_own_jobs_and_a_later_one_those_of_the_former(slurm, tmp_path):
    folder = tmp_path / "runs/r/a2/run"
    folder.mkdir(parents=True)
    slurm.queue(of(RUN, 1), of(OTHER, 1))
    attempt = OnCluster(folder, "slurm", RUN, 2)
    attempt.start()
    assert slurm.canceled() == ["1"]
    written = yaml.safe_load((folder.with_name("profile") / "config.yaml").read_text())
    shipped = yaml.safe_load((profile.source("slurm") / "config.yaml").read_text())
    assert written == shipped | {"slurm-jobname-prefix": slurm_queue.name_of(RUN, 2)}
    slurm.queue(of(RUN, 3), of(RUN, 2))
    attempt.end()
    assert slurm.canceled() == ["1", "2"]


def test_a_cluster_that_is_away_does_not_end_the_worker(slurm, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(on_cluster, "_PATIENCE", 0.1)
    (slurm.folder / "down").touch()
    OnCluster(tmp_path / "runs/r/a1/run", "slurm", RUN, 1).end()
    assert "could not be canceled: squeue: no controller" in caplog.text


def test_what_submits_gets_what_sbatch_needs_and_no_secret(slurm, tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_CONF", "/etc/other.conf")
    monkeypatch.setenv("SBATCH_ACCOUNT", "abc")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    folder = tmp_path / "runs/r/a1/run"
    words = OnCluster(folder, "slurm", RUN, 1).command(["run", "x.csv"], Limits(), {"A": "1"}, None)
    assert {"A=1", "SLURM_CONF=/etc/other.conf", "SBATCH_ACCOUNT=abc"} < set(words)
    assert f"--profile={folder.with_name('profile')}" in words
    assert not [word for word in words if "canary" in word or word.startswith(("SLURM_JOB_ID", "--cores"))]
    (path,) = [word for word in words if word.startswith("PATH=")]
    assert str(slurm.folder / "bin") in path


def test_a_workflow_without_stages_stays_on_this_host(tmp_path):
    settings = Settings(folder=tmp_path, compute="slurm")
    places = {
        name: type(choice.of_attempt(settings, asked, tmp_path / "run", RUN, 1)) for name, asked in WORKFLOWS.items()
    }
    stay = {"demo", "screen", "campaign_start", "campaign_round"}
    assert places == {name: Local if name in stay else OnCluster for name in WORKFLOWS}
    assert isinstance(choice.of_attempt(Settings(folder=tmp_path), WORKFLOWS["scores_only"], tmp_path, RUN, 1), Local)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"config.yaml": "executor: cluster-generic\n"}, "does not say `executor: slurm`"),
        ({"config.yaml": "[1, 2]"}, "does not say `executor: slurm`"),
        ({"config.yaml": "a: [1"}, "is no profile of Snakemake"),
        ({"config.yaml": "executor: slurm\n", "config.v9+.yaml": "executor: kubernetes\n"}, "of which nothing is read"),
    ],
)
def test_a_profile_whose_jobs_could_not_be_canceled_is_refused(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=message):
        choice.check(Settings(folder=tmp_path, compute=str(tmp_path)))


@pytest.mark.parametrize("compute", ["kubernetes", "", "/no/such/folder"])
def test_what_is_no_profile_is_refused(compute):
    with pytest.raises(ValidationError, match="neither local nor slurm"):
        Settings(compute=compute)


def test_a_cluster_that_cannot_be_used_is_refused_at_the_start(slurm, tmp_path, monkeypatch):
    settings = Settings(folder=tmp_path / "service", compute="slurm", runs=str(tmp_path / "shared"))
    choice.check(settings)
    (slurm.folder / "nodes").write_text("n1\nn2\n")
    monkeypatch.setattr(choice, "_file_system", lambda path: {tmp_path / "shared": "tmpfs"}[path])
    with pytest.raises(ConfigError, match=r"shared: is on a file system of this host alone \(tmpfs\)"):
        choice.check(settings)
    (slurm.folder / "down").touch()
    with pytest.raises(ConfigError, match="does not answer: squeue: no controller"):
        choice.check(settings)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="not installed: sbatch squeue scancel sinfo"):
        choice.check(settings)
    choice.check(Settings(folder=tmp_path))


def test_the_sweeper_cancels_jobs_of_attempts_that_are_over_and_of_no_other_service(slurm, tmp_path):
    service = core.open_service(Settings(folder=tmp_path / "service", compute="slurm"))
    core.first_start(service)
    held, over = screens.ask_for_screen(service).run_id, screens.ask_for_screen(service, seed=1).run_id
    with service.writing(None) as session:
        lease = runs.claim(session, "test", service.now(), timedelta(minutes=10))
    assert lease is not None
    assert lease.key.run_id == held
    slurm.queue(of(held, 1), of(over, 1), of(OTHER, 1), of(held, 2), "stranger")
    lost_jobs.cancel(service)
    assert slurm.canceled() == ["2", "4"], "of a run that no worker has, and of an attempt that is not the one at work"
    (slurm.folder / "down").touch()
    lost_jobs.cancel(service)
    service.engine.dispose()
