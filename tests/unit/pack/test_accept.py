"""GO and STOP: every criterion, met and not met."""

import csv
import io
import json
import os

import pytest

from hetero2 import cli
from hetero2.io.contracts import first_problem
from hetero2.pack import accept
from hetero2.pack.verification.layout import MANIFEST
from tests.conftest import OWN_PACK
from tests.packs import relist
from tests.resealed import rich_files, sealed


def rewritten(pack, name, change):
    """A file of a pack changed, and the lists of the pack made right again."""
    path = pack / name
    path.write_text(change(path.read_text()))
    relist(pack)


def edited(change):
    """A change of a JSON file as one of its text."""

    def apply(text):
        document = json.loads(text)
        change(document)
        return json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n"

    return apply


def cells(change):
    """A change of the first OK row of a table as one of its text."""

    def apply(text):
        rows = list(csv.DictReader(io.StringIO(text)))
        change(next(row for row in rows if row["status"] == "OK"))
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()

    return apply


@pytest.fixture
def good(pack):
    """A pack that is accepted: the small run's, without its rows of ERROR."""
    text = (pack / "summary.csv").read_text()
    rows = list(csv.reader(io.StringIO(text)))
    kept = [row for row in rows if "ERROR" not in row]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(kept)
    rewritten(pack, "summary.csv", lambda _: out.getvalue())
    rewritten(pack, "metrics.json", edited(lambda m: m["counts"].update(ERROR=0)))
    return pack


def not_met(pack):
    return [criterion.name for criterion in accept.judge(pack) if not criterion.met]


def test_a_pack_in_order_is_go(tmp_path, capsys):
    good = sealed(rich_files(), tmp_path / "pack.zip")
    assert not_met(good) == []
    assert cli.main(["accept", str(good)]) == 0
    assert capsys.readouterr().out.endswith("\nIs the pack in order? Yes.\n")


def test_the_small_run_has_rows_of_error_so_it_stops(archive, capsys):
    assert cli.main(["accept", str(archive)]) == 1
    printed = capsys.readouterr().out
    assert "  not met  rows that failed                         2 " in printed
    assert printed.endswith("\nIs the pack in order? No: not met: rows that failed.\n")
    assert cli.main(["accept", str(archive), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert first_problem(document, "acceptance.v1") is None
    assert document["outcome"] == "STOP"
    assert [criterion["name"] for criterion in document["criteria"] if not criterion["met"]] == ["rows_error"]


def manifest_says(**changes):
    def change(document):
        for key, value in changes.items():
            document[key] = {**document[key], **value}

    return edited(change)


@pytest.mark.parametrize(
    ("name", "change", "criterion"),
    [
        ("summary.csv", cells(lambda row: row.update(slack="")), "ok_rows_are_whole"),
        ("summary.csv", cells(lambda row: row.update(slack="nan")), "ok_rows_are_whole"),
        ("summary.csv", cells(lambda row: row.update(verdict="MAYBE")), "ok_rows_are_whole"),
        ("summary.csv", lambda text: text.replace("disconnected", "too_boring"), "skip_reasons"),
        ("metrics.json", edited(lambda m: m["counts"].update(OK=0)), "rows_ok"),
        (
            "utility_report.json",
            edited(lambda u: u.update(cost_lift_v1={"refused": True, "reason": "no row is eligible"})),
            "cost_lift_v1",
        ),
    ],
)
def test_each_criterion_of_the_content_stops_a_pack(good, name, change, criterion):
    rewritten(good, name, change)
    assert criterion in not_met(good)


def test_external_scores_must_leave_no_row_without_one(good):
    rewritten(good, "metrics.json", edited(lambda m: m["scores_coverage"].update(rows_missing_scores_input=3)))
    assert "rows_missing_scores_input" not in not_met(good)
    path = good / MANIFEST
    path.write_text(manifest_says(scores={"source": "external"})(path.read_text()))
    assert "rows_missing_scores_input" in not_met(good)


@pytest.mark.parametrize(
    ("agreed", "met"),
    [
        ({"max_fail_rate": 0.5}, False),
        ({"max_fail_rate": 0.9}, True),
        ({"min_median_slack": 0.0}, False),
        ({"min_median_slack": -1}, True),
        ({"min_rows_ok": 12}, False),
        ({"min_rows_ok": 11}, True),
    ],
)
def test_what_was_agreed_is_asked_for(good, agreed, met):
    path = good / MANIFEST
    document = json.loads(path.read_text())
    document["config"]["acceptance"] = agreed
    path.write_text(json.dumps(document))
    name = next(iter(agreed))
    assert (name not in not_met(good)) == met
    assert name in [criterion.name for criterion in accept.judge(good)]


@pytest.mark.parametrize(
    ("name", "criterion"), [("truth.csv", "required_files"), ("metrics.json", "required_files"), ("x", "checksums")]
)
def test_files_must_be_there_and_whole(good, name, criterion):
    if name == "x":
        (good / "index.md").write_text("other")
    else:
        (good / name).unlink()
    assert criterion in not_met(good)


def test_what_is_no_zip_is_stop_and_what_is_not_there_is_told(tmp_path, capsys):
    (tmp_path / "x.zip").write_bytes(b"PK nonsense")
    assert cli.main(["accept", str(tmp_path / "x.zip")]) == 1
    assert "  not met  form of zip, tables and JSON" in capsys.readouterr().out
    assert cli.main(["accept", str(tmp_path / "y.zip")]) == 2
    assert "y.zip: no such pack" in capsys.readouterr().err


def test_a_flipped_bit_of_a_stored_file_is_a_stop_and_never_a_crash(archive):
    data = bytearray(archive.read_bytes())
    place = data.index(b"id,status,reason") + 200
    data[place] ^= 1
    archive.write_bytes(data)
    assert {"checksums", "content"} & set(not_met(archive))


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "gone"])
def test_a_summary_that_is_no_file_is_never_opened(good, kind):
    path = good / "summary.csv"
    path.unlink()
    if kind == "link":
        path.symlink_to("/dev/zero")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    assert "content" in not_met(good)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("metrics.json", edited(lambda m: m.update(median_slack=0.5))),
        ("metrics.json", edited(lambda m: m["scores_coverage"].update(rows_missing_scores_input=3))),
    ],
)
def test_metrics_must_say_what_the_rows_say(good, name, change):
    rewritten(good, name, change)
    assert "metrics_agree" in not_met(good)


def test_what_is_printed_holds_no_control_letters(good, capsys):
    path = good / MANIFEST
    document = json.loads(path.read_text())
    document["config"]["acceptance"] = {"min_median_slack": "\x1b[2J\nGO"}
    path.write_text(json.dumps(document))
    cli.main(["accept", str(good)])
    assert "\x1b" not in capsys.readouterr().out


def test_an_old_pack_can_still_be_judged():
    names = [criterion.name for criterion in accept.judge(OWN_PACK)]
    assert names[:3] == ["required_files", "checksums", "zip_and_contracts"]
    assert "content" not in names
