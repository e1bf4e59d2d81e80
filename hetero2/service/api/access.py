"""Who asks, and whether they may: each operation declares the action that it is, and is asked here for it."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any, ParamSpec, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool

from hetero2.service.core import Service
from hetero2.service.db.access import secrets, tokens, users
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, Principal, require
from hetero2.service.domain.scope import Scope
from hetero2.service.limiter import refuse
from hetero2.service.observe import context

_Given = ParamSpec("_Given")
_Read = TypeVar("_Read")


def service_of(request: Request) -> Service:
    """The service that answers."""
    service: Service = request.app.state.service
    return service


async def principal_of(request: Request) -> Principal:
    """Whom the token of a request is of; raises unauthenticated."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise ServiceError("unauthenticated", "no token was sent", "send `Authorization: Bearer TOKEN`")
    service = service_of(request)
    opened = await read(service, opened_by, service, text.strip())
    if opened.is_use_to_be_noted(service.now()):
        await run_in_threadpool(_note_use, service, opened.principal)
    return admitted(request, opened.principal)


async def read(service: Service, reads: Callable[_Given, _Read], *args: _Given.args, **named: _Given.kwargs) -> _Read:
    """What a function that only reads the database returns.

    From SQLite it is read where we are: nothing is waited for there, and to hand it to another thread takes longer. A
    server of its own is waited for in another thread.
    """
    if service.settings.is_embedded:
        return reads(*args, **named)
    return await run_in_threadpool(reads, *args, **named)


def admitted(request: Request, principal: Principal) -> Principal:
    """The principal of a request, which is counted as theirs, and whom its lines of the log name; raises rate_limited.

    Whatever lets somebody in calls this: what was not admitted is counted by its address (rates).
    """
    _say_who_asks(request, principal)
    standings = service_of(request).limits.request(principal)
    request.state.standings.extend(standings)
    refuse(standings)
    return principal


def _say_who_asks(request: Request, principal: Principal) -> None:
    """In the lines of the log of this thread, with the run that the address names."""
    context.bind(org_id=principal.org_id, project_id=principal.project_id)
    with contextlib.suppress(KeyError, ValueError):
        context.bind(run_id=UUID(request.path_params["run_id"]))


def opened_by(service: Service, text: str) -> tokens.Opened:
    """What a token opens now; raises unauthenticated."""

    def look() -> tokens.Opened:
        with service.reading(tokens.org_of(text)) as session:
            return tokens.opened(session, text)

    try:
        opened = service.unchanged.get(("token", secrets.digest(text)), look)
        opened.at(service.now())
    except ServiceError:
        if text:
            service.metrics.sign_in_failed("token")
        raise
    return opened


def _note_use(service: Service, principal: Principal) -> None:
    # Reading works while the database is locked.
    with contextlib.suppress(OperationalError), service.writing(principal) as session:
        tokens.note_use(session, principal, service.now())


async def _service(request: Request) -> Service:  # what is no coroutine is called in another thread, which takes longer
    return service_of(request)


Opened = Annotated[Service, Depends(_service)]
Anybody = Annotated[Principal, Depends(principal_of)]  # whoever has a token


def may(action: Action, who: Callable[..., Awaitable[Principal]] = principal_of) -> Any:
    """A dependency: the principal of a request, who may do this in their project, or in their organisation."""

    # In no other thread, as above.
    async def allowed(request: Request, principal: Annotated[Principal, Depends(who)]) -> Principal:
        _say_who_asks(request, principal)
        require(principal, action, principal)
        return principal

    allowed.action = action  # type: ignore[attr-defined] # by which a test, and the document, know an operation's
    return Depends(allowed)


def may_in_project(action: Action, who: Callable[..., Awaitable[Principal]] = principal_of) -> Any:
    """A dependency: the principal in the project that the path names, who may do this there."""

    def allowed(project_id: UUID, service: Opened, principal: Annotated[Principal, Depends(who)]) -> Principal:
        return in_project(service, principal, project_id, action)

    allowed.action = action  # type: ignore[attr-defined]
    return Depends(allowed)


def permission_of(route: APIRoute) -> str | None:
    """The action that an operation declares; None where it declares none."""
    pending = [*route.dependant.dependencies]
    while pending:
        dependant = pending.pop()
        if isinstance(action := getattr(dependant.call, "action", None), Action):
            return action.value
        pending += dependant.dependencies
    return None


def in_project(service: Service, principal: Principal, project_id: UUID, action: Action) -> Principal:
    """The principal in another project of theirs, where they may do this; raises not_found, forbidden.

    A token stays in its own project.
    """
    if principal.token_id is None or project_id == principal.project_id:
        with service.reading(principal) as session:
            other = users.principal(session, principal.org_id, principal.user_id, project_id)
    else:
        other = None
    there = principal if other is None else replace(other, token_id=principal.token_id, limit=principal.limit)
    require(there, action, Scope(principal.org_id, project_id))
    context.bind(project_id=project_id)
    return there


ReadsRuns = Annotated[Principal, may(Action.READ_RUNS)]
WritesRuns = Annotated[Principal, may(Action.WRITE_RUNS)]
SignsArtifacts = Annotated[Principal, may(Action.SIGN_ARTIFACTS)]
