"""Texts that open something: random, kept as their sha256 alone, and with the organisation that they belong to.

The organisation in the text says whose rows the database may show to find the rest; it is an id, and no secret.
"""

import base64
import hashlib
import secrets
from uuid import UUID

_ID = 22  # characters of an id as urlsafe base64, without padding


def new(prefix: str, org_id: UUID) -> str:
    """A new text with 256 random bits."""
    return prefix + base64.urlsafe_b64encode(org_id.bytes).decode().rstrip("=") + secrets.token_urlsafe(32)


def org_of(prefix: str, text: str) -> UUID | None:
    """The organisation that a text names; None where it is none of ours."""
    if not text.startswith(prefix) or len(text) != len(prefix) + _ID + 43 or not text.isascii():
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(text[len(prefix) :][:_ID] + "=="))
    except ValueError:
        return None


def digest(text: str) -> str:
    """What is kept: of a text that is random and long, a plain digest cannot be guessed back."""
    return hashlib.sha256(text.encode()).hexdigest()
