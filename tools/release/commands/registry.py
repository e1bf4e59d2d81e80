"""registry: add to registry and lineage, check, render and show them."""

import argparse

from hetero2.errors import ConfigError
from hetero2.io.files import pretty_json, sha256_file
from hetero2.paths import ROOT
from tools.release import build, checks, pages, registry
from tools.release.milestones import latest
from tools.release.repository import commit_of, entered, sign
from tools.release.tags import parse

EXAMPLE = "python -m tools.release registry check --base origin/main"


def _revision(text: str) -> str:
    if not text.strip() or text.startswith(":"):
        raise argparse.ArgumentTypeError("names no commit")
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="enter release/<tag>/ in the registry, or with --lineage in the lineage")
    add.add_argument("tag", metavar="TAG")
    add.add_argument("--lineage", action="store_true", help="after its row was merged")
    add.add_argument("--merge-commit", default=None, help="commit that entered its row in the registry; with --lineage")
    add.add_argument("--pull-request", default=None, help="address of that change, where it has one")
    check = actions.add_parser(
        "check", help="say what is wrong with registry, lineage and their pages: exit code 0 or 1"
    )
    check.add_argument(
        "--base", type=_revision, default=None, help="commit whose lines must all be there (default: the last one)"
    )
    check.add_argument("--signed", action="store_true", help="every tag that holds the registry must be signed, too")
    actions.add_parser("anchor", help="sign a tag of this commit, which says for ever what the registry was")
    actions.add_parser("render", help="write docs/artefacts_registry.md, docs/lineage.md and docs/roadmap.md")
    show = actions.add_parser("show", help="print the registry, or all that it says of one tag")
    show.add_argument("tag", metavar="TAG", nargs="?")
    mark = actions.add_parser("supersede", help="mark a release as wrong; its line and its assets stay")
    mark.add_argument("tag", metavar="TAG")
    mark.add_argument("--by", required=True, help="registered tag that takes its place")
    mark.add_argument("--reason", required=True, help="what was wrong, in a sentence")
    join = actions.add_parser("resolve", help="two branches added lines: bind ours anew behind those of the other")
    join.add_argument("--base", default="origin/main", help="the branch whose lines stay as they are")


def _show(tag: str | None) -> None:
    last = latest(checks.rows(ROOT))
    if tag is None:
        for name, row in last.items():
            print(f"{name:<44}{row['status']:<12}{row['milestone'] or '-':<11}{pages.facts(row['outcome'])}")
        return
    if tag not in last:
        raise ConfigError(f"tag {tag}: has no row in {checks.ARTEFACTS}", f"known are {', '.join(last) or 'none'}")
    print(pretty_json(last[tag]), end="")


def _check(base: str | None, signed: bool) -> int:
    problems = checks.problems(ROOT, base, signed)
    for problem in problems:
        print(problem)
    if not problems:
        lines = f"lines: {len(checks.rows(ROOT))}, of the lineage: {len(checks.lineage(ROOT))}"
        print(f"registry: in order; {lines}; tags that hold it: {len(checks.anchors(ROOT))}")
    return 1 if problems else 0


def _add(args: argparse.Namespace) -> None:
    if args.lineage:
        if not args.merge_commit:
            raise ConfigError(
                "--merge-commit is missing", "the commit that entered the row, e.g. $(git rev-parse HEAD)"
            )
        commit = commit_of(ROOT, args.merge_commit)
        if not entered(ROOT, args.tag, checks.ARTEFACTS, commit):
            raise ConfigError(f"--merge-commit {commit}: its registry has no row of {args.tag}", "commit the row first")
        _tell(args.tag, registry.add_lineage(ROOT, args.tag, args.pull_request, commit), "lineage")
        return
    _tell(args.tag, registry.add(ROOT, build.built(ROOT, parse(args.tag, ROOT))), "registry")


def _anchor() -> None:
    if problems := checks.problems(ROOT):
        raise ConfigError(problems[0], "what is not in order is not signed")
    tag = f"{checks.ANCHOR}{len(checks.rows(ROOT))}-{len(checks.lineage(ROOT))}"
    lines = [f"{sha256_file(ROOT / name)}  {name}" for name in checks.CONTRACTS]
    if tag in checks.anchors(ROOT):
        print(f"{tag}: is there already")
        return
    sign(ROOT, tag, "\n".join(["The registry up to here, as sha256sum says.", "", *lines]))
    print(f"{tag}: signed\nnext: git push origin {tag}")


def _tell(what: str, new: bool, where: str) -> None:
    print(f"{what}: added to the {where}" if new else f"{what}: is in the {where} already")


def run(args: argparse.Namespace) -> int:
    """Do the action; the exit code."""
    if args.action == "check":
        return _check(args.base, args.signed)
    if args.action == "add":
        _add(args)
    elif args.action == "anchor":
        _anchor()
    elif args.action == "show":
        _show(args.tag)
    elif args.action == "supersede":
        _tell(f"{args.tag}, superseded", registry.supersede(ROOT, args.tag, args.by, args.reason), "registry")
    elif args.action == "resolve":
        for name, count in registry.resolve(ROOT, args.base).items():
            print(f"{name}: ours behind those of {args.base}: {count}")
        print("next: git add registry docs, then go on with the merge or rebase")
    else:
        pages.write(ROOT, checks.rows(ROOT), checks.lineage(ROOT))
    return 0
