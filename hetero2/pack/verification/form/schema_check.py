"""The schemas that come with a pack, as far as they use what ours use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.form.json_text import read_json
from hetero2.pack.verification.layout import SCHEMAS
from hetero2.pack.verification.limits import MAX_WORK, UNREADABLE
from hetero2.pack.verification.problems import Problems

# The only patterns these schemas use. A pack brings its own schemas, and a pattern could be crafted to run forever.
PATTERNS = ("", "^[0-9a-f]{64}$")

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}


def _value_problem(value: Any, schema: dict[str, Any]) -> str | None:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        return "expected {}, found {}".format(" or ".join(kinds), type(value).__name__)
    if "const" in schema and value != schema["const"]:
        return "expected {!r}, found {!r}".format(schema["const"], value)
    if "enum" in schema and value not in schema["enum"]:
        return "found {!r}, allowed are {}".format(value, schema["enum"])
    if isinstance(value, str):
        if schema.get("pattern", "") not in PATTERNS:
            return "the schema in the pack has a pattern that none of our schemas has"
        if len(value) < schema.get("minLength", 0) or not re.search(schema.get("pattern", ""), value):
            return f"{value[:80]!r} does not match"
    elif _TYPES["number"](value) and _out_of_range(value, schema):
        return f"{value!r} is out of range"
    return None


def _out_of_range(value: float, schema: dict[str, Any]) -> bool:
    too_small = "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]
    return too_small or not schema.get("minimum", value) <= value <= schema.get("maximum", value)


class SchemaCheck:
    """The part of JSON Schema that our schemas use. A pack brings its own schemas, so checking has a budget."""

    def __init__(self) -> None:
        self.work = MAX_WORK

    def problem(self, value: Any, schema: dict[str, Any], where: tuple[Any, ...]) -> str | None:
        """The first breach, or None; `where` is (place of the parent, step). Raises ValueError for another schema."""
        self._pay(schema)
        problem = _value_problem(value, schema)
        if problem is None and isinstance(value, dict):
            missing = next((key for key in schema.get("required", []) if key not in value), None)
            problem = None if missing is None else f"{missing!r} is missing"
        elif problem is None and isinstance(value, list):
            fits = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
            problem = None if fits else f"{len(value)} items are too few or too many"
        if problem is not None:
            return f"{_place(where)}: {problem}"
        for step, item, sub in _inner(value, schema):
            inner_problem = self.problem(item, sub, (where, step)) if isinstance(sub, dict) else None
            if inner_problem is not None:
                return inner_problem
        return None

    def _pay(self, schema: dict[str, Any]) -> None:
        allowed = [*schema.get("enum", []), schema.get("const")]
        if any(isinstance(value, (dict, list)) for value in allowed):
            raise ValueError("enum and const must be plain values")
        self.work -= len(allowed) + len(schema.get("required", [])) + len(schema.get("type", []))
        if self.work < 0:
            raise ValueError("checking it would take too long")


def _place(where: tuple[Any, ...]) -> str:
    steps: list[str] = []
    while where:
        where, step = where
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps))[1:]


def _inner(value: Any, schema: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """(step, value, schema) of the values inside a value."""
    if isinstance(value, dict):
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        yield from ((key, item, properties.get(key, rest)) for key, item in value.items())
    elif isinstance(value, list):
        first, rest = schema.get("prefixItems", []), schema.get("items", {})
        yield from ((i, item, first[i] if i < len(first) else rest) for i, item in enumerate(value))


def check_schemas(pack: Pack, parsed: dict[str, Any], problems: Problems) -> set[str]:
    """Check the JSON files against the schemas that the pack carries; the files that are not in form."""
    out_of_form = {name for name in SCHEMAS if parsed.get(name) is None}
    for name, contract in SCHEMAS.items():
        path = f"workflow/schemas/{contract}.schema.json"
        if parsed.get(name) is None:
            continue
        try:
            problem = SchemaCheck().problem(parsed[name], read_json(pack, path)[1], ((), name))
        except (*UNREADABLE, KeyError, TypeError, AttributeError, RecursionError) as error:
            problem = f"{path}: the schema is missing or not readable, so {name} was not checked ({error})"
        if problem:
            problems.add(problem)
            out_of_form.add(name)
    return out_of_form
