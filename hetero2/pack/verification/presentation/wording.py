"""Numbers and names as index.md and report.html write them, and what of a text says which numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

LONGEST_LINE, MOST_TEXT = 6_000, 1_000_000  # characters: sentences take long to look for
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


_INVISIBLE_MARKS = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def in_digits(value: float, digits: int = 1) -> str:
    """A number with thousands separated and no trailing zeros."""
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "\u2212")


def signed(value: float) -> str:
    """A difference with its sign and two digits."""
    return f"{value:+.2f}".replace("-", "\u2212")


def as_percent(rate: float | None) -> str:
    """A rate as tables of index.md have it."""
    return "undefined" if rate is None else f"{100 * rate:.1f} %"


def with_marks(text: str) -> str:
    """A text with the numbers of its invisible characters in their place; reports of older versions have these raw."""
    return _INVISIBLE_MARKS.sub(lambda match: f"[U+{ord(match.group(0)):04X}]", text)


def cut(text: str, longest: int) -> str:
    """A text cut to length, without control characters, invisible ones by their number."""
    text = with_marks(_CONTROL.sub("\ufffd", text))
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"


class Claim(NamedTuple):
    """A sentence with numbers: its pattern, what its groups must be (one of these), and where that comes from."""

    pattern: re.Pattern[str]
    allowed: frozenset[tuple[str, ...]]
    origin: str


def claim(pattern: str, origin: str, *allowed: Iterable[Any]) -> Claim:
    """A claim of which each occurrence has one of these groups."""
    return Claim(re.compile(pattern), frozenset(tuple(map(str, groups)) for groups in allowed), origin)


def false_claims(name: str, lines: Iterable[tuple[int | None, str]], claims: Iterable[Claim]) -> Iterator[str]:
    """A line for each sentence of a text (its numbered lines) whose numbers are not those of the files."""
    claims, n_left = list(claims), MOST_TEXT
    for number, line in lines:
        n_left -= len(line)
        if len(line) > LONGEST_LINE or n_left < 0:
            where = f"line {number}" if number else repr(line[:40])
            yield f"{name}: longer than any of ours: its sentences are not compared from {where} on"
            return
        for pattern, allowed, origin in claims:
            for match in pattern.finditer(line):
                groups = tuple(group or "" for group in match.groups())
                if groups not in allowed:
                    where = name if number is None else f"{name}: line {number}"
                    groups_due = " or ".join(", ".join(each) for each in sorted(allowed)) or "nothing of the kind"
                    yield f"{where}: {match.group(0).strip()[:160]!r}: {origin} gives {groups_due[:160]}"
