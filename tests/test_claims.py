"""Claims and promises of the service name tests that exist; README and claims name what is not claimed."""

import ast
import re

import pytest

from tests.conftest import ROOT

LINES = re.findall(r"^\| (C\d+) \| (.+?) \| (.*?) \|$", (ROOT / "docs/claims.md").read_text(), re.MULTILINE)
SECURITY = (ROOT / "docs/service-security.md").read_text()
PROMISES = re.findall(r"^\| (.+?) \| (`tests/.*?) \|$", SECURITY, re.MULTILINE)


def test_claims_are_numbered_without_gaps():
    assert [number for number, *_ in LINES] == [f"C{n}" for n in range(1, len(LINES) + 1)]
    assert len(LINES) > 20


@pytest.mark.parametrize(("number", "claim", "proof"), LINES, ids=[number for number, *_ in LINES])
def test_a_claim_has_its_test(number, claim, proof):
    assert problem(proof) is None, f"{number} ({claim}): {problem(proof)}"


@pytest.mark.parametrize(
    ("promise", "proof"), PROMISES, ids=[proof.strip("`").rpartition(":")[2] for _, proof in PROMISES]
)
def test_a_promise_of_the_service_has_its_test(promise, proof):
    assert problem(proof) is None, f"{promise}: {problem(proof)}"


def test_no_promise_is_without_a_test():
    rows = [
        row
        for table in re.findall(r"^\| promise \| test \|\n.*\n((?:\|.*\n)+)", SECURITY, re.MULTILINE)
        for row in table.splitlines()
    ]
    assert len(rows) == len(PROMISES) == SECURITY.count("`tests/service/") > 25
    assert len({proof for _, proof in PROMISES}) == len(PROMISES)


def problem(proof: str) -> str | None:
    """What is wrong with the test that a line names."""
    reference = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", proof)
    if not reference:
        return "names no test"
    path, name = ROOT / reference[1], reference[2]
    if not path.is_file():
        return f"{reference[1]} does not exist"
    tests = {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
    return None if name in tests else f"{reference[1]} has no {name}"


def test_a_test_that_does_not_exist_is_seen():
    assert problem("`tests/test_claims.py::test_claims_are_numbered_without_gaps`") is None
    for proof in ("`tests/test_claims.py::test_none`", "`tests/test_none.py::test_none`", "by inspection"):
        assert problem(proof)


@pytest.mark.parametrize("name", ["docs/claims.md", "README.md"])
def test_the_non_goals_are_named(name):
    text = " ".join((ROOT / name).read_text().split())
    assert re.search(r"replace(ment of)? docking, MD, QM or the wet lab", text)
    for word in ("clinical validity", "binding affinity", "discovery", "absolute accuracy"):
        assert word.lower() in text.lower(), word
