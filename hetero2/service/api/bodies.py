"""Bodies of requests, read strictly: JSON alone, and none that two readers would understand differently."""

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import UNKEPT


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
    """What a JSON text says, each name once, no number that JSON does not have, and nothing that no database keeps.

    Raises JSONDecodeError.
    """
    try:
        said = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError("too deep", "", 0) from None
    except ValueError:
        raise json.JSONDecodeError("a number is too long, or the text is no UTF-8", "", 0) from None
    _check_kept(said)
    return said


def _check_kept(said: Any) -> None:
    pending = [said]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            pending += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            pending += part
        elif isinstance(part, str) and UNKEPT.search(part):
            raise json.JSONDecodeError("NUL, or half of a surrogate pair, is no character that is taken", "", 0)
        elif isinstance(part, float) and math.isinf(part):  # 1e400
            raise json.JSONDecodeError("a number is too large", "", 0)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise json.JSONDecodeError(f"{twice[:100]!r} stands there twice", "", 0)
    return result


def _no_constant(word: str) -> NoReturn:
    raise json.JSONDecodeError(f"{word} is no number of JSON", "", 0)
