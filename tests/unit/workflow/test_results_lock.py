"""A results folder is held by one run at a time."""

import errno

import pytest

from hetero2.errors import HeteroError
from hetero2.io.files import atomic_path
from hetero2.workflow import results_lock
from hetero2.workflow.results_lock import ResultsLock


def test_a_folder_is_held_once_and_free_when_its_holder_has_gone(tmp_path):
    first, second = ResultsLock(tmp_path), ResultsLock(tmp_path)
    assert first.take()
    with pytest.raises(HeteroError, match=r"another run is using this folder \(pid \d+ on .*\); nothing was changed"):
        second.take()
    first.release()  # what the system does with a killed process
    assert second.take()
    second.release()


def test_a_file_system_without_locks_gives_a_warning(tmp_path, monkeypatch, capsys):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(results_lock.fcntl, "flock", no_locks)
    assert not ResultsLock(tmp_path).take()
    assert capsys.readouterr().err.startswith("warning: ")


def test_any_other_error_is_raised(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(results_lock.fcntl, "flock", broken)
    with pytest.raises(OSError, match="Input/output error"):
        ResultsLock(tmp_path).take()


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    with pytest.raises(OSError, match="No space left") as caught, atomic_path(tmp_path / "a.csv"):
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28]")
    assert caught.value.filename == str(tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []
