"""Jobs: what was asked, once for each Idempotency-Key."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hetero2.service.db import runs
from hetero2.service.db.models import Job, Run
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope
from hetero2.service.domain.states import State


@dataclass(frozen=True)
class Request:
    """What is asked: a workflow of a version and digest, its parameters, its files by role."""

    name: str
    workflow: str
    version: str
    digest: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, Any]]  # {"name", "sha256", "size"}
    parent_run_id: UUID | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Of all of it but the tags, and the workflow's digest, which a new release of the service changes."""
        asked = [self.name, self.workflow, self.version, self.parameters, self.inputs, str(self.parent_run_id)]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=dict).encode()).hexdigest()


def submit(session: Session, scope: Scope, request: Request, key: str | None, now: datetime) -> tuple[Run, bool]:
    """(the first run of the job, whether it is new); the same key and request give the same run.

    Raises key_reused where the key belongs to another request.
    """
    existing = _of_key(session, scope, key)
    if existing is None:
        job = Job(
            org_id=scope.org_id, project_id=scope.project_id, id=uuid4(), name=request.name, workflow=request.workflow,
            workflow_version=request.version, workflow_digest=request.digest, parameters=dict(request.parameters),
            inputs={role: dict(file) for role, file in request.inputs.items()}, idempotency_key=key,
            body_sha256=request.sha256, parent_run_id=request.parent_run_id, tags=dict(request.tags),
            created_at=now,
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.add(job)
                session.flush()
        except IntegrityError:  # another request with this key was faster
            existing = _of_key(session, scope, key)
            if existing is None:
                raise
        else:
            return runs.add(session, job, now, State.QUEUED), True
    if existing.body_sha256 != request.sha256:
        raise ServiceError(
            "key_reused", "Idempotency-Key: it was used for another request", "take a new key for a new request"
        )
    first = select(Run).where(Run.org_id == existing.org_id, Run.job_id == existing.id).order_by(Run.number)
    return session.scalars(first.limit(1)).one(), False


def _of_key(session: Session, scope: Scope, key: str | None) -> Job | None:
    if key is None:
        return None
    query = select(Job).where(
        Job.org_id == scope.org_id, Job.project_id == scope.project_id, Job.idempotency_key == key
    )
    return session.scalar(query)
