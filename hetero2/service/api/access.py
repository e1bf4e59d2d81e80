"""Who asks: the scope that a token opens."""

import contextlib
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.exc import OperationalError

from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope

COOKIE = "hetero2_token"


def service_of(request: Request) -> Service:
    """The service that answers."""
    service: Service = request.app.state.service
    return service


def scope_of(request: Request) -> Scope:
    """What the token of a request opens; raises unauthenticated."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise ServiceError("unauthenticated", "no token was sent", "send `Authorization: Bearer TOKEN`")
    return opened_by(service_of(request), text.strip())


def opened_by(service: Service, text: str) -> Scope:
    """What a token opens; raises unauthenticated."""
    with service.reading() as session:
        scope, token_id, last = orgs.scope_of(session, text)
    now = service.now()
    if orgs.use_is_old(last, now):
        with contextlib.suppress(OperationalError), service.writing() as session:  # reading works while it is locked
            orgs.note_use(session, scope, token_id, now)
    return scope


Opened = Annotated[Service, Depends(service_of)]
Granted = Annotated[Scope, Depends(scope_of)]
