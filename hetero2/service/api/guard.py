"""What holds for every request and answer, below the application: a cap on bodies, headers that make answers safe."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hetero2.service import headers
from hetero2.service.api.problems import of_program
from hetero2.service.domain.errors import ServiceError

MOST_BODY = 1_000_000  # bytes of a body that is not a file
# Here files are brought, which have a cap of their own.
_FILES = re.compile(
    r"(PUT|PATCH) /api/v1/uploads.*|POST /new/.*|POST /runs/[^/]+/scores|POST /[^/]+/[^/]+/ga4gh/wes/v1/runs"
)


class Guard:
    """Refuses what is too large while it comes, whatever its headers say, before the application has read it."""

    def __init__(self, app: ASGIApp, largest: int, is_https: bool) -> None:
        """largest: bytes of all that one request may bring where files are brought; is_https: browsers come by TLS."""
        self._app, self._largest, self._is_https = app, largest, is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers.secure(MutableHeaders(scope=message), self._is_https)
            await send(message)

        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # which no database keeps, or looks for
            refused = of_program(scope["path"], ServiceError("malformed", "the address has a NUL in it"))
            await refused(scope, receive, sending)
            return
        if brings_files(scope):
            await self._app(scope, _counted(receive, self._largest), sending)
            return
        body = await _body(scope, receive)
        if body is None:
            error = ServiceError("too_large", f"a body has at most {MOST_BODY} bytes", "bring files as uploads")
            refused = of_program(scope["path"], error)
            await refused(scope, receive, sending)
            return
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receiving() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, receiving, sending)


def brings_files(scope: Scope) -> bool:
    """Whether a request is one by which files are brought."""
    return _FILES.fullmatch(f"{scope['method']} {scope['path']}") is not None


def _counted(receive: Receive, largest: int) -> Receive:
    """Raises too_large once more than that has come."""
    came = 0

    async def receiving() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > largest:
            raise ServiceError("too_large", f"a request brings at most {largest} bytes", "bring smaller files")
        return message

    return receiving


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large."""
    announced = Headers(scope=scope).get("content-length", "")
    if announced.isdigit() and int(announced) > MOST_BODY:
        return None
    body: bytes = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MOST_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return body
