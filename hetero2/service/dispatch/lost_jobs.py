"""Jobs on a cluster whose worker was killed, or gave up waiting for their end: nobody else would cancel them."""

import logging
from uuid import UUID

from sqlalchemy import select

from hetero2.service.core import Service
from hetero2.service.db.models import Run
from hetero2.service.domain.states import HELD, State
from hetero2.service.worker.compute import profile, slurm_queue

log = logging.getLogger(__name__)


def cancel(service: Service) -> None:
    """Cancel the jobs of attempts that are over, where runs compute on a cluster.

    Runs that this database does not know are those of another service, and left alone.
    """
    if service.settings.compute == profile.LOCAL:
        return
    try:
        queued = slurm_queue.jobs()  # before the states: whatever is queued later is not looked at
        if not queued:
            return
        rows = select(Run.id, Run.attempt, Run.state).where(Run.id.in_({job.run_id for job in queued}))
        now: dict[UUID, tuple[int, State]] = {}
        for org_id in service.org_ids():
            with service.reading(org_id) as session:
                now |= {row.id: (row.attempt, State(row.state)) for row in session.execute(rows)}
        lost = []
        for job in queued:
            attempt, state = now.get(job.run_id, (job.attempt, State.RUNNING))
            if attempt != job.attempt or state not in HELD:
                lost.append(job)
        slurm_queue.cancel(lost)
        for run_id in {job.run_id for job in lost}:
            log.warning("run %s: jobs of an attempt that is over were canceled", run_id)
    except slurm_queue.QueueError as error:
        log.warning("jobs of lost workers were not looked for: %s", error)
