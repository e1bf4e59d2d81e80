"""release: plan, build, publish and record a release."""

import argparse
import os
from typing import Any

from hetero2.errors import HeteroError
from hetero2.paths import ROOT
from hetero2.runtime.cli_types import flag, positive
from tools.release import build, proposals, publish, registry
from tools.release.api import AGAIN, Api, check_green
from tools.release.checks import RELEASE
from tools.release.milestones import load
from tools.release.repository import commit_of
from tools.release.tags import Tag, check_date, command, inputs_layer, layer_of, parse

EXAMPLE = "python -m tools.release release build value-utility-realtruth-2026-11-22-r1"
_INPUTS = ("truth_url", "truth_sha256", "scores_url", "scores_sha256", "selection_k")
_SKIP_POLICY = "unknown_bucket"


def _skip_policy(text: str) -> str:
    if text not in ("", _SKIP_POLICY):
        raise argparse.ArgumentTypeError(f"{text!r}; cost_lift.v1 knows {_SKIP_POLICY} alone")
    return text


def _prerelease(text: str) -> bool:
    return bool(text) and flag(text)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tag", metavar="TAG")
    for name in _INPUTS:
        parser.add_argument(
            f"--{name.replace('_', '-')}", default=None, metavar="", help="of this release; empty: not given"
        )
    parser.add_argument(
        "--skip-policy", type=_skip_policy, default=None, metavar="", help=f"of cost_lift.v1: {_SKIP_POLICY}"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_inputs(actions.add_parser("plan", help="say what a tag builds, or why it cannot be one"))
    make = actions.add_parser(
        "build", help="build it twice, hold it to the gates, write release/<tag>/; needs no network"
    )
    _add_inputs(make)
    make.add_argument("--commit", default=None, help="the source commit, where git has no such tag yet")
    make.add_argument("--cores", type=positive, default=2)
    contexts = actions.add_parser("contexts", help="say whether CI was green on a commit: exit code 0 or 1")
    contexts.add_argument("commit", metavar="COMMIT")
    upload = actions.add_parser("publish", help="upload what was built, never over an asset, and compare what arrived")
    upload.add_argument("--prerelease", type=_prerelease, default=False, help="true or false")
    actions.add_parser("register", help="open the pull request for the registry, and await its CI")
    actions.add_parser("record", help="after that was merged: the same for the lineage")
    for name in ("publish", "register", "record"):
        actions.choices[name].add_argument("tag", metavar="TAG")
    for name in ("register", "record"):
        one = actions.choices[name]
        one.add_argument("--base", default="main", help="branch that the pull request is for")
        one.add_argument("--remote", default="origin", help="where its branch is pushed to")
        one.add_argument("--minutes", type=positive, default=120, help="how long CI is awaited")
        one.add_argument("--poll-seconds", type=positive, default=15, help="between two questions")


def _tell(text: str) -> None:
    print(text, flush=True)


def _inputs(args: argparse.Namespace, tag: Tag) -> dict[str, Any]:
    return inputs_layer(tag, {name: getattr(args, name) for name in _INPUTS})


def _plan(args: argparse.Namespace, tag: Tag) -> None:
    layer = layer_of(tag, _inputs(args, tag))
    milestones = [one.id for one in load(ROOT)[0] if one.tag_prefix == tag.prefix]
    _tell(f"tag         {tag.text}")
    _tell(f"target      {tag.target}")
    _tell(f"milestone   {' or '.join(milestones) or 'none of its own'}")
    _tell(f"command     {command(tag, layer)}")
    folder = f"{RELEASE}/{tag.text}/"
    for place, name in enumerate([*tag.files(), build.NOTES, build.ROW, build.LINES]):
        _tell(f"{'' if place else 'assets':<12}{folder}{name}")
    if tag.is_local:
        _tell("            -r0: built, never published")


def _build(args: argparse.Namespace, tag: Tag) -> None:
    out = build.build(ROOT, tag, _inputs(args, tag), args.commit, args.cores, _tell)
    for asset in build.built(ROOT, tag)["assets"]:
        _tell(f"{asset['sha256']}  {out / asset['name']}")
    _tell(
        f"next        python -m tools.release registry add {tag.text}"
        if tag.is_local
        else f"next        python -m tools.release release publish {tag.text}"
    )


def _online(args: argparse.Namespace, tag: Tag | None) -> None:
    """The actions that ask the service."""
    api = Api.from_environment(os.environ)
    if tag is None:
        commit = commit_of(ROOT, args.commit)
        contexts = api.contexts(commit)
        for name, state in contexts.items():
            _tell(f"ci/{name:<10}{state or 'missing'}")
        check_green(contexts, commit)
    elif args.action == "publish":
        for name, url in publish.publish(ROOT, tag, api, args.prerelease, os.environ, _tell).items():
            _tell(f"{name}  {url}")
    else:
        remote = proposals.Remote(api, args.remote, args.base, args.minutes, args.poll_seconds)
        (proposals.register if args.action == "register" else proposals.record)(ROOT, tag, remote, _tell)


def run(args: argparse.Namespace) -> None:
    """Do the action."""
    if args.action in ("plan", "build"):
        tag = parse(args.tag, ROOT)
        check_date(tag)
        registry.check_free(ROOT, tag)
        (_plan if args.action == "plan" else _build)(args, tag)
        return
    try:
        _online(args, None if args.action == "contexts" else parse(args.tag, ROOT))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        told = f"{type(error).__name__}: {error}"
        raise HeteroError(f"{args.action}: the service answered what was not expected ({told})", AGAIN) from error
