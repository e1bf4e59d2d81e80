"""Numbers and texts for people."""

import re
import unicodedata

# Control characters, and those that change the direction of text even beyond the element that holds them (UAX #9).
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Characters that no font shows (Default_Ignorable_Code_Point, fixed here since Unicode grows): two ids that differ in
# them alone would look the same.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_ISOLATE, _END = "\u2068", "\u2069"


def number(value: float, digits: int = 1) -> str:
    """A number with thousands separated and no trailing zeros."""
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")


# Where the word that people use is not the key of a measure or control in the files.
_SPOKEN = {"fragment_popularity": "fragment frequency"}


def spoken(key: str) -> str:
    """The name of a measure or control for people, from its key in the files.

    >>> spoken("fragment_popularity"), spoken("nearest_training_neighbour")
    ('fragment frequency', 'nearest training neighbour')
    """
    return _SPOKEN.get(key) or key.replace("_", " ")


def counted(count: float, name: str, plural: str | None = None) -> str:
    """A count with its noun."""
    return f"{number(count)} {name if count == 1 else plural or f'{name}s'}"


def clipped(text: str | None, longest: int) -> str:
    """A text cut to length, with U+FFFD for control characters and those that change the direction of text.

    Characters that cannot be seen are shown by their number.

    >>> clipped("a\\u200bb", 80), clipped("a\\x07b", 80)
    ('a[U+200B]b', 'a\ufffdb')
    """
    text = _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", _CONTROL.sub("\ufffd", text or ""))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def isolated(text: str | None, longest: int) -> str:
    """As `clipped`, for attributes, titles and Markdown, where no element isolates text that runs from right to left.

    Such a text is put between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, so that it reorders nothing around it.
    """
    text = clipped(text, longest)
    turns = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text)
    return f"{_ISOLATE}{text}{_END}" if turns else text
