"""Runs of a service on a SLURM cluster of one node: they end well, and however else they end, the queue is empty."""

import contextlib
import os
import re
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import pytest
import yaml

from hetero2 import api
from tests.cluster.slurm import Cluster, wait_for, why_not

pytest.importorskip("fastapi")  # of the extra `service`

from hetero2.service.worker import numba_cache
from hetero2.service.worker.compute import on_cluster, profile, slurm_queue
from tests.service import serving

pytestmark = [pytest.mark.cluster, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))]
SCORES = "id,decoy,score\n" + "".join(
    f"m{molecule},{decoy},{(7 * molecule + 3 * int(decoy or 0)) % 11}\n"
    for molecule in range(12)
    for decoy in ("", "1", "2", "3", "4")
)
LIMIT = 900  # seconds that any one step may take


@pytest.fixture(scope="module")
def cluster():
    with tempfile.TemporaryDirectory(prefix="hetero2-cluster-") as folder, Cluster(Path(folder)) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    """Of numba, and empty: scores alone need none of its loops, and to compile them takes minutes."""
    folder = tmp_path_factory.mktemp("caches")
    (folder / f"numba-{numba_cache._key()}").mkdir()
    return folder


@pytest.fixture(scope="module")
def of_operator(tmp_path_factory):
    """A profile of an operator's: three jobs instead of seven, and looked at more often."""
    folder = tmp_path_factory.mktemp("profile")
    content = yaml.safe_load((profile.source("slurm") / "config.yaml").read_text())
    others = ["score_source=input", "score_only_input=finish", "decoy_quality=finish"]
    groups = [group if group.endswith("=input") else group.partition("=")[0] + "=finish" for group in content["groups"]]
    content |= {"groups": groups + others, "slurm-init-seconds-before-status-checks": 2}
    (folder / "config.yaml").write_text(yaml.safe_dump(content))
    return folder


def body(server, **more):
    inputs = {"library": server.put("scores.csv", SCORES)}
    return {"workflow": "scores_only", "inputs": inputs, "parameters": {"top_k": 3}, "name": "small", **more}


def jobs_of(cluster, run_id, *states, attempt=1):
    return [
        job for job in cluster.jobs(*states) if job["name"].startswith(f"{slurm_queue.name_of(UUID(run_id), attempt)}_")
    ]


def processes_of(run_id):
    """Processes that have to do with a run, on this host or as jobs on its node."""
    shown = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if run_id in words or UUID(run_id).hex in words:
            shown.append(words)
    return shown


def at_work(server, cluster):
    """A run of which a job runs."""
    run_id = server.ask(body(server))["id"]
    wait_for("a job of it runs", lambda: jobs_of(cluster, run_id, "RUNNING"), LIMIT)
    return run_id


def check_nothing_left(server, cluster, run_id):
    assert not cluster.jobs()
    assert not processes_of(run_id)
    folder = server.folder / "runs" / run_id
    wait_for("its folder is gone", lambda: not folder.exists(), 90)  # of a killed worker, at the next look in a minute


@pytest.fixture(scope="module")
def completed(cluster, caches, of_operator, tmp_path_factory):
    """A run on the cluster that ended well: (the run, its jobs, its pack)."""
    folder = tmp_path_factory.mktemp("completed")
    runs_folder = folder / "shared/runs"
    options = (f"--compute={of_operator}", f"--runs={runs_folder}")
    with serving.served(folder / "service", *options, caches=caches) as server:
        run_id = server.ask(body(server))["id"]
        jobs, deadline = {}, time.monotonic() + LIMIT
        while (run := server.run(run_id))["state"] not in serving.ENDS:
            assert time.monotonic() < deadline, run
            jobs |= {job["id"]: job for job in jobs_of(cluster, run_id)}
            time.sleep(0.3)
        assert run["state"] == "COMPLETE", (run["reason"], server.client.get(f"/runs/{run_id}/log").text)
        check_nothing_left(server, cluster, run_id)
        wait_for("its folder is gone", lambda: not list(runs_folder.iterdir()), 10)
        assert {job["folder"] for job in jobs.values()} == {f"{runs_folder}/{run_id}/a1/run"}
        pack = folder / "pack.zip"
        pack.write_bytes(server.file(run_id, "small_evidence_pack.zip").content)
    return run, list(jobs.values()), pack


def test_a_run_completes_on_the_cluster_and_its_pack_verifies(completed, capsys):
    run, jobs, pack = completed
    assert len(jobs) == 3, "molecules and scores, which wait for nothing, and all that follows"
    assert len({job["name"] for job in jobs}) == 1, "by which all of them are canceled"
    assert run["facts"]["isolation"] == "cluster"
    assert run["progress"]["jobs"]["done"] > 0
    assert api.verify(pack) == []
    assert api.read_result(pack).manifest["service_run"]["run_id"] == run["id"]
    with capsys.disabled():
        print(f"\na run on the cluster: {run['facts']['seconds']} s")


@pytest.mark.nightly
def test_the_same_run_on_this_host_has_the_same_payload(completed, caches, tmp_path, capsys):
    with serving.served(tmp_path / "service", caches=caches) as server:
        run_id = server.ask(body(server))["id"]
        local = server.wait(run_id, seconds=LIMIT)
    assert local["facts"]["payload_sha256"] == completed[0]["facts"]["payload_sha256"]
    with capsys.disabled():
        print(f"\nthe same run on this host: {local['facts']['seconds']} s")


def test_a_canceled_run_leaves_nothing_in_the_queue(cluster, caches, tmp_path, capsys):
    with serving.served(tmp_path / "service", "--compute=slurm", caches=caches) as server:
        run_id = at_work(server, cluster)
        stranger = cluster.ask(
            "sbatch", "--parsable", "--mem=10", "--chdir=/", "--output=/dev/null", "--wrap=sleep 300"
        )
        began = time.monotonic()
        assert server.client.post(f"/runs/{run_id}:cancel").is_success
        server.wait(run_id, "CANCELED", seconds=60)
        took = time.monotonic() - began
        assert [job["id"] for job in cluster.jobs()] == [stranger.strip()], "what is not ours goes on"
        cluster.ask("scancel", stranger.strip())
        wait_for("the stranger is gone", lambda: not cluster.jobs(), 30)
        check_nothing_left(server, cluster, run_id)
    with capsys.disabled():
        print(f"\nfrom the cancel to CANCELED and an empty queue: {took:.1f} s")


@pytest.mark.nightly
def test_jobs_of_a_killed_service_are_canceled_by_the_next_one(cluster, caches, tmp_path, capsys):
    folder = tmp_path / "service"
    with serving.served(folder, "--compute=slurm", caches=caches, lease=5) as server:
        run_id = at_work(server, cluster)
        for job in jobs_of(cluster, run_id, "RUNNING"):
            cluster.ask("scontrol", "suspend", job["id"])  # else it could end by itself
        os.kill(server.process, signal.SIGKILL)
        wait_for(
            "its processes are gone", lambda: not [line for line in processes_of(run_id) if "/a1/profile" in line], 20
        )
        assert jobs_of(cluster, run_id), "SLURM does not know that nobody waits for it any more"
    began = time.monotonic()
    with serving.served(folder, "--compute=slurm", caches=caches, lease=5) as server:
        wait_for("the job is gone", lambda: not jobs_of(cluster, run_id), 60)
        took = time.monotonic() - began
        wait_for("another attempt is at work", lambda: jobs_of(cluster, run_id, attempt=2), LIMIT)
        assert server.client.post(f"/runs/{run_id}:cancel").is_success
        server.wait(run_id, "CANCELED", seconds=60)
        check_nothing_left(server, cluster, run_id)
    with capsys.disabled():
        print(f"\nfrom the start of the next service to the end of the lost job: {took:.1f} s")


@pytest.mark.nightly
def test_a_worker_that_lost_its_lease_cancels_the_jobs_of_its_attempt(cluster, caches, tmp_path):
    with serving.served(tmp_path / "service", "--compute=slurm", caches=caches) as server:
        run_id = at_work(server, cluster)
        with contextlib.closing(sqlite3.connect(server.folder / "service.db", timeout=30)) as database, database:
            database.execute("UPDATE runs SET lease_epoch = lease_epoch + 1")
        wait_for("the queue is empty", lambda: not cluster.jobs(), 60)
        wait_for("its processes are gone", lambda: not processes_of(run_id), 20)
        check_nothing_left(server, cluster, run_id)
        assert server.run(run_id)["state"] == "RUNNING", "what the next attempt will say"


@pytest.mark.nightly
def test_a_drained_service_gives_its_run_back_and_leaves_nothing_in_the_queue(cluster, caches, tmp_path):
    folder = tmp_path / "service"
    with serving.served(folder, "--compute=slurm", caches=caches) as server:
        run_id = at_work(server, cluster)
    check_nothing_left(server, cluster, run_id)
    with serving.served(folder, "--workers=0", caches=caches) as server:
        assert server.wait(run_id, "QUEUED", "PREEMPTED")["state"]


@pytest.mark.nightly
def test_a_run_that_waits_too_long_for_a_node_leaves_nothing_in_the_queue(cluster, caches, tmp_path):
    cluster.set_node("drain")
    try:
        with serving.served(tmp_path / "service", "--compute=slurm", caches=caches, wall_clock=45) as server:
            run_id = server.ask(body(server))["id"]
            wait_for("a job of it waits", lambda: jobs_of(cluster, run_id, "PENDING"), LIMIT)
            run = server.wait(run_id, "EXECUTOR_ERROR")
            assert (run["code"], run["reason"]) == ("limit", "ran longer than 45 s")
            check_nothing_left(server, cluster, run_id)
    finally:
        cluster.set_node("resume")


@pytest.mark.nightly
def test_a_node_that_lacks_the_folder_or_python_is_named_as_the_reason(cluster, tmp_path, caplog, monkeypatch):
    attempt = on_cluster.OnCluster(tmp_path / "runs/it's/a1/run", "slurm", uuid4(), 1)
    assert attempt.why_unusable() == "", "nothing was submitted, so something else is wrong"
    (tmp_path / "runs/it's/a1/run/.snakemake/slurm_logs").mkdir(parents=True)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        assert re.match("a node of the cluster does not see the folder", attempt.why_unusable())
    assert "runs/it's/a1/run, or has no /nowhere/python" in caplog.text
    assert attempt.why_unusable() == ""
    assert not cluster.jobs()
