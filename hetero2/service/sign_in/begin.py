"""What every way of signing in ends with: a session, or a refusal, either of which is an audit event."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.db.access import audit, sessions, users
from hetero2.service.db.people import Org
from hetero2.service.domain.names import FIRST_OWNER
from hetero2.service.domain.permissions import Principal


@dataclass(frozen=True)
class Begun:
    """A session that has begun: what the cookie holds, and whether its person has yet to say who they are."""

    text: str
    is_first: bool = False


def lifetimes(service: Service) -> sessions.Lifetimes:
    """Of sessions, as they are set."""
    settings = service.settings
    return sessions.Lifetimes(timedelta(seconds=settings.session_idle), timedelta(seconds=settings.session_longest))


def of_principal(service: Service, session: Session, principal: Principal, by: str, address: str) -> Begun:
    """Begin a session of a principal."""
    text = sessions.begin(session, principal, by, address, lifetimes(service), service.now())
    is_first = principal.limit is None and users.get(session, principal.org_id, principal.user_id).email == FIRST_OWNER
    return Begun(text, is_first)


def of_person(service: Service, session: Session, user_id: UUID, org_id: UUID, by: str, address: str) -> Begun | None:
    """Begin a session of a person, in the first of their projects; None where their account is disabled."""
    projects = users.projects(session, org_id, user_id)
    principal = users.principal(session, org_id, user_id, projects[0][0].id if projects else None)
    return None if principal is None else of_principal(service, session, principal, by, address)


def refused(service: Service, org_id: UUID | None, reason: str, address: str, user_id: UUID | None = None) -> None:
    """Count and write that somebody was refused, and why, without what they gave."""
    service.metrics.sign_in_failed(reason.partition(":")[0] if reason.startswith(("token", "oidc")) else "password")
    if org_id is None:
        return
    with service.writing(org_id) as session:
        if session.scalar(select(Org.id).where(Org.id == org_id)) is not None:
            audit.note(session, org_id, "session.refused", user_id, reason=reason, address=address)


def org_named(service: Service, name: str) -> UUID | None:
    """The organisation in which somebody wants to sign in: with SQLite the only one, else that of this name."""
    if service.settings.is_embedded:
        return next(iter(service.org_ids()), None)
    with service.reading(None) as session:
        return orgs.named(session, name)
