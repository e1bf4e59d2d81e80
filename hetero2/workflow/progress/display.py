"""Progress of a run: a line that stays in its place on a terminal, else a line at most once a minute.

Snakemake hands what it logs to its plugin snakemake_logger_plugin_hetero2, and that to a `Display`, which knows from it
which jobs have started and finished. How far a job is it says itself, in a small file (hetero2/runtime/progress.py),
wherever it runs.
"""

import contextlib
import json
import logging
import os
import re
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from hetero2.io.files import write_text
from hetero2.workflow.plan import Plan
from hetero2.workflow.progress.stages import Board, stage_of

_TICK = 2.0  # seconds
# Seconds after which a file gets its first line; each further one comes when twice the time has passed.
_FIRST_LINE = 60.0
_LONGEST_PAUSE = 1800.0  # but at least every half hour
# Names a file that says how far the run is, as JSON, for whoever runs this as a subprocess.
FILE_VARIABLE = "HETERO2_PROGRESS_FILE"
_CLEAR = "\r\033[K"
# What is worth a line of what Snakemake logs as information while it runs jobs; all of it is in its log file.
_KEPT = ("Nothing to be done", "Terminating processes", "Will exit after", "Trying to restart")
# Not worth a line whatever was asked for.
_DROPPED = ("Assuming unrestricted shared filesystem usage",)
_KILLED = re.compile(r"died with <Signals\.\w+: \d+>|returned non-zero exit status 1[34]\d")  # bash: 128 + signal
# Said better by our own last words.
_FAILED = ("Exiting because a job execution failed", "At least one job did not complete", "CalledProcessError in file")


class Display(logging.Handler):
    """Shows what Snakemake logs: all of it, or progress, warnings and errors alone while it runs jobs.

    `usual` is Snakemake's own handler, which writes to `stream` too; without it no record comes here.
    """

    def __init__(self, stream: TextIO, usual: logging.Handler | None = None, shows_all: bool = False) -> None:
        super().__init__()
        self._stream, self._usual, self._shows_all = stream, usual, shows_all or usual is None
        self._is_terminal = stream.isatty()
        self._runs, self._is_shown, self._closed = False, False, False
        self._board: Board | None = None
        self._last_words = ""
        self._stopped = threading.Event()
        self._next_line = _FIRST_LINE
        self._began = time.monotonic()

    def watch(self, board: Board) -> None:
        """Show how far these stages are, from now on."""
        if not board.jobs:  # Snakemake does not say so where --until left none
            self._write("Nothing to be done.\n")
        elif not self._shows_all:
            self._board = board
            threading.Thread(target=self._tick, daemon=True).start()

    def stop(self) -> None:
        """Take the line away: the jobs are done."""
        self._stopped.set()
        with self.lock:  # type: ignore[union-attr]
            self._clear()
            if self._board is not None:
                self._write_file(self._board)  # what came after the last tick
            self._board = None

    def end_with(self, text: str) -> None:
        """Print this when Snakemake has said all else; at once where it shows its log itself."""
        if self._usual is None:
            self._put(f"{text}\n")
        else:
            self._last_words = text

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record, or take from it which jobs have started and finished."""
        event, text = str(getattr(record, "event", "") or ""), str(record.msg or "")
        if event == "workflow_started":
            self._runs = not self._shows_all
        if not self._runs:
            if not text.startswith(_DROPPED):
                self._pass_on(record)
        elif record.levelno >= logging.ERROR:
            self._error(record, event, text)
        elif record.levelno >= logging.WARNING or text.startswith(_KEPT):
            self._pass_on(record)
        elif self._board is not None:
            self._count(self._board, record, event)
        elif not event and self._is_terminal and not self._stopped.is_set():
            self._show(text.splitlines()[0] if text else "")

    def close(self) -> None:
        """Say the last words."""
        if not self._closed:
            self._closed = True
            line = self._board.line() if self._board is not None and self._last_words else ""
            self.stop()
            self._write("".join(f"{text}\n" for text in (line and f"stopped at {line}", self._last_words) if text))
        super().close()

    def _pass_on(self, record: logging.LogRecord) -> None:
        self._clear()
        if self._usual is not None:
            self._usual.handle(record)

    def _error(self, record: logging.LogRecord, event: str, text: str) -> None:
        if event == "job_error":
            self._write(_failed_job(record.__dict__))
        elif event == "group_error":
            self._write("".join(map(_failed_job, getattr(record, "job_error_info", []))))
        elif killed := _KILLED.search(text):
            self._write(f"a job {killed[0]}\n")
        elif not any(part in text for part in _FAILED):
            self._pass_on(record)

    def _count(self, board: Board, record: logging.LogRecord, event: str) -> None:
        if event == "job_started":
            board.start(getattr(record, "jobs", []))
        elif event == "job_finished":
            board.finish(getattr(record, "job_id", -1))
        else:
            return
        if self._is_terminal:
            self._show(board.line())

    def _tick(self) -> None:
        while not self._stopped.wait(_TICK):
            with self.lock:  # type: ignore[union-attr]
                if self._board is None:
                    return
                self._write_file(self._board)
                if self._is_terminal:
                    self._show(self._board.line())
                elif (seconds := time.monotonic() - self._began) >= self._next_line:
                    self._next_line = seconds + min(seconds, _LONGEST_PAUSE)
                    self._write(self._board.line() + "\n")

    @staticmethod
    def _write_file(board: Board) -> None:
        if path := os.environ.get(FILE_VARIABLE):
            with contextlib.suppress(OSError):  # a run does not fail for want of it
                write_text(Path(path), json.dumps(board.facts()))

    def _show(self, line: str) -> None:
        """Put the line in place of the last one; what a job prints to the terminal then overwrites it."""
        self._put(_CLEAR + line[: shutil.get_terminal_size().columns - 1] + "\r")
        self._is_shown = True

    def _clear(self) -> None:
        if self._is_shown:
            self._put(_CLEAR)
            self._is_shown = False

    def _write(self, text: str) -> None:
        self._clear()
        self._put(text)

    def _put(self, text: str) -> None:
        with contextlib.suppress(OSError):  # whoever reads it has gone: the run goes on
            self._stream.write(text)
            self._stream.flush()


def _failed_job(facts: dict[str, Any]) -> str:
    """A line about a job that failed; what it said itself comes at the end."""
    logs = ", ".join(facts["log"])
    why = f"  {facts['rule_msg']}\n" if facts["rule_msg"] else ""
    return f"failed: {facts['rule_name']}{f', log: {logs}' if logs else ''}\n{why}"


def attach(workflow: Any) -> Display:
    """Take over from the plugin; where it is not in use, Snakemake shows its log itself."""
    settings = workflow.output_settings
    stream = sys.stdout if settings.stdout else sys.stderr
    asked = (settings.dryrun, settings.verbose, settings.printshellcmds, settings.debug_dag, settings.quiet)
    for handler in workflow.logger_manager.get_log_handlers():
        if hasattr(handler, "show_with"):
            display: Display = handler.show_with(lambda usual: Display(stream, usual, shows_all=any(asked)))
            return display
    return Display(stream)


def start(display: Display, plan: Plan, workflow: Any) -> None:
    """Show how far the jobs are that this call of Snakemake has to do."""
    jobs: dict[tuple[str, str], dict[int, Path | None]] = {}
    for job in workflow.dag.needrun_jobs():
        log = Path(job.log[0]) if job.log else None
        jobs.setdefault((job.rule.name, job.wildcards.get("run", "")), {})[job.jobid] = log
    display.watch(Board((stage_of(plan, rule, run, logs), logs) for (rule, run), logs in jobs.items()))
