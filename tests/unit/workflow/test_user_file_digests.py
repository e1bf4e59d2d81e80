"""The sha256 of what a user brings: read again whenever a file may have changed, and only then."""

import os
import time

import pytest

from hetero2.io.files import sha256_bytes
from hetero2.workflow import user_file_digests as module
from hetero2.workflow.user_file_digests import ABSENT, NOTES, Contents, file_names

OLD = 1_500_000_000


@pytest.fixture
def brought(tmp_path):
    """A file of some age, and the notes of a run that has read it."""
    path = tmp_path / "truth.csv"
    path.write_bytes(b"first")
    first = Contents(tmp_path)
    first_stamp = module._stamp(str(path))
    first._notes[str(path)] = {"sha256": sha256_bytes(b"first"), "stamp": first_stamp}
    first._is_new = True
    first.save()
    return path


def count_reads(monkeypatch):
    reads = []
    real = module.sha256_file
    monkeypatch.setattr(module, "sha256_file", lambda path: reads.append(path) or real(path))
    return reads


def test_a_file_that_nobody_touched_is_not_read_again(brought, monkeypatch):
    reads = count_reads(monkeypatch)
    assert Contents(brought.parent).sha256(str(brought)) == sha256_bytes(b"first")
    assert reads == []


def replace_by_older(path):
    other = path.with_name("other")
    other.write_bytes(b"later")
    os.utime(other, (OLD, OLD))
    other.replace(path)


def rewrite_in_place_with_the_same_size_and_time(path):
    before = path.stat()
    path.write_bytes(b"later")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def point_a_link_elsewhere(path):
    other = path.with_name("other")
    other.write_bytes(b"later")
    path.unlink()
    path.symlink_to(other)


@pytest.mark.parametrize(
    "change", [replace_by_older, rewrite_in_place_with_the_same_size_and_time, point_a_link_elsewhere]
)
def test_another_content_is_seen_whatever_the_times_say(brought, change):
    time.sleep(0.02)  # file systems count time in ticks
    change(brought)
    assert Contents(brought.parent).sha256(str(brought)) == sha256_bytes(b"later")


def test_a_touched_file_of_the_same_content_is_the_same(brought):
    time.sleep(0.02)
    os.utime(brought)
    contents = Contents(brought.parent)
    assert contents.sha256(str(brought)) == sha256_bytes(b"first")
    assert contents.changed() == []


def test_a_file_that_changes_after_it_was_read_is_named(brought):
    contents = Contents(brought.parent)
    contents.sha256(str(brought))
    time.sleep(0.02)
    rewrite_in_place_with_the_same_size_and_time(brought)
    assert contents.changed() == [str(brought)]
    brought.unlink()
    assert contents.changed() == [str(brought)]


def test_a_job_on_another_machine_runs_with_what_the_call_that_submitted_it_has_read(brought):
    replace_by_older(brought)
    contents = Contents(brought.parent)
    contents.is_checked = True
    assert contents.sha256(str(brought)) == sha256_bytes(b"first")


def test_a_note_of_the_content_before_is_gone_once_another_was_read(brought):
    replace_by_older(brought)
    contents = Contents(brought.parent)
    assert contents.sha256(str(brought)) == sha256_bytes(b"later")
    contents.save()
    on_a_node = Contents(brought.parent)
    on_a_node.is_checked = True
    assert on_a_node.sha256(str(brought)) == sha256_bytes(b"later")


def test_a_file_just_written_is_not_noted_since_it_may_change_within_the_same_tick(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"x")
    contents = Contents(tmp_path)
    contents.sha256(str(path))
    contents.save()
    assert not (tmp_path / NOTES).exists()


def test_a_missing_file_and_damaged_notes_are_no_obstacle(tmp_path):
    for damage in (
        b"{",
        b"[]",
        b"\xff",
        b'{"%s": 3}' % str(tmp_path / "x").encode(),
        b'{"%s": {}}' % str(tmp_path / "x").encode(),
    ):
        (tmp_path / NOTES).write_bytes(damage)
        (tmp_path / "x").write_bytes(b"x")
        assert Contents(tmp_path).sha256(str(tmp_path / "x")) == sha256_bytes(b"x")
        assert Contents(tmp_path).sha256(str(tmp_path / "none")) == ABSENT


def test_names_in_what_an_input_function_gives():
    assert list(file_names("a")) == ["a"]
    assert list(file_names({"path": "a", "model": ["b", "c"], "rows": []})) == ["a", "b", "c"]
