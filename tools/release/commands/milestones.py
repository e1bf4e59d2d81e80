"""milestones: how far each is, by the registry; and whether a pull request names one."""

import argparse
import re
import sys
from pathlib import Path

from hetero2.errors import InputError
from hetero2.paths import ROOT
from tools.release.checks import rows
from tools.release.milestones import load, states

EXAMPLE = "python -m tools.release milestones"
_NAMED = re.compile(r"^[ \t>*-]{0,9}milestone[ \t*]{0,9}:[ \t*`]{0,9}([^\s`*]+)", re.IGNORECASE | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)


def named(body: str, ids: list[str]) -> str:
    """The milestone that the body of a pull request names in a line `Milestone: VALUE-M6`; raises InputError.

    >>> named("Milestone: VALUE-M6", ["VALUE-M6"])
    'VALUE-M6'
    """
    names = _NAMED.findall(_COMMENT.sub("", body.replace("\r", "")))
    hint = f"write a line `Milestone: <id>` with one of {', '.join(ids)}"
    if not names:
        raise InputError("pull request: its text names no milestone", hint)
    wrong = [name for name in names if name not in ids]
    if wrong or len(set(names)) > 1:
        raise InputError(f"pull request: milestone {', '.join(dict.fromkeys(names))}: expected one that is known", hint)
    return str(names[0])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "--pull-request", default=None, metavar="FILE", help="text of a pull request to check; - for stdin"
    )


def run(args: argparse.Namespace) -> None:
    """Print the states, or check a text."""
    milestones, _ = load(ROOT)
    if args.pull_request is not None:
        raw = sys.stdin.buffer.read() if args.pull_request == "-" else Path(args.pull_request).read_bytes()
        print(f"milestone: {named(raw.decode('utf-8', 'replace'), [milestone.id for milestone in milestones])}")
        return
    for state in states(rows(ROOT), ROOT):
        by = f"  {state.row['tag']}" if state.row else ""
        print(f"{state.milestone.id}  {state.word:<6} {state.milestone.title}{by}")
        for name, (text, _check) in state.milestone.items().items():
            print(f"    [{'x' if state.met[name] else ' '}] {text}")
