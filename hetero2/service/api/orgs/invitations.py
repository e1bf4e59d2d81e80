"""Invitations, and links by which people choose a new password."""

from uuid import UUID

from fastapi import APIRouter, Response

from hetero2.service.api.access import Opened
from hetero2.service.api.bodies import StrictRoute
from hetero2.service.api.orgs.people import WritesMembers
from hetero2.service.api.orgs.schemas import InvitationShown, InvitationWithPath, NewInvitation
from hetero2.service.db.access import invitations
from hetero2.service.db.people import Invitation

router = APIRouter(route_class=StrictRoute, tags=["organisation"])


@router.get("/invitations", operation_id="list_invitations")
def every(service: Opened, principal: WritesMembers) -> list[InvitationShown]:
    """Invitations that are open: neither accepted, nor revoked, nor expired."""
    with service.reading(principal) as session:
        rows = invitations.every(session, principal.org_id, service.now())
        return [InvitationShown.model_validate(_values(row)) for row in rows]


@router.post("/invitations", status_code=201, operation_id="create_invitation")
def create(body: NewInvitation, service: Opened, principal: WritesMembers) -> InvitationWithPath:
    """Invite somebody, for seven days; an older invitation of the same address ends. Send them the link yourself."""
    with service.writing(principal) as session:
        row, text = invitations.create(
            session, principal, body.email, body.role, service.now(), body.project_id, body.project_role
        )
        return _with_path(row, text)


@router.delete("/invitations/{invitation_id}", status_code=204, operation_id="revoke_invitation")
def revoke(invitation_id: UUID, service: Opened, principal: WritesMembers) -> Response:
    """Let the link of an invitation open nothing, from now on."""
    with service.writing(principal) as session:
        invitations.revoke(session, principal, invitation_id, service.now())
    return Response(status_code=204)


@router.post("/members/{user_id}:reset", status_code=201, operation_id="reset_member")
def reset(user_id: UUID, service: Opened, principal: WritesMembers) -> InvitationWithPath:
    """A link by which a person chooses a new password, once, within a day. Send it to them yourself."""
    with service.writing(principal) as session:
        row, text = invitations.reset(session, principal, user_id, service.now())
        return _with_path(row, text)


def _with_path(row: Invitation, text: str) -> InvitationWithPath:
    return InvitationWithPath.model_validate(_values(row) | {"path": f"/invitations/{text}"})


def _values(row: Invitation) -> dict[str, object]:
    return {name: getattr(row, name) for name in InvitationShown.model_fields}
