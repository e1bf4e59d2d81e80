"""Answers checked against an OpenAPI document, and more: an object has no field that the document does not name."""

from pathlib import Path
from typing import Any

import jsonschema
import yaml

_TEXT = {"type": "string"}
# GA4GH service-info 1.0.0, to which the document of WES refers.
SERVICE = {
    "type": "object",
    "required": ["id", "name", "type", "organization", "version"],
    "properties": {
        **dict.fromkeys(("id", "name", "description", "contactUrl", "documentationUrl", "version"), _TEXT),
        **dict.fromkeys(("createdAt", "updatedAt", "environment"), _TEXT),
        "type": {
            "type": "object",
            "required": ["group", "artifact", "version"],
            "properties": dict.fromkeys(("group", "artifact", "version"), _TEXT),
        },
        "organization": {
            "type": "object",
            "required": ["name", "url"],
            "properties": {"name": _TEXT, "url": {"type": "string", "pattern": "^https?://"}},
        },
    },
}


def closed(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A schema without references, its parts in one, and no room for fields that it does not name."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return closed(SERVICE if name == "Service" else components[name], components)
    if "allOf" in schema:
        parts = [closed(part, components) for part in schema["allOf"]] + [
            {"required": schema.get("required", []), "properties": {}}
        ]
        return {
            "type": "object",
            "required": [name for part in parts for name in part.get("required", [])],
            "properties": {name: value for part in parts for name, value in part["properties"].items()},
            "additionalProperties": False,
        }
    result = dict(schema)
    if "properties" in schema:
        result["properties"] = {name: closed(value, components) for name, value in schema["properties"].items()}
        result["additionalProperties"] = False
    if isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = closed(schema["additionalProperties"], components)
    if "items" in schema:
        result["items"] = closed(schema["items"], components)
    if "anyOf" in schema:
        result["anyOf"] = [closed(part, components) for part in schema["anyOf"]]
    return result


class Official:
    """A document, and which of its operations have been looked at."""

    def __init__(self, path: Path) -> None:
        self._document = yaml.safe_load(path.read_text())
        assert self._document["info"]["version"] == "1.1.0"
        self._components = self._document["components"]["schemas"]
        self.seen: set[str] = set()

    @property
    def operations(self) -> set[str]:
        """Names of all operations."""
        return {
            operation["operationId"] for methods in self._document["paths"].values() for operation in methods.values()
        }

    def check(self, operation_id: str, answer: Any, status: int = 200) -> Any:
        """The content of an answer, which must be what the operation says of this status."""
        (operation,) = (
            operation
            for methods in self._document["paths"].values()
            for operation in methods.values()
            if operation["operationId"] == operation_id
        )
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        self.conforms(operation["responses"][status]["content"]["application/json"]["schema"], answer.json())
        self.seen.add(operation_id)
        return answer.json()

    def conforms(self, schema: dict[str, Any] | str, value: Any) -> None:
        """Raise where a value is not as a schema, or the component of this name, says."""
        schema = {"$ref": f"#/{schema}"} if isinstance(schema, str) else schema
        jsonschema.Draft202012Validator(closed(schema, self._components)).validate(value)
