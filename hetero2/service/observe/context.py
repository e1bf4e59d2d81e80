"""What a line of the log is about: bound once for a request or an attempt, for all threads that work on it."""

from collections.abc import MutableMapping
from typing import Any

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog import contextvars

_ABOUT = "about"


def begin(**ids: object) -> None:
    """From now on the lines of this thread or task, and of its threads, say this, and nothing bound before."""
    # The mapping is shared by all copies of the context: what a thread of the pool learns, such as who asks, is known
    # to the lines of the request that come after it.
    contextvars.bind_contextvars(**{name: str(value) for name, value in ids.items()}, **{_ABOUT: {}})


def end() -> None:
    """The lines that follow are about nothing."""
    contextvars.clear_contextvars()


def bind(**ids: object) -> None:
    """Say more of what the lines are about; nothing where no request or attempt has begun."""
    about = contextvars.get_contextvars().get(_ABOUT)
    if about is not None:
        about.update({name: str(value) for name, value in ids.items() if value is not None})


def bound() -> dict[str, str]:
    """What has been said with `bind`."""
    return dict(contextvars.get_contextvars().get(_ABOUT) or {})


def add_bound(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog, after merge_contextvars: what was bound becomes fields of the line."""
    line.update(line.pop(_ABOUT, {}))
    return line


def traceparent() -> str | None:
    """The span that is current, as W3C Trace Context writes it; None where there is none."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")
