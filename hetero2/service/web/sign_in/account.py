"""One's own account: the project that one looks at, the password; and what the first owner says of themselves."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from hetero2.service.api.access import Opened
from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.db.access import sessions, users
from hetero2.service.domain.errors import ServiceError
from hetero2.service.sign_in import invited, local
from hetero2.service.web import words
from hetero2.service.web.access import SignedIn, Viewer, from_session
from hetero2.service.web.show import show
from hetero2.service.web.sign_in.entrance import Text, address_of, enter

router = APIRouter(dependencies=[Depends(from_session)])


def _page(service: Service, viewer: Viewer, status: int = 200, **values: object) -> Response:
    with service.reading(viewer) as session:
        user = users.get(session, viewer.org_id, viewer.user_id)
        projects = [project for project, _ in users.projects(session, viewer.org_id, viewer.user_id)]
        org = orgs.get(session, viewer.org_id).name
    if viewer.token_id is not None:
        projects = [project for project in projects if project.id == viewer.project_id]
    return show(
        "account.html", viewer, status, user=user, org=org, projects=projects, current=viewer.project_id,
        by_token=viewer.token_id is not None, may_change=viewer.limit is None and user.password_hash is not None,
        **values,
    )  # fmt: skip


@router.get("/account")
def account(service: Opened, viewer: SignedIn) -> Response:
    """Who one is, and one's projects."""
    return _page(service, viewer)


@router.post("/session/project")
def switch(service: Opened, viewer: SignedIn, project: Annotated[UUID, Form()]) -> Response:
    """Look at another project."""
    with service.writing(viewer) as session:
        sessions.switch(session, viewer, viewer.session_id, project)
    return RedirectResponse("/", 303)


@router.post("/account/password")
def change_password(
    request: Request, service: Opened, viewer: SignedIn, old: Text = "", password: Text = ""
) -> Response:  # fmt: skip
    """Choose another password."""
    service.limits.sign_in(address_of(request), str(viewer.user_id))
    try:
        begun = local.change_password(service, viewer, old, password, address_of(request))
    except ServiceError as error:
        return _page(service, viewer, error.status, problem=words.sentence(error.detail))
    return enter(request, begun, RedirectResponse("/account", 303))


@router.get("/welcome")
def welcome(service: Opened, viewer: SignedIn) -> Response:
    """Where the first owner says who they are; later there is nothing to say."""
    if not invited.is_first(service, viewer):
        return RedirectResponse("/", 303)
    return _welcome(service, viewer)


def _welcome(service: Service, viewer: Viewer, status: int = 200, **values: object) -> Response:
    with service.reading(viewer) as session:
        org = orgs.get(session, viewer.org_id).name
    return show("welcome.html", viewer, status, **{"org": org, **values})


@router.post("/welcome")
def say(
    service: Opened, viewer: SignedIn, name: Text = "", email: Text = "", password: Text = "", org: Text = "",
) -> Response:  # fmt: skip
    """Keep what they say."""
    try:
        invited.welcome(service, viewer, email, name, password, org.strip())
    except ServiceError as error:
        if error.code not in ("invalid", "conflict") or not invited.is_first(service, viewer):
            raise
        said = words.sentence(error.detail)
        return _welcome(service, viewer, error.status, problem=said, name=name, email=email, org=org)
    return RedirectResponse("/", 303)
