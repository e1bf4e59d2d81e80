"""Where Prometheus finds the metrics of a process: a port of its own, on loopback, which no proxy shows."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from hetero2.errors import ConfigError
from hetero2.service.core import Service
from hetero2.service.observe.backlog import BacklogCollector


@contextmanager
def served(service: Service) -> Iterator[None]:
    """Answer on the setting `metrics_port` until the block ends; raises ConfigError where it is taken."""
    port = service.settings.metrics_port
    if port == 0:
        yield
        return
    collector = BacklogCollector(service)
    service.metrics.registry.register(collector)
    try:
        server, thread = start_http_server(port, "127.0.0.1", service.metrics.registry)
    except OSError as error:
        raise ConfigError(f"HETERO2_METRICS_PORT: {port} cannot be used: {error.strerror}", "name another") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        service.metrics.registry.unregister(collector)
