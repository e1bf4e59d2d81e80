"""Each criterion of acceptance to the letter: value, what is needed, and on which side of the limit it is met."""

import argparse
import csv
import io
import json

import pytest

from hetero2.pack import accept
from hetero2.pack.accept import Criterion
from tests.packs import edit, own_folder, relist

METRICS = {
    "counts": {"OK": 3, "SKIP": 1, "ERROR": 0},
    "scores_coverage": {"rows_missing_scores_input": 1},
    "fail_rate": 0.25,
    "median_slack": -0.5,
}
MANIFEST = {"scores": {"source": "command"}, "config": {}}


def content(utility=None, agreed=None, source="command", **metrics):
    manifest = {"scores": {"source": source}, "config": {"acceptance": agreed}}
    return accept.content(METRICS | metrics, manifest, utility)


def counts(**changes):
    return {"counts": METRICS["counts"] | changes}


ERROR_FREE = Criterion("rows_error", 0, "= 0", True)
AUDITED = Criterion("rows_ok", 3, ">= 1", True)


def test_a_pack_in_order_meets_both_counts_and_is_asked_for_no_more():
    assert content() == [ERROR_FREE, AUDITED]
    assert accept.content(METRICS, MANIFEST, None) == [ERROR_FREE, AUDITED]


@pytest.mark.parametrize(("n", "met"), [(0, True), (1, False)])
def test_no_row_may_have_failed(n, met):
    assert content(**counts(ERROR=n))[0] == Criterion("rows_error", n, "= 0", met)


@pytest.mark.parametrize(("n", "met"), [(0, False), (1, True)])
def test_one_row_at_least_was_audited(n, met):
    assert content(**counts(OK=n))[1] == Criterion("rows_ok", n, ">= 1", met)


@pytest.mark.parametrize(("n", "met"), [(0, True), (1, False)])
def test_scores_from_elsewhere_are_of_every_row(n, met):
    criteria = content(source="external", scores_coverage={"rows_missing_scores_input": n})
    assert criteria[2:] == [Criterion("rows_missing_scores_input", n, "= 0", met)]


@pytest.mark.parametrize(
    ("state", "value", "met"),
    [
        ({"refused": False, "reason": None}, "computed", True),
        ({"refused": False, "reason": "no truth"}, "no truth", True),
        ({"refused": True, "reason": "no row"}, "no row", False),
    ],
)
def test_hits_and_cost_are_computed_or_the_reason_is_shown(state, value, met):
    assert content({"cost_lift_v1": state})[2:] == [Criterion("cost_lift_v1", value, "computed", met)]


@pytest.mark.parametrize(
    ("agreed", "value", "needed", "met"),
    [
        ({"max_fail_rate": 0.25}, 0.25, "<= 0.25", True),
        ({"max_fail_rate": 0.24}, 0.25, "<= 0.24", False),
        ({"min_median_slack": -0.5}, -0.5, ">= -0.5", True),
        ({"min_median_slack": -0.4}, -0.5, ">= -0.4", False),
        ({"min_rows_ok": 3}, 3, ">= 3", True),
        ({"min_rows_ok": 4}, 3, ">= 4", False),
        ({"min_rows_ok": 0}, 3, ">= 0", True),
    ],
)
def test_what_was_agreed_holds_up_to_its_limit(agreed, value, needed, met):
    assert content(agreed=agreed)[2:] == [Criterion(next(iter(agreed)), value, needed, met)]


def test_a_measure_that_is_undefined_meets_no_limit():
    criteria = content(agreed={"max_fail_rate": 1, "min_median_slack": -9}, fail_rate=None, median_slack=None)
    assert criteria[2:] == [
        Criterion("max_fail_rate", None, "<= 1", False),
        Criterion("min_median_slack", None, ">= -9", False),
    ]


@pytest.fixture
def pack(tmp_path):
    return own_folder(tmp_path / "pack", small=True)


@pytest.fixture
def whole(tmp_path):
    """With all of its files, as verify wants it."""
    return own_folder(tmp_path / "whole")


def of_rows(folder, name):
    return next(criterion for criterion in accept.judge(folder) if criterion.name == name)


def rows_of(folder):
    return list(csv.reader(io.StringIO((folder / "summary.csv").read_text())))


def set_cells(folder, number, **cells):
    """Write cells of a row of summary.csv."""
    lines = rows_of(folder)
    for name, value in cells.items():
        lines[number][lines[0].index(name)] = value
    with (folder / "summary.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    relist(folder)


def ok_row(folder):
    lines = rows_of(folder)
    return next(number for number, line in enumerate(lines) if line[1] == "OK" and line[4] != "SKIP"), lines


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"status": "GOOD"}, "status 'GOOD'"),
        ({"verdict": "MAYBE"}, "verdict 'MAYBE'"),
        ({"slack": "inf"}, "slack 'inf'"),
        ({"slack": "much"}, "slack 'much'"),
        ({"slack": "x" * 90}, "slack '" + "x" * 73),
    ],
)
def test_the_first_row_that_is_not_whole_is_named(pack, cells, why):
    number, lines = ok_row(pack)
    set_cells(pack, number, **cells)
    expected = Criterion("ok_rows_are_whole", f"{lines[number][0]}: {why}", "status, verdict, slack", False)
    assert of_rows(pack, "ok_rows_are_whole") == expected


def test_a_row_that_was_skipped_needs_neither_verdict_nor_slack(pack):
    number, _ = ok_row(pack)
    set_cells(pack, number, status="SKIP", verdict="", slack="", reason="disconnected")
    assert of_rows(pack, "ok_rows_are_whole") == Criterion("ok_rows_are_whole", "all", "status, verdict, slack", True)


def test_a_row_with_too_few_cells_is_named_by_its_number(pack):
    path = pack / "summary.csv"
    lines = path.read_text().splitlines()
    lines[2] = "a,b"
    path.write_text("\n".join(lines) + "\n")
    relist(pack)
    assert of_rows(pack, "ok_rows_are_whole").value == "row 2: 2 cells, but the header has 33"


def test_reasons_that_are_not_known_are_listed_by_name(pack):
    assert of_rows(pack, "skip_reasons") == Criterion("skip_reasons", "known", "known", True)
    _, lines = ok_row(pack)
    skipped = [number for number, line in enumerate(lines) if line[1] == "SKIP"]
    set_cells(pack, skipped[0], reason="too_late")
    set_cells(pack, skipped[1], reason="too_boring")
    assert of_rows(pack, "skip_reasons") == Criterion("skip_reasons", "too_boring, too_late", "known", False)


def test_counts_and_median_are_those_of_the_rows(pack):
    assert of_rows(pack, "metrics_agree") == Criterion("metrics_agree", "yes", "as summary.csv", True)
    _, lines = ok_row(pack)
    place = {name: lines[0].index(name) for name in ("status", "verdict", "slack", "reason")}
    slacks = sorted(
        float(line[place["slack"]])
        for line in lines[1:]
        if line[place["status"]] == "OK" and line[place["verdict"]] != "SKIP"
    )
    median = (slacks[(len(slacks) - 1) // 2] + slacks[len(slacks) // 2]) / 2
    missing = sum(line[place["reason"]] == "missing_scores_input" for line in lines[1:])
    edit(pack / "metrics.json", lambda metrics: metrics | {"median_slack": 0.125})
    relist(pack)
    value = f"({missing}, 0.125), rows give ({missing}, {median})"
    assert of_rows(pack, "metrics_agree") == Criterion("metrics_agree", value, "as summary.csv", False)
    edit(pack / "metrics.json", lambda metrics: metrics | {"median_slack": None})
    relist(pack)
    assert not of_rows(pack, "metrics_agree").met


def test_the_files_are_three_criteria_each_with_its_first_problem(whole):
    names = ["required_files", "checksums", "zip_and_contracts"]
    assert accept.judge(whole)[:3] == [Criterion(name, "in order", "in order", True) for name in names]
    (whole / "index.md").write_text("other")
    criterion = accept.judge(whole)[1]
    assert (criterion.name, criterion.threshold, criterion.met) == ("checksums", "in order", False)
    assert criterion.value.startswith("index.md: ")


@pytest.mark.parametrize(("name", "why"), [("summary.csv", "summary.csv is not there")])
def test_what_cannot_be_read_is_a_criterion_of_its_own(pack, name, why):
    (pack / name).unlink()
    assert accept.judge(pack)[-1] == Criterion("content", f"cannot be read: {why}", "readable", False)


def test_the_outcome_is_stop_where_any_is_not_met():
    met, missed = Criterion("rows_ok", 1, ">= 1", True), Criterion("max_fail_rate", 1, "<= 0", False)
    assert accept.as_json([met]) == {
        "acceptance_schema": "acceptance.v1",
        "outcome": "GO",
        "criteria": [{"name": "rows_ok", "value": 1, "threshold": ">= 1", "met": True}],
    }
    assert accept.as_json([met, missed])["outcome"] == "STOP"
    assert accept.not_met([met, missed]) == ["max_fail_rate"]
    assert accept.named("some_new_one") == "some new one"


def test_what_is_printed_says_of_each_criterion_whether_it_is_met(whole, capsys):
    set_cells(whole, ok_row(whole)[0], verdict="MAYBE")
    assert accept.run(argparse.Namespace(pack=whole, json=False, max_unpacked=None)) == 1
    lines = capsys.readouterr().out.splitlines()
    criteria = accept.judge(whole)
    assert len(lines) == len(criteria) + 1
    assert lines[0] == "  met      required files                           in order    needed: in order"
    (missed,) = [line for line in lines if line.startswith("  not met  audited rows that are complete           ")]
    assert missed.endswith(": verdict 'MAYBE'  needed: status, verdict, slack")
    for line, criterion in zip(lines, criteria, strict=False):
        assert line.startswith(f"  {'met' if criterion.met else 'not met':<9}{accept.named(criterion.name):<41}")
        assert line.endswith(f"  needed: {criterion.threshold}")
    assert lines[-1] == accept.in_words(accept.not_met(criteria))


def test_the_outcome_as_json_is_sorted_and_plain(pack, capsys):
    accept.run(argparse.Namespace(pack=pack, json=True, max_unpacked=None))
    text = capsys.readouterr().out
    assert text == json.dumps(accept.as_json(accept.judge(pack)), indent=2, sort_keys=True) + "\n"
