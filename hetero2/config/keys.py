"""What each key of the configuration may hold, read from the generated schema: a job that starts needs no pydantic.

The words for a value that a key may not have are here too, for a configuration as for the options of a verb.
"""

import difflib
import functools
import json
import math
import operator
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hetero2.paths import SCHEMAS

Place = tuple[str | int, ...]  # keys and positions that lead to a value
_BOUNDS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("minimum", operator.ge, "is less than the minimum of"),
    ("exclusiveMinimum", operator.gt, "is less than or equal to the minimum of"),
    ("maximum", operator.le, "is greater than the maximum of"),
    ("exclusiveMaximum", operator.lt, "is greater than or equal to the maximum of"),
)
_KINDS = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    dict: "object",
    list: "array",
    type(None): "null",
}


@functools.cache
def schema() -> dict[str, Any]:
    """The schema of the whole configuration."""
    whole: dict[str, Any] = json.loads((SCHEMAS / "config.schema.json").read_text(encoding="utf-8"))
    return whole


def inner(outer: dict[str, Any], step: str | int) -> dict[str, Any]:
    """The schema one step further in; empty where any value may be there."""
    if isinstance(step, int):
        return outer.get("items") or {}
    return outer.get("properties", {}).get(step) or outer.get("additionalProperties") or {}


def at(place: Iterable[str | int]) -> dict[str, Any]:
    """The schema of the value at a place; empty where there is no such key."""
    return functools.reduce(inner, place, schema())


def default(key: str) -> Any:
    """The default of a dotted key, of a whole section as a mapping; raises KeyError where there is no such key."""
    return _default(at(key.split(".")))


def _default(part: dict[str, Any]) -> Any:
    if "default" in part:
        return json.loads(json.dumps(part["default"]))  # its own list or mapping
    return {name: _default(value) for name, value in part["properties"].items()}


def dotted(place: Iterable[str | int]) -> str:
    """A place in words: `decoys.k`."""
    return ".".join(map(str, place)) or "(top level)"


def kind_of(value: Any) -> str:
    """The type of a value, as JSON Schema calls it."""
    return _KINDS.get(type(value), type(value).__name__)


def kinds(part: dict[str, Any]) -> list[str]:
    """The types that a schema allows; none where it lists the values."""
    allowed = part.get("type", [])
    return [allowed] if isinstance(allowed, str) else allowed


def is_of_kind(value: Any, allowed: list[str]) -> bool:
    """Whether a value is of an allowed type; a whole number is a number, but 5.0 is no whole number."""
    return kind_of(value) in allowed or ("number" in allowed and kind_of(value) == "integer")


def shortened(text: str) -> str:
    """A text of at most 80 characters, for a message."""
    return text if len(text) <= 80 else text[:77] + "..."


def shown(value: Any) -> str:
    """A value for a message, as JSON of at most 80 characters; the name of its type where JSON has no such value."""
    try:
        return shortened(json.dumps(value, default=_path_or_type))
    except (ValueError, TypeError, RecursionError):  # thousands of digits; keys that are no text; a list in itself
        return type(value).__name__


def _path_or_type(value: Any) -> str:
    return str(value) if isinstance(value, Path) else type(value).__name__


def wrong(value: Any, part: dict[str, Any]) -> str | None:
    """What is wrong with a value by itself, or None: what is found and what is allowed."""
    text = shown(value)
    if "enum" in part:
        allowed = ", ".join("null" if choice is None else choice for choice in part["enum"])
        return None if value in part["enum"] else f"found {text}; allowed are {allowed}"
    if kinds(part) and not is_of_kind(value, kinds(part)):
        return f"found {text}; expected {' or '.join(kinds(part))}"
    if isinstance(value, int | float):
        for bound, holds, complaint in _BOUNDS:
            if bound in part and value == value and not holds(value, part[bound]):  # not NaN
                return f"found {text}; {complaint} {part[bound]}"
        is_finite = isinstance(value, int) or math.isfinite(value)  # a whole number may be too large for a float
        return None if is_finite else f"found {value}; expected a finite number"
    if isinstance(value, str | list) and len(value) < part.get("minLength", part.get("minItems", 0)):
        return f"found {text}; should be non-empty"
    if isinstance(value, str) and "pattern" in part and not re.fullmatch(part["pattern"], value):
        return f"found {text}; does not match {part['pattern']!r}"
    return None


def unknown_key(place: Place, allowed: Iterable[str]) -> str:
    """What to say of a key that there is not, beside those that there are."""
    allowed = list(allowed)
    similar = difflib.get_close_matches(str(place[-1]), allowed, n=1)
    meant = f"; did you mean {similar[0]!r}?" if similar else "."
    return f"unknown key {dotted(place)}{meant} Allowed here: {', '.join(allowed)}"
