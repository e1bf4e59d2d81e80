"""register: open the pull request for the registry and wait for its CI."""

import argparse
import os

from hetero2.paths import ROOT
from hetero2.runtime.cli_types import positive
from tools.release import proposals
from tools.release.api import Api
from tools.release.commands.build import tell
from tools.release.tags import parse

EXAMPLE = "python -m tools.release register value-utility-realtruth-2026-11-22-r1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The tag, the pull request, and how long to wait for CI."""
    parser.add_argument("tag", metavar="TAG")
    add_waiting(parser)


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """The branch that a pull request targets, and how long to wait for its CI."""
    parser.add_argument("--base", default="main", help="branch that the pull request targets")
    parser.add_argument("--remote", default="origin", help="where its branch is pushed to")
    parser.add_argument("--minutes", type=positive, default=120, help="how long to wait for CI")
    parser.add_argument("--poll-seconds", type=positive, default=15, help="how often to ask")


def remote_of(args: argparse.Namespace) -> proposals.Remote:
    """The repository that the options and the environment name."""
    api = Api.from_environment(os.environ)
    return proposals.Remote(api, args.remote, args.base, args.minutes, args.poll_seconds)


def run(args: argparse.Namespace) -> None:
    """Open the pull request of the registry, or go on with it."""
    proposals.register(ROOT, parse(args.tag, ROOT), remote_of(args), tell)
