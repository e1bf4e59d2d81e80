"""The reference of the service's API, docs/service-api.md, from its OpenAPI document."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parent.parent / "docs/service-api.md"
_HEAD = """# The API of the service

Written by `make docs` from [the OpenAPI document](service-openapi.json), which a running service gives at
`/api/v1/openapi.json`. How to start one, and calls by example: [a service for a team](service.md). Every operation
takes `Authorization: Bearer TOKEN` unless it is marked as open; the permission that it names is what the token and its
person must have ([who may what](service-security.md#roles)). Errors are problems of RFC 9457; each operation's own are
in its last column.
"""
_LEFT_OUT = {
    "malformed",
    "invalid",
    "internal",
    "rate_limited",
    "unavailable",
    "unauthenticated",
    "unsupported_media_type",
}
_COMMON = "Beside those named, every operation can answer " + ", ".join(f"`{code}`" for code in sorted(_LEFT_OUT)) + "."


def text(document: Mapping[str, Any]) -> str:
    """The page."""
    by_tag: dict[str, list[str]] = defaultdict(list)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag[operation["tags"][0]].append(_line(path, method, operation))
    parts = [_HEAD, _COMMON, ""]
    for tag, lines in by_tag.items():
        parts += [f"## {tag.capitalize()}", "", "| operation | permission | what it does | takes | gives | problems |"]
        parts += ["|---|---|---|---|---|---|", *lines, ""]
    parts += ["## Fields", ""]
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts += _fields(name, schema)
    return "\n".join(parts).rstrip() + "\n"


def _line(path: str, method: str, operation: Mapping[str, Any]) -> str:
    responses = operation["responses"]
    good: Mapping[str, Any] = next((responses[status] for status in ("200", "201") if status in responses), {})
    codes = {
        code
        for status, response in responses.items()
        if status >= "400"
        for code in response["description"].split("`")[1::2]
    }
    problems = ", ".join(f"`{code}`" for code in sorted(codes - _LEFT_OUT))
    permission = operation.get("x-permission")
    allowed = f"`{permission}`" if permission else "any token" if "security" in operation else "open"
    said = " ".join(operation.get("description", "").split())
    parameters = [
        f"`{parameter['name']}`"
        for parameter in operation.get("parameters", ())
        if parameter["in"] in ("query", "header")
    ]
    takes = ", ".join(filter(None, [_content(operation.get("requestBody", {})), *parameters]))
    return f"| `{method.upper()} {path}` | {allowed} | {said} | {takes} | {_content(good)} | {problems} |"


def _content(described: Mapping[str, Any]) -> str:
    shown = []
    for media_type, content in described.get("content", {}).items():
        shown.append(_kind(content.get("schema", {})) if media_type == "application/json" else f"`{media_type}`")
    return " or ".join(filter(None, shown))


def _fields(name: str, schema: Mapping[str, Any]) -> list[str]:
    properties = schema.get("properties", {})
    if not properties:
        values = ", ".join(f"`{value}`" for value in schema.get("enum", ()))
        return [f"### {name}", "", f"{schema.get('description', '').strip()} {values}".strip(), ""]
    lines = [f"### {name}", "", schema.get("description", ""), "", "| field | type | what it is |", "|---|---|---|"]
    for field, what in properties.items():
        optional = "" if field in schema.get("required", ()) else ", optional"
        lines.append(f"| `{field}` | {_kind(what)}{optional} | {what.get('description', '')} |")
    return [*lines, ""]


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in a few words, a named one with a link to its fields."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {})) or 'anything'}"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("format") or schema.get("type") or ""
    return {"uuid": "id", "date-time": "time", "binary": "bytes"}.get(kind, kind)
