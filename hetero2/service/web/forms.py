"""A form for the parameters of a workflow, from its JSON Schema, and back."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hetero2.service.domain.errors import ServiceError
from hetero2.service.workflows.registry import Workflow

_HIDDEN = {"settings"}  # a form has no fields for a whole configuration: the API has


class FormField(NamedTuple):
    """One field of a form."""

    name: str
    label: str
    text: str
    kind: str  # text | number | flag
    choices: tuple[str, ...]
    default: str


def fields(workflow: Workflow) -> list[FormField]:
    """The fields of a workflow's parameters."""
    schema = workflow.parameters.model_json_schema()
    return [_field(name, facts) for name, facts in schema.get("properties", {}).items() if name not in _HIDDEN]


def _field(name: str, facts: Mapping[str, Any]) -> FormField:
    kinds = {part.get("type") for part in facts.get("anyOf", [facts])}
    kind = "flag" if kinds == {"boolean"} else "number" if kinds & {"number", "integer"} else "text"
    choices = tuple(facts.get("enum", ()))
    if "boolean" in kinds and kind != "flag":
        kind, choices = "text", ("", "true", "false")
    default = facts.get("default")
    text = str(facts.get("description", ""))
    label = name.replace("_", " ").capitalize().replace("Id ", "Id ").replace("Smiles", "SMILES")
    shown = text[:1].upper() + text[1:] + "." if text else ""
    return FormField(name, label, shown, kind, choices, "" if default is None else str(default))


def parameters(workflow: Workflow, values: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that a form says; raises invalid for a number that is none."""
    result: dict[str, Any] = {}
    for field in fields(workflow):
        text = values.get(f"p-{field.name}", "").strip()
        if field.kind == "flag":
            result |= {field.name: True} if text == "true" else {}
        elif text and text != field.default:
            result[field.name] = (
                _number(field, text) if field.kind == "number" else {"true": True, "false": False}.get(text, text)
            )
    return result


def _number(field: FormField, text: str) -> float | int:
    try:
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise ServiceError("invalid", f"{field.label}: {text[:50]} is no number", "such as 50 or 6.5") from None
