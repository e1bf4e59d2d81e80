"""contexts: say whether CI was green on a commit: exit code 0 or 1."""

import argparse
import os

from hetero2.paths import ROOT
from tools.release.api import Api, check_green
from tools.release.repository import commit_of

EXAMPLE = "python -m tools.release contexts HEAD"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The commit."""
    parser.add_argument("commit", metavar="COMMIT")


def run(args: argparse.Namespace) -> None:
    """Print the state of each context; raises HeteroError unless all are green."""
    api = Api.from_environment(os.environ)
    commit = commit_of(ROOT, args.commit)
    contexts = api.contexts(commit)
    for name, state in contexts.items():
        print(f"ci/{name:<10}{state or 'missing'}")
    check_green(contexts, commit)
