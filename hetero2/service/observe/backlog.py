"""What waits for workers and what they have, over all organisations, as the database says."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import and_, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hetero2.service import isolation
from hetero2.service.core import Service
from hetero2.service.db.models import Run, RunEvent
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import HELD, State

_HOLDS = 5.0  # seconds that an answer is given again: several may scrape, and there may be many organisations


@dataclass(frozen=True)
class Backlog:
    """Of all organisations."""

    queued: int = 0
    held: int = 0  # by workers
    lapsed: int = 0  # of these: the lease has run out
    oldest: datetime | None = None  # since when the one that waits longest does

    def waits(self, now: datetime) -> float:
        """The seconds of the one that waits longest; 0 where none waits."""
        return 0.0 if self.oldest is None else max(0.0, (now - self.oldest).total_seconds())


def of_org(session: Session, org_id: UUID, now: datetime) -> Backlog:
    """Of one organisation, whose session this is."""
    # The last event of a run that is queued is that it was queued: a run may be old, and wait for a moment only.
    queued_last = and_(RunEvent.org_id == Run.org_id, RunEvent.run_id == Run.id, RunEvent.number == Run.last_event)
    waiting = select(func.count(), func.min(RunEvent.at)).select_from(Run).join(RunEvent, queued_last)
    n_queued, oldest = session.execute(
        waiting.where(Run.org_id == org_id, Run.state == State.QUEUED.value)
    ).one()  # fmt: skip
    held = select(func.count()).where(Run.org_id == org_id, Run.state.in_([state.value for state in HELD]))
    n_held = session.scalar(held) or 0
    return Backlog(n_queued, n_held, session.scalar(held.where(Run.lease_until < now)) or 0, oldest)


def queued_at(session: Session, key: RunKey) -> datetime | None:
    """When a run was queued last."""
    query = select(RunEvent).where(RunEvent.org_id == key.scope.org_id, RunEvent.run_id == key.run_id)
    query = query.where(RunEvent.kind == "state").order_by(RunEvent.number.desc()).limit(5)
    return next((event.at for event in session.scalars(query) if event.data["state"] == State.QUEUED.value), None)


def of_all(service: Service) -> Backlog:
    """Of all organisations, for a process whose role may work for all."""
    total, now = Backlog(), service.now()
    for org_id in service.org_ids():
        with service.reading(org_id) as session:
            one = of_org(session, org_id, now)
        oldest = min(filter(None, (total.oldest, one.oldest)), default=None)
        total = replace(
            total, queued=total.queued + one.queued, held=total.held + one.held, lapsed=total.lapsed + one.lapsed,
            oldest=oldest,
        )  # fmt: skip
    return total


class BacklogCollector(Collector):
    """Asks the database when Prometheus asks; every process that may says the same."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._asked = float("-inf")  # of the monotonic clock
        self._answers: tuple[float, Backlog | None] = (0.0, None)

    def describe(self) -> list[Metric]:
        """No names before it is asked: a database that is away must not hinder a start."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges; those of the queue are left out where the database does not answer."""
        if time.monotonic() - self._asked > _HOLDS:
            self._ask()
            self._asked = time.monotonic()
        is_up, backlog = self._answers
        yield GaugeMetricFamily("hetero2_database_up", "1: the database answers.", is_up)
        if not is_up or backlog is None:
            return
        yield GaugeMetricFamily("hetero2_queued_runs", "Runs that wait for a worker.", backlog.queued)
        waits = backlog.waits(self._service.now())
        yield GaugeMetricFamily("hetero2_oldest_queued_seconds", "How long the oldest of them has waited.", waits)
        yield GaugeMetricFamily("hetero2_held_runs", "Runs that workers have.", backlog.held)

    def _ask(self) -> None:
        try:
            self._answers = 1.0, of_all(self._service) if isolation.sees_all(self._service) else None
        except SQLAlchemyError:
            self._answers = 0.0, None
