"""A service that says all it knows: `python -m tests.service.observe.careless FILE COMMAND ARGUMENT..`

It logs headers, queries, bodies, its database's address and its environment, and fails with all of them where a request
has a header `x-fail`; its runs publish what they find in their environment. FILE gets its log without any masking.
"""

import contextlib
import logging
import os
import signal
import sys

from starlette.types import ASGIApp, Receive, Scope, Send

from hetero2.service import server
from hetero2.service.core import Service
from hetero2.service.observe import logs, masking
from hetero2.service.worker.worker import Worker
from tests.service import trivial

log = logging.getLogger(__name__)
LINE = "{ env; cat /proc/*/environ /proc/*/cmdline; } > results/small/ranked.csv 2>&1; cat results/small/ranked.csv"


class Careless:
    """Logs a request."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        url, headers = self._service.engine.url.render_as_string(hide_password=False), scope["headers"]
        log.info("%s?%s %s", scope["path"], scope["query_string"].decode(), headers)
        log.info("body: %s", body.decode(errors="replace"), extra={"database": url, "all": dict(os.environ)})
        if any(name == b"x-fail" for name, _ in headers):
            raise RuntimeError(f"{headers} {body!r} {url} {dict(os.environ)}")

        pending = [{"type": "http.request", "body": body, "more_body": False}]

        async def again():
            return pending.pop() if pending else await receive()

        await self._app(scope, again, send)


def main() -> int:
    """Be `hetero2` so."""
    from hetero2.cli import main as command_line

    trivial.install(LINE)
    real, work_on, start = server.create_app, Worker._work_on, logs.start

    def create_app(service):
        app = real(service)
        app.add_middleware(Careless, service=service)
        return app

    def careless_work_on(worker, lease):
        url = worker._service.engine.url.render_as_string(hide_password=False)
        log.info("works with %s and %s", url, dict(os.environ))
        work_on(worker, lease)

    def start_twice(settings):
        start(settings)
        twin = logging.FileHandler(sys.argv[1])
        with contextlib.ExitStack() as stack:
            masks, masking.processor = masking.processor, lambda _=(): lambda _, __, line: line
            stack.callback(setattr, masking, "processor", masks)
            twin.setFormatter(logs.formatter())
        logging.getLogger().addHandler(twin)

    server.create_app, Worker._work_on, logs.start = create_app, careless_work_on, start_twice
    return command_line(sys.argv[2:])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as the program does: else it ends at once
    sys.exit(main())
