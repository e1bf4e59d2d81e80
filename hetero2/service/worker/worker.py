"""A worker: claims queued runs, one after the other, and makes attempts at them under a lease."""

import logging
import os
import socket
import threading
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from hetero2.service.core import Service
from hetero2.service.db import runs
from hetero2.service.db.runs import Lease
from hetero2.service.domain.states import State
from hetero2.service.observe import context
from hetero2.service.worker.attempt import Attempt
from hetero2.service.worker.lease import HeldLease

log = logging.getLogger(__name__)
_IDLE = 1.0  # seconds between two looks for a queued run, where nobody rings
_IDLE_SHARED = 3.0  # the same of a database that many workers ask


class Worker:
    """Works on one run at a time, in the thread that calls `work`."""

    def __init__(self, service: Service, number: int = 0) -> None:
        self._service = service
        self.name = f"{socket.gethostname()}/{os.getpid()}/{number}"
        self._draining = threading.Event()
        self._served = UUID(int=0)  # the organisation whose run it claimed last

    def drain(self) -> None:
        """Give back the run at hand, and claim no other."""
        self._draining.set()
        self._service.bell.set()

    def work(self) -> None:
        """Work until drained."""
        while not self._draining.is_set():
            if not self.work_once():
                self._service.bell.wait(_IDLE if self._service.settings.is_embedded else _IDLE_SHARED)
                self._service.bell.clear()

    def work_once(self) -> bool:
        """Claim a run and work on it; False where none is queued."""
        service = self._service
        try:
            lease = self._claim()
        except Exception as error:  # the database is locked, or away: try again
            log.warning("no run could be claimed: %s", type(error).__name__)
            return False
        if lease is None:
            return False
        scope = lease.key.scope
        context.begin(worker=self.name)
        context.bind(org_id=scope.org_id, project_id=scope.project_id, run_id=lease.key.run_id, attempt=lease.attempt)
        try:
            with service.metrics.busy.track_inprogress():
                self._work_on(lease)
        finally:
            context.end()
        return True

    def _work_on(self, lease: Lease) -> None:
        service = self._service
        log.info("run %s: attempt %d by %s", lease.key.run_id, lease.attempt, self.name)
        with HeldLease(service, lease) as held:
            try:
                Attempt(service, held, self._draining).execute()
            except SQLAlchemyError as error:
                # Whether the last step was taken is not known; where it was not, the lease runs out: queued again.
                log.warning("run %s: the database does not answer: %s", lease.key.run_id, type(error).__name__)
            except Exception as error:
                log.error("run %s: a defect of the worker", lease.key.run_id, exc_info=error)
                self._end(lease, State.SYSTEM_ERROR, "internal", "the service has a defect; its log says where")

    def _claim(self) -> Lease | None:
        """A run of the first organisation that has one, beginning after the one served last: each gets its turn."""
        service, duration = self._service, timedelta(seconds=self._service.settings.lease)
        org_ids = service.org_ids()
        for org_id in sorted(org_ids, key=lambda org_id: (org_id <= self._served, org_id)):
            with service.writing(org_id) as session:
                lease = runs.claim(session, self.name, service.now(), duration)
            if lease is not None:
                self._served = org_id
                return lease
        return None

    def _end(self, lease: Lease, state: State, code: str, reason: str) -> None:
        before = [State.INITIALIZING, State.RUNNING]
        try:
            with self._service.writing(lease.key.scope) as session:
                runs.advance(session, lease, before, state, self._service.now(), code=code, reason=reason)
        except SQLAlchemyError as error:  # its lease runs out
            log.warning("run %s: the database does not answer: %s", lease.key.run_id, type(error).__name__)
