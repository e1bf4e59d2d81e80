"""The ledger: nothing that was told is lost, changed or told twice, whoever is killed and whoever comes at once."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from hetero2.campaign import ledger
from hetero2.campaign.layout import Layout
from hetero2.campaign.measurements import Measurement
from hetero2.errors import GateError
from tests.campaigns import IDS, VALUES, batch, call, results, start, tell, write
from tests.conftest import ROOT

SOURCE = {"role": "measured", "name": "r.csv", "sha256": "0" * 64, "size_bytes": 1}


@pytest.fixture
def layout(tmp_path):
    (tmp_path / "campaign.json").write_text("{}")
    (tmp_path / "measurements").mkdir()
    return Layout(tmp_path)


def value(molecule_id, number, status="ok"):
    return Measurement(molecule_id, "C", "a" * 64, number, None, status)


def record(layout, *measurements):
    return ledger.tell(layout, measurements, SOURCE, ledger.MEASURED)


def test_entries_are_chained_and_come_back_as_they_were(layout):
    awkward = Measurement('a,"b"\r\n', "C", "a" * 64, 0.1 + 0.2, 1, "ok")
    record(layout, awkward, Measurement("x", None, None, None, None, "failed"))
    record(layout, value("c", -1e300))
    entries = ledger.read_ledger(layout).entries
    assert entries[0].measurements == [awkward, Measurement("x", None, None, None, None, "failed")]
    assert entries[1].record["previous_sha256"] == ledger.sha256_file(layout.measurements / "0001.json")
    assert entries[0].record["previous_sha256"] == ledger.sha256_file(layout.campaign)
    assert [entry.record["failed"] for entry in entries] == [1, 0]


def test_the_same_again_is_nothing_and_a_change_is_a_new_version(layout):
    record(layout, value("a", 1.0), value("b", 2.0))
    before = sorted(path.name for path in layout.measurements.iterdir())
    assert record(layout, value("b", 2.0)) == ledger.Told(None, 0, 1, [])
    assert sorted(path.name for path in layout.measurements.iterdir()) == before
    told = record(layout, value("a", 1.0), value("b", None, "failed"), value("c", 3.0))
    was, now = {"value": 2.0, "label": None, "status": "ok"}, {"value": None, "label": None, "status": "failed"}
    assert (told.n_new, told.n_same, told.changes) == (1, 1, [{"id": "b", "was": was, "is": now}])
    entries = ledger.read_ledger(layout)
    assert [m.outcome for m in entries.entries[0].measurements] == [(1.0, None, "ok"), (2.0, None, "ok")]
    assert {name: m.outcome for name, m in entries.latest().items()} == {
        "a": (1.0, None, "ok"),
        "b": (None, None, "failed"),
        "c": (3.0, None, "ok"),
    }


@pytest.mark.parametrize("name", ["0001.csv", "0001.json", "0002.csv", "campaign.json"])
def test_a_file_that_was_changed_is_seen(layout, name):
    record(layout, value("a", 1.0))
    record(layout, value("b", 1.0))
    path = layout.campaign if name == "campaign.json" else layout.measurements / name
    text = path.read_text()
    path.write_text(text.replace("1.0", "9.0") if "1.0" in text else text + " ")
    with pytest.raises(GateError, match=f"{name}: was changed after it was written"):
        ledger.read_ledger(layout)


def test_a_file_that_is_missing_is_seen(layout):
    for name in "abc":
        record(layout, value(name, 1.0))
    (layout.measurements / "0002.csv").unlink()
    with pytest.raises(GateError, match=r"0002.csv: is missing, but there is 0003.csv"):
        ledger.read_ledger(layout)


def test_what_a_killed_process_left_is_no_entry_and_goes_with_the_next(layout):
    record(layout, value("a", 1.0))
    (layout.measurements / ".0002.csv.99.part").write_text("id,val")
    (layout.measurements / "0002.json").write_text("{}")  # its table never came
    assert list(ledger.read_ledger(layout).latest()) == ["a"]
    record(layout, value("b", 2.0))
    assert list(ledger.read_ledger(layout).latest()) == ["a", "b"]
    assert sorted(path.name for path in layout.measurements.iterdir()) == [
        f"000{number}.{kind}" for number in (1, 2) for kind in ("csv", "json")
    ]


def test_files_that_no_campaign_writes_are_ignored(layout):
    record(layout, value("a", 1.0))
    record(layout, value("b", 2.0))
    names = (
        "0001 - Copy.csv",
        "0000.csv",
        "0003 (1).json",
        "3.csv",
        "00003.csv",
        "0000003.json",
        "0003.csv.bak",
        "000\u0663.csv",
    )
    for name in names:
        (layout.measurements / name).write_text("")
    assert list(ledger.read_ledger(layout).latest()) == ["a", "b"]
    assert record(layout, value("c", 3.0)).entry.name == "0003.csv"
    assert ledger.read_ledger(layout).notes == []
    for number in (9999, 10000):
        (layout.folder / f"{number}.csv").write_text("")
    assert ledger.numbers(layout.folder, 4, ".csv") == [9999, 10000]


def test_a_table_without_its_record_is_one_error(layout):
    record(layout, value("a", 1.0))
    (layout.measurements / "0001.json").unlink()
    with pytest.raises(GateError, match=r"0001.json: is missing, but there is 0001.csv") as caught:
        ledger.read_ledger(layout)
    assert "move 0001.csv elsewhere and tell its results again" in caught.value.hint


def test_a_record_without_its_table_is_noted_and_an_error_where_no_killed_process_can_leave_it(layout):
    for name in "abc":
        record(layout, value(name, 1.0))
    (layout.measurements / "0003.csv").unlink()
    ledger_left = ledger.read_ledger(layout)
    assert list(ledger_left.latest()) == ["a", "b"]
    assert ledger_left.notes[0].startswith("0003.json is there without 0003.csv: ")
    (layout.measurements / "0002.csv").unlink()
    with pytest.raises(GateError, match=r"0002.csv: is missing, but there is 0003.json"):
        ledger.read_ledger(layout)


CODE = """
import os, sys, time
from pathlib import Path
from hetero2.campaign import actions
print("ready", flush=True)
sys.stdin.readline()
actions.tell(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def process(campaign, path):
    """A process that has imported everything, and tells a file once it is sent a line."""
    words, environment = [sys.executable, "-c", CODE, str(campaign), str(path)], {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    telling = subprocess.Popen(words, stdin=pipe, stdout=pipe, cwd=ROOT, env=environment)
    assert telling.stdout.readline() == b"ready\n"
    return telling


def go(telling):
    telling.stdin.write(b"\n")
    telling.stdin.flush()


def test_results_told_at_once_by_several_processes_are_all_there(tmp_path):
    campaign = start(tmp_path)
    shares = [list(zip(IDS, VALUES, strict=True))[place::4] for place in range(4)]
    files = [write(tmp_path / f"r{place}.csv", "id,value", share) for place, share in enumerate(shares)]
    with contextlib.ExitStack() as ended:
        tellers = [ended.enter_context(process(campaign, path)) for path in files]
        for telling in tellers:
            go(telling)
        assert [telling.wait(300) for telling in tellers] == [0] * 4
    latest = ledger.read_ledger(Layout(campaign)).latest()
    assert {name: latest[name].value for name in IDS} == dict(zip(IDS, VALUES, strict=True))


def test_a_tell_that_is_killed_at_any_moment_is_wholly_there_or_not_at_all(tmp_path):
    campaign = start(tmp_path)
    call("next", campaign)
    path = write(tmp_path / "r.csv", "id,value", results(campaign))
    layout, rng, whole = Layout(campaign), random.Random(1), []
    with process(campaign, write(tmp_path / "one.csv", "id,value", results(campaign)[:1])) as telling:
        began = time.monotonic()
        go(telling)
        assert telling.wait(300) == 0
        seconds = time.monotonic() - began
    for _ in range(int(os.environ.get("MOMENTS") or 4)):
        n_before = len(ledger.read_ledger(layout).entries)
        with process(campaign, path) as telling:
            go(telling)
            time.sleep(rng.uniform(0.2, 1) * seconds)
            telling.send_signal(signal.SIGKILL)
        state = ledger.read_ledger(layout)  # every digest holds, whatever was left
        n_recorded = sum(row["id"] in state.latest() for row in batch(campaign))
        assert n_recorded in (1, 8)
        assert len(state.entries) == n_before + (n_recorded == 8 and whole[-1:] != [8])
        whole.append(n_recorded)
    tell(campaign, results(campaign))
    assert all(row["id"] in ledger.read_ledger(layout).latest() for row in batch(campaign))
    call("next", campaign)
    assert json.loads((campaign / "rounds/02/round.json").read_text())["counts"]["measured"] == 14


@pytest.mark.parametrize("stop_after", range(6))
def test_a_tell_that_ends_after_any_of_its_steps_leaves_a_whole_ledger(layout, monkeypatch, stop_after):
    """What SIGKILL does between two system calls: nothing after it happens, no `finally` either."""
    record(layout, value("a", 1.0))
    steps = {"fsync": os.fsync, "replace": os.replace}
    done = []

    class Killed(BaseException):
        pass

    def step(name):
        def wrapper(*words):
            if len(done) == stop_after:
                raise Killed
            done.append(name)
            return steps[name](*words)

        return wrapper

    monkeypatch.setattr(ledger.os, "fsync", step("fsync"))
    monkeypatch.setattr("pathlib.Path.replace", lambda self, target: step("replace")(self, target))
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: None)
    with pytest.raises(Killed):
        record(layout, value("b", 2.0))
    monkeypatch.undo()
    names = list(ledger.read_ledger(layout).latest())
    assert names == (["a", "b"] if stop_after == 5 else ["a"])
    record(layout, value("b", 2.0))
    assert list(ledger.read_ledger(layout).latest()) == ["a", "b"]
