"""What a job says of how far it is, to its log and to whoever watches the run."""

import json
from collections import Counter

import pytest

from hetero2.runtime import log, progress
from hetero2.runtime.progress import JobProgress, LineCounter, file_beside


@pytest.fixture
def logged(tmp_path):
    path = tmp_path / "0.log"
    log.start(path)
    yield path
    log.start(None)


def test_a_job_says_how_many_items_of_each_status_and_reason_it_has(logged, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 0)
    rows = [("OK", None), ("SKIP", "disconnected"), ("ERROR", "timeout"), ("SKIP", "disconnected")]
    items = log.progress(rows, "decoys", status=lambda row: row[0], reason=lambda row: row[1])
    assert [next(items), next(items), next(items)] == rows[:3]
    so_far = {"done": 2, "total": 4, "status OK": 1, "status SKIP": 1, "reason disconnected": 1}
    assert progress.read(logged, 0.0) == Counter(so_far)
    assert list(items) == rows[3:]
    written = json.loads(file_beside(logged).read_text())
    status, reasons = {"OK": 1, "SKIP": 2, "ERROR": 1}, {"disconnected": 2, "timeout": 1}
    assert written == {"done": 4, "total": 4, "status": status, "reasons": reasons}
    assert "decoys: 4/4, " in logged.read_text()


def test_a_short_job_writes_once_and_one_without_a_log_never(logged, monkeypatch):
    texts = []
    monkeypatch.setattr(progress, "write_text", lambda path, text: texts.append((path, text)))
    assert list(log.progress(range(1000), "rows", terminal=True)) == list(range(1000))
    JobProgress(None, 3).write(1)
    assert texts == []
    list(log.progress(range(1000), "rows"))
    assert texts == [(file_beside(logged), '{"done": 1000, "total": 1000, "status": {}, "reasons": {}}')]


def test_lines_of_a_file_that_another_program_writes(tmp_path):
    path = tmp_path / "scores.csv"
    lines = LineCounter(path)
    assert lines.count() == 0
    with path.open("w") as handle:
        for text, count in (("id,score\na,", 1), ("1\nb,2\n", 3), ("", 3)):
            handle.write(text)
            handle.flush()
            assert lines.count() == count
    path.unlink()
    path.mkdir()
    assert lines.count() == 3
