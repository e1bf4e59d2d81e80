"""Projects, and who is in them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from hetero2.service.api.access import Opened, may, may_in_project
from hetero2.service.api.bodies import StrictRoute
from hetero2.service.api.orgs.people import ReadsOrg
from hetero2.service.api.orgs.schemas import NewRole, ProjectMemberShown, ProjectName, ProjectShown
from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.db.access import users
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import is_reserved
from hetero2.service.domain.permissions import Action, Principal
from hetero2.service.domain.scope import Scope

router = APIRouter(route_class=StrictRoute, prefix="/projects", tags=["projects"])
WritesProjects = Annotated[Principal, may(Action.WRITE_PROJECTS)]
ReadsProject = Annotated[Principal, may_in_project(Action.READ_PROJECT)]
WritesProject = Annotated[Principal, may_in_project(Action.WRITE_PROJECT)]


@router.get("", operation_id="list_projects")
def every(service: Opened, principal: ReadsOrg) -> list[ProjectShown]:
    """The projects that you are in."""
    with service.reading(principal) as session:
        rows = users.projects(session, principal.org_id, principal.user_id)
    return [
        ProjectShown(id=project.id, name=project.name, role=role, created_at=project.created_at)
        for project, role in rows
    ]


@router.post("", status_code=201, operation_id="create_project")
def create(body: ProjectName, service: Opened, principal: WritesProjects) -> ProjectShown:
    """A new project; owners and admins of the organisation are its admins."""
    _check_name(body.name)
    with service.writing(principal) as session:
        project = orgs.add_project(session, principal.org_id, body.name, service.now())
    return shown(service, principal, project.id)


@router.patch("/{project_id}", operation_id="rename_project")
def rename(project_id: UUID, body: ProjectName, service: Opened, principal: WritesProjects) -> ProjectShown:
    """Give a project another name."""
    _check_name(body.name)
    shown(service, principal, project_id)
    with service.writing(principal) as session:
        orgs.rename_project(session, Scope(principal.org_id, project_id), body.name)
    return shown(service, principal, project_id)


@router.get("/{project_id}/members", operation_id="list_project_members")
def members(project_id: UUID, service: Opened, principal: ReadsProject) -> list[ProjectMemberShown]:
    """The people who were given a role in a project. Owners and admins of the organisation are in each without that."""
    with service.reading(principal) as session:
        return [
            ProjectMemberShown(user_id=user.id, email=user.email, name=user.name, role=role)
            for user, role in users.members(session, Scope(principal.org_id, project_id))
        ]


@router.put("/{project_id}/members/{user_id}", operation_id="put_project_member")
def put_member(
    project_id: UUID, user_id: UUID, body: NewRole, service: Opened, principal: WritesProject
) -> list[ProjectMemberShown]:
    """Give a person of the organisation a role in a project."""
    with service.writing(principal) as session:
        users.put_member(session, Scope(principal.org_id, project_id), user_id, body.role, service.now())
    return members(project_id, service, principal)


@router.delete("/{project_id}/members/{user_id}", status_code=204, operation_id="remove_project_member")
def remove_member(project_id: UUID, user_id: UUID, service: Opened, principal: WritesProject) -> Response:
    """Take a person out of a project."""
    with service.writing(principal) as session:
        users.remove_member(session, Scope(principal.org_id, project_id), user_id)
    return Response(status_code=204)


def _check_name(name: str) -> None:
    if is_reserved(name):
        raise ServiceError("invalid", f"name: {name} cannot be used, it is a word of ours", "take another name")


def shown(service: Service, principal: Principal, project_id: UUID) -> ProjectShown:
    """A project of the principal; raises not_found."""
    for project in every(service, principal):
        if project.id == project_id:
            return project
    raise ServiceError("not_found", f"project {project_id}: there is no such project", "list your projects")
