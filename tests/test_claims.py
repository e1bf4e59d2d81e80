"""Every claim of docs/claims.md names a test that exists; README and claims name what is not claimed."""

import ast
import re

import pytest

from tests.conftest import ROOT

LINES = re.findall(r"^\| (C\d+) \| (.+?) \| (.*?) \|$", (ROOT / "docs/claims.md").read_text(), re.MULTILINE)


def test_claims_are_numbered_without_gaps():
    assert [number for number, *_ in LINES] == [f"C{n}" for n in range(1, len(LINES) + 1)]
    assert len(LINES) > 20


@pytest.mark.parametrize(("number", "claim", "proof"), LINES, ids=[number for number, *_ in LINES])
def test_a_claim_has_its_test(number, claim, proof):
    reference = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", proof)
    assert reference, f"{number} ({claim}): names no test"
    path, name = ROOT / reference[1], reference[2]
    assert path.is_file(), f"{number}: {reference[1]} does not exist"
    tests = {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
    assert name in tests, f"{number}: {reference[1]} has no {name}"


@pytest.mark.parametrize("name", ["docs/claims.md", "README.md"])
def test_the_non_goals_are_named(name):
    text = " ".join((ROOT / name).read_text().split())
    assert re.search(r"replace(ment of)? docking, MD, QM or the wet lab", text)
    for word in ("clinical validity", "binding affinity", "discovery", "absolute accuracy"):
        assert word.lower() in text.lower(), word
