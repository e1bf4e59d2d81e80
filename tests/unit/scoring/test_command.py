import sys
import time

import pytest

from hetero2.errors import HeteroError
from hetero2.scoring import command


def run(tmp_path, code, seconds=60.0):
    script = tmp_path / "model.py"
    script.write_text(code)
    line = f"{sys.executable} {script} {{request}} {{scores}}"
    values = {"request": tmp_path / "request.csv", "scores": tmp_path / "scores.csv"}
    command.run(line, values, seconds, tmp_path / "model.log")


def test_the_command_gets_both_paths_and_its_words_are_kept(tmp_path):
    run(tmp_path, "import sys; print('hello'); open(sys.argv[2], 'w').write(sys.argv[1])")
    assert (tmp_path / "scores.csv").read_text() == str(tmp_path / "request.csv")
    assert (tmp_path / "model.log").read_text() == "hello\n"


def test_whoever_watches_is_called_while_the_command_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "SECONDS", 0.05)
    calls = []
    values = {"request": tmp_path / "request.csv", "scores": tmp_path / "scores.csv"}
    line = f"{sys.executable} -c 'import sys, time; time.sleep(0.4); open(sys.argv[1], chr(119))' {{scores}}"
    command.run(line, values, 60, tmp_path / "model.log", lambda: calls.append(time.monotonic()))
    assert len(calls) >= 1


def test_a_failing_command_is_quoted(tmp_path):
    with pytest.raises(HeteroError, match=r"exit code 3; the end of its output .*:\n  \| no licence"):
        run(tmp_path, "import sys; print('no licence', file=sys.stderr); sys.exit(3)")


def test_a_command_that_writes_nothing_is_told(tmp_path):
    with pytest.raises(HeteroError, match="did not write"):
        run(tmp_path, "pass")


def test_a_command_that_cannot_start_is_named(tmp_path):
    with pytest.raises(HeteroError, match=r"cannot start '/no/such'"):
        command.run("/no/such {request}", {"request": "r", "scores": "s"}, 1, tmp_path / "log")


def test_the_time_limit_ends_the_command_and_its_children(tmp_path):
    mark = tmp_path / "alive"
    child = f"import time, pathlib; time.sleep(2); pathlib.Path({str(mark)!r}).touch()"
    with pytest.raises(HeteroError, match="stopped after"):
        run(tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])", seconds=0.6)
    time.sleep(2.5)
    assert not mark.exists()
