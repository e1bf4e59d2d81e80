"""How far a run is, read from a file that the run itself wrote: what the pipeline writes is taken, nothing else."""

import json
from collections import Counter

import pytest

from hetero2.runtime.progress import JobProgress
from hetero2.service.worker import progress
from hetero2.workflow.progress.display import FILE_VARIABLE, Display
from hetero2.workflow.progress.stages import Board, Stage

pytestmark = pytest.mark.service
STAGE = {
    "name": "decoys of my",
    "jobs": {"done": 1, "total": 2},
    "items": {"done": 4, "total": 9},
    "status": {"OK": 1, "SKIP": 2, "ERROR": 1},
    "top_reasons": [["disconnected", 2], ["timeout", 1]],
}


def read(folder, jobs=None, **changes):
    """What is read of a file with one stage that differs so from the one above."""
    record = {"jobs": jobs or {"done": 3, "total": 7}, "stages": [{**STAGE, **changes}]}
    (folder / progress.FILE).write_text(json.dumps(record))
    return progress.read(folder, 12.3)


def test_what_the_pipeline_writes_is_what_the_worker_reads(tmp_path, monkeypatch):
    log = tmp_path / "0.log"
    JobProgress(log, 9).write(4, Counter(OK=1, SKIP=2, ERROR=1), Counter(timeout=1, disconnected=2))
    stage = Stage("decoys of my", {0: log, 1: None}, lambda: 9)
    stage.start()
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / progress.FILE))
    assert progress.VARIABLE == FILE_VARIABLE
    Display._write_file(Board([(stage, [0, 1])]))
    counts = {"OK": 1, "SKIP": 2, "ERROR": 1}
    assert progress.read(tmp_path, 12.3) == {
        "seconds": 12,
        "jobs": {"done": 0, "total": 2},
        "stages": [{"name": "decoys of my", "done": 4, "total": 9, "status": counts}],
        "rows": 9,
        "counts": counts,
        "top_reasons": [["disconnected", 2], ["timeout", 1]],
    }


def test_reasons_are_few_short_and_show_as_they_are(tmp_path):
    hostile = "a\x00b\x1b[31m\n\u202ec\ud800<b>"
    reasons = read(tmp_path, top_reasons=[["x" * 5000, 1], [hostile, 2], *([["y", 3]] * 5000)])["top_reasons"]
    assert reasons == [["x" * 100, 1], ["ab[31mc<b>", 2], *([["y", 3]] * 3)]
    assert read(tmp_path, name="decoys of \x07my")["stages"][0]["name"] == "decoys of my"
    assert "top_reasons" not in read(tmp_path, name="scoring of my"), "of rows, decoys alone count all"


@pytest.mark.parametrize(
    "changes",
    [
        *({"top_reasons": wrong} for wrong in (None, 3, "abcde", {"a": 1}, [1], [["a"]], [["a", 1, 2]], [[1, 1]])),
        *({"top_reasons": [["a", wrong]]} for wrong in ("1", None, -1, 1.5, float("inf"), float("nan"), 10**400)),
        *({"items": {"done": wrong, "total": 9}} for wrong in (float("inf"), -1, 10**13, "9")),
        {"status": {"OK": 10**300, "SKIP": 0, "ERROR": 0}},
        {"name": ["decoys of my"]},
    ],
)
def test_what_is_no_progress_is_left_out(tmp_path, changes):
    assert read(tmp_path, **changes) == {"seconds": 12, "jobs": {"done": 3, "total": 7}}


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100_000, b"[]", b" " * 200_001, b'{"jobs": {"done": 1e999}}'])
def test_what_is_no_file_of_progress_is_left_out(tmp_path, content):
    (tmp_path / progress.FILE).write_bytes(content)
    assert progress.read(tmp_path, 12.3) == {"seconds": 12}


def test_numbers_that_no_database_holds_are_left_out(tmp_path):
    assert read(tmp_path, jobs={"done": 1, "total": 10**30}) == {"seconds": 12}
