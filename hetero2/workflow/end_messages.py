"""Messages printed when Snakemake exits: the runs that it finished, and the errors of the jobs that failed."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

from hetero2.workflow.plan import Plan

_LOG_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", re.MULTILINE)
_FULL = 2**20  # bytes: hardly any file fits


def finished_folders(plan: Plan, workflow: Any) -> list[Path]:
    """Results folders of runs whose last file was written by this call."""
    since = workflow.start_time.timestamp()
    last = [plan.folder(run) / "registry_row.json" for run in plan.runs] + [Path(plan.separation)]
    return [path.parent for path in last if path.is_file() and path.stat().st_mtime >= since]


def last_words(plan: Plan, workflow: Any) -> str:
    """Where Snakemake's own log is, then the errors of all jobs that have failed: the last thing to read."""
    errors: list[str] = []
    since = workflow.start_time.timestamp()
    folders = [*(plan.folder(run) for run in plan.runs), *sorted(Path(plan.results).glob("*"))]
    for folder in dict.fromkeys(folders):  # those of runs first; then what lies beside them
        for log in sorted(folder.glob("logs/**/*.log")):
            if log.stat().st_mtime >= since and not log.name.endswith(".command.log"):
                errors += _errors(log)
    where = [f"Snakemake's log: {os.path.relpath(path)}" for path in workflow.logger_manager.get_logfile()]
    return "\n".join([*where, *(errors or [_unlogged(plan)])])


def _unlogged(plan: Plan) -> str:
    free = shutil.disk_usage(plan.results).free
    if free < _FULL:
        why = f"{plan.results}: {free >> 10} kB are left on its disk: make room"
    else:
        why = "the run was ended, or a job failed without a message: see Snakemake's log"
    return f"error: {why}; the same command then continues where this one ended"


def _errors(log: Path) -> list[str]:
    """The last error of a log, with its hint; a traceback before it stays in the log."""
    entries = _LOG_ENTRY.split(log.read_text(encoding="utf-8", errors="replace"))
    errors = [entry for entry in entries if entry.startswith("ERROR ")]
    return [errors[-1].replace("ERROR ", "error: ", 1).rstrip()] if errors else []
