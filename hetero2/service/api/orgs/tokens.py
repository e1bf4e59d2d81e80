"""Tokens of the person who asks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from hetero2.service.api.access import Opened, in_project, may
from hetero2.service.api.bodies import StrictRoute
from hetero2.service.api.orgs.schemas import NewToken, TokenShown, TokenWithText
from hetero2.service.db.access import tokens
from hetero2.service.db.people import Token
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, Principal

router = APIRouter(route_class=StrictRoute, prefix="/tokens", tags=["tokens"])
WritesTokens = Annotated[Principal, may(Action.WRITE_TOKENS)]


@router.get("", operation_id="list_tokens")
def every(service: Opened, principal: WritesTokens) -> list[TokenShown]:
    """Your tokens that were not revoked."""
    with service.reading(principal) as session:
        return [TokenShown(**_values(token)) for token in tokens.of_user(session, principal.org_id, principal.user_id)]


@router.post("", status_code=201, operation_id="create_token")
def create(body: NewToken, service: Opened, principal: WritesTokens) -> TokenWithText:
    """A new token; its text is shown only once."""
    there = principal
    if body.project_id is not None and body.project_id != principal.project_id:
        there = in_project(service, principal, body.project_id, Action.READ_PROJECT)
    if there.project_role is None:
        raise ServiceError("invalid", "project_id: you are in no project", "give the id of one of your projects")
    now = service.now()
    if beyond := sorted(set(body.actions or ()) - there.actions):
        raise ServiceError("forbidden", f"actions: you may not do {beyond[0]} yourself", "ask for less")
    if Action.WRITE_TOKENS in (body.actions or ()):
        raise ServiceError("invalid", "actions: a token with limits makes no tokens", "leave tokens:write out")
    if body.expires_at is not None and (body.expires_at.tzinfo is None or body.expires_at <= now):
        raise ServiceError("invalid", "expires_at: is over, or has no zone", "such as 2030-01-31T00:00:00Z")
    with service.writing(there) as session:
        token, text = tokens.add(session, there, principal.user_id, body.name, now, body.actions, body.expires_at)
    return TokenWithText(token=text, **_values(token))


@router.delete("/{token_id}", status_code=204, operation_id="revoke_token")
def revoke(token_id: UUID, service: Opened, principal: WritesTokens) -> Response:
    """Let a token open nothing, from now on."""
    with service.writing(principal) as session:
        tokens.revoke(session, principal, token_id, service.now())
    return Response(status_code=204)


def _values(token: Token) -> dict[str, object]:
    names = ("id", "name", "project_id", "actions", "created_at", "expires_at", "last_used_at")
    return {name: getattr(token, name) for name in names}
