"""An attempt whose pipeline runs here, without a sandbox, and submits its stages as jobs of a SLURM cluster.

The process that submits must reach the scheduler, its key and its network, so no namespace can hold it: it has limits
alone. Jobs outlive whoever submitted them, so none is trusted to be gone before the queue shows none.
"""

import logging
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

from hetero2.service.worker import sandbox
from hetero2.service.worker.compute import profile, slurm_queue
from hetero2.service.worker.compute.slurm_queue import QueuedJob, QueueError
from hetero2.service.worker.limits import Limits

log = logging.getLogger(__name__)
_PATIENCE = 60.0  # seconds until jobs must be gone: SLURM itself waits 30 (KillWait) between TERM and KILL
_TRIAL = 60.0  # seconds until a job must have looked for a folder
_NOT_SEEN = 73  # its exit code where it does not see it


class OnCluster:
    """Commands of an attempt: the pipeline here, its stages on the cluster."""

    isolation = "cluster"

    def __init__(self, folder: Path, compute: str, run_id: UUID, attempt: int) -> None:
        """folder: of the run; compute: the setting."""
        self._folder, self._source = folder, profile.source(compute)
        self._run_id, self._attempt = run_id, attempt
        self._name = slurm_queue.name_of(run_id, attempt)
        self._profile = folder.with_name("profile")

    def start(self) -> None:
        """Make the profile, and cancel what a former attempt, whose worker may have been killed, has in the queue.

        The folder stays that of our user, as whom the jobs run: nodes do not know a user that was made up for a run.
        """
        self._folder.chmod(0o700)
        profile.write(self._source, self._profile, self._name)
        if self._attempt > 1:
            self._cancel(lambda job: job.run_id == self._run_id)

    def command(
        self, words: list[str], limits: Limits, environment: Mapping[str, str], cache: Path | None
    ) -> list[str]:
        """The command line for `hetero2` and these words, to be given to `process.run`."""
        argv = ["python", "-m", "hetero2", *words, f"--profile={self._profile}"]
        return sandbox.limited(self._folder, argv, limits, slurm_queue.environment() | dict(environment), cache)

    def end(self) -> None:
        """Cancel the jobs of this attempt, until none is in the queue. Its processes must have ended before."""
        self._cancel(lambda job: (job.run_id, job.attempt) == (self._run_id, self._attempt))

    def why_unusable(self) -> str:
        """Why no command can work on this cluster, found by a job that looks for the folder; empty where it sees it."""
        if not (self._folder / ".snakemake/slurm_logs").is_dir():
            return ""  # nothing was submitted
        look = f"test -w {shlex.quote(str(self._folder))} && test -x {shlex.quote(sys.executable)} || exit {_NOT_SEEN}"
        words = (f"--job-name={self._name}", "--chdir=/", "--output=/dev/null", "--time=1", f"--wrap={look}")
        try:
            slurm_queue.ask("sbatch", "--wait", *words, seconds=_TRIAL)
        except QueueError as error:
            if error.code == _NOT_SEEN:
                log.error("a node cannot write %s, or has no %s", self._folder, sys.executable)
                return "a node of the cluster does not see the folder of the run; the service's log says which"
            log.warning("whether nodes see the folders of runs could not be found out: %s", error)  # all are busy, say
        finally:
            self.end()
        return ""

    def _cancel(self, is_unwanted: Callable[[QueuedJob], bool]) -> None:
        """Cancel jobs and wait; what is left after a minute is for the sweeper, which comes back to it."""
        try:
            left = slurm_queue.cancel_until_gone(is_unwanted, _PATIENCE)
        except QueueError as error:
            log.error("run %s: its jobs on the cluster could not be canceled: %s", self._run_id, error)
            return
        if left:
            numbers = " ".join(job.number for job in left)
            log.error("run %s: jobs are in the queue a minute after they were canceled: %s", self._run_id, numbers)
