"""A frozen contract may grow by optional fields; any other change needs a new version.

`schemas/frozen/` holds each frozen schema as it was frozen, and never changes: not even together with the schema.
"""

import copy
import json
import subprocess

import pytest

from tests.conftest import ROOT

SCHEMAS = ROOT / "schemas"
FROZEN = sorted((SCHEMAS / "frozen").glob("*.schema.json"))
# What is said of a field for people; the rest decides what a file may hold.
WORDS = {"description", "title", "$comment"}
TABLES = {"customer_truth.v1", "hetero_audit.v2", "summary.v1"}  # the order of columns is part of them


def breaking(old: dict, new: dict, where: str = "") -> list[str]:
    """What a reader or writer of the old schema would stumble over in the new one."""
    problems = [
        f"{where}{key}: was {old.get(key)!r}, is {new.get(key)!r}"
        for key in sorted((old.keys() | new.keys()) - WORDS - {"properties", "required", "items", "$id", "$schema"})
        if old.get(key) != new.get(key)
    ]
    for name, field in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            problems.append(f"{where}{name}: is gone")
        else:
            problems += breaking(field, new["properties"][name], f"{where}{name}.")
    now, before = set(new.get("required", [])), set(old.get("required", []))
    problems += [f"{where}{name}: is required now" for name in sorted(now - before)]
    problems += [f"{where}{name}: is not required any more" for name in sorted(before - now)]
    if "items" in old:
        problems += breaking(old["items"], new.get("items", {}), f"{where}[].")
    return problems


def read(path):
    return json.loads(path.read_text())


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.name)
def test_a_frozen_contract_changes_only_by_optional_fields(path):
    old, new = read(path), read(SCHEMAS / path.name)
    contract = path.name.removesuffix(".schema.json")
    if contract in TABLES:  # added columns are written by us, and come last
        new["required"] = [name for name in new.get("required", []) if name in old["properties"]]
        assert list(new["properties"])[: len(old["properties"])] == list(old["properties"])
    assert breaking(old, new) == [], f"{contract} is frozen: make a new version of it instead"


def test_every_contract_that_is_called_frozen_is_held():
    table = (ROOT / "docs/contracts/README.md").read_text().splitlines()
    said = {line.split("`")[1] for line in table if line.startswith("| ") and "| frozen |" in line}
    strategies = {name for name in said if name.startswith("decoy_strategy")}  # held by golden decoys
    assert {path.name.removesuffix(".schema.json") for path in FROZEN} == said - strategies
    assert len(strategies) == 2


def test_what_was_frozen_was_never_changed():
    """As far back as the history of this checkout goes."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for path in FROZEN:
        name = path.relative_to(ROOT).as_posix()
        for commit in git("log", "--format=%H", "--diff-filter=AM", "--", name).split():
            assert json.loads(git("show", f"{commit}:{name}")) == read(path), f"{name} was changed after {commit}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s["properties"].pop("b"), "b: is gone"),
        (lambda s: s["properties"]["a"].update(type="number"), "a.type: was 'string', is 'number'"),
        (lambda s: s["properties"]["a"].update(enum=["x"]), "a.enum: was ['x', 'y'], is ['x']"),
        (lambda s: s["required"].append("b"), "b: is required now"),
        (lambda s: s["required"].remove("a"), "a: is not required any more"),
        (lambda s: s["properties"]["c"]["items"].update(type="integer"), "c.[].type: was 'number', is 'integer'"),
        (lambda s: s.update(additionalProperties=False), "additionalProperties: was None, is False"),
    ],
)
def test_the_check_sees_what_breaks(change, said):
    old = {
        "properties": {
            "a": {"type": "string", "enum": ["x", "y"]},
            "b": {"type": "string"},
            "c": {"type": "array", "items": {"type": "number"}},
        },
        "required": ["a"],
    }
    new = copy.deepcopy(old)
    change(new)
    assert said in breaking(old, new)
    grown = copy.deepcopy(old)
    grown["properties"]["d"] = {"type": "string"}
    grown["properties"]["a"]["description"] = "in other words"
    assert breaking(old, grown) == []
