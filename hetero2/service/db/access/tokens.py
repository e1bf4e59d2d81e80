"""Tokens: made, shown by their last use, revoked, and what one opens."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from hetero2.service.db.access import audit, secrets, users
from hetero2.service.db.people import Token
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, Principal
from hetero2.service.domain.scope import Scope

PREFIX = "h2_"  # by which a scanner for secrets knows a token
_USE_NOTED = timedelta(minutes=1)  # the last use of a token is written at most so often

# Asked with every request, and so made once.
_OF_TEXT = select(Token).where(Token.org_id == bindparam("org_id"), Token.sha256 == bindparam("sha256"))


class Opened(NamedTuple):
    """What a token opens until it ends."""

    principal: Principal
    expires_at: datetime | None
    last_used_at: datetime | None

    def at(self, now: datetime) -> Principal:
        """The principal; raises unauthenticated where the token has ended."""
        if self.expires_at is not None and now >= self.expires_at:
            raise _invalid()
        return self.principal

    def is_use_to_be_noted(self, now: datetime) -> bool:
        """Whether what stands there of its last use is too old."""
        return self.last_used_at is None or now - self.last_used_at > _USE_NOTED


def add(
    session: Session, scope: Scope, user_id: UUID, name: str, now: datetime,
    actions: Collection[Action] | None = None, expires_at: datetime | None = None,
) -> tuple[Token, str]:  # fmt: skip
    """A new token of a person in a project, and its text, which is not kept anywhere."""
    text = secrets.new(PREFIX, scope.org_id)
    token = Token(
        org_id=scope.org_id, id=uuid4(), project_id=scope.project_id, user_id=user_id, name=name,
        sha256=secrets.digest(text), actions=None if actions is None else sorted(actions), created_at=now,
        expires_at=expires_at, last_used_at=None, revoked_at=None,
    )  # fmt: skip
    session.add(token)
    session.flush()
    audit.note(session, scope, "token.create", token.id, name=name, actions=token.actions)
    return token, text


def org_of(text: str) -> UUID:
    """The organisation of a token's text; raises unauthenticated where it is none."""
    org_id = secrets.org_of(PREFIX, text)
    if org_id is None:
        raise _invalid()
    return org_id


def opened(session: Session, text: str) -> Opened:
    """What a token opens until it ends; raises unauthenticated, alike for each reason."""
    token = session.scalars(_OF_TEXT, {"org_id": org_of(text), "sha256": secrets.digest(text)}).first()
    if token is None or token.revoked_at is not None:
        raise _invalid()
    person = users.principal(session, token.org_id, token.user_id, token.project_id, token)
    if person is None:
        raise _invalid()
    return Opened(person, token.expires_at, token.last_used_at)


def principal(session: Session, text: str, now: datetime) -> Principal:
    """Whom a token is of, now; raises unauthenticated, alike for each reason."""
    return opened(session, text).at(now)


def is_valid(token: Token, now: datetime) -> bool:
    """Whether a token opens anything."""
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)


def person(
    session: Session, org_id: UUID, user_id: UUID, project_id: UUID | None, token_id: UUID | None, now: datetime
) -> Principal | None:  # fmt: skip
    """A person as they are now, with the limits of the token that they came by; None where that is over."""
    token = None if token_id is None else session.get(Token, (org_id, token_id))
    if token_id is not None and (token is None or not is_valid(token, now)):
        return None
    return users.principal(session, org_id, user_id, project_id, token)


def note_use(session: Session, user: Principal, now: datetime) -> None:
    """Write when a token was last used."""
    session.execute(
        update(Token).where(Token.org_id == user.org_id, Token.id == user.token_id).values(last_used_at=now)
    )


def of_user(session: Session, org_id: UUID, user_id: UUID) -> Sequence[Token]:
    """The tokens of a person that are not revoked, the latest first."""
    query = select(Token).where(Token.org_id == org_id, Token.user_id == user_id, Token.revoked_at.is_(None))
    return session.scalars(query.order_by(Token.created_at.desc(), Token.id)).all()


def revoke(session: Session, user: Principal, token_id: UUID, now: datetime) -> None:
    """Let a token of this person open nothing from now on, nor sessions begun with it; raises not_found."""
    query = update(Token).where(
        Token.org_id == user.org_id, Token.user_id == user.user_id, Token.id == token_id, Token.revoked_at.is_(None)
    )
    if session.execute(query.values(revoked_at=now).returning(Token.id)).first() is None:
        raise ServiceError("not_found", "you have no such token", "list your tokens")
    audit.note(session, user.org_id, "token.revoke", token_id)


def _invalid() -> ServiceError:
    return ServiceError(
        "unauthenticated", "the token is not valid", "send `Authorization: Bearer TOKEN` with a token of this service"
    )
