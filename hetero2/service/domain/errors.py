"""What can be wrong with a request: a stable code each, an HTTP status, and what to do."""

from collections.abc import Mapping
from typing import Any

from hetero2.errors import HeteroError

# code: (status, title); docs/service.md shows this table.
CODES: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "unauthenticated": (401, "No valid token"),
    "forbidden": (403, "The token does not allow this"),
    "not_found": (404, "There is no such thing"),
    "method_not_allowed": (405, "This address does not take this method"),
    "conflict": (409, "The state does not allow this"),
    "upload_incomplete": (409, "The upload is not complete"),
    "too_large": (413, "Larger than the limit"),
    "unsupported_media_type": (415, "Not a kind of content that is taken here"),
    "range_not_satisfiable": (416, "There are no such bytes"),
    "invalid": (422, "A field is wrong"),
    "key_reused": (422, "The Idempotency-Key belongs to another request"),
    "digest_mismatch": (422, "The content does not have the sha256 that was named"),
    "unknown_workflow": (422, "There is no such workflow"),
    "invalid_pack": (422, "The pack cannot be run again"),
    "not_fetched": (422, "The file cannot be fetched"),
    "rate_limited": (429, "Too many requests"),
    "internal": (500, "The service has a defect"),
    "unavailable": (503, "The service cannot do this now"),
    "storage_full": (507, "There is no room for it"),
}


class ServiceError(HeteroError):
    """A request that is refused: one of CODES, what is wrong, and what to do."""

    def __init__(
        self, code: str, detail: str, hint: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        """headers: of the answer, such as Retry-After; more: fields of the problem."""
        super().__init__(detail, hint or None)
        self.headers = dict(headers or {})
        self.code, self.detail, self.advice, self.more = code, detail, hint, more
        self.status, self.title = CODES[code]
