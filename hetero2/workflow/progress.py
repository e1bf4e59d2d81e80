"""Progress of a run: a line that stays in its place on a terminal, else a line at most once a minute.

Snakemake hands what it logs to its plugin snakemake_logger_plugin_hetero2, and that to a `Display`, which knows from it
which jobs have started and finished. How far a job is it says itself, in a small file (hetero2/runtime/progress.py),
wherever it runs.
"""

import contextlib
import json
import logging
import re
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from hetero2.runtime.progress import duration, read
from hetero2.workflow.plan import Plan

_TICK = 2.0  # seconds
# Seconds after which a file gets its first line; each further one comes when twice the time has passed.
_FIRST_LINE = 60.0
_LONGEST_PAUSE = 1800.0  # but at least every half hour
_CLEAR = "\r\033[K"
_LABELS = {"decoys_shard": "decoys", "score_source": "scoring", "refit": "refits"}
# What is worth a line of what Snakemake logs as information while it runs jobs; all of it is in its log file.
_KEPT = ("Nothing to be done", "Terminating processes", "Will exit after", "Trying to restart")
# Not worth a line whatever was asked for.
_DROPPED = ("Assuming unrestricted shared filesystem usage",)
_KILLED = re.compile(r"died with <Signals\.\w+: \d+>|returned non-zero exit status 1[34]\d")  # bash: 128 + signal
# Said better by our own last words.
_FAILED = ("Exiting because a job execution failed", "At least one job did not complete", "CalledProcessError in file")


class Stage:
    """The jobs of one rule for one run: how many are done, of what they count if they do."""

    def __init__(self, name: str, logs: dict[int, Path | None], total: Callable[[], int], before: Iterable[Path] = ()):
        """`logs` by job id; `total` gives the items of all jobs, or 0; `before`: logs of jobs of an earlier call."""
        self.name, self._logs, self._total, self._before = name, logs, total, list(before)
        self._called = time.time()
        self._began: float | None = None
        self._finished: dict[int, Counter[str]] = {}
        self._counts_before: Counter[str] | None = None

    def start(self) -> None:
        """Its first job, or another one, has started."""
        self._began = self._began or time.monotonic()

    def finish(self, job: int) -> None:
        """A job is done."""
        self.start()
        self._finished[job] = read(self._logs[job], self._called) or Counter()

    @property
    def is_active(self) -> bool:
        """Whether it has started, and is not done."""
        return self._began is not None and len(self._finished) < len(self._logs)

    def line(self) -> str:
        """How far it is: items or jobs, rate, time left."""
        counts, n_items = self._counted()
        seconds = max(1.0, time.monotonic() - (self._began or time.monotonic()))
        if n_items:
            return f"{self.name}: {self._of_items(counts, n_items, seconds)}"
        if len(self._logs) == 1:
            return f"{self.name}: {duration(seconds)}"
        n_finished = len(self._finished)
        return f"{self.name}: {_share(n_finished, len(self._logs), n_finished, seconds, ' jobs')}"

    def _counted(self) -> tuple[Counter[str], int]:
        """(counts of all jobs of this call, items of the stage or 0 if it counts none)."""
        running = [read(log, self._called) for job, log in self._logs.items() if job not in self._finished]
        counts = sum([*self._finished.values(), *filter(None, running)], Counter[str]())
        return counts, (self._total() or counts["total"]) if counts else 0

    def _of_items(self, counts: Counter[str], n_items: int, seconds: float) -> str:
        if self._counts_before is None:
            self._counts_before = sum(filter(None, (read(log, 0.0) for log in self._before)), Counter[str]())
        total = counts + self._counts_before
        status = {name: total[f"status {name}"] for name in ("OK", "SKIP", "ERROR")}
        text = _share(total["done"], max(n_items, total["done"]), counts["done"], seconds)
        return text + ("; " + ", ".join(f"{name} {n:,}" for name, n in status.items()) if any(status.values()) else "")


def _share(done: int, total: int, new: int, seconds: float, unit: str = "") -> str:
    """`new` of those done are of the last `seconds`."""
    rate = new / seconds
    left = f", {duration((total - done) / rate)} left" if rate and done < total else ""
    return f"{done:,} of {total:,}{unit} ({100 * done // max(1, total)} %), {rate:,.1f}/s{left}"


class Board:
    """All stages of a call, and the job ids that belong to them."""

    def __init__(self, stages: Iterable[tuple[Stage, Iterable[int]]]) -> None:
        self._stages = {job: stage for stage, jobs in stages for job in jobs}
        self._finished: set[int] = set()

    @property
    def jobs(self) -> list[int]:
        """The ids of all jobs."""
        return list(self._stages)

    def start(self, jobs: Iterable[object]) -> None:
        """These jobs have started; a group of jobs goes by another id, and is not counted."""
        for job in jobs:
            if isinstance(job, int) and job in self._stages:
                self._stages[job].start()

    def finish(self, job: int) -> None:
        """A job is done."""
        if job in self._stages and job not in self._finished:
            self._finished.add(job)
            self._stages[job].finish(job)

    def line(self) -> str:
        """How far the call is, and each stage that is at work."""
        active = [stage.line() for stage in dict.fromkeys(self._stages.values()) if stage.is_active]
        return " | ".join([f"{len(self._finished)} of {len(self._stages)} jobs", *active])


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
                if self._is_terminal:
                    self._show(self._board.line())
                elif (seconds := time.monotonic() - self._began) >= self._next_line:
                    self._next_line = seconds + min(seconds, _LONGEST_PAUSE)
                    self._write(self._board.line() + "\n")

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
    display.watch(Board((_stage(plan, rule, run, logs), logs) for (rule, run), logs in jobs.items()))


def _stage(plan: Plan, rule: str, run: str, logs: dict[int, Path | None]) -> Stage:
    name = f"{_LABELS.get(rule, rule.replace('_', ' '))}{f' of {run}' if run else ''}"
    if rule == "decoys_shard":
        every_log = [plan.folder(run) / "logs" / "decoys" / f"{shard}.log" for shard in plan.shards(run)]
        facts = Path(plan.file("input_facts").format(run=run))
        return Stage(name, logs, lambda: _rows(facts), (log for log in every_log if log not in logs.values()))
    if rule == "refit":
        audit = plan.config(run)["audit"]
        return Stage(name, logs, lambda: int(audit["model_seeds"] * (audit["refits"] + 1)))
    return Stage(name, logs, lambda: 0)


def _rows(facts: Path) -> int:
    try:
        return int(json.loads(facts.read_text(encoding="utf-8"))["rows"])
    except (OSError, ValueError, KeyError):
        return 0
