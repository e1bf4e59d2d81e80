# Configuration and file names; everything with an `if` about data is in the package.
import os
import re
import sys
from functools import partial

sys.path.insert(0, workflow.basedir)

from hetero2.errors import HeteroError
from hetero2.workflow import end_messages, plan as flow, resources, run_layout, startup
from hetero2.workflow.progress import display as progress
from hetero2.workflow import campaigns, targets
from hetero2.workflow.results_folder import modified_outputs, results_lock


def or_exit(step, *arguments):
    """The result of a step; an error is printed and ends the call."""
    try:
        return step(*arguments)
    except HeteroError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


DISPLAY = progress.attach(workflow)
PLAN = or_exit(startup.make_plan, config, workflow)
os.environ.update(startup.environment_of_jobs(PLAN))
LOCK = results_lock.ResultsLock(PLAN.results)
RUN, SHARD = PLAN.file, PLAN.shard_files
LOG = partial(run_layout.log_file, PLAN.results)
BENCHMARK = partial(run_layout.benchmark_file, PLAN.results)
CAMPAIGN = campaigns.Campaign(config, PLAN.results)
job = resources.Needs(PLAN).of
SEVERAL = flow.GROUP  # the target that makes several packs


wildcard_constraints:
    run="|".join(map(re.escape, PLAN.runs)),
    shard=r"\d+",
    chunk=r"\d+",
    scores_file=r"scores[a-z_.]+",
    brought=r"(truth|scores)\.[a-z.]+",


# Jobs on other machines must know which target was asked for.
envvars:
    targets.VARIABLE,


shell.prefix(startup.shell_prefix(workflow))


def config_value(key):
    """The value of a configuration key for the run of a job."""
    return lambda wildcards: PLAN.config_value(wildcards.run, key)


def settings(*keys):
    """Configuration keys as one JSON option: a change of one of them runs the job again."""
    return lambda wildcards: PLAN.settings(wildcards.run, *keys)


def cli_args(method):
    """The options that a method of the plan gives for a run."""
    return lambda wildcards: getattr(PLAN, method)(wildcards.run)


def contents(method, *arguments):
    """sha256 of the user's files among the inputs that a method of the plan names: other contents run the job again."""
    return lambda wildcards: PLAN.contents_of(
        wildcards.run, getattr(PLAN, method)(wildcards.run, *arguments)
    )


def given(method, *arguments):
    """Input function: the files that a method of the plan names. Of the user's, contents decide and not times."""
    return lambda wildcards: PLAN.by_content(
        wildcards.run, getattr(PLAN, method)(wildcards.run, *arguments), ancient
    )


def finished(target):
    """The last files of the runs of a target."""
    files = expand([RUN("registry_row"), RUN("runtime")], run=PLAN.runs_of(target))
    return files + ([PLAN.separation] if target == SEVERAL else [])


def each_run(target, key):
    """A file of each run of a target."""
    return expand(RUN(key), run=PLAN.runs_of(target))


def show_results():
    """Print the result of every run that this call has finished, unless a file was changed meanwhile."""
    DISPLAY.stop()
    or_exit(modified_outputs.check_end, PLAN, workflow)
    for folder in end_messages.finished_folders(PLAN, workflow):
        shell("python -m hetero2 show --brief {folder:q}")
