"""Who looks at the pages, and forms that are not from a page which they got: those are refused."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.exc import OperationalError
from starlette.datastructures import FormData

from hetero2.service.api.access import admitted, may, service_of
from hetero2.service.api.guard import brings_files
from hetero2.service.db.access import sessions, users
from hetero2.service.db.access.users import Names
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, Principal
from hetero2.service.sign_in.begin import lifetimes
from hetero2.service.web import cookies


class SignInNeeded(Exception):  # noqa: N818 - a way to the page where one signs in
    """Nobody is signed in."""


class ProjectNeeded(Exception):  # noqa: N818 - a way to the page where one chooses a project
    """Who is signed in is in no project, or no longer in the one that they looked at."""


@dataclass(frozen=True)
class Viewer(Principal):
    """Who is signed in at the pages."""

    session_id: UUID = field(kw_only=True)
    names: Names = field(kw_only=True)
    form_token: str = field(kw_only=True, repr=False)
    is_signed_in: bool = field(default=True, kw_only=True)


async def from_here(request: Request) -> None:
    """Refuse a form of another site; raises forbidden.

    Browsers say with every POST which site it is from. What says nothing is no browser, and needs the form's token.
    """
    origin = request.headers.get("origin")
    if request.method == "POST" and origin is not None and origin.lower() != cookies.origin(request).lower():
        raise ServiceError("forbidden", "the form was on another site", "open this service in a new tab and try there")


async def from_session(request: Request) -> None:
    """Refuse a form that is not from a page of this session; raises forbidden, SignInNeeded.

    One with files is looked at where it is read: see `sent_form`.
    """
    if request.method == "POST":
        if not cookies.read(request):
            raise SignInNeeded
        if not brings_files(request.scope):
            async with request.form() as body:
                _check(body, cookies.form_token(cookies.read(request)))


async def from_visit(request: Request) -> None:
    """The same for pages on which nobody need be signed in; raises forbidden."""
    if request.method == "POST":
        async with request.form() as body:
            _check(body, cookies.visit_token(request))


@contextlib.asynccontextmanager
async def sent_form(request: Request, max_files: int, max_fields: int) -> AsyncIterator[FormData]:
    """A form with files from a page of this session; raises forbidden, too_large."""
    async with request.form(max_files=max_files, max_fields=max_fields) as body:
        _check(body, cookies.form_token(cookies.read(request)))
        yield body


def _check(body: FormData, expected: str) -> None:
    if not cookies.fits(body.get(cookies.FORM_TOKEN), expected):
        raise ServiceError(
            "forbidden", "the form is not from the current session of this browser",
            "go back, reload the page and send it again; cookies must be allowed for this site",
        )  # fmt: skip
    if any(isinstance(text, str) and "\0" in text for _, text in body.multi_items()):
        raise ServiceError("malformed", "a field of the form has a NUL in it", "write it anew")


def signed_in(request: Request) -> Viewer:
    """Who is signed in; raises SignInNeeded."""
    service, text = service_of(request), cookies.read(request)
    org_id, now = sessions.org_of(text), service.now()
    if org_id is None:
        raise SignInNeeded
    with service.reading(org_id) as session:
        opened = sessions.opened(session, org_id, text, lifetimes(service), now)
        if opened is None:
            raise SignInNeeded
        names = users.names(session, opened.principal)
    # A page that asks by itself how far its runs are keeps nobody signed in.
    if opened.is_old and not request.headers.get("hx-request"):
        # Reading works while the database is locked.
        with contextlib.suppress(OperationalError), service.writing(org_id) as session:
            sessions.note_seen(session, org_id, opened.id, now)
    of = opened.principal
    admitted(request, of)
    viewer = Viewer(
        of.org_id, of.project_id, user_id=of.user_id, role=of.role, project_role=of.project_role, token_id=of.token_id,
        limit=of.limit, session_id=opened.id, form_token=cookies.form_token(text), names=names,
    )  # fmt: skip
    request.state.viewer = viewer  # for the page of an error
    return viewer


SignedIn = Annotated[Viewer, Depends(signed_in)]  # for what is not about a project


def with_project(viewer: Viewer) -> Viewer:
    """Who is signed in, in a project of theirs; raises ProjectNeeded."""
    if viewer.project_role is None:
        raise ProjectNeeded
    return viewer


async def _in_project(viewer: SignedIn) -> Viewer:
    return with_project(viewer)


Looks = Annotated[Viewer, may(Action.READ_RUNS, _in_project)]
Works = Annotated[Viewer, may(Action.WRITE_RUNS, _in_project)]
