"""Projects, and who is in them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from hetero2.service.api.access import Opened, in_project, may, may_in_project
from hetero2.service.api.orgs import people, projects
from hetero2.service.api.orgs.schemas import NewRole, ProjectName
from hetero2.service.core import Service
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, OrgRole, Principal, ProjectRole
from hetero2.service.web.access import SignedIn, Viewer, signed_in
from hetero2.service.web.org import fields
from hetero2.service.web.org.fields import Text
from hetero2.service.web.org.members import ReadsOrg
from hetero2.service.web.show import show

router = APIRouter()
WritesProjects = Annotated[Viewer, may(Action.WRITE_PROJECTS, signed_in)]
ReadsProject = Annotated[Principal, may_in_project(Action.READ_PROJECT, signed_in)]
WritesProject = Annotated[Principal, may_in_project(Action.WRITE_PROJECT, signed_in)]
_SAID = {
    "invalid": "This name cannot be used, it is a word of the service. Take another one.",
    "conflict": "There is a project of this name. Take another one.",
}


@router.get("/projects")
def every(service: Opened, viewer: ReadsOrg, done: str = "") -> Response:
    """One's projects."""
    return _list(service, viewer, done=done)


def _list(service: Service, viewer: Viewer, status: int = 200, **values: object) -> Response:
    rows = projects.every(service, viewer)
    return show(
        "org/projects.html", viewer, status, projects=rows, current=viewer.project_id,
        by_token=viewer.token_id is not None, **values,
    )  # fmt: skip


@router.post("/projects")
def create(service: Opened, viewer: WritesProjects, name: Text = "") -> Response:
    """Make a project."""
    body, wrong = fields.read(ProjectName, {"name": fields.NAME}, name=name.strip())
    if body is None:
        return _list(service, viewer, 422, name=name, wrong=wrong)
    try:
        projects.create(body, service, viewer)
    except ServiceError as error:
        if error.code not in _SAID:
            raise
        return _list(service, viewer, error.status, name=name, wrong={"name": _SAID[error.code]})
    return RedirectResponse("/projects?done=1", 303)


@router.get("/projects/{project_id}")
def one(project_id: UUID, service: Opened, viewer: SignedIn, there: ReadsProject, done: str = "") -> Response:
    """A project."""
    return _page(service, viewer, there, project_id, done=done)


def _page(
    service: Service, viewer: Viewer, there: Principal, project_id: UUID, status: int = 200, **values: object
) -> Response:  # fmt: skip
    members = projects.members(project_id, service, there)
    others = []
    if {Action.READ_ORG, Action.WRITE_PROJECT} <= there.actions:
        inside = {member.user_id for member in members}
        everywhere = (OrgRole.OWNER, OrgRole.ADMIN)
        others = [
            user
            for user in people.members(service, viewer)
            if user.id not in inside and not user.is_disabled and user.role not in everywhere
        ]
    return show(
        "org/project.html", viewer, status, project=projects.shown(service, there, project_id), members=members,
        others=others, roles=list(ProjectRole), may_there=there.actions, **values,
    )  # fmt: skip


@router.post("/projects/{project_id}/name")
def rename(project_id: UUID, service: Opened, viewer: WritesProjects, name: Text = "") -> Response:
    """Give a project another name."""
    there = in_project(service, viewer, project_id, Action.READ_PROJECT)
    body, wrong = fields.read(ProjectName, {"name": fields.NAME}, name=name.strip())
    if body is None:
        return _page(service, viewer, there, project_id, 422, name=name, wrong=wrong)
    try:
        projects.rename(project_id, body, service, viewer)
    except ServiceError as error:
        if error.code not in _SAID:
            raise
        wrong = {"name": _SAID[error.code]}
        return _page(service, viewer, there, project_id, error.status, name=name, wrong=wrong)
    return RedirectResponse(f"/projects/{project_id}?done=1", 303)


@router.post("/projects/{project_id}/members")
def put_member(
    project_id: UUID, service: Opened, viewer: SignedIn, there: WritesProject, user: Text = "", role: Text = ""
) -> Response:  # fmt: skip
    """Give somebody a role in a project, or another one."""
    try:
        user_id = UUID(user)
    except ValueError:
        return _page(service, viewer, there, project_id, 422, wrong={"user": "Choose somebody."})
    body, wrong = fields.read(NewRole, {"role": "Choose a role."}, role=role)
    if body is None:
        return _page(service, viewer, there, project_id, 422, wrong=wrong, user=user_id)
    projects.put_member(project_id, user_id, body, service, there)
    return RedirectResponse(f"/projects/{project_id}?done=1", 303)


@router.post("/projects/{project_id}/members/{user_id}/remove")
def remove_member(project_id: UUID, user_id: UUID, service: Opened, there: WritesProject) -> Response:
    """Take somebody out of a project."""
    projects.remove_member(project_id, user_id, service, there)
    return RedirectResponse(f"/projects/{project_id}?done=1", 303)
