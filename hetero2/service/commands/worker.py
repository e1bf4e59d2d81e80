"""worker: a process that works on the runs of a service whose database is PostgreSQL."""

import argparse
import signal
import threading

from hetero2.errors import ConfigError
from hetero2.service.commands import serve

EXAMPLE = "hetero2 worker --database postgresql://user@host/hetero2 --store s3://bucket/prefix"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The same as those of `hetero2 serve`."""
    serve.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Work until Ctrl-C or SIGTERM; runs at hand are given back."""
    from hetero2.service import core, isolation
    from hetero2.service.dispatch import background
    from hetero2.service.observe import logs, scrape
    from hetero2.service.worker.compute import choice

    settings = serve.settings_of(args)
    choice.check(settings)
    if settings.is_embedded:
        raise ConfigError(
            "a worker of its own needs --database postgresql://..",
            "`hetero2 serve` has workers in its process; with SQLite there is one host and one process",
        )
    service = core.open_service(settings)
    isolation.check(service, max(1, settings.workers))
    logs.start(settings)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with scrape.served(service), background.in_background(service, max(1, settings.workers)):
        stopped.wait()
    service.tracing.stop()
    return 0
