"""Each request gets an id, a line in the log, a place in the metrics, and a trace."""

import logging
import time
from collections.abc import Mapping
from uuid import uuid4

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from hetero2.service.observe import context, tracing
from hetero2.service.observe.metrics import Metrics
from hetero2.service.observe.tracing import Tracing

log = logging.getLogger(__name__)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LEFT = 499  # as nginx says it: the client went away before there was an answer
_UNKNOWN = "other"  # a path or a method that the service does not have: a client could invent any number of them


class Observed:
    """An application whose requests are seen; around all of it, so that what the application refuses is seen too."""

    def __init__(self, app: FastAPI, metrics: Metrics, traces: Tracing) -> None:
        self._app, self._metrics, self._tracing = app, metrics, traces
        # A route itself knows nothing of the prefix that its router was included with.
        self._templates = {id(known.original_route): known.path for known in iter_route_contexts(app.routes)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else _UNKNOWN
        with self._tracing.request(method) as span:
            # A client's own X-Request-Id would stand in the audit log, in words of its choice.
            request_id = tracing.trace_id(span) or uuid4().hex
            context.begin(request_id=request_id)
            answer = _Answer(request_id, send)
            status = 500  # where the application fails before it answers
            try:
                await self._app(scope, receive, answer.send)
                status = _LEFT
            finally:
                status = answer.status or status
                route = self._route(scope)
                self._metrics.request(method, route, status, answer.seconds)
                ids = {f"hetero2.{name}": value for name, value in context.bound().items()}
                attributes: Mapping[str, str | int] = {"http.route": route, "http.response.status_code": status, **ids}
                span.set_attributes(attributes)
                span.update_name(f"{method} {route}")
                if status >= 500:
                    tracing.fail(span)
                shown = {"method": method, "route": route, "status": status, "ms": answer.milliseconds()}
                log.info("request", extra=shown)

    def _route(self, scope: Scope) -> str:
        """The template of the route that took it, such as /api/v1/runs/{run_id}; never the path itself."""
        if "route" not in scope:
            return scope.get("root_path") or _UNKNOWN  # of files that are mounted there
        return self._templates.get(id(scope["route"])) or _UNKNOWN


class _Answer:
    """Sends an answer on, with the request's id, and keeps when it began and its status."""

    def __init__(self, request_id: str, send: Send) -> None:
        self._request_id, self._send = request_id, send
        self._began = time.monotonic()
        self._after: float | None = None
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send."""
        if message["type"] == "http.response.start":
            self.status, self._after = message["status"], time.monotonic() - self._began
            MutableHeaders(scope=message)["X-Request-Id"] = self._request_id
        await self._send(message)

    @property
    def seconds(self) -> float:
        """Until it began: how long it takes from there, a client decides who reads, or follows a stream of events."""
        return self.milliseconds() / 1000 if self._after is None else self._after

    def milliseconds(self) -> float:
        """Since the request came."""
        return round(1000 * (time.monotonic() - self._began), 1)
