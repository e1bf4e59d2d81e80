"""Organisations and their projects."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from hetero2.service.db import engine
from hetero2.service.db.access import audit, users
from hetero2.service.db.people import Org, Project, Tenant, User
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import OrgRole
from hetero2.service.domain.scope import Scope


def first_scope(session: Session) -> Scope | None:
    """The oldest project of the first organisation, whose rows the transaction then sees; None where there is none."""
    org_ids = every(session)
    if not org_ids:
        return None
    engine.enter(session, org_ids[0])
    row = session.scalars(select(Project).order_by(Project.created_at).limit(1)).first()
    return None if row is None else Scope(row.org_id, row.id)


def create(session: Session, name: str, project: str, owner: str, now: datetime) -> tuple[Scope, User]:
    """A new organisation with one project and an owner, by address, who has no password yet.

    The rest of the transaction sees that organisation alone. Raises conflict for a second one on SQLite, which parts no
    two tenants, and for a name that is taken.
    """
    if session.get_bind().dialect.name == "sqlite" and count(session):
        raise ServiceError(
            "conflict", "with SQLite there is one organisation: nothing in the database itself keeps two apart",
            "give --database postgresql://..",
        )  # fmt: skip
    scope = Scope(uuid4(), uuid4())
    engine.enter(session, scope.org_id)
    with engine.unless_taken(session, _taken("an organisation", name)):
        session.add(Org(id=scope.org_id, name=name, created_at=now, fetch_hosts=""))
    session.add(Tenant(org_id=scope.org_id))
    session.add(Project(org_id=scope.org_id, id=scope.project_id, name=project, created_at=now))
    session.flush()
    user = users.add(session, scope.org_id, owner, owner.partition("@")[0], OrgRole.OWNER, now)
    audit.note(session, scope.org_id, "org.create", scope.org_id, name=name)
    return scope, user


def get(session: Session, org_id: UUID) -> Org:
    """An organisation; raises not_found."""
    org = session.scalar(select(Org).where(Org.id == org_id))
    if org is None:
        raise ServiceError("not_found", "there is no such organisation")
    return org


def named(session: Session, name: str) -> UUID | None:
    """The id of the organisation of a name; the session then sees that one's name and no other."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.set_config("hetero2.org_name", name, True)))
    return session.scalar(select(Org.id).where(Org.name == name))


def names(session: Session, scope: Scope) -> tuple[str, str] | None:
    """The names of an organisation and its project; None where there is no such project."""
    query = select(Org.name, Project.name).join(Project, Project.org_id == Org.id)
    row = session.execute(query.where(Org.id == scope.org_id, Project.id == scope.project_id)).first()
    return None if row is None else (row[0], row[1])


def every(session: Session) -> list[UUID]:
    """The ids of all organisations: for workers and operators, whose role in the database may read them."""
    return list(session.scalars(select(Tenant.org_id).order_by(Tenant.org_id)))


def count(session: Session) -> int:
    """How many organisations there are."""
    return session.scalar(select(func.count()).select_from(Tenant)) or 0


def sees_all(session: Session) -> bool:
    """Whether the session's role may know of all organisations, and so work for them."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(text("SELECT has_table_privilege(current_user, 'tenants', 'SELECT')")))


def bypasses_rows(session: Session) -> bool:
    """Whether row level security does not hold for the session's role: nothing in the database keeps tenants apart."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")))


def rename(session: Session, org_id: UUID, name: str) -> None:
    """Give an organisation another name; raises conflict where it is taken. Its audit event is the caller's."""
    with engine.unless_taken(session, _taken("an organisation", name)):
        session.execute(update(Org).where(Org.id == org_id).values(name=name))


def set_fetch_hosts(session: Session, org_id: UUID, hosts: Sequence[str]) -> None:
    """Say from which hosts files may be fetched."""
    session.execute(update(Org).where(Org.id == org_id).values(fetch_hosts="\n".join(hosts)))
    audit.note(session, org_id, "org.change", org_id, fetch_hosts=list(hosts))


def add_project(session: Session, org_id: UUID, name: str, now: datetime) -> Project:
    """A new project; raises conflict where the name is taken."""
    project = Project(org_id=org_id, id=uuid4(), name=name, created_at=now)
    with engine.unless_taken(session, _taken("a project", name)):
        session.add(project)
    audit.note(session, Scope(org_id, project.id), "project.create", project.id, name=name)
    return project


def rename_project(session: Session, scope: Scope, name: str) -> None:
    """Give a project another name; raises conflict where it is taken."""
    query = update(Project).where(Project.org_id == scope.org_id, Project.id == scope.project_id)
    with engine.unless_taken(session, _taken("a project", name)):
        session.execute(query.values(name=name))
    audit.note(session, scope, "project.rename", scope.project_id, name=name)


def _taken(what: str, name: str) -> ServiceError:
    return ServiceError("conflict", f"{name}: {what} of this name exists already", "take another name")
