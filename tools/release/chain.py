"""Append-only files: one JSON object a line, each line bound to those before it by their sha256.

`prev_sha256` of a line is the sha256 of the line before it, line end included: what `sed -n 3p FILE | sha256sum` says
of the third. The first line has null. Where lines without the field open a file, the next is bound to all of them.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hetero2.errors import ContractError
from hetero2.io.contracts import first_problem
from hetero2.io.files import parse_json, sha256_bytes, write_text

LINK = "prev_sha256"
Facts = dict[str, Any]


def render(document: Facts) -> str:
    """A document as its line, line end included."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _read(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8 at byte {error.start}") from None


def lines_of(text: str) -> list[str]:
    """Lines with their ends; only `\\n` ends one."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def link(before: Sequence[str]) -> str | None:
    """What `prev_sha256` of the next line must be."""
    if not before:
        return None
    start = len(before) - 1
    if LINK not in json.loads(before[start]):  # lines that open a file without links: bound together
        start = 0
    return sha256_bytes("".join(before[start:]).encode())


def line_problem(line: str, before: Sequence[str], contract: str) -> str | None:
    """What is wrong with a line that stands after others, or None."""
    if not line.endswith("\n"):
        return "is cut off: it has no line end, so its writer did not finish"
    try:
        document = parse_json(line)
    except ValueError as error:
        return f"not valid JSON: {error}"
    problem = first_problem(document, contract)
    if problem:
        return f"does not meet {contract}: {problem}"
    if render(document) != line:
        return "is not written as this file is: keys sorted, one space after , and :"
    if LINK in document and document["status"] == "predecessor":
        return "is a predecessor; those only open the file"
    if LINK not in document:
        opening = all(LINK not in json.loads(other) for other in before)
        return None if opening and document["status"] == "predecessor" else f"has no {LINK}"
    if document[LINK] != (expected := link(before)):
        return f"{LINK} is {document[LINK]}, but what stands before has {expected}: a line was edited, removed or moved"
    return None


def problems(path: Path, contract: str) -> list[str]:
    """The first thing that is wrong with a file: what follows a broken line cannot be judged."""
    if not path.is_file():
        return [f"{path}: no such file"]
    lines = lines_of(_read(path))
    for number, line in enumerate(lines):
        problem = line_problem(line, lines[:number], contract)
        if problem:
            return [f"{path}: line {number + 1}: {problem}"]
    return []


def read(path: Path, contract: str) -> list[Facts]:
    """The documents of a file that is in order; raises ContractError."""
    found = problems(path, contract)
    if found:
        name = path.name
        raise ContractError(
            found[0], f"lines are only added; `git checkout -- registry/{name}` brings back what was committed"
        )
    return [json.loads(line) for line in lines_of(_read(path))]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder: whoever else appends waits. What a killed writer left there is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for left in folder.glob(".*.part"):
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


def linked(documents: Sequence[Facts], before: Sequence[str], contract: str) -> list[str]:
    """Documents as lines that go on after others; raises ContractError."""
    lines = list(before)
    for document in documents:
        line = render({**document, LINK: link(lines)})
        problem = line_problem(line, lines, contract)
        if problem:
            raise ContractError(f"{document.get('tag')}: cannot be added: {problem}")
        lines.append(line)
    return lines


def append(path: Path, documents: Sequence[Facts], contract: str) -> None:
    """Add documents, all or none; the file is replaced in one step. Hold `locked` meanwhile."""
    read(path, contract)
    if documents:
        write_text(path, "".join(linked(documents, lines_of(_read(path)), contract)))
