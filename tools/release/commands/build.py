"""build: build a release twice, check it against the gates, write release/<tag>/; needs no network."""

import argparse

from hetero2.paths import ROOT
from hetero2.runtime.cli_types import positive
from tools.release import build
from tools.release.commands import plan

EXAMPLE = "python -m tools.release build value-utility-realtruth-2026-11-22-r1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of plan, and how to build."""
    plan.add_arguments(parser)
    parser.add_argument("--commit", default=None, help="the source commit, if git does not have the tag yet")
    parser.add_argument("--cores", type=positive, default=2)


def run(args: argparse.Namespace) -> None:
    """Build, then print each asset with its sha256 and the next command."""
    tag = plan.unused_tag(args.tag)
    folder = build.build(ROOT, tag, plan.inputs_of(args, tag), args.commit, args.cores, tell)
    for asset in build.built(ROOT, tag)["assets"]:
        tell(f"{asset['sha256']}  {folder / asset['name']}")
    following = "registry add" if tag.is_local else "publish"
    tell(f"next        python -m tools.release {following} {tag.text}")


def tell(text: str) -> None:
    """Print a line of progress at once, also into a pipe."""
    print(text, flush=True)
