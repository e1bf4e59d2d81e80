"""Sessions at the pages: begun by signing in, opened by a cookie, ended by time, by hand, or with their token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hetero2.service.db import engine
from hetero2.service.db.access import audit, secrets, tokens, users
from hetero2.service.db.people import WebSession
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Principal
from hetero2.service.domain.scope import Scope

PREFIX = "h2s_"
_SEEN_NOTED = timedelta(minutes=1)  # when somebody was last seen is written at most so often


@dataclass(frozen=True)
class Lifetimes:
    """How long a session lasts: without anything done, and at all."""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True)
class Opened:
    """A session that goes on: whose it is, and whether it is to be noted that they were seen."""

    id: UUID
    principal: Principal
    is_old: bool


def begin(
    session: Session, principal: Principal, by: str, address: str, lifetimes: Lifetimes, now: datetime
) -> str:  # fmt: skip
    """Sign a person in, in the project of the principal; the text of the cookie, which is not kept anywhere.

    by: token, password, oidc, invitation. Rows that their time has ended are taken away: the audit events remain.
    """
    engine.act_as(session, principal)
    of_person = (WebSession.org_id == principal.org_id, WebSession.user_id == principal.user_id)
    session.execute(delete(WebSession).where(*of_person, WebSession.created_at < now - lifetimes.longest))
    text = secrets.new(PREFIX, principal.org_id)
    row = WebSession(
        org_id=principal.org_id, id=uuid4(), user_id=principal.user_id, token_id=principal.token_id,
        project_id=None if principal.project_id == users.NO_PROJECT else principal.project_id,
        sha256=secrets.digest(text), created_at=now, seen_at=now, ended_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.note(session, principal.org_id, "session.begin", row.id, by=by, address=address)
    return text


def org_of(text: str) -> UUID | None:
    """The organisation of a cookie's text; None where it is none of ours."""
    return secrets.org_of(PREFIX, text)


def opened(session: Session, org_id: UUID, text: str, lifetimes: Lifetimes, now: datetime) -> Opened | None:
    """What a cookie opens; None where its session has ended, by whatever it was."""
    row = session.scalar(
        select(WebSession).where(
            WebSession.org_id == org_id, WebSession.sha256 == secrets.digest(text), WebSession.ended_at.is_(None),
            WebSession.created_at > now - lifetimes.longest, WebSession.seen_at > now - lifetimes.idle,
        )
    )  # fmt: skip
    if row is None:
        return None
    principal = tokens.person(session, org_id, row.user_id, row.project_id, row.token_id, now)
    return None if principal is None else Opened(row.id, principal, now - row.seen_at > _SEEN_NOTED)


def note_seen(session: Session, org_id: UUID, session_id: UUID, now: datetime) -> None:
    """Write when somebody was last seen."""
    session.execute(
        update(WebSession).where(WebSession.org_id == org_id, WebSession.id == session_id).values(seen_at=now)
    )


def end(session: Session, org_id: UUID, session_id: UUID, now: datetime) -> None:
    """Sign out; a session that has ended stays as it is."""
    query = update(WebSession).where(
        WebSession.org_id == org_id, WebSession.id == session_id, WebSession.ended_at.is_(None)
    )
    if session.execute(query.values(ended_at=now).returning(WebSession.id)).first() is not None:
        audit.note(session, org_id, "session.end", session_id)


def switch(session: Session, principal: Principal, session_id: UUID, project_id: UUID) -> None:
    """Look at another project of one's own; raises not_found. A session begun with a token stays in its project."""
    mine = users.principal(session, principal.org_id, principal.user_id, project_id)
    if principal.token_id is not None or mine is None or mine.project_role is None:
        raise ServiceError("not_found", "you are in no such project", "choose one of those that are listed")
    query = update(WebSession).where(WebSession.org_id == principal.org_id, WebSession.id == session_id)
    session.execute(query.values(project_id=project_id))
    audit.note(session, Scope(principal.org_id, project_id), "session.project", session_id)
