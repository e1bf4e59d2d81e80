import errno

import pytest

from hetero2.errors import HeteroError
from hetero2.io.files import atomic_path
from hetero2.workflow import results_lock


def test_a_folder_is_held_once_and_free_when_its_holder_has_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(results_lock, "_held", [])
    assert results_lock.take(tmp_path)
    with pytest.raises(HeteroError, match=r"another run is at work here \(pid \d+ on "):
        results_lock.take(tmp_path)
    results_lock._held.pop().close()  # what the system does with a killed process
    assert results_lock.take(tmp_path)
    results_lock._held.pop().close()


def test_a_file_system_without_locks_gives_a_warning(tmp_path, monkeypatch, capsys):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(results_lock.fcntl, "flock", no_locks)
    assert not results_lock.take(tmp_path)
    assert capsys.readouterr().err.startswith("warning: ")


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    with pytest.raises(OSError, match="No space left") as caught, atomic_path(tmp_path / "a.csv"):
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28]")
    assert caught.value.filename == str(tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []
