"""How a call of Snakemake starts: the plan, the lock on its results folder, and what every job inherits."""

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from snakemake import benchmark

from hetero2 import paths
from hetero2.config.load import load_layer
from hetero2.errors import ConfigError, HeteroError
from hetero2.workflow import campaigns, targets
from hetero2.workflow.plan import Plan
from hetero2.workflow.results_folder import modified_outputs, orphans
from hetero2.workflow.results_folder.results_lock import ResultsLock

_SECONDS_OF_YOUNG_JOBS = 2.0
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def make_plan(user: Mapping[str, Any], workflow: Any) -> Plan:
    """The plan of this call, checked before any job; raises HeteroError.

    The configuration files were merged by Snakemake; they are read again since it accepts a key that occurs
    twice. A job on a node evaluates the Snakefile too: nothing that was checked before it was submitted is read again.
    """
    with _as_config_error():
        for path in workflow.configfiles:
            load_layer(Path(path))
        plan = Plan(campaigns.without_campaign(user), targets.requested(sys.argv, os.environ))
        plan.contents.is_checked = not workflow.is_main_process
        if workflow.is_main_process:
            plan.check(needs_scores=not {"score_requests", "screen"} & set(sys.argv))
            if "screen" in sys.argv:
                plan.check_screen()
            campaigns.Campaign(user, plan.results).check(sys.argv)
            print("".join(f"{line}\n" for line in plan.baseline_sign()), end="", file=sys.stderr)
        return plan


@contextlib.contextmanager
def _as_config_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = str(error) if error.filename is None else f"{error.filename}: {error.strerror}"
        raise ConfigError(f"configuration: {what}") from error


def environment_of_jobs(plan: Plan) -> dict[str, str]:
    """Variables that processes of jobs inherit: the targets asked for, the mark that tells orphans, URLs to fetch.

    A job may evaluate the Snakefile again, on another machine, and comes to the same plan only if it knows the targets;
    its own command line does not name them, and Snakemake passes on nothing but variables (`envvars:`).
    """
    asked = ",".join(targets.requested(sys.argv, os.environ))
    return {targets.VARIABLE: asked, orphans.VARIABLE: orphans.mark(plan.results), **plan.url_variables()}


def enter(plan: Plan, workflow: Any, lock: ResultsLock) -> None:
    """Lock the results folder before any job, and clean up after a killed run; raises HeteroError.

    Jobs on other machines lock nothing.
    """
    if not workflow.is_main_process:
        return
    try:
        if lock.take():
            _clean(plan)
        modified_outputs.check_start(workflow)
        plan.contents.save()
    except OSError as error:
        raise HeteroError(f"{error.filename or plan.results}: {error.strerror or error}") from error


def spend_less_on_jobs(workflow: Any) -> None:
    """Reduce what Snakemake itself spends on jobs that take a second each.

    Where jobs are processes of this machine, the limit on job starts per second is lifted: the cores limit jobs there,
    and to keep the limit Snakemake looks at all waiting jobs again each second, once for every time that it has started
    some, and waits a second at the end. The memory of a young job is measured every two seconds: twice a second takes a
    fifth of the main process (`benchmarks/`). A shorter job is hardly seen: runtime.json has what each job logs itself.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
    benchmark.BENCHMARK_INTERVAL_SHORT = _SECONDS_OF_YOUNG_JOBS


def _clean(plan: Plan) -> None:
    ended = orphans.end_orphans(plan.results)
    unfinished = [path for run in plan.runs for path in orphans.leftovers(plan.folder(run))]
    for path in unfinished:
        orphans.remove(path)
    if ended or unfinished:
        actions = [f"ended its processes {' '.join(map(str, ended))}"] if ended else []
        actions += [f"removed {len(unfinished)} unfinished files"] if unfinished else []
        print(f"{plan.results}: an earlier run was killed; {', '.join(actions)}", file=sys.stderr)


def shell_prefix(workflow: Any) -> str:
    """What precedes every command: this checkout's package, one thread, this interpreter unless conda is used."""
    exports = [f'export PYTHONPATH={shlex.quote(str(paths.ROOT))}"${{PYTHONPATH:+:$PYTHONPATH}}";']
    exports += [f'export {name}="${{{name}:-1}}";' for name in _THREAD_VARIABLES]
    if not workflow.deployment_settings.deployment_method:
        exports.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH";')
    text = "set -euo pipefail; " + " ".join(exports) + " "
    return text.replace("{", "{{").replace("}", "}}")  # Snakemake fills in what stands in single braces
