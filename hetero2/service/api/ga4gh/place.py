"""Where a request of GA4GH's interfaces is: whose project its address names, and how addresses are shown."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request

from hetero2 import __version__
from hetero2.service.api.access import may, principal_of, read, service_of
from hetero2.service.db import orgs
from hetero2.service.domain.permissions import Action, Principal, unseen
from hetero2.service.domain.scope import Scope


async def here(request: Request) -> Principal:
    """Whom the token of a request is of, in the project that its address names; raises unauthenticated, not_found.

    An address without the names, to which a drs:// address leads, is of the token's project.
    """
    principal = await principal_of(request)
    named = request.path_params
    if "project" in named and await read(service_of(request), names, request, principal) != (
        named["org"],
        named["project"],
    ):
        raise unseen()
    return principal


def names(request: Request, scope: Scope) -> tuple[str, str]:
    """Of the organisation and the project; raises not_found."""
    with service_of(request).reading(scope) as session:
        pair = orgs.names(session, scope)
    if pair is None:
        raise unseen()
    return pair


def id_of(text: str) -> UUID:
    """The id in an address; raises not_found where it is none, since there is nothing of that id."""
    try:
        return UUID(text)
    except ValueError:
        raise unseen() from None


def below(request: Request, scope: Scope, path: str) -> str:
    """The whole address of a path of this project's interfaces."""
    return f"{request.base_url}{'/'.join(names(request, scope))}/ga4gh/{path}"


def drs_uri(request: Request, object_id: UUID) -> str:
    """The address of a file that GA4GH has for it: a host, which has no port there, and an id."""
    return f"drs://{host(request)}/{object_id}"


def host(request: Request) -> str:
    """The name by which this service was asked."""
    name = request.base_url.hostname or "localhost"
    return f"[{name}]" if ":" in name else name


def moment(at: datetime) -> str:
    """A time as GA4GH has it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def service_info(request: Request, scope: Scope, artifact: str, version: str) -> dict[str, Any]:
    """What GA4GH's service-info says of every service."""
    org, project = names(request, scope)
    reverse = ".".join(reversed(host(request).split(".")))
    return {
        "id": f"{reverse}.{org}.{project}.{artifact}",
        "name": f"HETERO-2, {org}/{project}",
        "type": {"group": "org.ga4gh", "artifact": artifact, "version": version},
        "organization": {"name": org, "url": str(request.base_url)},
        "version": __version__,
    }


Reads = Annotated[Principal, may(Action.READ_RUNS, here)]
Works = Annotated[Principal, may(Action.WRITE_RUNS, here)]
Signs = Annotated[Principal, may(Action.SIGN_ARTIFACTS, here)]
