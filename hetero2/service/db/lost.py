"""Runs of workers that were lost, or drained: taken back, and queued again."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from hetero2.service.db import runs
from hetero2.service.db.models import Run
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import HELD, State


def sweep(session: Session, now: datetime, max_attempts: int = runs.MAX_ATTEMPTS) -> list[RunKey]:
    """Take back the runs whose lease has run out; the keys of those it changed.

    A lost run is queued again up to `max_attempts` attempts and is then a SYSTEM_ERROR; one that was to be canceled is.
    """
    changed: list[RunKey] = []
    lost = select(Run).where(Run.state.in_([state.value for state in HELD]), Run.lease_until < now)
    for run in session.scalars(lost.execution_options(populate_existing=True)).all():
        key, state, same = (
            runs.key_of(run),
            State(run.state),
            and_(Run.lease_epoch == run.lease_epoch, Run.lease_until < now),
        )
        values: dict[str, Any] = {"lease_epoch": run.lease_epoch + 1}
        if state is State.CANCELING:
            after, values = State.CANCELED, values | {"code": "canceled", "reason": "canceled by request"}
        elif run.attempt < max_attempts:
            after = State.QUEUED
        else:
            after = State.SYSTEM_ERROR
            values |= {"code": "worker_lost", "reason": f"its worker was lost in each of {run.attempt} attempts"}
        if runs.step(session, key, [state], after, now, condition=same, **values):
            changed.append(key)
    return changed


def queue_given_back(session: Session, now: datetime) -> list[RunKey]:
    """Queue the runs of drained workers; their keys."""
    changed: list[RunKey] = []
    preempted = select(Run).where(Run.state == State.PREEMPTED.value)
    for run in session.scalars(preempted.execution_options(populate_existing=True)).all():
        if runs.step(session, runs.key_of(run), [State.PREEMPTED], State.QUEUED, now):
            changed.append(runs.key_of(run))
    return changed
