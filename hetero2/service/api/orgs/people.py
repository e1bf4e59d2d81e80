"""The organisation, its people, and its audit events."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from hetero2.service.api import cursors
from hetero2.service.api.access import Opened, may
from hetero2.service.api.bodies import StrictRoute
from hetero2.service.api.orgs.schemas import AuditEventShown, AuditPage, MemberChange, MemberShown, OrgChange, OrgShown
from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.db.access import audit, users
from hetero2.service.db.people import User
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, OrgRole, Principal

router = APIRouter(route_class=StrictRoute, tags=["organisation"])
ReadsOrg = Annotated[Principal, may(Action.READ_ORG)]
WritesOrg = Annotated[Principal, may(Action.WRITE_ORG)]
WritesMembers = Annotated[Principal, may(Action.WRITE_MEMBERS)]
ReadsAudit = Annotated[Principal, may(Action.READ_AUDIT)]


@router.get("/org", operation_id="get_org")
def org(service: Opened, principal: ReadsOrg) -> OrgShown:
    """The organisation."""
    with service.reading(principal) as session:
        row = orgs.get(session, principal.org_id)
        return OrgShown(
            id=row.id, name=row.name, fetch_hosts=row.fetch_hosts.split("\n") if row.fetch_hosts else [],
            created_at=row.created_at,
        )  # fmt: skip


@router.patch("/org", operation_id="change_org")
def change_org(body: OrgChange, service: Opened, principal: WritesOrg) -> OrgShown:
    """Say from which hosts files may be fetched."""
    with service.writing(principal) as session:
        orgs.set_fetch_hosts(session, principal.org_id, sorted(set(body.fetch_hosts)))
    return org(service, principal)


@router.get("/members", operation_id="list_members")
def members(service: Opened, principal: ReadsOrg) -> list[MemberShown]:
    """The people of the organisation."""
    with service.reading(principal) as session:
        return [_member(user) for user in users.every(session, principal.org_id)]


@router.patch("/members/{user_id}", operation_id="change_member")
def change_member(user_id: UUID, body: MemberChange, service: Opened, principal: WritesMembers) -> MemberShown:
    """Give a person another role, or disable their account: their tokens and sessions then open nothing."""
    if body.role is None and body.is_disabled is None:
        raise ServiceError("invalid", "nothing is changed", "give role or is_disabled")
    with service.writing(principal) as session:
        users.change(session, principal, user_id, service.now(), body.role, body.is_disabled)
    return member(service, principal, user_id)


@router.get("/audit", operation_id="list_audit_events")
def audit_events(
    service: Opened,
    principal: ReadsAudit,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=300, description="next_cursor of the page before")] = None,
    act: Annotated[str | None, Query(max_length=64, description="only this, such as run.create")] = None,
    user_id: Annotated[audit.Who | None, Query(description="only of this person, or of the service itself")] = None,
) -> AuditPage:
    """Who did what, the latest first."""
    before = None if cursor is None else cursors.decoded(cursor)
    with service.reading(principal) as session:
        rows = audit.page(session, principal.org_id, limit + 1, before, act, user_id)
    events = [
        AuditEventShown(
            id=row.id, at=row.at, act=row.act, object_id=row.object_id, project_id=row.project_id, user_id=row.user_id,
            token_id=row.token_id, request_id=row.request_id, detail=row.detail,
        )
        for row in rows[:limit]
    ]  # fmt: skip
    last = rows[limit - 1] if len(rows) > limit else None
    return AuditPage(events=events, next_cursor=None if last is None else cursors.encoded(last.at, last.id))


def member(service: Service, principal: Principal, user_id: UUID) -> MemberShown:
    """A person of the organisation; raises not_found."""
    with service.reading(principal) as session:
        return _member(users.get(session, principal.org_id, user_id))


def _member(user: User) -> MemberShown:
    return MemberShown(
        id=user.id, email=user.email, name=user.name, role=OrgRole(user.role), is_disabled=user.disabled_at is not None,
        created_at=user.created_at,
    )  # fmt: skip
