"""publish: upload what was built, never over an existing asset, and compare what can then be downloaded."""

import argparse
import os

from hetero2.paths import ROOT
from hetero2.runtime.cli_types import flag
from tools.release.api import Api
from tools.release.commands.build import tell
from tools.release.publish import publish
from tools.release.tags import parse

EXAMPLE = "python -m tools.release publish value-utility-realtruth-2026-11-22-r1"


def _prerelease(text: str) -> bool:
    return bool(text) and flag(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The tag, and whether it is a prerelease."""
    parser.add_argument("tag", metavar="TAG")
    parser.add_argument("--prerelease", type=_prerelease, default=False, help="true or false")


def run(args: argparse.Namespace) -> None:
    """Publish, then print the URL of each asset."""
    api = Api.from_environment(os.environ)
    for name, url in publish(ROOT, parse(args.tag, ROOT), api, args.prerelease, os.environ, tell).items():
        tell(f"{name}  {url}")
