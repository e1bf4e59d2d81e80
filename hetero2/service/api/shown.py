"""Rows of the database as the API shows them."""

from sqlalchemy.orm import Session

from hetero2.service.api.schemas import ArtifactShown, EventShown, RunShown, UploadShown
from hetero2.service.db import durations
from hetero2.service.db.models import Artifact, Job, Run, RunEvent, Upload
from hetero2.service.domain.states import State


def upload(row: Upload) -> UploadShown:
    """An upload."""
    return UploadShown(
        id=row.id, name=row.name, size=row.size, sha256=row.sha256, received=row.received,
        is_complete=row.complete_at is not None, created_at=row.created_at,
    )  # fmt: skip


def run(session: Session, row: Run, job: Job) -> RunShown:
    """A run with its job; its time left is estimated from runs that have ended."""
    return RunShown(
        id=row.id, job_id=row.job_id, number=row.number, name=job.name, workflow=job.workflow,
        version=job.workflow_version, workflow_digest=job.workflow_digest, parameters=job.parameters, inputs=job.inputs,
        parent_run_id=job.parent_run_id, state=State(row.state), attempt=row.attempt, code=row.code, reason=row.reason,
        progress=row.progress, eta_seconds=durations.left(session, row, job), facts=row.facts,
        created_at=row.created_at, started_at=row.started_at, ended_at=row.ended_at,
    )  # fmt: skip


def artifact(row: Artifact) -> ArtifactShown:
    """An artifact."""
    return ArtifactShown(
        name=row.name, kind=row.kind, media_type=row.media_type, size=row.size, sha256=row.sha256,
        created_at=row.created_at,
    )  # fmt: skip


def event(row: RunEvent) -> EventShown:
    """An event."""
    return EventShown(number=row.number, kind=row.kind, data=row.data, at=row.at)
