"""The HTTP server of the service."""

from functools import partial

import uvicorn

from hetero2.service.api.app import create_app
from hetero2.service.connections import BoundedConnection
from hetero2.service.core import Service
from hetero2.service.observe.requests import Observed


class HttpServer(uvicorn.Server):
    """Says where it listens once it does: with port 0 that is known only then."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        protocol = partial(BoundedConnection, patience=settings.patience, max_connections=settings.max_connections)
        app = Observed(create_app(service), service.metrics, service.tracing)
        super().__init__(
            uvicorn.Config(
                app, host=settings.host, port=settings.port, log_config=None, access_log=False,
                server_header=False, timeout_keep_alive=30, timeout_graceful_shutdown=5,
                h11_max_incomplete_event_size=65536, http=protocol,  # type: ignore[arg-type] # is called as a class is
                # Who asks is what the reverse proxy on this machine says; where there is none, anybody could say it.
                proxy_headers=settings.is_https, forwarded_allow_ips=["127.0.0.1", "::1"],
            )
        )  # fmt: skip

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, and say where."""
        await super().startup(sockets)  # type: ignore[arg-type]
        for server in self.servers:
            for socket in server.sockets:
                host, port = socket.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                print(f"listening on http://{shown}:{port}", flush=True)
