"""Rates on the wire: requests of nobody who is known are counted by address, and answers say how one stands."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hetero2.service.api.problems import answer
from hetero2.service.limiter import Limiter, Standing


class Rates:
    """Counts by address what no principal was admitted for, whatever it asked: the default, which no route can forget.

    What brings no token and no cookie is refused before it reaches a route; what brings one that opens nothing, once
    that is known. Who is known is counted where they become known (access.admitted).
    """

    def __init__(self, app: ASGIApp, limiter: Limiter) -> None:
        self._app, self._limiter = app, limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] == "/healthz" or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        answering = _Answering(self._limiter, scope, receive, send)
        headers = Headers(scope=scope)
        if "authorization" in headers or "cookie" in headers or not await answering.refuse_stranger():
            await self._app(scope, receive, answering.send)


class _Answering:
    """The answer to one request, whose header says how its client stands."""

    def __init__(self, limiter: Limiter, scope: Scope, receive: Receive, send: Send) -> None:
        self._limiter, self._scope, self._receive, self._send = limiter, scope, receive, send
        self._standings: list[Standing] = []
        self._is_refused = False
        scope.setdefault("state", {})["standings"] = self._standings

    async def refuse_stranger(self) -> bool:
        """Count by address; whether it was one too many, and that was answered."""
        standing = self._limiter.stranger((self._scope.get("client") or ("", 0))[0])
        self._standings.append(standing)
        if standing.is_over:
            self._is_refused = True
            await answer(Request(self._scope), standing.refusal())(self._scope, self._receive, self._show)
        return standing.is_over

    async def send(self, message: Message) -> None:
        """Pass the application's answer on, unless it is to nobody who is known, and one too many."""
        if message["type"] == "http.response.start" and not self._standings:
            await self.refuse_stranger()
        if not self._is_refused:
            await self._show(message)

    async def _show(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for standing in self._standings:
                for name, value in standing.headers().items():
                    headers.append(name, value)
        await self._send(message)
