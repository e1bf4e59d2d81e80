"""Numbers and texts for people."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def number(value: float, digits: int = 1) -> str:
    """A number: thousands apart, no digits behind a point that say nothing."""
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")


def counted(count: float, name: str, plural: str | None = None) -> str:
    """A count with its noun."""
    return f"{number(count)} {name if count == 1 else plural or f'{name}s'}"


def clipped(text: str | None, longest: int) -> str:
    """A text, cut where it is long, without control characters, which HTML does not know."""
    text = _CONTROL.sub("\ufffd", text or "")
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
