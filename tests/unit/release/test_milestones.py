"""Milestones: DONE only with all four proofs and what each asks for itself."""

import copy
import re

import pytest

from hetero2.config import overlays
from hetero2.errors import ConfigError, InputError
from tests.conftest import ROOT
from tests.releases import published, row_of
from tools.release.commands.milestones import named
from tools.release.milestones import FURTHER, claims_are_tested, load, of_release, states
from tools.release.tags import prefixes

IDS = [f"VALUE-M{number}" for number in range(8)]
TAG = "value-utility-proxy-2026-11-22-r1"


def state(identity, rows):
    return next(one for one in states(rows) if one.milestone.id == identity)


def test_there_are_eight_and_each_names_what_exists():
    found, backlog = load()
    assert [one.id for one in found] == IDS
    assert backlog
    for one in found:
        assert one.target in (*overlays.targets(), "any")
        assert (one.tag_prefix is None) == (one.target == "any")
        if one.tag_prefix:
            assert prefixes()[one.tag_prefix]["target"] == one.target
    assert {name for one in found for name in one.done_when} == set(FURTHER)


def test_without_a_release_all_are_open_and_a_build_alone_is_not_done():
    assert {one.word for one in states([])} == {"OPEN"}
    found = state("VALUE-M5", [row_of(TAG.replace("r1", "r0"))])
    assert found.word == "BUILT"
    assert not found.met["asset"]
    assert not found.met["checks"]
    assert found.met["row"]


def test_all_four_proofs_make_it_done():
    assert state("VALUE-M5", [published(TAG)]).word == "DONE"
    assert state("VALUE-M0", [published(TAG)]).word == "DONE"
    assert state("VALUE-M6", [published(TAG)]).word == "OPEN"


def without(row, *path):
    changed = copy.deepcopy(row)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = None
    return changed


@pytest.mark.parametrize(
    ("path", "item"),
    [
        (("assets", 0, "url"), "asset"),
        (("assets", 0, "sha256"), "sha256"),
        (("ci", "test"), "checks"),
        (("ci", "test-chem"), "checks"),
        (("ci", "docker"), "checks"),
        (("source_commit",), "checks"),
        (("assets", 0, "outcome", "utility"), "utility"),
        (("claims_tested",), "claims"),
    ],
)
def test_one_proof_less_and_it_is_not_done(path, item):
    found = state("VALUE-M4" if item == "claims" else "VALUE-M5", [without(published(TAG), *path)])
    assert found.word == "BUILT"
    assert [name for name, met in found.met.items() if not met] == [item]


@pytest.mark.parametrize(
    ("identity", "tag", "change", "item"),
    [
        ("VALUE-M1", "value-ring-suite", {"outcome": {"counts": {"OK": 1, "SKIP": 0, "ERROR": 1}}}, "no_errors"),
        ("VALUE-M2", "value-known-bad-good", {"outcome": {"separation": {"separated": False}}}, "separated"),
        ("VALUE-M3", "value-customer-proxy", {"acceptance": {"outcome": "STOP"}}, "accepted"),
        ("VALUE-M3", "value-customer-proxy", {"gates": {"rows_missing_scores_input": {"found": 1}}}, "all_scored"),
        ("VALUE-M3", "value-customer-proxy", {"gates": {"rebuilt": {"met": False}}}, "rebuilt"),
    ],
)
def test_what_a_milestone_asks_for_itself_must_be_met(identity, tag, change, item):
    row = published(f"{tag}-2026-11-22-r1")
    assert state(identity, [row]).word == "DONE"
    for section, inner in change.items():
        for key, value in inner.items():
            row[section][key] = (
                value if key not in row[section] or not isinstance(value, dict) else row[section][key] | value
            )
    found = state(identity, [row])
    assert (found.word, found.met[item]) == ("BUILT", False)


def test_external_scores_make_the_difference_between_the_last_two():
    row = published("value-utility-realtruth-2026-11-22-r1")
    for asset in row["assets"]:
        asset["outcome"]["truth"]["truth_source"] = "proxy_rule_v1"
    assert [name for name, met in state("VALUE-M6", [row]).met.items() if not met] == ["external_truth"]
    for asset in row["assets"]:
        asset["outcome"]["truth"]["truth_source"] = "external"
    assert of_release(row) == "VALUE-M6"
    assert (state("VALUE-M6", [row]).word, state("VALUE-M7", [row]).word) == ("DONE", "OPEN")
    for asset in row["assets"]:
        asset["outcome"]["scores"]["source"] = "external"
    assert of_release(row) == "VALUE-M7"
    assert (state("VALUE-M6", [row]).word, state("VALUE-M7", [row]).word) == ("OPEN", "DONE")


def test_a_superseded_release_does_not_count():
    row = published(TAG)
    gone = {**row, "status": "superseded", "superseded_by": "x", "reason": "y"}
    assert state("VALUE-M5", [row, gone]).word == "OPEN"


def test_claims_are_those_of_the_page(tmp_path):
    assert claims_are_tested(ROOT)
    assert not claims_are_tested(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    page = tmp_path / "docs/claims.md"
    page.write_text("| C1 | it works | `tests/test_it.py::test_it` |\n")
    assert not claims_are_tested(tmp_path)
    (tmp_path / "tests/test_it.py").write_text("def test_it():\n    assert True\n")
    assert claims_are_tested(tmp_path)
    page.write_text(page.read_text() + "| C2 | it is fast | trust us |\n")
    assert not claims_are_tested(tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        "Milestone: VALUE-M6",
        "text\r\n\r\n**Milestone:** `VALUE-M6`\r\n",
        "- milestone : VALUE-M6",
        "> Milestone: VALUE-M6 ",
    ],
)
def test_a_pull_request_names_a_milestone(body):
    assert named(body, IDS) == "VALUE-M6"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "names no milestone"),
        ("it is about VALUE-M6", "names no milestone"),
        ("Milestone:\n", "names no milestone"),
        ("<!-- Milestone: VALUE-M6 -->", "names no milestone"),
        ("<!-- never ends\nMilestone: VALUE-M6", "names no milestone"),
        ("Milestone: VALUE-M9", "VALUE-M9: expected"),
        ("Milestone: VALUE-M", "VALUE-M: expected"),
        ("Milestone: VALUE-M60", "VALUE-M60: expected"),
        ("Milestone: VALUE-M6\nMilestone: VALUE-M5", "VALUE-M6, VALUE-M5: expected"),
    ],
)
def test_a_pull_request_without_a_valid_one_is_refused(body, problem):
    with pytest.raises(InputError, match=problem) as caught:
        named(body, IDS)
    assert "VALUE-M0, VALUE-M1" in caught.value.hint


def test_a_text_that_anybody_may_write_is_read_in_no_time():
    for text in ("*" * 1_000_000, " " * 1_000_000, "milestone" + " " * 1_000_000, "> " * 500_000):
        with pytest.raises(InputError):
            named(text, IDS)


def test_an_item_that_cannot_be_asked_is_refused(tmp_path):
    (tmp_path / "config").mkdir()
    text = (ROOT / "config/milestones.yaml").read_text()
    (tmp_path / "config/milestones.yaml").write_text(text.replace("done_when: [claims]", "done_when: [magic]"))
    with pytest.raises(ConfigError, match="VALUE-M4: done_when: unknown: magic"):
        load(tmp_path)


def test_the_template_of_a_pull_request_is_not_valid_as_it_is():
    text = (ROOT / ".github/pull_request_template.md").read_text()
    with pytest.raises(InputError):
        named(text, IDS)
    assert re.search("milestone", text, re.IGNORECASE)
