"""The jobs of runs in the queue of a SLURM cluster: found and canceled by their name, which no other run has.

The names of all jobs of an attempt begin with `name_of(run, attempt)`; Snakemake puts a number of its own behind it.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

_NAME = re.compile(r"hetero2-([0-9a-f]{32})-a([1-9][0-9]{0,7})(?:_.*)?")
_ANSWERS_WITHIN = 30.0  # seconds
_PAUSE = 0.5  # seconds between two looks
# A submission that was on its way when its sbatch was killed may arrive after the first look.
_EMPTY_LOOKS = 2
# Of our environment: SBATCH_.. is for the operator to set. Credentials of a bucket stay here, for sbatch would hand all
# of its environment to the job; and SQUEUE_.., which could hide jobs from us.
_PASSED_ON = ("SLURM_CONF", "SNAKEMAKE_SLURM_PARTITIONS", "SBATCH_")


class QueueError(Exception):
    """The cluster does not answer, or refuses; the message says what it said. `code`: of the command, if it ended."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class QueuedJob:
    """A job that waits, runs or ends, and the attempt that it belongs to."""

    number: str
    run_id: UUID
    attempt: int


def name_of(run_id: UUID, attempt: int) -> str:
    """What the names of all jobs of an attempt begin with; 50 characters at most, as Snakemake demands.

    >>> name_of(UUID(int=7), 2)
    'hetero2-00000000000000000000000000000007-a2'
    """
    return f"hetero2-{run_id.hex}-a{attempt}"


def jobs() -> list[QueuedJob]:
    """All jobs of attempts that are in the queue under our user; raises QueueError."""
    queued = []
    for line in ask("squeue", "--noheader", "--me", "--format=%A|%j").splitlines():
        number, _, name = line.strip().partition("|")
        if match := _NAME.fullmatch(name):
            queued.append(QueuedJob(number, UUID(match[1]), int(match[2])))
    return queued


def cancel(queued: Sequence[QueuedJob]) -> None:
    """Cancel these jobs, without waiting for their end; raises QueueError."""
    if queued:  # without a number scancel would take all jobs of the user
        ask("scancel", *sorted({job.number for job in queued}))


def cancel_until_gone(is_unwanted: Callable[[QueuedJob], bool], seconds: float) -> list[QueuedJob]:
    """Cancel jobs until the queue shows none of them, for so many seconds at most; those that are left.

    Raises QueueError where the cluster did not answer in the end.
    """
    deadline, n_empty = time.monotonic() + seconds, 0
    while True:
        failure: QueueError | None = None
        left: list[QueuedJob] = []
        try:
            left = [job for job in jobs() if is_unwanted(job)]
            cancel(left)
            n_empty = 0 if left else n_empty + 1
        except QueueError as error:
            failure, n_empty = error, 0
        if n_empty == _EMPTY_LOOKS:
            return []
        if time.monotonic() > deadline:
            if failure:
                raise failure
            return left
        time.sleep(_PAUSE)


def environment() -> dict[str, str]:
    """What the commands of SLURM, and the jobs, get of our environment; in PATH Python and those commands."""
    sbatch = shutil.which("sbatch")
    folders = [str(Path(sys.prefix, "bin")), *([str(Path(sbatch).parent)] if sbatch else [])]
    path = ":".join([*dict.fromkeys(folders), "/usr/local/bin", "/usr/bin", "/bin"])
    return {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)} | {"PATH": path}


def ask(*words: str, seconds: float = _ANSWERS_WITHIN) -> str:
    """What a command of SLURM prints; raises QueueError, after so many seconds where it says nothing."""
    try:
        done = subprocess.run(
            words, env=environment(), capture_output=True, text=True, errors="replace", timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise QueueError(f"{words[0]}: {error}") from None
    # A job that ended since it was listed is what scancel was for.
    if done.returncode and not (words[0] == "scancel" and "Invalid job id" in done.stderr):
        said = done.stderr.strip() or f"exit code {done.returncode}"
        raise QueueError(f"{words[0]}: {said}", done.returncode)
    return done.stdout
