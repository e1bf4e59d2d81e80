"""Memory and time that each rule requests from a scheduler, from the rows that one of its jobs handles.

    mem_mb  = (SNAKEMAKE_MB + BASE_MB + mb + mb_per_1000 x rows / 1000 x decoys) x attempt
    runtime = (minutes + SAFETY x ms_per_row x rows / 60000 x decoys + commands x execution.command_minutes) x attempt

`decoys` is (k + 1) / 21, since the table holds for k = 20. A job that was killed for exceeding either is retried with
twice as much where `restart-times` allows it (profiles/slurm does). Every job asks for one core: nothing here runs in
parallel, except a command of the user's (docs/clusters.md). None of this is a parameter of a rule, and no stage
imports it: a change of a figure here reruns nothing and changes no byte of the evidence.
"""

from collections.abc import Callable
from math import ceil
from typing import Any, NamedTuple

from hetero2.workflow.run_files import RunFiles
from hetero2.workflow.score_inputs import FITS_A_JOB

BASE_MB = 600  # interpreter, RDKit, scikit-learn: up to 360 MB were seen at a few rows
SNAKEMAKE_MB = 400  # on a node a command runs inside two processes of Snakemake: 170 MB each
SAFETY = 3.0  # nodes are slower than they should be, and some libraries hold larger molecules
K = 20  # what the table was made for
_FOLDS = 5  # fits of a cross-validation


class Need(NamedTuple):
    """What a rule needs beyond the base, for rows with their 20 decoys."""

    rows: str  # whose rows one job handles: those of a shard, or of the run
    mb_per_1000: float = 0.0
    ms_per_row: float = 0.0  # CPU time
    minutes: int = 5  # fixed, on top of what grows with rows
    mb: int = 0  # fixed, on top of what grows with rows
    commands: int = 0  # times that the user's command may run up to its limit


# Upper bounds, not means: a job that asks for too much waits a little, one that asks for too little is killed.
NEEDS = {
    "dataset": Need("run"),
    "suite": Need("run", 2, 40),
    "stress_input": Need("run", 2, 1),
    "download": Need("run", minutes=60),
    "input": Need("run", 2, 2),
    "decoys_shard": Need("shard", 80, 40, mb=400),  # the worker is a process beside the job
    "score_only_input": Need("shard", 40, 5),
    "decoy_quality": Need("run", 8, 2, minutes=10),
    "leakage": Need("run", 8, 15, minutes=10),
    "score_request": Need("run", 8, 2),
    "score_source": Need("run", 8, 20, minutes=10, commands=1),
    "scores": Need("shard", 40, 5),
    "missing_scores": Need("run", 8, 2),
    "audit": Need("shard", 20, 5),
    "calls": Need("run", 8, 5, minutes=10),
    "control_sample": Need("run", 8, 2, minutes=20),
    "refit": Need("run", 2, minutes=60, commands=FITS_A_JOB),
    "cross_validation": Need("run", 2, minutes=60, commands=_FOLDS),
    "controls": Need("run", 8, 2, minutes=10),
    "summary": Need("run", 4, 2),
    "proxy_truth": Need("run", 2, 1),
    "truth": Need("run", 2, 1),
    "leakage_list": Need("run", 2, 1),
    "cost_lift": Need("run", 2, 1),
    "utility": Need("run", 4, 1, minutes=10),
    "diagnosis": Need("run", 4, 1, minutes=30, mb=600),  # the fits are of a sample, whatever the library
    "candidates": Need("run", 8, 2),
    "screen_model": Need("run", 2, 1, minutes=15),
    "screen_shard": Need("shard", 20, 3, mb=400),
    "screen_list": Need("run", 4, 1),
    "campaign_batch": Need("run", minutes=60, mb=1000),  # a library of 100,000 takes half a minute
    "campaign_report": Need("run", minutes=10, mb=1000),
    "campaign_simulation": Need("run", minutes=30, mb=600),  # of the measured compounds that come with RDKit
    "report": Need("run", 8, 2, minutes=10),
    "pages": Need("shard", 80, 300),
    "pack": Need("run", 4, 2),
    "registry_row": Need("run", 4, 2),
    "separation": Need("run"),
}


def megabytes(need: Need, rows: float, k: int, attempt: int = 1) -> int:
    """Memory of a job.

    >>> megabytes(NEEDS["decoys_shard"], rows=2500, k=20), megabytes(NEEDS["decoys_shard"], rows=2500, k=20, attempt=2)
    (1600, 3200)
    """
    fixed = SNAKEMAKE_MB + BASE_MB + need.mb
    return ceil(fixed + need.mb_per_1000 * rows / 1000 * (k + 1) / (K + 1)) * attempt


def minutes(need: Need, rows: float, k: int, command_minutes: float = 0, attempt: int = 1) -> int:
    """Time limit of a job.

    >>> minutes(NEEDS["decoys_shard"], 2500, k=20), minutes(NEEDS["score_source"], 0, k=20, command_minutes=60)
    (10, 70)
    """
    growing = SAFETY * need.ms_per_row * rows / 60000 * (k + 1) / (K + 1)
    return ceil(need.minutes + growing + need.commands * command_minutes) * attempt


class Needs:
    """The resources of the rules, for the runs of a plan; each method gives what Snakemake calls for every job."""

    def __init__(self, plan: RunFiles) -> None:
        self._plan = plan

    def of(self, rule: str) -> dict[str, Callable[..., int]]:
        """mem_mb and runtime of a rule."""
        return {"mem_mb": self.memory(rule), "runtime": self.runtime(rule)}

    def memory(self, rule: str) -> Callable[..., int]:
        """mem_mb of a rule."""
        return lambda wildcards, attempt: megabytes(NEEDS[rule], *self._size(rule, wildcards), attempt=attempt)

    def runtime(self, rule: str) -> Callable[..., int]:
        """Runtime of a rule, in minutes."""
        return lambda wildcards, attempt: minutes(
            NEEDS[rule], *self._size(rule, wildcards), self._command_minutes(wildcards), attempt
        )

    def _size(self, rule: str, wildcards: Any) -> tuple[float, int]:
        """(rows that a job handles, decoys per row); a job that belongs to no run handles none."""
        run = wildcards.get("run")
        if run is None:
            return 0, K
        parts = len(self._plan.shards(run)) if NEEDS[rule].rows == "shard" else 1
        return self._plan.rows(run) / parts, self._plan.config(run)["decoys"]["k"]

    def _command_minutes(self, wildcards: Any) -> float:
        run = wildcards.get("run")
        config = {} if run is None else self._plan.config(run)
        return float(config["execution"]["command_minutes"]) if config and config["scores"]["command"] else 0.0
