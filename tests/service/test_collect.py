"""What a run leaves for the collector, made to make it read something else, wait, or read without an end."""

import os
import socket
import stat
from pathlib import Path

import pytest

from hetero2.service.worker.collect import RefusedError, chunks, declared

MOST = 1000


@pytest.fixture
def folder(tmp_path):
    results = tmp_path / "run/results/small"
    results.mkdir(parents=True)
    (results / "report.html").write_bytes(b"<html>")
    (results / "a.csv").write_bytes(b"id\n")
    (results / "b.csv").write_bytes(b"id\n1\n")
    (tmp_path / "secret.csv").write_bytes(b"secret")
    return tmp_path / "run"


def content(folder, path, most=MOST):
    return b"".join(chunks(folder, path, most))


def test_declared_outputs_are_read(folder):
    paths = declared(folder, ["results/small/*.csv", "results/small/report.html", "results/small/no.html", "no/*.csv"])
    assert paths == ["results/small/a.csv", "results/small/b.csv", "results/small/report.html"]
    assert [content(folder, path) for path in paths] == [b"id\n", b"id\n1\n", b"<html>"]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../secret.csv", "results/../../secret.csv", "", "a//b", "./a", "a\0b"]
)
def test_a_path_that_leads_elsewhere_is_an_error(folder, path):
    with pytest.raises(ValueError, match="not a path"):
        content(folder, path)
    with pytest.raises(ValueError, match="not a path"):
        declared(folder, [path])


def test_wildcards_are_for_files_alone(folder):
    with pytest.raises(ValueError, match="last component"):
        declared(folder, ["results/*/report.html"])


def test_wildcards_match_no_strange_names(folder):
    for name in (".hidden.csv", "line\nbreak.csv", "-option.csv", "é.csv", "space here.csv"):
        (folder / "results/small" / name).write_bytes(b"")
    assert declared(folder, ["results/small/*.csv"]) == ["results/small/a.csv", "results/small/b.csv"]


def test_too_many_names(folder):
    with pytest.raises(RefusedError, match="more than 1 files"):
        declared(folder, ["results/small/*.csv"], most=1)


def symlink(path):
    path.symlink_to("../../../secret.csv")


def hard_link(path):
    path.hardlink_to(path.parents[3] / "secret.csv")


def hole(path):
    path.touch()
    os.truncate(path, 10**12)


def bind_socket(path):
    os.chdir(path.parent)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


PLANTED = {
    "symbolic link": symlink,
    "more than one name": hard_link,
    "no regular file": os.mkfifo,
    "no regular file (folder)": lambda path: path.mkdir(),
    "no regular file (socket)": bind_socket,
    "larger than 1000 bytes": hole,
    "larger than 1000 bytes (content)": lambda path: path.write_bytes(bytes(MOST + 1)),
    "is not there": lambda _: None,
}


@pytest.mark.parametrize("reason", PLANTED)
def test_what_is_refused(folder, monkeypatch, reason):
    monkeypatch.chdir(folder)
    PLANTED[reason](folder / "results/small/planted.csv")
    with pytest.raises(RefusedError, match=reason.partition(" (")[0]):
        content(folder, "results/small/planted.csv")


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes devices")
def test_a_device_is_refused(folder):
    os.mknod(folder / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    with pytest.raises(RefusedError, match="no regular file"):
        content(folder, "zero")


def test_a_link_among_the_folders_is_refused(folder):
    (folder / "linked").symlink_to("results")
    with pytest.raises(RefusedError, match="linked is no folder"):
        content(folder, "linked/small/a.csv")
    with pytest.raises(RefusedError, match="linked is no folder"):
        declared(folder, ["linked/small/*.csv"])


def test_a_link_in_place_of_the_folder_is_refused(folder):
    (folder.parent / "other").symlink_to(folder)
    with pytest.raises(RefusedError, match="Not a directory"):
        content(folder.parent / "other", "results/small/a.csv")


def test_a_file_that_grows_while_it_is_read(folder):
    path = folder / "results/small/a.csv"
    reading = chunks(folder, "results/small/a.csv", MOST)
    assert next(reading) == b"id\n"
    path.write_bytes(bytes(2 * MOST))
    with pytest.raises(RefusedError, match="larger than"):
        list(reading)


@pytest.mark.parametrize("replaced", [symlink, os.mkfifo])
def test_a_file_that_becomes_another_after_it_was_looked_at(folder, monkeypatch, replaced):
    """Between the look and the opening: what is then open is looked at again, and a link is not followed."""
    path, looked = folder / "results/small/a.csv", os.lstat

    def lstat(name, *, dir_fd):
        status = looked(name, dir_fd=dir_fd)
        path.unlink()
        replaced(path)
        return status

    monkeypatch.setattr(os, "lstat", lstat)
    with pytest.raises(RefusedError, match=r"symbolic links|no regular file"):
        content(folder, "results/small/a.csv")


def n_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left_open(folder):
    before = n_descriptors()
    symlink(folder / "link.csv")
    for path in ("link.csv", "results/small/a.csv", "no/such/file", "results/small/a.csv/x"):
        try:
            content(folder, path)
        except RefusedError:
            continue
    assert n_descriptors() == before
