"""Inviting people."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from hetero2.service.api.access import Opened
from hetero2.service.api.orgs import invitations, projects
from hetero2.service.api.orgs.schemas import NewInvitation
from hetero2.service.core import Service
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import ProjectRole
from hetero2.service.web import cookies
from hetero2.service.web.access import Viewer
from hetero2.service.web.org import fields
from hetero2.service.web.org.fields import Text
from hetero2.service.web.org.members import WritesMembers, given_by
from hetero2.service.web.show import show

router = APIRouter()
_SAID = {
    "email": "Write an e-mail address, such as ada@acme.example.",
    "role": "Choose a role.",
    "project_id": "Choose one of these projects.",
    "project_role": "Choose a role in the project.",
}


def _page(service: Service, viewer: Viewer, status: int = 200, **values: object) -> Response:
    return show(
        "org/invite.html", viewer, status, roles=given_by(viewer), project_roles=list(ProjectRole),
        projects=[(project.id, project.name) for project in projects.every(service, viewer)], **values,
    )  # fmt: skip


@router.get("/members/invite")
def form(service: Opened, viewer: WritesMembers) -> Response:
    """Where somebody is invited."""
    return _page(service, viewer, values={"role": "member", "project": "", "project_role": "runner"})


@router.post("/members/invite")
def invite(
    request: Request, service: Opened, viewer: WritesMembers, email: Text = "", role: Text = "", project: Text = "",
    project_role: Text = "",
) -> Response:  # fmt: skip
    """Invite them, and show the link, once."""
    values = {"email": email, "role": role, "project": project, "project_role": project_role}
    in_project = {"project_id": project, "project_role": project_role} if project else {}
    body, wrong = fields.read(NewInvitation, _SAID, email=email.strip(), role=role, **in_project)
    if body is None:
        return _page(service, viewer, 422, values=values, wrong=wrong)
    try:
        invitation = invitations.create(body, service, viewer)
    except ServiceError as error:
        if error.code != "conflict":
            raise
        wrong = {"email": "There is an account of this address already. Change its role instead."}
        return _page(service, viewer, 409, values=values, wrong=wrong)
    link = cookies.origin(request) + invitation.path
    return show("org/link.html", viewer, link=link, invitation=invitation, is_new=True)


@router.post("/members/invitations/{invitation_id}/revoke")
def revoke(invitation_id: UUID, service: Opened, viewer: WritesMembers) -> Response:
    """Let the link of an invitation open nothing."""
    invitations.revoke(invitation_id, service, viewer)
    return RedirectResponse("/members?done=1", 303)
