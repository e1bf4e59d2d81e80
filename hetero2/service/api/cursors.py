"""Cursors of lists that come in pages: where the next page begins, by time and id."""

import base64
import binascii
import json
from datetime import UTC, datetime
from uuid import UUID

from hetero2.service.domain.errors import ServiceError


def encoded(moment: datetime, row_id: UUID) -> str:
    """The cursor after the row of this time and id."""
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), row_id.hex]).encode()).decode()


def decoded(cursor: str) -> tuple[datetime, UUID]:
    """The time and id of a cursor; raises invalid."""
    try:
        moment, row_id = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError("no zone")
        return at.astimezone(UTC), UUID(row_id)
    except (ValueError, OverflowError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise ServiceError("invalid", "cursor: is none of ours", "begin without one, and use next_cursor") from None
