"""A form for the parameters of a workflow, from its JSON Schema, and back."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from hetero2.service.web import words
from hetero2.service.workflows.registry import WORKFLOWS, Workflow

_HIDDEN = {"settings"}  # a form has no fields for a whole configuration: the API has
_OPTION = re.compile(r"(?P<say>say )?--(?P<name>[a-z][a-z-]+)(?: [A-Z]+\b)?")
_STAGED = re.compile(r"(?<![\w/])files/\w+/", re.IGNORECASE)  # where a run finds the files of a form
_RARE = {
    "id_column",
    "smiles_column",
    "label_column",
    "score_column",
    "trust",
    "seed",
    "control_share",
    "per_framework",
}  # folded away
_LABELS = {  # where the name of a parameter says too little; a workflow's own come first
    "campaign_round.batch": "How many molecules this round",
    "batch": "How many molecules a round",
    "control_share": "Share of a batch that your score's order picks",
    "hit_at": "A measured value is a hit from",
    "per_framework": "Most picks of one framework in a batch",
    "price_per_measurement": "Price of a measurement",
    "today_order": "Order that you choose by today, where it is no score",
    "id_column": "Column of ids",
    "label_column": "Column of results",
    "lower_is_better": "Lower scores are better",
    "lower_is_hit": "Lower results are hits",
    "representative": "The known molecules are a random sample of the library",
    "score_column": "Column of scores",
    "screen.lower_is_better": "Lower measured values are better",
    "campaign_start.lower_is_better": "Lower measured values are better",
    "seed": "Random seed",
    "smiles_column": "Column of structures (SMILES)",
    "threshold": "A result is a hit from",
    "today_lower_is_better": "Lower is better in your score",
    "top_k": "How many molecules can be paid for",
    "trust": "Trust in your score before any result is known",
}
_HINTS = {
    "batch": "",
    "campaign_round.batch": "As in the first round where you give none.",
    "control_share": "So that both orders are measured, and compared.",
    "hit_at": "Needed only where the results are numbers, not labels.",
    "per_framework": "",
    "price_per_measurement": "To see the money saved.",
    "today_order": "",
    "id_column": "Needed only where it has no usual name, such as id.",
    "label_column": "Of the measured results and the training molecules. Needed only where it has no usual name.",
    "lower_is_better": "As of docking.",
    "lower_is_hit": "A hit is at most the value above, as of an IC50.",
    "representative": "",
    "score_column": "Needed only where it has no usual name, such as score.",
    "screen.lower_is_better": "As of an IC50.",
    "campaign_start.lower_is_better": "As of an IC50.",
    "seed": "The same seed gives the same ranking.",
    "smiles_column": "Needed only where it has no usual name, such as smiles.",
    "threshold": "Needed only where the results are numbers, not labels.",
    "today_lower_is_better": "As of docking.",
    "top_k": "",
    "trust": "From 0, none, to 1.",
}
_ROLES = {
    "campaign": "Campaign",
    "known": "Molecules with known results",
    "library": "Library",
    "results": "Results",
    "scores": "Scores",
    "today": "Your score",
    "train": "Training molecules",
    "truth": "Measured results",
}
_VALUES = {
    "": "not said",
    "false": "no",
    "listed": "as the library lists them (listed)",
    "morgan_rf": "random forest on fingerprints (morgan_rf)",
    "nearest_hit": "similarity to the nearest hit (nearest_hit)",
    "property_boosted": "boosted trees on properties (property_boosted)",
    "property_linear": "linear model on properties (property_linear)",
    "size": "largest molecules first (size)",
    "true": "yes",
}


class FormField(NamedTuple):
    """One field of a form."""

    name: str
    label: str
    text: str
    kind: str  # text | number | flag
    choices: tuple[str, ...]
    default: str
    is_rare: bool


def parameter_label(name: str, workflow: str) -> str:
    """A parameter, for a person."""
    said = _LABELS.get(f"{workflow}.{name}", _LABELS.get(name))
    return said or name.replace("_", " ").capitalize()


def role_label(role: str) -> str:
    """A file of a workflow, for a person."""
    return _ROLES.get(role, role.replace("_", " ").capitalize())


def in_words(text: str, workflow: str) -> str:
    """What the pipeline says, for who has this form before them: its fields, not options or paths of a command line."""
    lines = [line.removeprefix("error: ").removeprefix("hint: ") for line in text.strip().splitlines()]
    unstaged = _STAGED.sub("", "\n".join(words.sentence(line) for line in lines if line.strip()))
    return _OPTION.sub(lambda option: _option(option, workflow), unstaged)


def _option(option: re.Match[str], workflow: str) -> str:
    name = option["name"].replace("-", "_")
    if name in _ROLES:
        return f"“{role_label(name)}”"
    if name not in WORKFLOWS[workflow].parameters.model_fields:
        column = name.removesuffix("_column")
        return option[0] if column == name else f"call that column “{column}” in the file"
    field = f"“{parameter_label(name, workflow)}”"
    return f"fill in {field}" if option["say"] else field


def value_text(value: object) -> str:
    """The value of a parameter, for a person."""
    text = value if isinstance(value, str) else json.dumps(value)
    return _VALUES.get(text, text)


def fields(workflow: Workflow) -> list[FormField]:
    """The fields of a workflow's parameters; those that are rarely needed come last."""
    schema = workflow.parameters.model_json_schema().get("properties", {})
    every = [_field(workflow.name, name, facts) for name, facts in schema.items() if name not in _HIDDEN]
    return sorted(every, key=lambda field: field.is_rare)


def _field(workflow: str, name: str, facts: Mapping[str, Any]) -> FormField:
    parts = facts.get("anyOf", [facts])
    kinds = {part.get("type") for part in parts}
    kind = "flag" if kinds == {"boolean"} else "number" if kinds & {"number", "integer"} else "text"
    choices = tuple(choice for part in parts for choice in part.get("enum", ()))
    if choices and "null" in kinds:
        choices = ("", *choices)
    if "boolean" in kinds and kind != "flag":
        kind, choices = "text", ("", "true", "false")
    default = facts.get("default")
    text = str(facts.get("description", ""))
    text = _HINTS.get(f"{workflow}.{name}", _HINTS.get(name, text[:1].upper() + text[1:] + "." if text else ""))
    label = parameter_label(name, workflow)
    return FormField(name, label, text, kind, choices, "" if default is None else str(default), name in _RARE)


def parameters(workflow: Workflow, values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(the parameters that a form says, what is wrong with them by the name of the field)."""
    result: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in fields(workflow):
        text = values.get(f"p-{field.name}", "").strip()
        if field.kind == "flag":
            result |= {field.name: True} if text == "true" else {}
        elif text and text != field.default:
            value = _number(text) if field.kind == "number" else {"true": True, "false": False}.get(text, text)
            if value is None:
                problems[f"p-{field.name}"] = f"{text[:50]} is no number, such as 50 or 6.5."
            else:
                result[field.name] = value
    try:
        workflow.parameters.model_validate(result)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            problems.setdefault(f"p-{item['loc'][0]}", _said(item["msg"]))
    return result, problems


def _said(message: str) -> str:
    """What pydantic says of a value, as a sentence."""
    text = message.removeprefix("Value error, ").replace("Input should", "It should")
    text = text.replace("a valid integer", "a whole number").replace("a valid number", "a number")
    return f"{text[:1].upper()}{text[1:300]}."


def values_of(workflow: Workflow, parameters: Mapping[str, Any]) -> dict[str, str]:
    """What a form has in its fields where it asks for these parameters."""
    shown = {True: "true", False: "false"}
    return {
        f"p-{field.name}": shown[value] if isinstance(value, bool) else str(value)
        for field in fields(workflow)
        if (value := parameters.get(field.name)) is not None
    }


def _number(text: str) -> float | int | None:
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None
