"""serve: the service, in one process."""

import argparse
import contextlib
from pathlib import Path

from pydantic import ValidationError

from hetero2.errors import ConfigError
from hetero2.service.settings import Settings

EXAMPLE = "hetero2 serve --folder service"
_OPTIONS = ("folder", "database", "store", "port", "workers", "cores", "compute", "runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say where its data are, and how much it may use; HETERO2_FOLDER and the like set the same, and more."""
    add_place(parser)
    parser.add_argument("--store", help="s3://bucket/prefix (default: a folder in the folder)")
    parser.add_argument("--port", type=int, help="on 127.0.0.1 (default 8642; 0: any that is free)")
    parser.add_argument("--workers", type=int, help="runs at once in this process (default 1; 0: none)")
    parser.add_argument("--cores", type=int, help="of each run (default: all)")
    parser.add_argument("--compute", help="local (default), slurm, or a folder with a Snakemake profile for SLURM")
    parser.add_argument("--runs", help="a folder for the folders of runs, which the nodes of a cluster must see")


def add_place(parser: argparse.ArgumentParser) -> None:
    """Say where the data of a service are."""
    parser.add_argument("--folder", type=Path, help="database, files and runs (default: hetero2-service)")
    parser.add_argument("--database", help="URL of a PostgreSQL database (default: SQLite in the folder)")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings of a call; raises ConfigError for one that is not allowed."""
    named = {name: getattr(args, name) for name in _OPTIONS if getattr(args, name, None) is not None}
    try:
        return Settings(**named)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "settings"
        option = f"--{where} or HETERO2_{where.upper()}"
        raise ConfigError(f"{option if first['loc'] else where}: {first['msg']}", "hetero2 serve --help") from None


def run(args: argparse.Namespace) -> int:
    """Serve until it is stopped by Ctrl-C or SIGTERM."""
    from hetero2.service import core, isolation, server
    from hetero2.service.dispatch import background
    from hetero2.service.observe import logs, scrape
    from hetero2.service.worker import sandbox
    from hetero2.service.worker.compute import choice

    settings = settings_of(args)
    choice.check(settings)
    service = core.open_service(settings)
    isolation.check(service, settings.workers)
    with core.only_server(service), scrape.served(service):
        logs.start(settings)  # not before: what hinders a start is said to a person
        if token := core.first_start(service):
            print(f"owner's token, shown only once: {token}", flush=True)
        if sandbox.isolation() == "none":
            print(
                "warning: bubblewrap (bwrap) is not here or cannot be used: runs are not isolated from this machine",
                flush=True,
            )
        if settings.compute != "local":
            print("warning: runs compute on a cluster, outside the sandbox: nothing isolates them from it", flush=True)
        # Once the server has stopped, it raises the signal again by which it was asked to: that is how one stops it.
        with background.in_background(service, settings.workers), contextlib.suppress(KeyboardInterrupt):
            server.HttpServer(service).run()
    service.tracing.stop()
    return 0
