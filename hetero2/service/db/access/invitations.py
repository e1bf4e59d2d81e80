"""Links that make an account, or set its password anew: each once, for a while."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from hetero2.service.db import engine
from hetero2.service.db.access import audit, passwords, secrets, users
from hetero2.service.db.people import Invitation, Project, ProjectMember, User
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import email_of, is_email
from hetero2.service.domain.permissions import OrgRole, Principal, ProjectRole

PREFIX = "h2i_"
_LASTS, _RESET_LASTS = timedelta(days=7), timedelta(hours=24)


def create(
    session: Session, by: Principal, email: str, role: OrgRole, now: datetime,
    project_id: UUID | None = None, project_role: ProjectRole | None = None,
) -> tuple[Invitation, str]:  # fmt: skip
    """Invite somebody; (the invitation, its text, which is shown once). An older one of the same address ends.

    Raises forbidden for a role that `by` may not give, conflict where there is an account, not_found of the project.
    """
    users.check_given(users.gives(session, by), role)
    if not is_email(email):
        raise ServiceError("invalid", "the e-mail address cannot be one", "such as ada@acme.example")
    if users.by_email(session, by.org_id, email) is not None:
        raise ServiceError("conflict", f"{email}: there is such an account", "change its role instead")
    if (project_id is None) != (project_role is None):
        raise ServiceError("invalid", "a project and a role in it are given together")
    if project_id is not None and session.get(Project, (by.org_id, project_id)) is None:
        raise ServiceError("not_found", f"project {project_id}: there is no such project", "list the projects")
    invitation, text = _add(session, by, email, role, now, _LASTS)
    invitation.project_id, invitation.project_role = project_id, project_role
    session.flush()
    audit.note(
        session, by.org_id, "invitation.create", invitation.id, email=invitation.email, role=role.value,
        project_role=project_role, invited_to=None if project_id is None else str(project_id),
    )  # fmt: skip
    return invitation, text


def reset(session: Session, by: Principal, user_id: UUID, now: datetime) -> tuple[Invitation, str]:
    """Let a person choose a new password by a link; (the invitation, its text, which is shown once).

    Raises not_found, and forbidden where `by` may not give this person's role: else an admin could become an owner.
    """
    may_be_given = users.gives(session, by)
    if by.limit is not None:  # whoever has the link is that person, without any limit
        raise ServiceError("forbidden", "a token with limits gives no link for a password", "sign in, and give it then")
    user = users.get(session, by.org_id, user_id)
    role = OrgRole(user.role)
    users.check_given(may_be_given, role)
    invitation, text = _add(session, by, user.email, role, now, _RESET_LASTS, user_id)
    audit.note(session, by.org_id, "member.reset", user_id)
    return invitation, text


def revoke(session: Session, by: Principal, invitation_id: UUID, now: datetime) -> None:
    """End an invitation; raises not_found, and forbidden where `by` could not have made it."""
    invitation = session.scalar(select(Invitation).where(*_open(by.org_id, now), Invitation.id == invitation_id))
    if invitation is None:
        raise ServiceError("not_found", "there is no such invitation, or no longer", "list the invitations")
    users.check_given(users.gives(session, by), OrgRole(invitation.role))
    _end(session, by.org_id, now, Invitation.id == invitation_id)
    audit.note(session, by.org_id, "invitation.revoke", invitation_id)


def every(session: Session, org_id: UUID, now: datetime) -> Sequence[Invitation]:
    """Those that are open, the latest first; without those that set a password anew."""
    query = select(Invitation).where(*_open(org_id, now), Invitation.user_id.is_(None))
    return session.scalars(query.order_by(Invitation.created_at.desc(), Invitation.id)).all()


def org_of(text: str) -> UUID:
    """The organisation of an invitation's text; raises not_found where it is none."""
    org_id = secrets.org_of(PREFIX, text)
    if org_id is None:
        raise _gone()
    return org_id


def get(session: Session, text: str, now: datetime) -> Invitation:
    """The open invitation of a text; raises not_found, alike for each reason."""
    query = select(Invitation).where(*_open(org_of(text), now), Invitation.sha256 == secrets.digest(text))
    invitation = session.scalar(query)
    if invitation is None:
        raise _gone()
    return invitation


def of_email(session: Session, org_id: UUID, email: str, now: datetime) -> Invitation | None:
    """The open invitation of an address, for who has shown that it is theirs; never one that sets a password anew."""
    query = select(Invitation).where(*_open(org_id, now), Invitation.user_id.is_(None))
    return session.scalar(query.where(Invitation.email == email_of(email)))


def accept(
    session: Session, invitation: Invitation, name: str, now: datetime, password_hash: str | None = None,
    issuer: str | None = None, subject: str | None = None,
) -> User:  # fmt: skip
    """Make the account, or set its password anew; raises not_found where somebody else was faster.

    The row is taken by one conditional update: of two who accept at once, one does.
    """
    taken = update(Invitation).where(*_open(invitation.org_id, now), Invitation.id == invitation.id)
    if session.execute(taken.values(accepted_at=now).returning(Invitation.id)).first() is None:
        raise _gone()
    if invitation.user_id is not None:
        user = users.get(session, invitation.org_id, invitation.user_id)
        if user.disabled_at is not None or password_hash is None:
            raise _gone()
        passwords.put(session, user.org_id, user.id, password_hash)
        users.end_sessions(session, user.org_id, user.id, now)
    else:
        role = OrgRole(invitation.role)
        user = users.add(session, invitation.org_id, invitation.email, name, role, now, password_hash, issuer, subject)
        if invitation.project_id is not None:
            session.add(
                ProjectMember(
                    org_id=user.org_id, project_id=invitation.project_id, user_id=user.id,
                    role=invitation.project_role, created_at=now,
                )
            )  # fmt: skip
            session.flush()
    principal = users.principal(session, user.org_id, user.id, invitation.project_id)
    assert principal is not None
    engine.act_as(session, principal)
    audit.note(session, user.org_id, "invitation.accept", invitation.id, account=str(user.id))
    return user


def _add(
    session: Session, by: Principal, email: str, role: OrgRole, now: datetime, lasts: timedelta,
    user_id: UUID | None = None,
) -> tuple[Invitation, str]:  # fmt: skip
    """A new one in the place of those of the same address."""
    email = email_of(email)
    _end(session, by.org_id, now, Invitation.email == email)
    text = secrets.new(PREFIX, by.org_id)
    invitation = Invitation(
        org_id=by.org_id, id=uuid4(), user_id=user_id, invited_by=by.user_id, email=email, role=role.value,
        project_id=None, project_role=None,
        sha256=secrets.digest(text), created_at=now, expires_at=now + lasts, accepted_at=None, revoked_at=None,
    )  # fmt: skip
    session.add(invitation)
    session.flush()
    return invitation, text


def _open(org_id: UUID, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.org_id == org_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
    )  # fmt: skip


def _end(session: Session, org_id: UUID, now: datetime, which: ColumnElement[bool]) -> None:
    session.execute(update(Invitation).where(*_open(org_id, now), which).values(revoked_at=now))


def _gone() -> ServiceError:
    return ServiceError("not_found", "the link was used, has expired, or was never one", "ask for a new one")
