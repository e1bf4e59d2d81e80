"""The service's own log: a line of JSON an event, to stderr."""

import logging
import os
import sys
from collections.abc import Iterable, Iterator

import structlog
from sqlalchemy.engine import make_url

from hetero2.service.observe import context, masking
from hetero2.service.settings import Settings

_SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS", "PGPASSWORD")


def start(settings: Settings) -> None:
    """Log as JSON lines, whatever library a line is from."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(_secrets(settings)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("alembic", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def formatter(secrets: Iterable[str] = ()) -> logging.Formatter:
    """What makes a line of a record; these values stand in none."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        context.add_bound,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            masking.processor(secrets),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
    )


def _secrets(settings: Settings) -> Iterator[str]:
    """Those that this process knows by their value."""
    yield from filter(None, (os.environ.get(name) for name in _SECRET_VARIABLES))
    password = make_url(settings.database_url).password
    if password:
        yield str(password)
