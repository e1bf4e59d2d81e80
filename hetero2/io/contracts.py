"""JSON Schemas of `schemas/`: loading, validating, and reporting a violation in one line."""

import difflib
import functools
import json
from pathlib import Path
from typing import Any

import jsonschema

from hetero2.errors import ContractError
from hetero2.io.files import pretty_json, write_text
from hetero2.paths import SCHEMAS


@functools.cache
def validator(contract: str) -> jsonschema.Draft202012Validator:
    """The compiled validator of `schemas/<contract>.schema.json`."""
    schema = json.loads((SCHEMAS / f"{contract}.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def _dotted(path: Any) -> str:
    return ".".join(str(part) for part in path) or "(top level)"


def _unknown_key(error: Any) -> str:
    allowed = list(error.schema["properties"])
    unknown = sorted(set(map(str, error.instance)) - set(allowed))[0]
    near = difflib.get_close_matches(unknown, allowed, n=1)
    where = _dotted([*error.absolute_path, unknown])
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown key {where}{meant} Allowed here: {', '.join(allowed)}"


def explain(error: Any) -> str:
    """One line with the key, the value found, and what is allowed."""
    where, value = _dotted(error.absolute_path), json.dumps(error.instance, default=str)
    value = value if len(value) <= 80 else value[:77] + "..."
    if error.validator == "additionalProperties":
        return _unknown_key(error)
    if error.validator == "required":
        return f"{where}: {error.message}"
    if error.validator == "enum":
        allowed = ", ".join("null" if value is None else str(value) for value in error.validator_value)
        return f"{where}: found {value}; allowed are {allowed}"
    if error.validator == "type":
        kinds = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        return f"{where}: found {value}; expected {' or '.join(kinds)}"
    return f"{where}: found {value}; {error.message.removeprefix(str(error.instance)).strip()}"


def first_problem(document: Any, contract: str) -> str | None:
    """What is wrong with `document`, or None; the problem nearest the top first."""
    errors = sorted(
        validator(contract).iter_errors(document), key=lambda e: (len(e.absolute_path), str(e.absolute_path))
    )
    return explain(errors[0]) if errors else None


def validate(document: Any, contract: str, where: str) -> None:
    """Raise ContractError unless `document` meets `contract`."""
    problem = first_problem(document, contract)
    if problem:
        raise ContractError(f"{where}: does not meet {contract}: {problem}")


def write_json(path: Path, document: Any, contract: str) -> None:
    """Validate and write a JSON artefact atomically."""
    validate(document, contract, str(path))
    write_text(path, pretty_json(document))
