"""An attempt at a run as an operator sees it: the ids in its lines, its metrics, its spans."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from hetero2.service.core import Service
from hetero2.service.db.models import Run
from hetero2.service.domain.states import State
from hetero2.service.observe import context, tracing


class Seen:
    """What is seen of one attempt; its methods are called from the attempt's thread."""

    def __init__(self, service: Service, run: Run, workflow: str, queued_at: datetime | None) -> None:
        self._service, self._run, self._workflow, self._queued_at = service, run, workflow, queued_at
        self._state = State.SYSTEM_ERROR  # where nobody says how it ended, there is a defect
        self._rows = 0
        self._stages: tracing.Stages | None = None
        context.bind(job_id=run.job_id, request_id=tracing.trace_id_of(run.trace))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """All of it."""
        ids = {f"hetero2.{name}": value for name, value in context.bound().items()}
        began = time.monotonic()
        with self._service.tracing.attempt(
            self._run.trace, self._queued_at, {**ids, "hetero2.workflow": self._workflow}
        ) as span:
            try:
                yield
            finally:
                span.set_attribute("hetero2.state", self._state.value)
                if self._state is State.SYSTEM_ERROR:
                    tracing.fail(span)
                seconds, cores = time.monotonic() - began, self._service.settings.cores
                self._service.metrics.attempt(self._workflow, self._state, seconds, cores, self._rows)

    @contextmanager
    def command(self) -> Iterator[None]:
        """The pipeline."""
        with self._service.tracing.phase("pipeline"):
            self._stages = self._service.tracing.stages()
            try:
                yield
            finally:
                self._stages.end()
                self._stages = None

    def progress(self, progress: dict[str, Any]) -> None:
        """How far the pipeline is."""
        self._rows = progress.get("rows", self._rows)
        if self._stages is not None:
            self._stages.see(progress)

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """What comes after it."""
        with self._service.tracing.phase("publish"):
            try:
                yield
            except Exception as error:
                # An attempt that was canceled, or whose run made no file, says so by a state of its own.
                if getattr(error, "state", State.SYSTEM_ERROR) in (State.SYSTEM_ERROR, State.QUEUED):
                    self._service.metrics.failed_publishes.inc()
                raise

    def ended(self, state: State) -> None:
        """How it ended."""
        self._state = state
