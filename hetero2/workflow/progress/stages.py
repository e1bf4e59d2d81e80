"""How far the jobs of a call are: stages, each the jobs of one rule for one run, and the board of all of them."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hetero2.runtime.progress import duration, read
from hetero2.workflow.plan import Plan

_LABELS = {"decoys_shard": "decoys", "score_source": "scoring", "refit": "refits"}
_STATUS = ("OK", "SKIP", "ERROR")
_MOST_REASONS = 5


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
    def has_begun(self) -> bool:
        """Whether a job of it has started."""
        return self._began is not None

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

    def facts(self) -> dict[str, Any]:
        """How far it is, for a program: jobs, and of items those that are done, all (null: not known) and by status.

        `top_reasons`: the most frequent reasons of SKIP and ERROR so far, [reason, count], by count, then name.
        """
        counts, n_items = self._counted()
        total = counts + self._counts_of_earlier_calls() if n_items else counts
        return {
            "name": self.name,
            "jobs": {"done": len(self._finished), "total": len(self._logs)},
            "items": {"done": total["done"], "total": n_items or None},
            "status": {name: total[f"status {name}"] for name in _STATUS},
            "top_reasons": _top_reasons(total),
        }

    def _counted(self) -> tuple[Counter[str], int]:
        """(counts of all jobs of this call, items of the stage or 0 if it counts none)."""
        running = [read(log, self._called) for job, log in self._logs.items() if job not in self._finished]
        counts = sum([*self._finished.values(), *filter(None, running)], Counter[str]())
        return counts, (self._total() or counts["total"]) if counts else 0

    def _of_items(self, counts: Counter[str], n_items: int, seconds: float) -> str:
        total = counts + self._counts_of_earlier_calls()
        status = {name: total[f"status {name}"] for name in _STATUS}
        text = _share(total["done"], max(n_items, total["done"]), counts["done"], seconds)
        return text + ("; " + ", ".join(f"{name} {n:,}" for name, n in status.items()) if any(status.values()) else "")

    def _counts_of_earlier_calls(self) -> Counter[str]:
        if self._counts_before is None:
            self._counts_before = sum(filter(None, (read(log, 0.0) for log in self._before)), Counter[str]())
        return self._counts_before


def _top_reasons(counts: Counter[str]) -> list[list[Any]]:
    reasons = {key.removeprefix("reason "): number for key, number in counts.items() if key.startswith("reason ")}
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return [list(item) for item in ranked[:_MOST_REASONS]]


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

    def facts(self) -> dict[str, Any]:
        """How far the call is, and each stage that has begun, for a program."""
        begun = [stage.facts() for stage in dict.fromkeys(self._stages.values()) if stage.has_begun]
        return {"jobs": {"done": len(self._finished), "total": len(self._stages)}, "stages": begun}


def stage_of(plan: Plan, rule: str, run: str, logs: dict[int, Path | None]) -> Stage:
    """The stage of a rule and a run, with the logs of its jobs."""
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
