"""How far the decoys of each run are, over all shards: a line that stays in its place on a terminal, else one a minute.

The jobs say it in small files (progress.py), wherever they run; a thread of the main process adds them up.
"""

import atexit
import json
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from hetero2.runtime.progress import STATUS, file_beside

_TERMINAL_SECONDS, _LOG_SECONDS = 2.0, 60.0
_CLEAR = "\r\033[K"


class Screen:
    """A stream with a line at its end that other text pushes down, never into."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._shown, self._lock = stream, False, threading.RLock()
        self._at_line_start = True

    def write(self, text: str) -> int:
        """Write text where the line stood."""
        with self._lock:
            if self._shown:
                self._stream.write(_CLEAR)
                self._shown = False
            if text:
                self._at_line_start = text.endswith("\n")
            return self._stream.write(text)

    def show(self, line: str) -> None:
        """Put the line at the end, in place of the last one; not into a line that is being written."""
        with self._lock:
            if self._at_line_start:
                self._stream.write(_CLEAR + line[: shutil.get_terminal_size().columns - 1])
                self._stream.flush()
                self._shown = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Run:
    """The shards of a run, those that this call makes among them."""

    def __init__(self, name: str, facts: Path, logs: Iterable[Path], mine: frozenset[Path]) -> None:
        self.name, self.facts, self.mine = name, facts, mine
        self.logs = list(logs)
        self.began = time.time()
        self.since = time.monotonic()
        self.finished = False

    def line(self) -> str | None:
        """How far it is; None before its first shard and after its last line."""
        counts: Counter[str] = Counter()
        new, running = 0, 0
        for log in self.logs:
            found = _counts(file_beside(log), self.began if log in self.mine else 0.0)
            counts.update(found or {})
            new += sum((found or {}).values()) if log in self.mine else 0
            running += found is not None and log in self.mine
        if not running or self.finished:
            return None
        return self._text(counts, new)

    def _text(self, counts: Counter[str], new: int) -> str:
        total, done = _rows(self.facts), sum(counts.values())
        rate = new / max(1.0, time.monotonic() - self.since)  # since the call began: the first look may come late
        self.finished = done >= total > 0
        share = f" ({100 * done // total} %)" if total else ""
        left = f", {_time((total - done) / rate)} left" if rate and not self.finished else ""
        status = ", ".join(f"{key} {counts[key]:,}" for key in STATUS)
        return f"decoys of {self.name}: {done:,} of {total:,}{share}, {rate:,.1f}/s{left}; {status}"


def _counts(path: Path, since: float) -> dict[str, int] | None:
    """What a job has said, unless that was before this call."""
    try:
        if path.stat().st_mtime < since - 1:  # clocks of file systems are coarse
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        return {key: int(found[key]) for key in STATUS}
    except (OSError, ValueError, KeyError):
        return None


def _rows(facts: Path) -> int:
    try:
        return int(json.loads(facts.read_text(encoding="utf-8"))["rows"])
    except (OSError, ValueError, KeyError):
        return 0


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _watch(runs: list[Run], screen: TextIO | Screen) -> None:
    """Tell it until every run has its last line."""
    while runs:
        time.sleep(_TERMINAL_SECONDS if isinstance(screen, Screen) else _LOG_SECONDS)
        lines = [(run, run.line()) for run in runs]
        for run, line in lines:
            if line and (run.finished or not isinstance(screen, Screen)):
                _say(line, screen)
        runs = [run for run in runs if not run.finished]
        now = " | ".join(line for run, line in lines if line and not run.finished)
        if now and isinstance(screen, Screen):
            screen.show(now)


def _say(line: str, screen: TextIO | Screen) -> None:
    screen.write(line + "\n")
    screen.flush()


def _end(runs: list[Run], screen: TextIO | Screen) -> None:
    """What was reached by runs that were not told to the end: the call ended first, or failed."""
    screen.write("")
    for line in filter(None, [run.line() for run in runs]):
        _say(line, screen)


def start(plan: Any, workflow: Any) -> None:
    """Watch the runs whose decoys this call of Snakemake makes."""
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name == "decoys_shard"]
    mine = frozenset(Path(path) for job in jobs for path in job.log)
    runs = []
    for name in sorted({job.wildcards.run for job in jobs}):
        logs = [plan.folder(name) / "logs" / "decoys" / f"{shard}.log" for shard in plan.shards(name)]
        facts = Path(plan.file("input_facts").format(run=name))
        runs.append(Run(name, facts, logs, mine))
    screen: TextIO | Screen = sys.stderr
    if sys.stderr.isatty():
        screen = _on_terminal(workflow)
    atexit.register(_end, runs, screen)
    threading.Thread(target=_watch, args=(runs, screen), daemon=True).start()


def _on_terminal(workflow: Any) -> Screen:
    """Make all that this process writes to the terminal clear our line first."""
    terminal, screen = sys.stderr, Screen(sys.stderr)
    sys.stderr = screen
    for handler in workflow.logger_manager.logger.handlers:
        if getattr(handler, "stream", None) is terminal:
            handler.setStream(screen)
    return screen
