"""Comparing what a file says with what follows from the other files of the pack."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

RELATIVE, ABSOLUTE = 1e-9, 1e-9  # of two numbers that are one: other orders of summation, other builds of a library
MOST_DIFFERENCES = 8  # reported of one file
Record = dict[str, Any]


def agree(said: Any, follows: Any) -> bool:
    """Whether a value of a file is the one that follows: numbers up to rounding, all else exactly."""
    if isinstance(said, bool) or isinstance(follows, bool) or said is None or follows is None:
        return said is follows
    if isinstance(said, (int, float)) and isinstance(follows, (int, float)):
        return said == follows or math.isclose(said, follows, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(said == follows)


def shown(value: Any) -> str:
    """A value as JSON would have it, cut where it is long."""
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def disagreements(said: Any, follows: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    """(place, value in the file, value that follows) of what differs, at the places that both have.

    A record of an older version lacks some keys, so a missing one is no difference: its schema says what must be there.
    Lists must be of one length.
    """
    if isinstance(said, dict) and isinstance(follows, dict):
        for key, value in follows.items():
            if key in said:
                yield from disagreements(said[key], value, f"{where}.{key}" if where else str(key))
    elif isinstance(said, list) and isinstance(follows, list) and len(said) == len(follows):
        for place, (item, follower) in enumerate(zip(said, follows)):
            yield from disagreements(item, follower, f"{where}[{place}]")
    elif not agree(said, follows):
        yield where, said, follows


def compared(name: str, said: Any, follows: Any, origin: str) -> Iterator[str]:
    """A line for each difference between a JSON file and what follows from its `origin`, the first few of them."""
    for number, (where, value, expected) in enumerate(disagreements(said, follows, "")):
        if number == MOST_DIFFERENCES:
            yield f"{name}: more of its values differ from what {origin} give"
            return
        yield f"{name}: {where} is {shown(value)}, but {origin} give {shown(expected)}"
