"""Snakemake as it is started by `hetero2 run`: its exit code, and its end with all its jobs."""

import os
import signal
import subprocess
import sys
import time

from hetero2.commands.running import started
from tests.conftest import ROOT

SNAKEFILE = """
rule all:
    shell: "touch started; sleep 60; touch finished"
"""
WAITING = """\
import sys
from hetero2.commands.running import started
words = [sys.executable, "-m", "snakemake", "--cores", "1", "all"]
sys.exit(started.to_its_end(words))
"""


def test_the_exit_code_is_that_of_snakemake(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert started.to_its_end([sys.executable, "-m", "snakemake", "--version"]) == 0
    assert started.to_its_end([sys.executable, "-m", "snakemake", "--no-such-option"]) == 2


def test_a_signal_ends_snakemake_and_its_jobs(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    call = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    for _ in range(600):
        if (tmp_path / "started").exists():
            break
        time.sleep(0.1)
    began = time.monotonic()
    call.send_signal(signal.SIGTERM)
    _, said = call.communicate(timeout=50)
    assert time.monotonic() - began < 50, "the job was not waited for"
    assert call.returncode == started.INTERRUPTED
    assert said.decode().rstrip().endswith("stopped; the same command goes on with what is not finished")
    assert b"Traceback" not in said
    assert not (tmp_path / "finished").exists()
