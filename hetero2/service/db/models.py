"""The tables of uploads, jobs, runs and what runs publish."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hetero2.service.db.base import Table, of_project


class Upload(Table):
    """A file that was brought, or is being brought; its content is found by its sha256 once it is complete."""

    __tablename__ = "uploads"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    received: Mapped[int] = mapped_column(default=0)
    complete_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = of_project(Index(None, "org_id", "project_id", "sha256"))


class Job(Table):
    """What was asked: a workflow, its parameters and its files."""

    __tablename__ = "jobs"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(100))
    workflow: Mapped[str] = mapped_column(String(64))
    workflow_version: Mapped[str] = mapped_column(String(32))
    workflow_digest: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[dict[str, Any]]
    inputs: Mapped[dict[str, Any]]  # role: {"name", "sha256", "size"}
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    body_sha256: Mapped[str] = mapped_column(String(64))
    parent_run_id: Mapped[UUID | None]
    tags: Mapped[dict[str, Any] | None]  # words of who asked, for themselves
    created_at: Mapped[datetime]
    __table_args__ = of_project(UniqueConstraint("org_id", "project_id", "idempotency_key"))


class Run(Table):
    """One execution of a job."""

    __tablename__ = "runs"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    job_id: Mapped[UUID]
    number: Mapped[int]  # of the job's runs, from 1
    state: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int] = mapped_column(default=0)
    lease_epoch: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[datetime | None]
    code: Mapped[str | None] = mapped_column(String(64))  # why it ended, for a program
    reason: Mapped[str | None] = mapped_column(Text)  # and for a person
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of its execution: isolation, limits, payload_sha256
    last_event: Mapped[int] = mapped_column(default=0)
    trace: Mapped[str | None] = mapped_column(String(55))  # of the request for it, as W3C Trace Context writes it
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    __table_args__ = of_project(
        ForeignKeyConstraint(["org_id", "job_id"], ["jobs.org_id", "jobs.id"]),
        UniqueConstraint("org_id", "job_id", "number"),
        Index(None, "state", "created_at"),
        Index(None, "org_id", "project_id", "created_at", "id"),
    )


class RunEvent(Table):
    """What happened to a run, numbered from 1; written with the change it tells of."""

    __tablename__ = "run_events"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(32))  # state | progress
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    __table_args__ = (ForeignKeyConstraint(["org_id", "run_id"], ["runs.org_id", "runs.id"]),)


class Artifact(Table):
    """A file that a run published."""

    __tablename__ = "artifacts"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    run_id: Mapped[UUID]
    attempt: Mapped[int]
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(32))  # pack | report | list | log | score_request | ..
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(500), unique=True)  # in the artifact store
    created_at: Mapped[datetime]
    __table_args__ = of_project(
        ForeignKeyConstraint(["org_id", "run_id"], ["runs.org_id", "runs.id"]),
        UniqueConstraint("org_id", "run_id", "name"),
    )
