"""Whether files of a run are still what their jobs wrote: Snakemake notes the time of each file when its job is done.

A file that something else changed since looks to Snakemake like a newer input, and would be built upon.
"""

import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hetero2.errors import HeteroError
from hetero2.workflow.plan import Plan

_SECONDS = 0.01  # file systems round times
_SHOWN = 20


def check_start(workflow: Any) -> None:
    """Raise HeteroError where a file that jobs will build upon was changed since it was written."""
    files = changed(workflow, [job for job in workflow.dag.jobs if not workflow.dag.needrun(job)])
    if files:
        raise _error(files)


def check_end(plan: Plan, workflow: Any) -> None:
    """Raise HeteroError where a file was changed during the run; what was made of it does not count as finished.

    Only the process that the user has started looks.
    """
    if not workflow.is_main_process:
        return
    _check_brought(plan, workflow)
    files = changed(workflow, workflow.dag.jobs)
    _forget_results(plan, files)
    if files:
        raise _error(files)


def _forget_results(plan: Plan, outputs: Iterable[str]) -> None:
    """Remove the last files of the runs that these outputs belong to."""
    for run in plan.runs:
        if any(plan.folder(run) in Path(path).parents for path in outputs):
            for key in ("zip", "registry_row"):
                Path(plan.file(key).format(run=run)).unlink(missing_ok=True)


def _check_brought(plan: Plan, workflow: Any) -> None:
    """Raise HeteroError where a file that the user brought was changed meanwhile; what was made of it is removed."""
    changed_files = plan.contents.changed()
    if not changed_files:
        return
    readers = [job for job in workflow.dag.jobs if set(map(str, job.input)) & set(changed_files)]
    outputs = [str(file) for job in readers for file in job.output]
    for path in outputs:
        Path(path).unlink(missing_ok=True)
    _forget_results(plan, outputs)
    more = f" and {len(changed_files) - 1} more" if len(changed_files) > 1 else ""
    raise HeteroError(
        f"{changed_files[0]}{more}: changed while the run was reading it",
        "type the same command again: what was made of it is built again",
    )


def changed(workflow: Any, jobs: Iterable[Any]) -> list[str]:
    """Files of these jobs that were written to after their job was done; none where the times are just being set."""
    return [] if workflow.touch else sorted(_changed(workflow, jobs))


def _changed(workflow: Any, jobs: Iterable[Any]) -> Iterator[str]:
    for job in jobs:
        for file in job.output:
            record, path = workflow.persistence.metadata(file), Path(file)
            if record is None or record.endtime is None or not path.is_file():
                continue
            if abs(path.stat().st_mtime - record.endtime) > _SECONDS:
                yield str(file)


def _error(modified: list[str]) -> HeteroError:
    more = f" and {len(modified) - 1} more" if len(modified) > 1 else ""
    call, files = [Path(sys.argv[0]).name, *sys.argv[1:]], modified[:_SHOWN]
    return HeteroError(
        f"{modified[0]}{more}: changed since it was written, and not by this workflow",
        f"to build it again, type: {shlex.join([*call, '--forcerun', *files])}\n"
        f"hint: if it is right (copied, touched), type: {shlex.join([*call, '--cleanup-metadata', *files])}",
    )
