"""download: fetch a file that the configuration names by URL and sha256, and refuse any other content."""

import argparse
import os
from pathlib import Path

from hetero2.config.resolve import load_yaml
from hetero2.errors import ConfigError
from hetero2.io.contracts import first_problem
from hetero2.io.download import Limits, download, token_from
from hetero2.io.url_policy import Rules
from hetero2.paths import CONFIG
from hetero2.runtime.cli_types import json_object, sha256
from hetero2.runtime.log import logger

EXAMPLE = "hetero2 download --url https://example.org/truth.csv --sha256 1f0e... --out truth.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--url", help="https://.. or file:///..")
    parser.add_argument(
        "--url-variable", help="instead: environment variable that holds the URL, so that nothing shows it"
    )
    parser.add_argument("--sha256", type=sha256, required=True, help="sha256 that the file must have")
    parser.add_argument(
        "--settings", type=json_object, default={}, help="JSON: execution.download of the configuration"
    )
    parser.add_argument("--out", type=Path, required=True)


def limits(settings: dict[str, object]) -> Limits:
    """Limits from the section execution.download; what it does not say is as in config/default.yaml."""
    problem = first_problem({"execution": {"download": settings}}, "config", ("execution", "download"))
    if problem:
        raise ConfigError(f"--settings: {problem}", "config/default.yaml explains every key")
    section = {**load_yaml(CONFIG / "default.yaml")["execution"]["download"], **settings}
    return Limits(
        rules=Rules(section["hosts"], tuple(section["ports"]), tuple(section["allow_addresses"])),
        max_bytes=int(section["max_mb"] * (1 << 20)),
        seconds=60 * section["minutes"],
        ca_file=None if section["ca_file"] is None else Path(section["ca_file"]),
        token=token_from(section["token_variable"]),
        token_host=section["token_host"],
    )


def run(args: argparse.Namespace) -> None:
    """Fetch the file."""
    url = args.url or os.environ.get(args.url_variable or "", "")
    if not url:
        raise ConfigError("--url is missing, or the variable that --url-variable names is not set")
    download(url, args.sha256, args.out, limits(args.settings), logger.info)
    logger.info("%s: %d bytes, sha256 %s", args.out.name, args.out.stat().st_size, args.sha256.lower())
