"""Audit events: one for each act that changes something, in its transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from hetero2.service.db.engine import principal_of
from hetero2.service.db.people import AuditEvent
from hetero2.service.domain.scope import Scope

Who = UUID | Literal["service"]  # a person, or the service itself and its operator


def note(session: Session, scope: Scope | UUID, act: str, object_id: UUID | str | None = None, **detail: Any) -> None:
    """Write that the session's principal did this, such as `run.create`; undone with the transaction.

    detail: what of it matters, never a secret.
    """
    principal = principal_of(session)
    request_id = get_contextvars().get("request_id")
    session.add(
        AuditEvent(
            org_id=scope.org_id if isinstance(scope, Scope) else scope, id=uuid4(), at=datetime.now(UTC), act=act,
            object_id=None if object_id is None else str(object_id)[:100],
            project_id=scope.project_id if isinstance(scope, Scope) else None,
            user_id=principal.user_id if principal else None, token_id=principal.token_id if principal else None,
            request_id=request_id, detail=detail,
        )
    )  # fmt: skip
    session.flush()


def page(
    session: Session, org_id: UUID, limit: int, before: tuple[datetime, UUID] | None = None,
    act: str | None = None, who: Who | None = None,
) -> Sequence[AuditEvent]:  # fmt: skip
    """The latest events of an organisation, at most `limit`; before: (at, id) of the last one seen.

    act, who: only of these.
    """
    query = select(AuditEvent).where(AuditEvent.org_id == org_id)
    if act is not None:
        query = query.where(AuditEvent.act == act)
    if who is not None:
        query = query.where(AuditEvent.user_id == (None if who == "service" else who))
    if before is not None:
        at, event_id = before
        query = query.where((AuditEvent.at < at) | ((AuditEvent.at == at) & (AuditEvent.id < event_id)))
    return session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit)).all()
