"""What is said of a document that does not meet its contract: one line with place, value and what is allowed."""

import json
from pathlib import Path

import pytest

from hetero2.errors import ContractError
from hetero2.io import contracts
from tests.conftest import ROOT

LINEAGE = json.loads((ROOT / "schemas/lineage.v1.schema.json").read_text())


@pytest.fixture
def contract(tmp_path, monkeypatch):
    """A contract of our own, so that no frozen one is needed to have every kind of rule."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": ["kind"],
        "properties": {
            "kind": {"enum": ["first", "second", None]},
            "count": {"type": ["integer", "null"], "minimum": 1},
            "name": {"type": "string", "maxLength": 200},
            "inner": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"depth": {"type": "number"}, "other": {"type": "number"}},
            },
            "rows": {"type": "array", "items": {"type": "string"}},
        },
    }
    (tmp_path / "some.v1.schema.json").write_text(json.dumps(schema))
    monkeypatch.setattr(contracts, "SCHEMAS", tmp_path)
    contracts.validator.cache_clear()
    yield "some.v1"
    contracts.validator.cache_clear()


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"kind": "first", "count": 3, "inner": {"depth": 1.5}, "rows": ["a"]}, None),
        ({}, "(top level): 'kind' is a required property"),
        ([], "(top level): found []; expected object"),
        ({"kind": "third"}, 'kind: found "third"; allowed are first, second, null'),
        ({"kind": "first", "count": "3"}, 'count: found "3"; expected integer or null'),
        ({"kind": "first", "name": 3}, "name: found 3; expected string"),
        ({"kind": "first", "count": 0}, "count: found 0; is less than the minimum of 1"),
        ({"kind": "first", "rows": ["a", 2]}, "rows.1: found 2; expected string"),
        (
            {"kind": "first", "inner": {"dept": 1}},
            "unknown key inner.dept; did you mean 'depth'? Allowed here: depth, other",
        ),
        ({"kind": "first", "zzz": 1}, "unknown key zzz Allowed here: kind, count, name, inner, rows"),
        # of two unknown keys the first by name
        ({"kind": "first", "zzz": 1, "counts": 1}, "unknown key counts; did you mean 'count'? Allowed here: "),
        # of two problems the one nearest the top
        ({"kind": "first", "count": 0, "inner": {"depth": "x"}}, "count: found 0; is less than the minimum of 1"),
    ],
)
def test_the_first_problem_is_said_in_one_line(contract, document, problem):
    said = contracts.first_problem(document, contract)
    assert said == problem or said.startswith(f"{problem}kind, count")


@pytest.mark.parametrize(("length", "shown"), [(78, f'"{"x" * 78}"'), (79, f'"{"x" * 76}...')])
def test_a_value_is_shown_to_80_letters(contract, length, shown):
    document = {"kind": "first", "inner": "x" * length}
    assert contracts.first_problem(document, contract) == f"inner: found {shown}; expected object"


def test_a_value_that_json_does_not_know_is_shown_all_the_same(contract):
    said = contracts.first_problem({"kind": Path("a")}, contract)
    assert said == 'kind: found "a"; allowed are first, second, null'


def test_what_is_written_meets_its_contract_or_nothing_is_written(contract, tmp_path):
    path = tmp_path / "document.json"
    with pytest.raises(ContractError) as caught:
        contracts.write_json(path, {"kind": "third"}, contract)
    assert str(caught.value).startswith(f"{path}: does not meet some.v1: kind: found ")
    assert not path.exists()
    contracts.write_json(path, {"kind": "first", "count": 2}, contract)
    assert path.read_text() == '{\n  "count": 2,\n  "kind": "first"\n}\n'


def test_the_contracts_are_those_of_schemas():
    assert contracts.validator("lineage.v1").schema == LINEAGE
    with pytest.raises(FileNotFoundError):
        contracts.validator("lineage.v0")
