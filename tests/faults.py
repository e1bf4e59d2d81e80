"""Plants faults in a small run, at a moment drawn from a seed, and sees whether one command finishes it afterwards.

A moment is a share of the undisturbed run: what that run wrote later is removed from a copy, the run is taken up there,
and the fault strikes up to a second after its first job has started.
"""

import contextlib
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from hetero2.workflow import orphans
from tests.conftest import ROOT, build, run, small_library

ROWS, SHARD_ROWS = 6, 2
DECOYS = 400  # so many that a worker is at work for seconds, and can be struck
NAME = "small_evidence_pack.zip"
CALL = ("value_utility_realtruth", "--cores", "2", "--configfile", "my.yaml")
SLOW_MODEL = "import os, time\ntime.sleep(float(os.environ.get('MODEL_SECONDS', 0)))\n"
DATA = (".parquet", ".csv", ".json", ".npy", ".zip")
MB = 2**20


@dataclass
class Outcome:
    """What was seen of one fault."""

    kind: str
    seed: int
    share: float
    planted: str = ""
    exit_code: int | None = None
    calls: list[str] = field(default_factory=list)  # how each call after the fault ended: "same", or its error
    zip_sha256: str = ""
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = f"{self.kind:<10} seed {self.seed:<4} at {self.share:4.0%}  exit {self.exit_code!s:<4} {self.planted}"
        return f"{head}  -> {' -> '.join(self.calls)}"


def sha256(folder: Path) -> str:
    return run("sha256sum", folder / "results/small" / NAME, cwd=folder).stdout.split()[0]


def reference(folder: Path) -> Path:
    """An undisturbed run of a library of a few shards."""
    small_library(folder)
    lines = (folder / "library.csv").read_text().splitlines(keepends=True)
    (folder / "library.csv").write_text("".join(lines[: ROWS + 1]))
    (folder / "model.py").write_text(SLOW_MODEL + (folder / "model.py").read_text())
    text = (folder / "my.yaml").read_text()
    text = text.replace("k: 4", f"k: {DECOYS}") + f"execution: {{shard_rows: {SHARD_ROWS}}}\n"
    (folder / "my.yaml").write_text(text)
    build(folder)
    return folder


def state_at(reference: Path, folder: Path, share: float) -> None:
    """Copy the reference as it was when this share of its time had passed."""
    for path in reference.iterdir():
        if path.is_dir():
            shutil.copytree(path, folder / path.name, dirs_exist_ok=True)
        else:
            shutil.copy2(path, folder / path.name)
    files = [path for path in (folder / "results").rglob("*") if path.is_file()]
    times = [path.stat().st_mtime for path in files]
    cut = min(times) + share * (max(times) - min(times))
    for path, written in zip(files, times, strict=True):
        if written > cut:
            path.unlink()


@contextlib.contextmanager
def started(folder: Path, *words: str, env: dict[str, str] | None = None) -> Iterator[psutil.Popen]:
    """A run in a session of its own, as a terminal starts it; its output goes to printed.txt."""
    program = Path(sys.executable).with_name("snakemake")
    with (folder / "printed.txt").open("w") as printed:
        process = psutil.Popen(
            [str(program), "--snakefile", str(ROOT / "Snakefile"), *CALL, *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": "", **(env or {})},
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where a shell started us with &
        )
        try:
            yield process
        finally:
            with contextlib.suppress(psutil.Error):
                for child in process.children(recursive=True):
                    child.kill()
                process.kill()
            process.wait()


def jobs(process: psutil.Popen, word: str = "hetero2") -> list[psutil.Process]:
    """Python processes of the jobs of a run."""
    running = []
    with contextlib.suppress(psutil.Error):
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                words = child.cmdline()
                if len(words) > 2 and words[1] == "-m" and words[2].startswith(word):
                    running.append(child)
    return running


def await_job(process: psutil.Popen, word: str = "hetero2") -> psutil.Process:
    """A job that is at work now."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if running := jobs(process, word):
            return running[-1]
        time.sleep(0.01)
    raise AssertionError(f"no process of {word} was seen; the run ended with {process.poll()}")


# Each fault: what it does to a running pipeline, and what it says about it.
def kill_job(process: psutil.Popen, folder: Path, rng: random.Random) -> str:
    while True:
        job = await_job(process)
        with contextlib.suppress(psutil.Error):
            verb = job.cmdline()[3]
            job.kill()
            return f"kill -9 of {verb}"


def kill_worker(process: psutil.Popen, folder: Path, rng: random.Random) -> str:
    """The process that makes the decoys of a job; another one takes its place, so the run goes on."""
    while process.poll() is None:
        for job in jobs(process):
            with contextlib.suppress(psutil.Error):
                if job.cmdline()[3] == "decoys-shard" and (workers := job.children()):
                    time.sleep(rng.random())
                    workers[0].kill()
                    return "kill -9 of a worker"
    raise AssertionError(f"no worker was seen; the run ended with {process.poll()}")


def kill_snakemake(process: psutil.Popen, folder: Path, rng: random.Random) -> str:
    if rng.random() < 0.5:
        process.kill()
        return "kill -9 of snakemake"
    job = await_job(process)
    job.suspend()  # it would write on for hours
    process.kill()
    return f"kill -9 of snakemake, {job.cmdline()[3]} lives on"


def interrupt(process: psutil.Popen, folder: Path, rng: random.Random) -> str:
    if rng.random() < 0.5:
        os.killpg(process.pid, signal.SIGINT)
        return "Ctrl-C"
    process.send_signal(signal.SIGINT)
    return "SIGINT"


def terminate(process: psutil.Popen, folder: Path, rng: random.Random) -> str:
    process.terminate()
    return "SIGTERM"


def truncate(process: psutil.Popen | None, folder: Path, rng: random.Random) -> str:
    files = [path for path in (folder / "results").rglob("*") if path.suffix in DATA and path.is_file()]
    files = [path for path in files if "pack" not in path.parts]  # copies, for people; nothing is built upon them
    files = sorted(path for path in files if path.stat().st_mtime < time.time() - 2 and path.stat().st_size)
    path = rng.choice(files)
    os.truncate(path, rng.randrange(path.stat().st_size))
    return f"{path.relative_to(folder)} cut"


STRIKES: dict[str, Callable[[psutil.Popen, Path, random.Random], str]] = {
    "job": kill_job,
    "worker": kill_worker,
    "snakemake": kill_snakemake,
    "bare": kill_snakemake,  # started without our profile, so that its own lock stays behind
    "sigint": interrupt,
    "sigterm": terminate,
    "truncated": truncate,
}


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[str], None]]:
    """Results on a disk of their own; yields what mounts it again with other options."""
    results = folder / "results"
    results.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={64 * MB}", "tmpfs", results, cwd=folder)
    try:
        yield lambda options: run("mount", "-o", f"remount,{options}", results, cwd=folder) and None
    finally:
        run("umount", "--lazy", results, cwd=folder)


def finish(folder: Path, outcome: Outcome) -> None:
    """Run again as the documentation says: the same command, or the one that its error names."""
    done = build(folder, check=False)
    for _ in range(2):
        text = done.stdout + done.stderr
        assert "Traceback" not in text, text
        if done.returncode == 0:
            outcome.calls.append("done")
            break
        assert done.returncode in (1, 2), text
        errors = [line for line in text.splitlines() if line.startswith("error: ")]
        assert errors, text
        outcome.calls.append(errors[-1])
        advice = re.search(r"^hint: to build it again, type: (.*)$", text, re.MULTILINE)
        done = run(*shlex.split(advice[1]), cwd=folder, check=False) if advice else build(folder, check=False)
    outcome.zip_sha256 = sha256(folder)
    parts = [path for path in (folder / "results").rglob(".*") if path.name not in (".lock", ".inputs.json")]
    outcome.left = [*map(str, parts), *(str(p) for p in orphans.orphans(str(folder / "results")))]


def strike(kind: str, seed: int, reference: Path, folder: Path, earliest: float = 0.0) -> Outcome:
    """One fault of a kind at one moment, drawn from the seed, and what came of it."""
    rng = random.Random(f"{kind} {seed}")
    outcome = Outcome(kind, seed, rng.uniform(earliest, 0.9))
    if kind in ("disk full", "read-only"):
        with small_disk(folder) as remount:
            state_at(reference, folder, outcome.share)
            _strike_disk(kind, folder, rng, remount, outcome)
            finish(folder, outcome)
        return outcome
    if kind == "truncated" and rng.random() < 0.5:
        outcome.share = 1
        state_at(reference, folder, 1)
        outcome.planted = truncate(None, folder, rng)
    else:
        outcome.share *= kind != "worker"  # there are workers at the beginning
        state_at(reference, folder, outcome.share)
        with started(folder, *(("--workflow-profile", "none") if kind == "bare" else ())) as process:
            await_job(process)
            time.sleep(rng.random())
            outcome.planted = STRIKES[kind](process, folder, rng)
            outcome.exit_code = process.wait(timeout=300)
            if kind in ("snakemake", "bare"):
                finish(folder, outcome)  # while its orphans are still at work
                return outcome
    finish(folder, outcome)
    return outcome


def _strike_disk(kind: str, folder: Path, rng: random.Random, remount: Callable[[str], None], outcome: Outcome) -> None:
    if kind == "read-only":
        remount("ro")
        outcome.planted = "read-only"
    else:
        used = shutil.disk_usage(folder / "results").used + 4096 * rng.randrange(10)
        remount(f"size={used}")
        outcome.planted = f"{used >> 10} kB"
    done = build(folder, check=False)
    (folder / "printed.txt").write_text(done.stdout + done.stderr)
    outcome.exit_code = done.returncode
    remount(f"rw,size={64 * MB}")
