"""What becomes of a run. Every step is one conditional update, with its event, in the caller's transaction.

A worker holds a run by a lease: its epoch is one more with each claim, and a step of a worker names the epoch it got.
Where the lease was taken by another, the step matches no row, and the function says False: nothing has happened.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, bindparam, func, select, update
from sqlalchemy.orm import Session

from hetero2.service.db import engine
from hetero2.service.db.models import Artifact, Job, Run, RunEvent
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.domain.states import FOLLOWING, HELD, IDLE, TERMINAL, State
from hetero2.service.observe import context

MAX_ATTEMPTS = 3
# How a run stands is asked for more often than anything else; the query is made once.
_WITH_JOB = (
    select(Run, Job)
    .join(Job, and_(Job.org_id == Run.org_id, Job.id == Run.job_id))
    .where(Run.org_id == bindparam("org"), Run.project_id == bindparam("project"), Run.id == bindparam("run"))
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Lease:
    """A run that a worker holds; its epoch goes with every step."""

    key: RunKey
    epoch: int
    attempt: int


def key_of(run: Run) -> RunKey:
    """The key of a row."""
    return RunKey(Scope(run.org_id, run.project_id), run.id)


def _is(key: RunKey) -> ColumnElement[bool]:
    scope = key.scope
    return and_(Run.org_id == scope.org_id, Run.project_id == scope.project_id, Run.id == key.run_id)


def get(session: Session, key: RunKey) -> Run:
    """The run; raises not_found."""
    run = session.scalar(select(Run).where(_is(key)).execution_options(populate_existing=True))
    if run is None:
        raise _no_run(key)
    return run


def get_with_job(session: Session, key: RunKey) -> tuple[Run, Job]:
    """The run and its job; raises not_found."""
    scope = key.scope
    row = session.execute(_WITH_JOB, {"org": scope.org_id, "project": scope.project_id, "run": key.run_id}).first()
    if row is None:
        raise _no_run(key)
    return row[0], row[1]


def _no_run(key: RunKey) -> ServiceError:
    return ServiceError("not_found", f"run {key.run_id}: there is no such run", "list the runs of the project")


def job_of(session: Session, run: Run) -> Job:
    """The job of a run."""
    return session.scalars(select(Job).where(Job.org_id == run.org_id, Job.id == run.job_id)).one()


def _event(session: Session, key: RunKey, kind: str, data: dict[str, Any], now: datetime) -> None:
    """Write the next event of a run whose row this transaction has just updated, and so locked."""
    number = session.scalar(update(Run).where(_is(key)).values(last_event=Run.last_event + 1).returning(Run.last_event))
    scope = key.scope
    session.add(
        RunEvent(
            org_id=scope.org_id, project_id=scope.project_id, run_id=key.run_id, number=number, kind=kind, data=data,
            at=now,
        )
    )  # fmt: skip
    session.flush()
    if kind == "state" and data["state"] == State.QUEUED.value:
        engine.ring(session)


def step(
    session: Session,
    key: RunKey,
    before: Collection[State],
    after: State,
    now: datetime,
    *,
    condition: ColumnElement[bool] | None = None,
    **values: Any,
) -> bool:
    """Take a run from one of the states `before` to `after`, where it is in one and `condition` holds.

    values: other columns to set. A step that the state machine does not have is a defect: ValueError.
    """
    for state in before:
        if after not in FOLLOWING[state]:
            raise ValueError(f"{state} -> {after} is no step of a run")
    if after in TERMINAL:
        values["ended_at"] = now
    if after not in HELD:
        values |= {"lease_owner": None, "lease_until": None}
    where = [_is(key), Run.state.in_([state.value for state in before])]
    where += [] if condition is None else [condition]
    statement = update(Run).where(*where).values(state=after.value, **values).returning(Run.attempt, Run.reason)
    row = session.execute(statement.execution_options(synchronize_session=False)).first()
    if row is None:
        return False
    _event(session, key, "state", {"state": after.value, "attempt": row.attempt, "reason": row.reason}, now)
    return True


def add(session: Session, job: Job, now: datetime, state: State = State.QUEUED) -> Run:
    """A new run of a job, queued."""
    number = session.scalar(
        select(func.coalesce(func.max(Run.number), 0) + 1).where(Run.org_id == job.org_id, Run.job_id == job.id)
    )
    run = Run(
        org_id=job.org_id, id=uuid4(), project_id=job.project_id, job_id=job.id, number=number, state=state.value,
        attempt=0, lease_epoch=0, progress={}, facts={}, last_event=0, created_at=now,
        trace=context.traceparent(),
    )  # fmt: skip
    session.add(run)
    session.flush()
    _event(session, key_of(run), "state", {"state": state.value, "attempt": 0, "reason": None}, now)
    return run


def claim(session: Session, owner: str, now: datetime, duration: timedelta) -> Lease | None:
    """The oldest queued run, now held by `owner` until `now + duration`; None where none is queued."""
    queued = select(Run).where(Run.state == State.QUEUED.value).order_by(Run.created_at, Run.id).limit(8)
    for run in session.scalars(queued.execution_options(populate_existing=True)):
        key, epoch = key_of(run), run.lease_epoch + 1
        held = step(
            session, key, [State.QUEUED], State.INITIALIZING, now, condition=Run.lease_epoch == epoch - 1,
            lease_epoch=epoch, lease_owner=owner, lease_until=now + duration, attempt=Run.attempt + 1,
            started_at=now, progress={},
        )  # fmt: skip
        if held:
            return Lease(key, epoch, run.attempt + 1)
    return None


def heartbeat(
    session: Session, lease: Lease, now: datetime, duration: timedelta, progress: dict[str, Any] | None = None
) -> State | None:
    """Renew a lease, and say how far the run is; its state, or None where the lease is lost."""
    values: dict[str, Any] = {"lease_until": now + duration}
    values |= {} if progress is None else {"progress": progress}
    held = [state.value for state in HELD]
    state = session.scalar(
        update(Run)
        .where(_is(lease.key), Run.lease_epoch == lease.epoch, Run.state.in_(held))
        .values(**values)
        .returning(Run.state)
        .execution_options(synchronize_session=False)
    )
    if state is None:
        return None
    if progress is not None:
        _event(session, lease.key, "progress", progress, now)
    return State(state)


def advance(
    session: Session, lease: Lease, before: Collection[State], after: State, now: datetime, **values: Any
) -> bool:
    """A step of the worker that holds the run; False where the lease is lost, or the state is another."""
    return step(session, lease.key, before, after, now, condition=Run.lease_epoch == lease.epoch, **values)


def publish(
    session: Session,
    lease: Lease,
    artifacts: Iterable[Artifact],
    now: datetime,
    after: State = State.COMPLETE,
    **values: Any,
) -> bool:
    """Publish the files of a run and end or pause it, in one transaction; False and nothing where the lease is lost."""
    if not advance(session, lease, [State.RUNNING], after, now, **values):
        return False
    session.add_all(artifacts)
    session.flush()
    return True


def cancel(session: Session, key: RunKey, now: datetime) -> State:
    """Ask for the end of a run, or end it where nobody works on it; its state then.

    Raises conflict where it has ended.
    """
    if step(session, key, IDLE, State.CANCELED, now, code="canceled", reason="canceled by request"):
        return State.CANCELED
    if step(session, key, [State.INITIALIZING, State.RUNNING], State.CANCELING, now):
        return State.CANCELING
    state = State(get(session, key).state)
    if state in TERMINAL:
        raise ServiceError(
            "conflict", f"run {key.run_id}: has ended already, {state.value}", "nothing is left to cancel"
        )
    return state


def retry(session: Session, key: RunKey, now: datetime) -> Run:
    """A new run of the same job; raises conflict where this one has not ended, or is complete."""
    run = get(session, key)
    state = State(run.state)
    if state not in TERMINAL or state is State.COMPLETE:
        hint = "use runs:rerun to run a finished job again" if state is State.COMPLETE else "cancel it first"
        raise ServiceError(
            "conflict", f"run {key.run_id}: is {state.value}, only a run that failed can be retried", hint
        )
    return add(session, job_of(session, run), now)


def resume(session: Session, key: RunKey, now: datetime) -> None:
    """Queue a paused run again; raises conflict where it is not paused."""
    if not step(session, key, [State.PAUSED], State.QUEUED, now, code=None, reason=None):
        state = get(session, key).state
        raise ServiceError("conflict", f"run {key.run_id}: is {state}, and waits for no scores")


def page(
    session: Session, scope: Scope, limit: int, before: tuple[datetime, Any] | None = None,
    states: Sequence[State] = (), workflow: str | None = None,
) -> list[tuple[Run, Job]]:  # fmt: skip
    """The latest runs of a project with their jobs, at most `limit`; before: (created_at, id) of the last one seen."""
    query = select(Run, Job).join(Job, and_(Job.org_id == Run.org_id, Job.id == Run.job_id))
    query = query.where(Run.org_id == scope.org_id, Run.project_id == scope.project_id)
    if before is not None:
        moment, run_id = before
        query = query.where((Run.created_at < moment) | ((Run.created_at == moment) & (Run.id < run_id)))
    if states:
        query = query.where(Run.state.in_([state.value for state in states]))
    if workflow is not None:
        query = query.where(Job.workflow == workflow)
    rows = session.execute(query.order_by(Run.created_at.desc(), Run.id.desc()).limit(limit))
    return [(run, job) for run, job in rows]


def counts(session: Session, scope: Scope) -> dict[State, int]:
    """How many runs of a project are in each state."""
    query = select(Run.state, func.count()).where(Run.org_id == scope.org_id, Run.project_id == scope.project_id)
    by_state = {State(state): number for state, number in session.execute(query.group_by(Run.state))}
    return dict.fromkeys(State, 0) | by_state


def events(session: Session, key: RunKey, after: int = 0, limit: int = 500) -> Sequence[RunEvent]:
    """The events of a run with numbers above `after`, in order."""
    query = select(RunEvent).where(RunEvent.org_id == key.scope.org_id, RunEvent.run_id == key.run_id)
    return session.scalars(query.where(RunEvent.number > after).order_by(RunEvent.number).limit(limit)).all()


def artifacts(session: Session, key: RunKey) -> Sequence[Artifact]:
    """What a run has published, by name."""
    query = select(Artifact).where(Artifact.org_id == key.scope.org_id, Artifact.run_id == key.run_id)
    return session.scalars(query.order_by(Artifact.name)).all()
