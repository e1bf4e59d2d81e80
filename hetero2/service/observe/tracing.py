"""One trace from a request through the queue to each attempt at the run: OpenTelemetry, sent by OTLP over HTTP.

It is sent only where the standard variable OTEL_EXPORTER_OTLP_ENDPOINT, or that of traces alone, names a collector. The
trace's id is the request's id in every case, so a line of the log and a trace find each other. No span has a raw path,
a query, a header or the words of an error.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from hetero2.service.observe.masking import mask


class Tracing:
    """Makes the spans of one process."""

    def __init__(self) -> None:
        resource = Resource({"service.name": "hetero2"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._tracer = self._provider.get_tracer("hetero2.service")
        if any(os.environ.get(f"OTEL_EXPORTER_OTLP_{name}") for name in ("ENDPOINT", "TRACES_ENDPOINT")):
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))

    def stop(self) -> None:
        """Send what was not sent yet."""
        self._provider.shutdown()

    @contextmanager
    def request(self, method: str) -> Iterator[Span]:
        """The first span of a trace; what the client says of a trace of its own is not taken."""
        with self._current(method, Context(), SpanKind.SERVER, {"http.request.method": method}) as span:
            yield span

    @contextmanager
    def attempt(self, trace: str | None, queued_at: datetime | None, attributes: Mapping[str, Any]) -> Iterator[Span]:
        """The span of an attempt, in the trace of the request for its run, beside that of the wait in the queue."""
        asked = TraceContextTextMapPropagator().extract({"traceparent": trace} if trace else {}, Context())
        if queued_at is not None:
            began = int(queued_at.timestamp() * 1e9)
            self._tracer.start_span("queue", asked, attributes=attributes, start_time=began).end()
        with self._current("attempt", asked, SpanKind.CONSUMER, attributes) as span:
            yield span

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """A part of what this thread is at."""
        with self._current(name):
            yield

    @contextmanager
    def _current(
        self, name: str, parent: Context | None = None, kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
    ) -> Iterator[Span]:  # fmt: skip
        """The span that is current in a block. An error that leaves it is not recorded: its words may be secret."""
        with self._tracer.start_as_current_span(
            name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            yield span

    def stages(self) -> "Stages":
        """The stages of the pipeline below the span that is current."""
        return Stages(self, set_span_in_context(get_current_span()))

    def begin(self, name: str, parent: Context, began: int) -> Span:
        """A span that somebody else ends; began: nanoseconds since 1970."""
        return self._tracer.start_span(name, parent, start_time=began)


class Stages:
    """Spans of the pipeline's stages, from what it tells of its progress: as exact as that is often told."""

    def __init__(self, tracing: Tracing, parent: Context) -> None:
        self._tracing, self._parent = tracing, parent
        self._spans: dict[str, Span] = {}
        self._looked = time.time_ns()

    def see(self, progress: Mapping[str, Any]) -> None:
        """Begin the spans of stages that have begun since the last look, and end those of stages that are done."""
        for stage in progress.get("stages", ()):
            name, done, total = stage["name"], stage["done"], stage["total"]
            if name not in self._spans:
                self._spans[name] = self._tracing.begin(f"stage {mask(name)}", self._parent, self._looked)
            span = self._spans[name]
            if span.is_recording():
                span.set_attributes({"hetero2.done": done, "hetero2.total": total})
                if done >= total > 0:
                    span.end()
        self._looked = time.time_ns()

    def end(self) -> None:
        """End what has not ended, with the pipeline."""
        for span in self._spans.values():
            if span.is_recording():
                span.end()


def trace_id(span: Span) -> str | None:
    """As 32 digits of base 16; None where tracing is switched off (OTEL_SDK_DISABLED)."""
    context = span.get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def trace_id_of(trace: str | None) -> str | None:
    """That of a traceparent."""
    return trace.split("-")[1] if trace else None


def fail(span: Span) -> None:
    """Mark a span as one of a fault of ours."""
    span.set_status(StatusCode.ERROR)
