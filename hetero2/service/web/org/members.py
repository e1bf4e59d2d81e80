"""People of the organisation: who they are, their roles, their accounts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from hetero2.service.api.access import Opened, may
from hetero2.service.api.orgs import invitations, people, projects
from hetero2.service.api.orgs.schemas import MemberChange
from hetero2.service.core import Service
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import GIVES, Action, OrgRole
from hetero2.service.web import cookies, words
from hetero2.service.web.access import Viewer, signed_in
from hetero2.service.web.org import fields
from hetero2.service.web.org.fields import Text
from hetero2.service.web.show import show

router = APIRouter()
ReadsOrg = Annotated[Viewer, may(Action.READ_ORG, signed_in)]
WritesMembers = Annotated[Viewer, may(Action.WRITE_MEMBERS, signed_in)]


def given_by(viewer: Viewer) -> list[OrgRole]:
    """The roles that somebody may give and take."""
    return [role for role in OrgRole if role in GIVES[viewer.role]]


@router.get("/members")
def every(service: Opened, viewer: ReadsOrg, done: str = "") -> Response:
    """The people, and who is invited."""
    is_open = Action.WRITE_MEMBERS in viewer.actions
    return show(
        "org/members.html", viewer, members=people.members(service, viewer), done=done,
        invitations=invitations.every(service, viewer) if is_open else [], roles=given_by(viewer),
        project_names={project.id: project.name for project in projects.every(service, viewer)},
    )  # fmt: skip


@router.get("/members/{user_id}")
def one(user_id: UUID, service: Opened, viewer: WritesMembers, done: str = "") -> Response:
    """A person, and what can be changed."""
    return _page(service, viewer, user_id, done=done)


def _page(service: Service, viewer: Viewer, user_id: UUID, status: int = 200, **values: object) -> Response:
    member = people.member(service, viewer, user_id)
    return show(
        "org/member.html", viewer, status, member=member, roles=given_by(viewer), is_me=user_id == viewer.user_id,
        **values,
    )  # fmt: skip


@router.post("/members/{user_id}/role")
def change_role(user_id: UUID, service: Opened, viewer: WritesMembers, role: Text = "") -> Response:
    """Give a person another role."""
    body, wrong = fields.read(MemberChange, {"role": "Choose one of these roles."}, role=role)
    if body is None:
        return _page(service, viewer, user_id, 422, wrong=wrong)
    return _changed(service, viewer, user_id, body)


@router.post("/members/{user_id}/disable")
def disable(user_id: UUID, service: Opened, viewer: WritesMembers) -> Response:
    """Disable an account."""
    return _changed(service, viewer, user_id, MemberChange(is_disabled=True))


@router.post("/members/{user_id}/enable")
def enable(user_id: UUID, service: Opened, viewer: WritesMembers) -> Response:
    """Enable it again."""
    return _changed(service, viewer, user_id, MemberChange(is_disabled=False))


def _changed(service: Service, viewer: Viewer, user_id: UUID, body: MemberChange) -> Response:
    try:
        people.change_member(user_id, body, service, viewer)
    except ServiceError as error:
        if error.code != "conflict":
            raise
        said = f"{words.sentence(error.detail)} {words.sentence(error.advice)}"
        return _page(service, viewer, user_id, 409, wrong={"is_disabled" if body.role is None else "role": said})
    return RedirectResponse(f"/members/{user_id}?done=1", 303)


@router.post("/members/{user_id}/reset")
def reset(user_id: UUID, request: Request, service: Opened, viewer: WritesMembers) -> Response:
    """Show a link by which a person chooses a new password."""
    invitation = invitations.reset(user_id, service, viewer)
    return show("org/link.html", viewer, link=cookies.origin(request) + invitation.path, invitation=invitation)
