"""Numbers and texts for people."""

import re
import unicodedata

# Control characters, and those that turn the direction of text, also beyond the element that holds them (UAX #9).
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_ISOLATE, _END = "\u2068", "\u2069"


def number(value: float, digits: int = 1) -> str:
    """A number: thousands apart, no digits behind a point that say nothing."""
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")


def counted(count: float, name: str, plural: str | None = None) -> str:
    """A count with its noun."""
    return f"{number(count)} {name if count == 1 else plural or f'{name}s'}"


def clipped(text: str | None, longest: int) -> str:
    """A text, cut where it is long; U+FFFD for control characters and those that turn the direction of text."""
    text = _CONTROL.sub("\ufffd", text or "")
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def isolated(text: str | None, longest: int) -> str:
    """As `clipped`, for attributes, titles and Markdown, where no element keeps what runs from right to left apart.

    Such a text stands between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, so that it orders nothing around it.
    """
    text = clipped(text, longest)
    turns = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text)
    return f"{_ISOLATE}{text}{_END}" if turns else text
