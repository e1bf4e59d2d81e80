"""record: once the registry's pull request was merged, do the same for the lineage."""

import argparse

from hetero2.paths import ROOT
from tools.release import proposals
from tools.release.commands import register
from tools.release.commands.build import tell
from tools.release.tags import parse

EXAMPLE = "python -m tools.release record value-utility-realtruth-2026-11-22-r1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of register."""
    register.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Open the pull request of the lineage, or go on with it."""
    proposals.record(ROOT, parse(args.tag, ROOT), register.remote_of(args), tell)
