"""Organisations, projects and the tokens that open them."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hetero2.service.db.models import Org, Project, Token
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope

PREFIX = "h2_"  # by which a scanner for secrets knows a token
_USE_NOTED = timedelta(minutes=1)  # the last use of a token is written at most so often


def first_scope(session: Session) -> Scope | None:
    """The only project of an embedded service; None before its first start."""
    row = session.scalars(select(Project).order_by(Project.created_at).limit(1)).first()
    return None if row is None else Scope(row.org_id, row.id)


def create(session: Session, name: str, project: str, now: datetime) -> Scope:
    """A new organisation with one project; raises conflict for a second one on SQLite, which parts no two tenants."""
    if session.get_bind().dialect.name == "sqlite" and count(session):
        raise ServiceError(
            "conflict", "with SQLite there is one organisation: nothing in the database itself keeps two apart",
            "give --database postgresql://..",
        )  # fmt: skip
    scope = Scope(uuid4(), uuid4())
    session.add(Org(id=scope.org_id, name=name, created_at=now))
    session.flush()
    session.add(Project(org_id=scope.org_id, id=scope.project_id, name=project, created_at=now))
    session.flush()
    return scope


def new_token(session: Session, scope: Scope, name: str, now: datetime) -> str:
    """The text of a new token, which is not kept anywhere."""
    text = PREFIX + secrets.token_urlsafe(32)
    session.add(
        Token(
            org_id=scope.org_id, id=uuid4(), project_id=scope.project_id, name=name, sha256=_digest(text),
            created_at=now, last_used_at=None, revoked_at=None,
        )
    )  # fmt: skip
    session.flush()
    return text


def scope_of(session: Session, text: str) -> tuple[Scope, UUID, datetime | None]:
    """(what a token opens, its id, its last use as far as noted); raises unauthenticated."""
    token = session.scalars(select(Token).where(Token.sha256 == _digest(text))).first()
    if token is None or token.revoked_at is not None:
        raise ServiceError(
            "unauthenticated",
            "the token is not valid",
            "send `Authorization: Bearer TOKEN` with a token of this service",
        )
    return Scope(token.org_id, token.project_id), token.id, token.last_used_at


def note_use(session: Session, scope: Scope, token_id: UUID, now: datetime) -> None:
    """Write when a token was last used."""
    session.execute(update(Token).where(Token.org_id == scope.org_id, Token.id == token_id).values(last_used_at=now))


def use_is_old(last: datetime | None, now: datetime) -> bool:
    """Whether the noted use is to be written anew."""
    return last is None or now - last > _USE_NOTED


def count(session: Session) -> int:
    """How many organisations there are."""
    return session.scalar(select(func.count()).select_from(Org)) or 0


def _digest(text: str) -> str:
    """A token is random and long: a plain digest of it cannot be guessed back."""
    return hashlib.sha256(text.encode()).hexdigest()
