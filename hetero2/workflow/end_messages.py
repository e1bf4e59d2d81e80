"""What is told when a call of Snakemake ends: the runs that it finished, and the errors of the jobs that failed."""

import re
import shutil
import time
from pathlib import Path

from hetero2.workflow.plan import Plan

_LOG_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", re.MULTILINE)
_STARTED = time.time()
_FULL = 2**20  # bytes: hardly a file fits


def finished_folders(plan: Plan) -> list[Path]:
    """Results folders of runs whose last file was written by this call."""
    last = [plan.folder(run) / "registry_row.json" for run in plan.runs] + [Path(plan.separation)]
    return [path.parent for path in last if path.is_file() and path.stat().st_mtime >= _STARTED]


def last_errors(plan: Plan) -> str:
    """The error lines of the logs that this call has written."""
    found = []
    for run in plan.runs:
        for log in sorted(plan.folder(run).glob("logs/**/*.log")):
            if log.stat().st_mtime >= _STARTED and not log.name.endswith(".command.log"):
                found += _errors(log)
    return "\n".join(found) or _unlogged(plan)


def _unlogged(plan: Plan) -> str:
    free = shutil.disk_usage(plan.results).free
    if free < _FULL:
        why = f"{plan.results}: {free >> 10} kB are left on its disk: make room"
    else:
        why = "the run was ended, or a job failed: see the messages above"
    return f"error: {why}; the same command then goes on where this one ended"


def _errors(log: Path) -> list[str]:
    """The last error of a log, with its hint; a traceback before it stays in the log."""
    entries = _LOG_ENTRY.split(log.read_text(encoding="utf-8", errors="replace"))
    errors = [entry for entry in entries if entry.startswith("ERROR ")]
    return [errors[-1].replace("ERROR ", "error: ", 1).rstrip()] if errors else []
