"""The lease of a worker on a run, renewed while it works."""

import contextvars
import logging
import threading
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from hetero2.service.core import Service
from hetero2.service.db import runs
from hetero2.service.db.runs import Lease
from hetero2.service.domain.states import State

log = logging.getLogger(__name__)


class HeldLease:
    """Renews a lease from a thread of its own, a few times before it would run out, and knows what became of the run.

    Where the database does not answer, it goes on trying; a lease that has run out meanwhile is lost only when another
    worker has taken the run, which the next answer says.
    """

    def __init__(self, service: Service, lease: Lease) -> None:
        self.lease = lease
        self._service = service
        self._duration = timedelta(seconds=service.settings.lease)
        self._stopped = threading.Event()
        self._progress: dict[str, Any] | None = None
        self._state: State | None = State.INITIALIZING
        self._thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._renew,), name=f"lease of {lease.key.run_id}", daemon=True
        )

    def __enter__(self) -> "HeldLease":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    @property
    def is_lost(self) -> bool:
        """Another has the run, or had it."""
        return self._state is None

    @property
    def is_canceled(self) -> bool:
        """Somebody wants it to end."""
        return self._state is State.CANCELING

    def report(self, progress: dict[str, Any]) -> None:
        """How far the run is; written with the next renewal where it is news."""
        if progress != self._progress:
            self._progress = progress
            self.renew(progress)

    def renew(self, progress: dict[str, Any] | None = None) -> None:
        """Renew now, and learn what became of the run."""
        try:
            with self._service.writing(self.lease.key.scope) as session:
                self._state = runs.heartbeat(session, self.lease, self._service.now(), self._duration, progress)
        except SQLAlchemyError as error:
            log.warning("run %s: its lease could not be renewed: %s", self.lease.key.run_id, type(error).__name__)

    def _renew(self) -> None:
        # A cancel must be seen within a second or two, whatever the lease lasts; only reading is needed for that.
        pause, waited = min(1.0, self._duration.total_seconds() / 5), 0.0
        while not self._stopped.wait(pause):
            waited += pause
            if waited >= self._duration.total_seconds() / 5 or self._has_changed():
                waited = 0.0
                self.renew()

    def _has_changed(self) -> bool:
        try:
            with self._service.reading(self.lease.key.scope) as session:
                run = runs.get(session, self.lease.key)
                return run.lease_epoch != self.lease.epoch or State(run.state) is not self._state
        except Exception:  # the next renewal says what is wrong
            return True
