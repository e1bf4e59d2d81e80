"""Messages printed when Snakemake exits."""

import os
from datetime import datetime
from types import SimpleNamespace

import pytest

from hetero2.workflow import end_messages


@pytest.fixture
def call(tmp_path, monkeypatch):
    """(plan, workflow) of a call that began at second 2000."""
    monkeypatch.chdir(tmp_path)
    plan = SimpleNamespace(
        runs=["a", "b"],
        folder=lambda run: tmp_path / "results" / run,
        separation=tmp_path / "results/s/separation.json",
        results=str(tmp_path),
    )
    manager = SimpleNamespace(get_logfile=lambda: [str(tmp_path / ".snakemake/log/x.log")])
    return plan, SimpleNamespace(start_time=datetime.fromtimestamp(2000), logger_manager=manager)


def write(path, text="", mtime=2001):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (mtime, mtime))


def entry(level, text):
    return f"2026-01-01 00:00:00,000 {level} {text}\n"


def test_runs_that_this_call_has_finished(call):
    plan, workflow = call
    write(plan.folder("a") / "registry_row.json", mtime=1999)
    write(plan.folder("b") / "registry_row.json")
    write(plan.separation)
    assert end_messages.finished_folders(plan, workflow) == [plan.folder("b"), plan.separation.parent]


def test_the_last_error_of_each_log_of_this_call_with_its_hint_and_no_traceback(call):
    plan, workflow = call
    trace = entry("ERROR", "Traceback (most recent call last):\n  File x")
    write(
        plan.folder("a") / "logs/input.log", entry("INFO", "Gate OK") + trace + entry("ERROR", "no row\nhint: add one")
    )
    write(plan.folder("a") / "logs/truth.log", entry("ERROR", "of an earlier call"), mtime=1000)
    write(plan.folder("b") / "logs/decoys/0000.log", entry("INFO", "used 1 s"))
    write(plan.folder("b") / "logs/s.command.log", entry("ERROR", "the words of a model"))
    assert end_messages.last_words(plan, workflow).splitlines() == [
        "Snakemake's log: .snakemake/log/x.log",
        "error: no row",
        "hint: add one",
    ]


def test_a_job_that_left_no_message_and_a_full_disk(call, monkeypatch):
    plan, workflow = call
    last = end_messages.last_words(plan, workflow).splitlines()[-1]
    assert last.startswith("error: the run was ended, or a job failed without a message")
    monkeypatch.setattr(end_messages.shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
    assert "4 kB are left on its disk" in end_messages.last_words(plan, workflow)
