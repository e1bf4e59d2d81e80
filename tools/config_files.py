"""Write schemas/config.schema.json and config/default.yaml from the models of the configuration: `make docs`.

python -m tools.config_files [--check]
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from hetero2.config.models import Configuration
from tools import made_files
from tools.made_files import ROOT

_HEAD = """\
# Every key of the configuration, with its default. Three layers, later ones win:
#   config/default.yaml  <  config/runs/<target>.yaml  <  your own file (--configfile my.yaml)
# Unknown keys are errors. Relative paths are relative to the folder in which snakemake is started.
# `hetero2 config <target> --configfile my.yaml` prints what a run would use.
# Written by `make docs` from hetero2/config/models.py.
"""
_WIDTH, _COMMENT_COLUMN = 120, 28
Schema = dict[str, Any]


def schema() -> Schema:
    """The JSON Schema of the configuration: sections in place, `type: [integer, "null"]` for what may be null."""
    whole = Configuration.model_json_schema()
    plain = _plain(whole, whole["$defs"])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "config.schema.json"}
    return {**head, "title": "Configuration", **plain}


def _plain(part: Schema, sections: dict[str, Schema]) -> Schema:
    if "$ref" in part:
        section = sections[part["$ref"].rpartition("/")[2]]
        explained = {key: part[key] for key in ("description",) if key in part}
        return _plain(section | explained, sections)
    if "anyOf" in part:
        value, _ = part["anyOf"]
        part = {**{key: text for key, text in part.items() if key != "anyOf"}, **_or_null(value)}
    plain = {key: value for key, value in part.items() if key not in ("title", "$defs")}
    if "enum" in plain:
        plain.pop("type", None)
    if "properties" in plain:
        plain["properties"] = {name: _plain(inner, sections) for name, inner in plain["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(plain.get(key), dict):
            plain[key] = _plain(plain[key], sections)
    return plain


def _or_null(value: Schema) -> Schema:
    if "enum" in value:
        return {"enum": [None, *value["enum"]]}
    return value | {"type": [value["type"], "null"]}


def default_yaml(whole: Schema) -> str:
    """config/default.yaml: every key with its default, and its description as a comment."""
    return _HEAD + "".join(line + "\n" for line in _keys(whole, ""))


def _keys(section: Schema, indent: str) -> Iterator[str]:
    for name, key in section["properties"].items():
        if not indent:
            yield ""
        described = any("description" in inner for inner in key.get("properties", {}).values())
        if described:
            yield from _comment(key["description"], indent)
            yield f"{indent}{name}:"
            yield from _keys(key, indent + "  ")
        else:
            yield from _explained(f"{indent}{name}: {_value(key)}", key["description"], indent)


def _explained(line: str, text: str, indent: str) -> Iterator[str]:
    """A key with its comment behind it, or above it where it is long."""
    beside = f"{line:<{_COMMENT_COLUMN - 1}} # {text}"
    if "\n" not in text and len(beside) <= _WIDTH and indent:
        yield beside
    else:
        yield from _comment(text, indent)
        yield line


def _comment(text: str, indent: str) -> Iterator[str]:
    yield from (f"{indent}# {line}" for line in text.splitlines() if line)


def _value(key: Schema) -> str:
    value = key["default"] if "default" in key else {name: part["default"] for name, part in key["properties"].items()}
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=_WIDTH)
    return text.removesuffix("...\n").strip()


def files() -> Iterator[tuple[Path, str]]:
    """Both files with their content."""
    whole = schema()
    yield ROOT / "schemas/config.schema.json", json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    yield ROOT / "config/default.yaml", default_yaml(whole)


if __name__ == "__main__":
    sys.exit(made_files.main(__doc__, files()))
