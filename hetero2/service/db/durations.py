"""How long a run has still to go, from those that have ended: an interval, or not known."""

from typing import TypedDict

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from hetero2.service.db.models import Job, Run
from hetero2.service.domain.states import HELD, State

_FEWEST, _MOST = 3, 30  # runs that an estimate rests on
_FACTOR = 4  # a run of a quarter to four times the rows is like this one


class Interval(TypedDict):
    """Seconds, at least and at most."""

    low: float
    high: float


def left(session: Session, run: Run, job: Job) -> Interval | None:
    """The seconds until a run ends: those of like runs of its workflow, by the rows of each, less those it has had."""
    if State(run.state) not in HELD or run.started_at is None:
        return None
    rows = run.progress.get("rows")
    if not rows:
        return None
    query = (
        select(Run)
        .join(Job, and_(Job.org_id == Run.org_id, Job.id == Run.job_id))
        .where(Run.org_id == run.org_id, Run.project_id == run.project_id, Job.workflow == job.workflow)
        .where(Run.state == State.COMPLETE.value)
        .order_by(Run.ended_at.desc())
        .limit(_MOST)
    )
    rates = sorted(
        ended.facts["seconds"] / ended.facts["rows"]
        for ended in session.scalars(query)
        if ended.facts.get("seconds") and 1 / _FACTOR <= ended.facts.get("rows", 0) / rows <= _FACTOR
    )
    if len(rates) < _FEWEST:
        return None
    seconds = run.progress.get("seconds", 0.0)
    return {"low": max(0.0, rates[0] * rows - seconds), "high": max(0.0, rates[-1] * rows - seconds)}
