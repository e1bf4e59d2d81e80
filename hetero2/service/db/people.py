"""The tables of organisations: projects, people, what opens the service for them, and what they did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hetero2.service.db.base import Table, of_project, of_user


class Org(Table):
    """A tenant."""

    __tablename__ = "orgs"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime]
    fetch_hosts: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))  # a line each


class Tenant(Table):
    """The ids of all organisations, for those who work for all of them: workers and operators. It says no more."""

    __tablename__ = "tenants"
    org_id: Mapped[UUID] = mapped_column(ForeignKey("orgs.id"), primary_key=True)


class Project(Table):
    """A part of an organisation; files and runs belong to one."""

    __tablename__ = "projects"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    __table_args__ = (ForeignKeyConstraint(["org_id"], ["orgs.id"]), UniqueConstraint("org_id", "name"))


class User(Table):
    """A person's account; it belongs to one organisation, and who is in two has two."""

    __tablename__ = "users"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))  # in lower case
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16))  # in the organisation
    password_hash: Mapped[str | None] = mapped_column(String(200))  # of argon2; None: signs in otherwise
    issuer: Mapped[str | None] = mapped_column(String(300))  # of OpenID Connect, with the subject there
    subject: Mapped[str | None] = mapped_column(String(255))
    failed_sign_ins: Mapped[int] = mapped_column(default=0)  # since the last one that succeeded
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["orgs.id"]),
        UniqueConstraint("org_id", "email"),
        UniqueConstraint("org_id", "issuer", "subject"),
    )


class ProjectMember(Table):
    """A person's role in a project."""

    __tablename__ = "project_members"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    __table_args__ = of_user(*of_project())


class Invitation(Table):
    """A link that makes an account, or sets its password anew, once; the sha256 of its text is kept."""

    __tablename__ = "invitations"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None]  # of a reset
    invited_by: Mapped[UUID]  # and ends when they may no longer give its role
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(16))
    project_id: Mapped[UUID | None]
    project_role: Mapped[str | None] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = of_user(
        *of_project(), ForeignKeyConstraint(["org_id", "invited_by"], ["users.org_id", "users.id"])
    )


class WebSession(Table):
    """Somebody who is signed in at the pages; the sha256 of the cookie is kept."""

    __tablename__ = "sessions"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    token_id: Mapped[UUID | None]  # by which they signed in, whose limits it has
    project_id: Mapped[UUID | None]  # that they look at
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = of_user(*of_project())


class AuditEvent(Table):
    """Who did what, written in the transaction of the act; never changed, never taken away."""

    __tablename__ = "audit_events"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(64))  # such as run.create
    object_id: Mapped[str | None] = mapped_column(String(100))
    project_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]  # None: the service itself, or its operator
    token_id: Mapped[UUID | None]
    request_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]]
    __table_args__ = (ForeignKeyConstraint(["org_id"], ["orgs.id"]), Index(None, "org_id", "at", "id"))


class Token(Table):
    """What opens the API for a person; the text itself is not kept, its sha256 is."""

    __tablename__ = "tokens"
    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[UUID]
    actions: Mapped[list[str] | None]  # that it may do; None: all of its person
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = of_user(*of_project())
