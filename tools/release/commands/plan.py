"""plan: say what a tag builds, or why it cannot be released."""

import argparse
from typing import Any

from hetero2.paths import ROOT
from tools.release import build, registry
from tools.release.checks import RELEASE
from tools.release.milestones import load
from tools.release.tags import Tag, check_date, command, inputs_layer, layer_of, parse

EXAMPLE = "python -m tools.release plan value-utility-realtruth-2026-11-22-r1"
_INPUTS = ("truth_url", "truth_sha256", "scores_url", "scores_sha256", "selection_k")
_SKIP_POLICY = "unknown_bucket"


def _skip_policy(text: str) -> str:
    if text not in ("", _SKIP_POLICY):
        raise argparse.ArgumentTypeError(f"{text!r}: cost_lift.v1 supports only {_SKIP_POLICY}")
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A tag, and the inputs that it may bring."""
    parser.add_argument("tag", metavar="TAG")
    for name in _INPUTS:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, default=None, metavar="", help="for this release; an empty value means unset")
    parser.add_argument(
        "--skip-policy", type=_skip_policy, default=None, metavar="", help=f"for cost_lift.v1: {_SKIP_POLICY}"
    )


def unused_tag(text: str) -> Tag:
    """The tag, unless it cannot be built: malformed, in the future, or registered already."""
    tag = parse(text, ROOT)
    check_date(tag)
    registry.check_free(ROOT, tag)
    return tag


def inputs_of(args: argparse.Namespace, tag: Tag) -> dict[str, Any]:
    """The configuration layer of the inputs that the options bring; raises ConfigError."""
    return inputs_layer(tag, {name: getattr(args, name) for name in _INPUTS})


def run(args: argparse.Namespace) -> None:
    """Print target, milestone, command and assets."""
    tag = unused_tag(args.tag)
    layer = layer_of(tag, inputs_of(args, tag))
    milestones = [milestone.id for milestone in load(ROOT)[0] if milestone.tag_prefix == tag.prefix]
    print(f"tag         {tag.text}")
    print(f"target      {tag.target}")
    print(f"milestone   {' or '.join(milestones) or 'none'}")
    print(f"command     {command(tag, layer)}")
    folder = f"{RELEASE}/{tag.text}/"
    for place, name in enumerate([*tag.files(), build.NOTES, build.ROW, build.LINES]):
        print(f"{'' if place else 'assets':<12}{folder}{name}")
    if tag.is_local:
        print("            -r0: a local build, never published")
