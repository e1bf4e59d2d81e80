"""Append-only files: one JSON object per line, each line bound to those before it by their sha256.

`prev_sha256` of a line is the sha256 of the line before it, line end included: `sed -n 3p FILE | sha256sum` gives that
of the fourth. The first line has null. If a file opens with lines without the field, the next is bound to all of them.
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
        return "is not formatted as this file is: keys sorted, one space after , and :"
    if LINK in document and document["status"] == "predecessor":
        return "is a predecessor; predecessors only open the file"
    if LINK not in document:
        opening = all(LINK not in json.loads(earlier) for earlier in before)
        return None if opening and document["status"] == "predecessor" else f"has no {LINK}"
    if document[LINK] != (expected := link(before)):
        return f"{LINK} is {document[LINK]}, but the lines before have {expected}: a line was edited, removed or moved"
    return None


def problems(path: Path, contract: str) -> list[str]:
    """The first problem of a file: what follows a broken line cannot be judged."""
    if not path.is_file():
        return [f"{path}: no such file"]
    problem = first_line_problem(lines_of(_read(path)), contract)
    return [f"{path}: {problem}"] if problem else []


def first_line_problem(lines: Sequence[str], contract: str) -> str | None:
    """The first line that is wrong, and why, or None."""
    for number, line in enumerate(lines):
        if problem := line_problem(line, lines[:number], contract):
            return f"line {number + 1}: {problem}"
    return None


def read(path: Path, contract: str) -> list[Facts]:
    """The documents of a valid file; raises ContractError."""
    if broken := problems(path, contract):
        raise ContractError(
            broken[0], f"lines are only ever added; `git checkout -- registry/{path.name}` restores what was committed"
        )
    return [json.loads(line) for line in lines_of(_read(path))]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder: other writers wait. What a killed writer left there is removed."""
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
    """All lines, with documents appended to those before; raises ContractError."""
    lines = list(before)
    for document in documents:
        line = render({**document, LINK: link(lines)})
        problem = line_problem(line, lines, contract)
        if problem:
            raise ContractError(f"{document.get('tag')}: cannot be added: {problem}")
        lines.append(line)
    return lines


def append(path: Path, documents: Sequence[Facts], contract: str) -> None:
    """Append documents, all or none; the file is replaced atomically. The caller holds `locked`."""
    read(path, contract)
    if documents:
        write_text(path, "".join(linked(documents, lines_of(_read(path)), contract)))
