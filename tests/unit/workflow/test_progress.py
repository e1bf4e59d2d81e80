"""How far a run is: what the jobs say, added up, and the line on a terminal."""

import io
import json
import os
from pathlib import Path

from hetero2.runtime.progress import file_beside, published
from hetero2.workflow import progress


def say(log, mtime=None, **counts):
    log.parent.mkdir(exist_ok=True)
    file_beside(log).write_text(json.dumps({"OK": 0, "SKIP": 0, "ERROR": 0} | counts))
    if mtime is not None:
        os.utime(file_beside(log), (mtime, mtime))


def a_run(folder, mine=("1", "2")):
    logs = [folder / "decoys" / f"{name}.log" for name in "012"]
    (folder / "facts.json").write_text('{"rows": 1000}')
    return progress.Run(
        "my", folder / "facts.json", logs, frozenset(folder / "decoys" / f"{n}.log" for n in mine)
    ), logs


def test_a_job_says_how_many_rows_of_each_status_it_has(tmp_path):
    records = [({"status": status}, None) for status in ("OK", "OK", "SKIP", "ERROR")]
    log = tmp_path / "0.log"
    found = published(records, log)
    next(found)
    assert json.loads(file_beside(log).read_text()) == {"OK": 0, "SKIP": 0, "ERROR": 0}
    assert len(list(found)) == 3
    assert json.loads(file_beside(log).read_text()) == {"OK": 2, "SKIP": 1, "ERROR": 1}
    assert list(published(records, None)) == records


def test_shards_of_an_earlier_call_count_as_done_but_not_for_the_rate(tmp_path):
    run, (first, second, third) = a_run(tmp_path)
    say(first, mtime=1000, OK=400)
    say(third, mtime=1000, OK=300)  # to be made again by this call
    assert run.line() is None
    say(second, OK=90, SKIP=9, ERROR=1)
    text = run.line()
    assert text.startswith("decoys of my: 500 of 1,000 (50 %), ")
    assert text.endswith("; OK 490, SKIP 9, ERROR 1")
    assert not run.finished
    run.since -= 10
    assert "10.0/s, 50 s left" in run.line()


def test_the_last_line_comes_once(tmp_path):
    run, (first, second, third) = a_run(tmp_path)
    for log, rows in ((first, 300), (second, 300), (third, 400)):
        say(log, OK=rows)
    assert "1,000 of 1,000 (100 %)" in run.line()
    assert run.finished
    assert run.line() is None


def test_what_cannot_be_read_yet_is_no_error(tmp_path):
    run, (_, second, _) = a_run(tmp_path)
    say(second, OK=3)
    run.facts = Path("nowhere.json")
    assert run.line().startswith("decoys of my: 3 of 0, ")
    file_beside(second).write_text("{")
    assert run.line() is None


def test_text_takes_the_place_of_the_line_and_never_stands_in_it():
    terminal = io.StringIO()
    screen = progress.Screen(terminal)
    screen.write("a job\n")
    screen.show("1 of 2")
    screen.show("2 of 2")
    screen.write("half")
    screen.show("not now")
    screen.write(" a line\n")
    clear = "\r\033[K"
    assert terminal.getvalue() == f"a job\n{clear}1 of 2{clear}2 of 2{clear}half a line\n"


def test_times_are_told_as_a_person_would():
    assert [progress._time(seconds) for seconds in (5, 600, 36000)] == ["5 s", "10 min", "10.0 h"]
