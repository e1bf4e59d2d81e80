"""The API of an open service, on a free port of loopback, in a thread of the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hetero2.service.core import Service
from hetero2.service.server import HttpServer


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Its address. The service's settings must name port 0."""
    assert service.settings.port == 0
    server = HttpServer(service)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive(), "the server has ended"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
