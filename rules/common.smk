# Configuration and file names; everything with an `if` about data is in the package.
import re
import sys

sys.path.insert(0, workflow.basedir)

from hetero2.workflow import (
    end_messages,
    plan as flow,
    progress,
    resources,
    results_lock,
    startup,
)

PLAN = startup.plan_or_exit(config, workflow)
RUN, SHARD = PLAN.file, PLAN.shard_files
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
    startup.VARIABLE,


shell.prefix(startup.shell_prefix(workflow))


def LOG(name):
    """Log file of a job."""
    return f"{PLAN.results}/{{run}}/logs/{name}.log"


def BENCHMARK(name):
    """Benchmark file of a job."""
    return f"{PLAN.results}/{{run}}/benchmarks/{name}.tsv"


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


def finished(target):
    """The last files of the runs of a target."""
    files = expand([RUN("registry_row"), RUN("runtime")], run=PLAN.runs_of(target))
    return files + ([PLAN.separation] if target == SEVERAL else [])


def requested(target):
    """The score requests of the runs of a target."""
    return expand(RUN("score_request"), run=PLAN.runs_of(target))


def tell_progress():
    """Tell how far the decoys of each run are, while they are made."""
    progress.start(PLAN, workflow)


def tell_results():
    """Print the result of every run that this call has finished, and of which nothing was changed meanwhile."""
    results_lock.leave_or_exit(PLAN, workflow)
    for folder in end_messages.finished_folders(PLAN):
        shell("python -m hetero2 show {folder:q}")


def tell_errors():
    """Repeat the errors of the failed jobs, so that they are the last thing one reads."""
    print(end_messages.last_errors(PLAN), file=sys.stderr)
