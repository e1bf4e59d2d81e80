"""Bodies of requests, read strictly: JSON alone, and none that two readers would understand differently."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from hetero2.service.domain.errors import ServiceError


class _StrictRequest(Request):
    """A request whose JSON has each name once, and no number that JSON does not have."""

    async def json(self) -> Any:
        """The body; raises JSONDecodeError."""
        if not hasattr(self, "_json"):
            self._json = strict_json(await self.body())
        return self._json


class StrictRoute(APIRoute):
    """A route that refuses a body of another kind than JSON, where it takes one."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            read = _StrictRequest(request.scope, request.receive)
            if self.body_field is not None:
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind != "application/json" and (kind or await read.body()):
                    raise ServiceError(
                        "unsupported_media_type", f"Content-Type: {kind[:100] or 'none was sent'}",
                        "send `Content-Type: application/json`",
                    )  # fmt: skip
            return await handle(read)

        return strict


def strict_json(text: str | bytes) -> Any:
    """What a JSON text says, each name once, and no number that JSON does not have; raises JSONDecodeError."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise json.JSONDecodeError(f"{twice[:100]!r} stands there twice", "", 0)
    return result


def _no_constant(word: str) -> NoReturn:
    raise json.JSONDecodeError(f"{word} is no number of JSON", "", 0)
