"""download: fetch a file that the configuration names by URL and sha256, and refuse any other content."""

import argparse
import os
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError
from hetero2.io.download import Limits, download, token_from
from hetero2.io.url_policy import Rules
from hetero2.runtime.cli_types import sha256
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings

EXAMPLE = "hetero2 download --url https://example.org/truth.csv --sha256 1f0e... --out truth.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--url", help="https://.. or file:///..")
    parser.add_argument(
        "--url-variable", help="instead: environment variable that holds the URL, so that nothing shows it"
    )
    parser.add_argument("--sha256", type=sha256, required=True, help="sha256 that the file must have")
    add_settings(parser, "execution.download")
    parser.add_argument("--out", type=Path, required=True)


def limits(settings: dict[str, Any]) -> Limits:
    """Limits from the section execution.download."""
    return Limits(
        rules=Rules(settings["hosts"], tuple(settings["ports"]), tuple(settings["allow_addresses"])),
        max_bytes=int(settings["max_mb"] * (1 << 20)),
        seconds=60 * settings["minutes"],
        ca_file=None if settings["ca_file"] is None else Path(settings["ca_file"]),
        token=token_from(settings["token_variable"]),
        token_host=settings["token_host"],
    )


def run(args: argparse.Namespace) -> None:
    """Fetch the file."""
    url = args.url or os.environ.get(args.url_variable or "", "")
    if not url:
        raise ConfigError("--url is missing, or the variable that --url-variable names is not set")
    download(url, args.sha256, args.out, limits(args.download), logger.info)
    logger.info("%s: %d bytes, sha256 %s", args.out.name, args.out.stat().st_size, args.sha256.lower())
