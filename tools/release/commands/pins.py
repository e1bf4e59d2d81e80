"""pins: open the pull request that carries the conda pins of this checkout (envs/*.pin.txt) and wait for its CI."""

import argparse

from hetero2.paths import ROOT
from tools.release import proposals
from tools.release.commands import register
from tools.release.commands.build import tell

EXAMPLE = "make conda-lock; python -m tools.release pins"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and how long to wait for CI."""
    register.add_waiting(parser)


def run(args: argparse.Namespace) -> None:
    """Open the pull request, or go on with it; nothing to do where the pins have not changed."""
    proposals.propose_pins(ROOT, register.remote_of(args), tell)
