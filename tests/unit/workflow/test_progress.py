"""How far a run is: what Snakemake reports and its jobs write, added up, and what is shown of it."""

import io
import json
import logging
import os

import pytest

from hetero2.runtime.progress import file_beside
from hetero2.workflow.progress import display as progress
from hetero2.workflow.progress.display import Display
from hetero2.workflow.progress.stages import Board, Stage

CLEAR = "\r\033[K"


def write(log, done, mtime=None, total=None, reasons=None, **status):
    log.parent.mkdir(exist_ok=True)
    facts = {"done": done, "total": total, "status": status}
    file_beside(log).write_text(json.dumps(facts if reasons is None else {**facts, "reasons": reasons}))
    if mtime is not None:
        os.utime(file_beside(log), (mtime, mtime))


def a_stage(folder, total=1000):
    """A stage of jobs 1 and 2; job 0 was done by an earlier call."""
    first, second, third = (folder / "decoys" / f"{name}.log" for name in "012")
    return Stage("decoys of my", {1: second, 2: third}, lambda: total, [first]), (first, second, third)


def test_jobs_of_an_earlier_call_count_as_done_but_not_for_the_rate(tmp_path):
    stage, (first, second, third) = a_stage(tmp_path)
    write(first, 400, mtime=1000, OK=400)
    write(third, 300, mtime=1000, OK=300)  # to be made again by this call
    assert not stage.is_active
    stage.start()
    write(second, 100, OK=90, SKIP=9, ERROR=1)
    stage._began -= 10
    assert stage.is_active
    assert stage.line() == "decoys of my: 500 of 1,000 (50 %), 10.0/s, 50 s left; OK 490, SKIP 9, ERROR 1"


def test_what_a_finished_job_has_counted_is_read_once(tmp_path):
    stage, (_, second, third) = a_stage(tmp_path)
    write(second, 300)
    stage.finish(1)
    file_beside(second).unlink()
    write(third, 400)
    assert stage.line().startswith("decoys of my: 700 of 1,000 (70 %)")
    stage.finish(2)
    assert not stage.is_active


def test_a_stage_that_counts_nothing_shows_jobs_or_for_a_single_job_its_time(tmp_path):
    audit = Stage("audit of my", {1: tmp_path / "1.log", 2: None, 3: None, 4: None}, lambda: 0)
    audit.finish(2)
    audit._began -= 10
    assert audit.line() == "audit of my: 1 of 4 jobs (25 %), 0.1/s, 30 s left"
    single = Stage("calls of my", {5: tmp_path / "5.log"}, lambda: 0)
    single.start()
    assert single.line() == "calls of my: 1 s"


def test_a_job_that_knows_its_total_needs_no_other(tmp_path):
    stage = Stage("scoring of my", {1: tmp_path / "1.log"}, lambda: 0)
    stage.start()
    write(tmp_path / "1.log", 30, total=120)
    stage._began -= 10
    assert stage.line() == "scoring of my: 30 of 120 (25 %), 3.0/s, 30 s left"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"done": 1}',
        '{"done": "x", "total": 1, "status": {}}',
        '{"done": 1, "total": 1, "status": {}, "reasons": 3}',
    ],
)
def test_what_cannot_be_read_yet_is_no_error(tmp_path, text):
    stage, (_, second, _) = a_stage(tmp_path)
    write(second, 3)
    file_beside(second).write_text(text)
    stage.start()
    assert stage.line() == "decoys of my: 0 of 2 jobs (0 %), 0.0/s"


def test_the_board_shows_all_jobs_and_the_stages_at_work(tmp_path):
    stage, _ = a_stage(tmp_path)
    other = Stage("input of my", {0: None}, lambda: 0)
    board = Board([(other, [0]), (stage, [1, 2])])
    assert board.line() == "0 of 3 jobs"
    board.start([0, "a-group-of-jobs"])
    assert board.line() == "0 of 3 jobs | input of my: 1 s"
    for job in (0, 0, 99):
        board.finish(job)
    board.start([1])
    assert board.line() == "1 of 3 jobs | decoys of my: 0 of 2 jobs (0 %), 0.0/s"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def a_display(stream, shows_all=False):
    usual = logging.StreamHandler(stream)
    usual.setFormatter(logging.Formatter("usual: %(message)s"))
    return Display(stream, usual, shows_all)


def record(text, level=logging.INFO, **extra):
    return logging.makeLogRecord({"msg": text, "levelno": level, **extra})


STARTED = record("Workflow has started!", event="workflow_started")
FAILED_JOB = {"event": "job_error", "rule_name": "input", "rule_msg": None, "log": ["logs/input.log"]}


def test_before_jobs_run_all_is_shown_and_then_what_a_person_needs():
    stream = io.StringIO()
    display = a_display(stream)
    texts = ["Assuming unrestricted shared filesystem usage.", "Congratulations", STARTED, "Select jobs to execute..."]
    texts += ["Nothing to be done (all is there).", record("slow disk", logging.WARNING)]
    for text in texts:
        display.handle(text if isinstance(text, logging.LogRecord) else record(text))
    assert stream.getvalue() == "usual: Congratulations\nusual: Nothing to be done (all is there).\nusual: slow disk\n"


def test_who_asks_for_the_log_gets_it():
    stream = io.StringIO()
    display = a_display(stream, shows_all=True)
    for one in (STARTED, record("Select jobs to execute...")):
        display.handle(one)
    assert stream.getvalue() == "usual: Workflow has started!\nusual: Select jobs to execute...\n"


def test_the_last_words_are_the_last_thing_printed():
    stream = io.StringIO()
    display = a_display(stream)
    display.handle(STARTED)
    display._board = Board([(Stage("input of my", {0: None}, lambda: 0), [0])])
    display.handle(record("Finished", event="job_finished", job_id=0))
    display.handle(record("Error in rule input", logging.ERROR, **FAILED_JOB))
    display.handle(record("CalledProcessError in file x", logging.ERROR, event="error"))
    display.end_with("error: no such file")
    display.handle(record("At least one job did not complete successfully.", logging.ERROR, event="error"))
    display.handle(record("a surprise", logging.ERROR, event="error"))
    for _ in range(2):
        display.close()
    assert stream.getvalue().splitlines() == [
        "failed: input, log: logs/input.log",
        "usual: a surprise",
        "stopped at 1 of 1 jobs",
        "error: no such file",
    ]


def test_a_failed_group_names_its_jobs_and_what_the_cluster_said():
    stream = io.StringIO()
    display = a_display(stream)
    display.handle(STARTED)
    jobs = [{**FAILED_JOB, "rule_msg": "CANCELLED"}, {**FAILED_JOB, "rule_name": "truth", "log": []}]
    display.handle(record("group", logging.ERROR, event="group_error", job_error_info=jobs))
    assert stream.getvalue() == "failed: input, log: logs/input.log\n  CANCELLED\nfailed: truth\n"


def test_text_takes_the_place_of_the_line_on_a_terminal():
    stream = Terminal()
    display = a_display(stream)
    display.handle(STARTED)
    display.handle(record("Building DAG of jobs..."))
    display._show("1 of 2")
    display._show("2 of 2")
    display.handle(record("slow disk", logging.WARNING))
    display.close()
    shown = [f"{CLEAR}{line}\r" for line in ("Building DAG of jobs...", "1 of 2", "2 of 2")]
    assert stream.getvalue() == "".join(shown) + f"{CLEAR}usual: slow disk\n"


@pytest.mark.parametrize(("minutes", "n_lines"), [(0.9, 0), (10, 4), (8 * 60, 20)])
def test_a_file_gets_few_lines_however_long_the_run(monkeypatch, minutes, n_lines):
    stream, clock = io.StringIO(), [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    display = a_display(stream)
    display._board = Board([])

    def wait(seconds):
        clock[0] += seconds
        return clock[0] > 60 * minutes

    monkeypatch.setattr(display._stopped, "wait", wait)
    display._tick()
    assert stream.getvalue() == "0 of 0 jobs\n" * n_lines


def test_a_reader_that_has_gone_stops_nothing():
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    display = a_display(Closed())
    display.end_with("error: x")
    display.close()


def test_without_the_plugin_the_last_words_come_at_once():
    stream = io.StringIO()
    display = Display(stream)
    display.end_with("error: x")
    assert stream.getvalue() == "error: x\n"
    display.watch(Board([]))
    display.close()
    assert stream.getvalue() == "error: x\nNothing to be done.\n"


def test_a_program_reads_how_far_the_run_is_from_a_file(tmp_path, monkeypatch):
    stage, (first, second, _) = a_stage(tmp_path)
    write(first, 400, mtime=1000, OK=400)
    write(second, 100, OK=90, SKIP=9, ERROR=1, reasons={"timeout": 1, "disconnected": 9})
    waiting = Stage("audit of my", {7: None}, lambda: 0)
    board = Board([(stage, (1, 2)), (waiting, (7,))])
    board.start([1])
    monkeypatch.setenv(progress.FILE_VARIABLE, str(tmp_path / "progress.json"))
    Display._write_file(board)
    facts = json.loads((tmp_path / "progress.json").read_text())
    assert facts["jobs"] == {"done": 0, "total": 3}
    assert facts["stages"] == [
        {
            "name": "decoys of my",
            "jobs": {"done": 0, "total": 2},
            "items": {"done": 500, "total": 1000},
            "status": {"OK": 490, "SKIP": 9, "ERROR": 1},
            "top_reasons": [["disconnected", 9], ["timeout", 1]],
        }
    ], "a stage that has not begun is not there"
    monkeypatch.setenv(progress.FILE_VARIABLE, str(tmp_path / "no folder" / "progress.json"))
    Display._write_file(board)


def test_the_most_frequent_reasons_of_all_jobs_are_added_up(tmp_path):
    stage, (first, second, third) = a_stage(tmp_path)
    stage.start()
    write(first, 9, mtime=1000, SKIP=9, reasons={"invalid_smiles": 4, "missing_id": 5})
    write(second, 9, SKIP=9, reasons={"invalid_smiles": 4, "disconnected": 1, "timeout": 2, "no_decoys_generated": 2})
    write(third, 3, ERROR=3, reasons={"worker_crashed": 3})
    top = [["invalid_smiles", 8], ["missing_id", 5], ["worker_crashed", 3], ["no_decoys_generated", 2], ["timeout", 2]]
    assert stage.facts()["top_reasons"] == top
    stage.finish(1)
    file_beside(second).unlink()
    assert stage.facts()["top_reasons"] == top, "of a job that is done they are read once"


def test_the_file_has_what_came_after_the_last_tick(tmp_path, monkeypatch):
    monkeypatch.setenv(progress.FILE_VARIABLE, str(tmp_path / "progress.json"))
    display = a_display(io.StringIO())
    display._board = Board([(Stage("input of my", {0: None}, lambda: 0), [0])])
    display.handle(STARTED)
    display.handle(record("Finished", event="job_finished", job_id=0))
    display.stop()
    assert json.loads((tmp_path / "progress.json").read_text())["jobs"] == {"done": 1, "total": 1}
