"""How a call of Snakemake starts."""

import sys
from types import SimpleNamespace

import pytest
from snakemake import benchmark

from hetero2.errors import ConfigError, HeteroError
from hetero2.workflow import startup
from hetero2.workflow.results_folder.results_lock import ResultsLock


@pytest.fixture
def call(tmp_path, monkeypatch):
    """(configuration, workflow) of a call in an empty folder with a library."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["snakemake", "value_utility_realtruth"])
    (tmp_path / "library.csv").write_text("id,smiles\na,CCO\n")
    (tmp_path / "my.yaml").write_text("run_name: mine\n")
    config = {
        "run_name": "mine",
        "input": {"path": "library.csv"},
        "scores": {"source": "command", "command": "true {request} {scores}"},
        "truth": {"url": "https://example.org/t.csv", "sha256": "0" * 64},
    }
    return config, SimpleNamespace(configfiles=["my.yaml"], is_main_process=True)


def test_jobs_inherit_the_targets_the_folder_and_the_urls(call, tmp_path, monkeypatch):
    plan = startup.make_plan(*call)
    environment = startup.environment_of_jobs(plan)
    url_variable = plan.url_variable(SimpleNamespace(run="mine", brought="truth.csv"))
    assert environment == {
        "HETERO2_TARGETS": "value_utility_realtruth",
        "HETERO2_RESULTS": str(tmp_path / "results"),
        url_variable: "https://example.org/t.csv",
    }
    monkeypatch.setattr(sys, "argv", ["snakemake", "--target-jobs", "input:run=mine"])  # as a job is called
    monkeypatch.setenv("HETERO2_TARGETS", environment["HETERO2_TARGETS"])
    assert startup.environment_of_jobs(startup.make_plan(*call)) == environment


def test_an_error_of_the_disk_is_an_error_of_the_configuration(call):
    config, workflow = call
    workflow.configfiles = ["x" * 300]
    with pytest.raises(ConfigError, match=r"^configuration: x+: File name too long"):
        startup.make_plan(config, workflow)


@pytest.mark.parametrize("is_local", [True, False])
def test_only_where_jobs_go_to_a_cluster_their_rate_is_limited(is_local, monkeypatch):
    monkeypatch.setattr(benchmark, "BENCHMARK_INTERVAL_SHORT", 0.5)
    limiter = object()
    workflow = SimpleNamespace(local_exec=is_local, scheduler=SimpleNamespace(job_rate_limiter=limiter))
    startup.spend_less_on_jobs(workflow)
    assert workflow.scheduler.job_rate_limiter is (None if is_local else limiter)
    assert benchmark.BENCHMARK_INTERVAL_SHORT == 2


def test_a_node_checks_nothing_again(call, tmp_path):
    config, workflow = call
    (tmp_path / "library.csv").unlink()
    with pytest.raises(HeteroError, match=r"library\.csv: no such file"):
        startup.make_plan(config, workflow)
    workflow.is_main_process = False
    lock = ResultsLock(tmp_path / "results")
    startup.enter(startup.make_plan(config, workflow), workflow, lock)
    assert not (tmp_path / "results").exists()


def test_what_a_killed_run_left_is_removed(call, tmp_path, capsys):
    config, workflow = call
    workflow.dag = SimpleNamespace(jobs=[])
    workflow.touch = False
    plan = startup.make_plan(config, workflow)
    (tmp_path / "results/mine").mkdir(parents=True)
    (tmp_path / "results/mine/.rows.parquet.7.part").touch()
    lock = ResultsLock(plan.results)
    startup.enter(plan, workflow, lock)
    assert capsys.readouterr().err == "results: an earlier run was killed; removed 1 unfinished files\n"
    with pytest.raises(HeteroError, match="another run is using this folder"):
        startup.enter(plan, workflow, ResultsLock(plan.results))
    lock.release()


def test_a_folder_that_cannot_be_written_is_one_clear_error(call, tmp_path):
    config, workflow = call
    plan = startup.make_plan(config, workflow)
    (tmp_path / "results").write_text("a file")
    with pytest.raises(HeteroError, match="results: File exists"):
        startup.enter(plan, workflow, ResultsLock(plan.results))
