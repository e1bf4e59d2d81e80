"""What is watched of a run, without a run: words for ends, the log, the disk, where control groups are."""

import os
from pathlib import Path

import pytest

from hetero2.service.worker import sandbox
from hetero2.service.worker.limits import Limits
from hetero2.service.worker.watch import cgroup, disk, reasons
from hetero2.service.worker.watch.cgroup import Mounted
from hetero2.service.worker.watch.log import Log

LIMITS = Limits()


def test_limits_are_facts_of_a_run():
    facts = Limits(cpu=7).facts()
    assert facts["cpu"] == 7
    assert all(isinstance(value, int | float) and value > 0 for value in facts.values())


@pytest.mark.parametrize(
    ("code", "tail", "reason"),
    [
        (
            1,
            "_ArrayMemoryError: Unable to allocate 9 GiB",
            "a process used more than 8 GB of memory",
        ),
        (1, "died with <Signals.SIGXCPU: 24>", "a process used more than 86400 s of CPU time"),
        (152, "", "a process used more than 86400 s of CPU time"),
        (-25, "", "wrote a file larger than 20 GB"),
        (1, "OSError: [Errno 24] Too many open files\n..\nMemoryError", "a process used more than 8 GB of memory"),
    ],
)
def test_a_limit_that_the_kernel_keeps(code, tail, reason):
    assert reasons.of_end(code, tail, LIMITS) == (reason, True)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(1, "ended with exit code 1"), (137, "killed by signal SIGKILL"), (-11, "killed by signal SIGSEGV"),
     (163, "killed by signal 35"), (255, "ended with exit code 255")],
)  # fmt: skip
def test_an_end_that_is_no_limit(code, reason):
    assert reasons.of_end(code, "InputError: no column 'smiles'", LIMITS) == (reason, False)


@pytest.mark.parametrize(
    ("n_bytes", "words"), [(8 * 10**9, "8 GB"), (1_500_000, "1.5 MB"), (999, "999 bytes"), (0, "0 bytes")]
)
def test_sizes_in_words(n_bytes, words):
    assert reasons.size(n_bytes) == words


def test_a_log_keeps_its_beginning_and_its_end(tmp_path):
    path = tmp_path / "log.txt"
    with Log(path, 100_000) as log:
        for number in range(100_000):
            log.write(f"{number:06}\n".encode())
        assert log.tail.endswith("099999\n")
    text = path.read_text()
    assert text.startswith("000000\n")
    assert text.endswith("099999\n")
    assert ".. 600000 bytes are left out .." in text
    assert len(text) <= 100_100


@pytest.mark.parametrize("n_bytes", [0, 10, 36_000, 36_001, 100_000])
def test_a_log_that_fits_is_whole(tmp_path, n_bytes):
    with Log(tmp_path / "log.txt", 100_000) as log:
        log.write(b"y" * (n_bytes // 2))
        log.write(b"z" * (n_bytes - n_bytes // 2))
    assert (tmp_path / "log.txt").read_bytes() == b"y" * (n_bytes // 2) + b"z" * (n_bytes - n_bytes // 2)


def test_the_disk_is_measured_without_following_links(tmp_path):
    folder = tmp_path / "run"
    (folder / "below").mkdir(parents=True)
    (folder / "below/x").write_bytes(bytes(100_000))
    (folder / "again").hardlink_to(folder / "below/x")
    (tmp_path / "large").write_bytes(bytes(10**6))
    (folder / "link").symlink_to(tmp_path / "large")
    (folder / "up").symlink_to(tmp_path)
    os.truncate(folder / "below/x", 10**9)  # a hole takes up nothing
    assert 100_000 < disk.measure(folder, LIMITS) < 200_000


def test_a_hierarchy_of_each_version():
    mountinfo = """\
30 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
40 24 0:30 / /sys/fs/cgroup/memory rw,relatime shared:10 - cgroup cgroup rw,memory
41 24 0:31 /docker/abc /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
42 24 0:32 /docker/abc /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct
22 1 0:5 / /proc rw - proc proc rw
"""
    membership = "9:memory:/user/me\n8:pids:/docker/abc\n7:cpu,cpuacct:/\n0::/system.slice/hetero2.service/worker\n"
    assert list(cgroup.mounted(mountinfo, membership)) == [
        Mounted(2, frozenset(), Path("/sys/fs/cgroup/system.slice/hetero2.service/worker")),
        Mounted(1, frozenset({"memory"}), Path("/sys/fs/cgroup/memory/user/me")),
        Mounted(1, frozenset({"pids"}), Path("/sys/fs/cgroup/pids")),
        Mounted(1, frozenset({"cpu", "cpuacct"}), Path("/sys/fs/cgroup/cpu")),
    ]


def test_the_second_version_in_a_group_that_was_handed_down(tmp_path, monkeypatch):
    """Folders in place of the system's: our own group hands nothing down, the one above it does."""
    own_group = tmp_path / "hetero2.service/worker"
    own_group.mkdir(parents=True)
    (own_group / "cgroup.subtree_control").write_text("")
    (own_group / "cgroup.subtree_control").chmod(0)
    (own_group.parent / "cgroup.subtree_control").write_text("")
    texts = (f"30 24 0:27 / {tmp_path} rw - cgroup2 cgroup2 rw\n", "0::/hetero2.service/worker\n")
    monkeypatch.setattr(cgroup, "_texts", lambda: texts)
    read_text = Path.read_text

    def as_the_system_does(path, *words, **options):
        text = read_text(path, *words, **options)
        return "" if path.parent == own_group else text.replace("+", "")

    monkeypatch.setattr(Path, "read_text", as_the_system_does)
    groups = cgroup.create(LIMITS)
    assert [folder.parent for folder in groups.folders] == [own_group.parent]
    (folder,) = groups.folders
    (folder / "memory.events").write_text("oom 3\noom_kill 0\n")
    (folder / "pids.events").write_text("max 0\n")
    assert groups.exceeded(LIMITS) == ""
    (folder / "pids.events").write_text("max 4\n")
    assert groups.exceeded(LIMITS) == "started more than 512 processes"
    (folder / "memory.events").write_text("oom 3\noom_kill 1\n")
    assert groups.exceeded(LIMITS) == "used more than 16 GB of memory"


def test_no_group_where_none_can_be_made(monkeypatch):
    monkeypatch.setattr(cgroup, "_texts", lambda: ("30 24 0:27 / /no/such rw - cgroup2 cgroup2 rw\n", "0::/\n"))
    groups = cgroup.create(LIMITS)
    assert (groups.folders, groups.join(["true"])) == ([], ["true"])
    groups.remove()


def test_a_file_with_another_name_is_not_handed_over(tmp_path):
    """The run could write the store's own file."""
    folder = tmp_path / "run"
    folder.mkdir()
    (tmp_path / "stored.csv").write_text("id\n")
    (folder / "library.csv").hardlink_to(tmp_path / "stored.csv")
    with pytest.raises(ValueError, match="more than one name"):
        sandbox.hand_over(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root hands over")
def test_each_folder_has_a_user_of_its_own(tmp_path):
    users = set()
    for name in ("a", "b"):
        folder = tmp_path / name
        (folder / "in").mkdir(parents=True)
        (folder / "in/link").symlink_to("/etc/passwd")
        sandbox.hand_over(folder)
        sandbox.hand_over(folder)
        users.add(folder.stat().st_uid)
        assert (folder / "in/link").lstat().st_uid == folder.stat().st_uid
    assert len(users) == 2
    assert min(users) > 50_000
    assert Path("/etc/passwd").stat().st_uid == 0
