"""A collector of traces on loopback: takes OTLP over HTTP, as protobuf, and keeps it."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collector:
    """What came."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()

    def spans(self) -> list[Any]:
        """All spans, decoded."""
        spans = []
        for body in self.bodies:
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                names = {entry.key: entry.value.string_value for entry in of_resource.resource.attributes}
                assert names["service.name"] == "hetero2"
                spans += [span for of_scope in of_resource.scope_spans for span in of_scope.spans]
        return spans


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    """Take what comes, until the block ends."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/x-protobuf"
            kept.bodies.append(body)
            kept.paths.add(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def attributes(span: Any) -> dict[str, Any]:
    """Of a span."""
    return {
        entry.key: getattr(entry.value, entry.value.WhichOneof("value")) for entry in span.attributes
    }  # fmt: skip
