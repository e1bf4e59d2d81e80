"""People of an organisation, and what each may do in it and in its projects."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from hetero2.service.db.access import audit
from hetero2.service.db.engine import unless_taken
from hetero2.service.db.people import Invitation, Org, Project, ProjectMember, Token, User, WebSession
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import email_of
from hetero2.service.domain.permissions import GIVES, Action, OrgRole, Principal, ProjectRole, role_in_project
from hetero2.service.domain.scope import Scope

NO_PROJECT = UUID(int=0)  # of a principal who is in no project; no row has it
# A person's role, the project where there is one, their role in it. Asked with every request, and so made once.
_ROLES = (
    select(User.role, Project.id, ProjectMember.role)
    .outerjoin(Project, and_(Project.org_id == User.org_id, Project.id == bindparam("project")))
    .outerjoin(
        ProjectMember,
        and_(
            ProjectMember.org_id == User.org_id,
            ProjectMember.project_id == bindparam("project"),
            ProjectMember.user_id == User.id,
        ),
    )
    .where(User.org_id == bindparam("org"), User.id == bindparam("user"), User.disabled_at.is_(None))
)


class Names(NamedTuple):
    """What a person is called, their organisation, and the project that they are in, if any."""

    person: str
    org: str
    project: str | None
    project_id: UUID | None


def add(
    session: Session, org_id: UUID, email: str, name: str, role: OrgRole, now: datetime,
    password_hash: str | None = None, issuer: str | None = None, subject: str | None = None,
) -> User:  # fmt: skip
    """A new account; raises conflict where the organisation has one of this address."""
    user = User(
        org_id=org_id, id=uuid4(), email=email_of(email), name=name, role=role.value, password_hash=password_hash,
        issuer=issuer, subject=subject, failed_sign_ins=0, locked_until=None, created_at=now, disabled_at=None,
    )  # fmt: skip
    with unless_taken(session, ServiceError("conflict", f"{user.email}: there is such an account", "use that one")):
        session.add(user)
    return user


def get(session: Session, org_id: UUID, user_id: UUID) -> User:
    """An account; raises not_found."""
    query = select(User).where(User.org_id == org_id, User.id == user_id)
    user = session.scalar(query.execution_options(populate_existing=True))
    if user is None:
        raise ServiceError("not_found", f"user {user_id}: there is no such person", "list the members")
    return user


def by_email(session: Session, org_id: UUID, email: str) -> User | None:
    """The account of an address."""
    return session.scalar(select(User).where(User.org_id == org_id, User.email == email_of(email)))


def by_subject(session: Session, org_id: UUID, issuer: str, subject: str) -> User | None:
    """The account of somebody whom a provider of OpenID Connect knows by this subject."""
    return session.scalar(select(User).where(User.org_id == org_id, User.issuer == issuer, User.subject == subject))


def every(session: Session, org_id: UUID) -> Sequence[User]:
    """All accounts, also those that are disabled, by address."""
    return session.scalars(select(User).where(User.org_id == org_id).order_by(User.email)).all()


def principal(
    session: Session, org_id: UUID, user_id: UUID, project_id: UUID | None, token: Token | None = None
) -> Principal | None:
    """A person as they are now, in a project; None where their account is disabled, or is none."""
    row = session.execute(_ROLES, {"org": org_id, "user": user_id, "project": project_id}).first()
    if row is None:
        return None
    role, there, given = OrgRole(row[0]), row[1], row[2]
    in_project = None if there is None else role_in_project(role, None if given is None else ProjectRole(given))
    return Principal(
        org_id, project_id if project_id is not None and in_project else NO_PROJECT, user_id=user_id, role=role,
        project_role=in_project, token_id=token.id if token else None,
        limit=None if token is None else limit_of(token),
    )  # fmt: skip


def names(session: Session, person: Principal) -> Names:
    """What a principal, their organisation and their project are called."""
    query = (
        select(User.name, Org.name, Project.name, Project.id)
        .join(Org, Org.id == User.org_id)
        .outerjoin(Project, (Project.org_id == User.org_id) & (Project.id == person.project_id))
        .where(User.org_id == person.org_id, User.id == person.user_id)
    )
    return Names(*session.execute(query).one())


def limit_of(token: Token) -> frozenset[Action] | None:
    """What a token allows at most; None: all. One with an end makes no other, which could last longer."""
    if token.actions is None and token.expires_at is None:
        return None
    return frozenset(Action if token.actions is None else map(Action, token.actions)) - {Action.WRITE_TOKENS}


def projects(session: Session, org_id: UUID, user_id: UUID) -> list[tuple[Project, ProjectRole]]:
    """The projects that a person is in, by name, with their role."""
    role = OrgRole(get(session, org_id, user_id).role)
    is_member = and_(
        ProjectMember.org_id == Project.org_id, ProjectMember.project_id == Project.id, ProjectMember.user_id == user_id
    )
    query = select(Project, ProjectMember.role).outerjoin(ProjectMember, is_member).where(Project.org_id == org_id)
    pairs = [
        (project, role_in_project(role, None if given is None else ProjectRole(given)))
        for project, given in session.execute(query.order_by(Project.name))
    ]
    return [(project, in_project) for project, in_project in pairs if in_project is not None]


def change(
    session: Session, by: Principal, user_id: UUID, now: datetime, role: OrgRole | None = None,
    is_disabled: bool | None = None,
) -> None:  # fmt: skip
    """Give a person another role, disable their account, or enable it again; their sessions end.

    So do invitations of theirs whose role they may no longer give. Raises forbidden where `by` may not give or take
    these roles, conflict where no owner would be left.
    """
    may_be_given = gives(session, by)
    user = get(session, by.org_id, user_id)
    for concerned in filter(None, (OrgRole(user.role), role)):
        check_given(may_be_given, concerned)
    values: dict[str, object] = {} if role is None else {"role": role.value}
    if is_disabled is not None:
        values["disabled_at"] = now if is_disabled else None
    session.execute(update(User).where(User.org_id == by.org_id, User.id == user_id).values(**values))
    owners = select(func.count()).where(
        User.org_id == by.org_id, User.role == OrgRole.OWNER.value, User.disabled_at.is_(None)
    )
    if not session.scalar(owners):
        raise ServiceError("conflict", "the organisation would have no owner", "make somebody else an owner first")
    end_sessions(session, by.org_id, user_id, now)
    is_out = user.disabled_at is not None if is_disabled is None else is_disabled
    still_given = [] if is_out else [given.value for given in GIVES[role or OrgRole(user.role)]]
    _end_invitations(session, by.org_id, now, Invitation.invited_by == user_id, Invitation.role.not_in(still_given))
    shown = {} if role is None else {"role": role.value}
    shown |= {} if is_disabled is None else {"disabled": is_disabled}  # type: ignore[dict-item]
    audit.note(session, by.org_id, "member.change", user_id, **shown)


def gives(session: Session, by: Principal) -> frozenset[OrgRole]:
    """The roles that somebody may give and take, as they are now; nobody's role changes until the transaction ends.

    Two owners demote each other: one waits, and is no owner then. Raises forbidden where `by` was disabled meanwhile.
    """
    session.execute(select(Org.id).where(Org.id == by.org_id).with_for_update())
    acting = principal(session, by.org_id, by.user_id, None)
    if acting is None:
        raise ServiceError("forbidden", "your account was disabled meanwhile", "ask an admin of the organisation")
    # A token with limits could else make somebody, or itself by another way, who has none of them.
    return GIVES[acting.role] - (set() if by.limit is None else {OrgRole.OWNER, OrgRole.ADMIN})


def check_given(may_be_given: Collection[OrgRole], role: OrgRole) -> None:
    """Raise forbidden where a role is not among those that somebody may give."""
    if role not in may_be_given:
        said = f"the role {role.value} is given and taken by owners, and by no token with limits"
        raise ServiceError("forbidden", said, "ask an owner")


def end_sessions(session: Session, org_id: UUID, user_id: UUID, now: datetime) -> None:
    """Sign a person out everywhere, and let no link for a new password open their account."""
    _end_invitations(session, org_id, now, Invitation.user_id == user_id)
    session.execute(
        update(WebSession)
        .where(WebSession.org_id == org_id, WebSession.user_id == user_id, WebSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def _end_invitations(session: Session, org_id: UUID, now: datetime, *which: ColumnElement[bool]) -> None:
    is_open = (Invitation.org_id == org_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    session.execute(update(Invitation).where(*is_open, *which).values(revoked_at=now))


def members(session: Session, scope: Scope) -> list[tuple[User, ProjectRole]]:
    """The people who were given a role in a project, by address; owners and admins are in each without that."""
    query = (
        select(User, ProjectMember.role)
        .join(ProjectMember, (ProjectMember.org_id == User.org_id) & (ProjectMember.user_id == User.id))
        .where(ProjectMember.org_id == scope.org_id, ProjectMember.project_id == scope.project_id)
        .order_by(User.email)
    )
    return [(user, ProjectRole(role)) for user, role in session.execute(query)]


def put_member(session: Session, scope: Scope, user_id: UUID, role: ProjectRole, now: datetime) -> None:
    """Give a person of the organisation a role in a project; raises not_found."""
    # Held, so that of two who add somebody at once the second one finds that they are in.
    session.execute(select(User.id).where(User.org_id == scope.org_id, User.id == user_id).with_for_update())
    get(session, scope.org_id, user_id)
    existing = session.get(ProjectMember, (scope.org_id, scope.project_id, user_id))
    if existing is None:
        session.add(
            ProjectMember(
                org_id=scope.org_id, project_id=scope.project_id, user_id=user_id, role=role.value, created_at=now
            )
        )
    else:
        existing.role = role.value
    session.flush()
    audit.note(session, scope, "project.member", user_id, role=role.value)


def remove_member(session: Session, scope: Scope, user_id: UUID) -> None:
    """Take a person out of a project; raises not_found."""
    query = delete(ProjectMember).where(
        ProjectMember.org_id == scope.org_id, ProjectMember.project_id == scope.project_id,
        ProjectMember.user_id == user_id,
    )  # fmt: skip
    if session.execute(query.returning(ProjectMember.user_id)).first() is None:
        raise ServiceError("not_found", f"user {user_id}: was given no role in this project", "list its members")
    audit.note(session, scope, "project.member_removed", user_id)
