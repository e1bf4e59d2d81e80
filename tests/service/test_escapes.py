"""Ways out of the sandbox, tried from within; and for each of its flags, that one of them works without it."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from hetero2.service.worker import sandbox
from tests.conftest import ROOT
from tests.service import sandboxes
from tests.service.sandboxes import SMALL, Inside, both, instead_of, without

pytestmark = [pytest.mark.service, pytest.mark.skipif(sandbox.isolation() == "none", reason=sandbox.why_none())]
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="a service that is not root starts runs as itself")

ESCAPES = {
    escape.__name__: escape
    for escape in (
        sandboxes.network,
        sandboxes.abstract_socket,
        sandboxes.host_file,
        sandboxes.other_run,
        sandboxes.environment,
        sandboxes.kill,
        sandboxes.ptrace,
        sandboxes.processes_seen,
        sandboxes.write_root,
        sandboxes.write_devices,
        sandboxes.write_runtime,
        sandboxes.group_of_root,
        sandboxes.devices,
        sandboxes.namespaces,
        sandboxes.capabilities,
        sandboxes.shared_memory,
        sandboxes.host_name,
        sandboxes.cgroup_seen,
        sandboxes.user_unknown,
        sandboxes.memory_as_files,
        sandboxes.terminal,
        sandboxes.outlives_service,
        sandboxes.many_processes,
        sandboxes.much_memory,
        sandboxes.large_file,
        sandboxes.many_files,
        sandboxes.core_file,
        sandboxes.much_cpu,
    )
}
ALL = ("user", "ipc", "pid", "net", "uts", "cgroup")


def all_but(name):
    return instead_of(("--unshare-all",), tuple(f"--unshare-{kind}" for kind in ALL if kind != name))


def limit_removed(name):
    """A limit of prlimit."""
    return lambda command: [word for word in command if not word.startswith(f"--{name}=")]


def after(flag):
    """The flag and the word after it are removed, wherever they are."""

    def change(command):
        places = [place for place, word in enumerate(command) if word == flag]
        assert places
        return [word for place, word in enumerate(command) if place not in places and place - 1 not in places]

    return change


def as_root(command):
    """No other user, who then also owns the folder."""
    folder = command[command.index(shutil.which("setpriv")) - 1]  # what is mounted last
    os.chown(folder, 0, 0)
    return after("--reuid")(after("--regid")(command))


HOST_PROC = instead_of(("--proc", "/proc"), ("--ro-bind", "/proc", "/proc"))
HOST_SEEN = instead_of(("--remount-ro", "/", "--chdir"), ("--ro-bind", "/", "/host", "--remount-ro", "/", "--chdir"))
# (flag, escape that works without it, what is changed). Where a flag alone makes no sandbox start, it is weakened.
WITHOUT = [
    ("--unshare-all", "network", all_but("net")),
    ("--unshare-all net", "abstract_socket", all_but("net")),
    ("--unshare-all pid", "kill", both(all_but("pid"), HOST_PROC)),
    ("--unshare-all ipc", "shared_memory", all_but("ipc")),
    ("--unshare-all uts", "host_name", both(all_but("uts"), without("--hostname", "run"))),
    ("--unshare-all cgroup", "cgroup_seen", all_but("cgroup")),
    ("--disable-userns", "namespaces", both(without("--unshare-user"), without("--disable-userns"))),
    ("--new-session", "terminal", without("--new-session")),
    ("--hostname", "host_name", without("--hostname", "run")),
    ("--uid", "user_unknown", without("--uid", "1000")),
    ("--gid", "user_unknown", without("--gid", "1000")),
    ("--proc", "processes_seen", HOST_PROC),
    ("--dev", "devices", instead_of(("--dev", "/dev"), ("--dev-bind", "/dev", "/dev"))),
    ("--size", "memory_as_files", without("--size", str(SMALL.temporary))),
    ("--remount-ro", "write_root", without("--remount-ro", "/")),
    ("--remount-ro", "write_devices", without("--remount-ro", "/dev")),
    ("--ro-bind", "write_runtime", instead_of(("--ro-bind",), ("--bind",))),
    ("--bind", "host_file", HOST_SEEN),
    ("--cpu", "much_cpu", limit_removed("cpu")),
    ("--data", "much_memory", limit_removed("data")),
    ("--fsize", "large_file", limit_removed("fsize")),
    ("--nofile", "many_files", limit_removed("nofile")),
    ("--nproc", "many_processes", limit_removed("nproc")),
    ("--core", "core_file", limit_removed("core")),
    ("--die-with-parent", "outlives_service", without("--die-with-parent")),
]
WITHOUT_AS_ROOT = [
    ("--reuid", "many_processes", as_root),
    ("--regid", "group_of_root", after("--regid")),
    ("--clear-groups", "group_of_root", instead_of(("--clear-groups",), ("--keep-groups",))),
]
# Flags that no escape shows, and why.
NOT_SHOWN = {
    "--cap-drop": "bwrap gives a command no capabilities where its own user has none, which is always so here",
    "--clearenv": "`env -i` before it has emptied the environment",
    "--unshare-user": "a part of --unshare-all; --disable-userns wants it by name",
    "--mount": "without it, the mounts at /mnt would be the system's; nothing a run could use",
    "--setenv": "gives, and takes nothing",
    "--symlink": "gives, and takes nothing",
    "--chdir": "gives, and takes nothing",
    "--tmpfs": "gives, and takes nothing; see --size",
}


@pytest.fixture
def inside():
    """In a folder that everybody can reach, so that a way that is closed is closed by the sandbox."""
    with tempfile.TemporaryDirectory(prefix="hetero2-") as name:
        Path(name).chmod(0o755)
        yield Inside(sandboxes.handed_over(Path(name, "run")))


@pytest.mark.parametrize("name", ESCAPES)
def test_no_way_out(inside, name):
    assert not ESCAPES[name](inside)


@pytest.mark.parametrize(("flag", "name", "change"), WITHOUT, ids=[f"{flag} {name}" for flag, name, _ in WITHOUT])
def test_a_way_out_without_a_flag(inside, flag, name, change):  # noqa: ARG001
    inside.change = change
    assert ESCAPES[name](inside)


@needs_root
@pytest.mark.parametrize(
    ("flag", "name", "change"), WITHOUT_AS_ROOT, ids=[f"{flag} {name}" for flag, name, _ in WITHOUT_AS_ROOT]
)
def test_a_way_out_without_a_flag_where_the_service_is_root(inside, flag, name, change):  # noqa: ARG001
    inside.change = change
    assert ESCAPES[name](inside)


@needs_root
def test_another_run_is_closed_to_a_run_that_sees_all_of_the_system(inside):
    """For its user is another; were it the same, it would be open."""
    inside.change = HOST_SEEN
    assert not sandboxes.other_run(inside)
    other_folder = inside.folder.with_name("other-run")
    for path in (other_folder, other_folder / "scores.csv"):
        os.chown(path, inside.folder.stat().st_uid, inside.folder.stat().st_uid)
    assert sandboxes.other_run(inside)


def test_the_attempt_at_ptrace_works_where_there_is_no_sandbox(inside):
    """No single flag opens it: the user namespace and that of processes each close it."""
    inside.change = lambda command: command[command.index("python") :]
    assert sandboxes.ptrace(inside)


def test_the_environment_is_emptied_twice(inside):
    """bwrap's own, which the first process in the sandbox keeps, and that of the command."""

    def not_emptied(command):
        assert [os.path.basename(command[0]), command[1]] == ["env", "-i"]  # noqa: PTH119
        return command[2:]

    in_command = 'if "HETERO2_CANARY" in os.environ: out()'
    inside.variables = {"HETERO2_CANARY": "canary"}
    inside.change = not_emptied
    assert not inside.gets_out(in_command), "--clearenv"
    inside.change = both(not_emptied, without("--clearenv"))
    assert inside.gets_out(in_command)


AS_ANOTHER = """
import os, subprocess, sys
from pathlib import Path
from hetero2.service.worker import sandbox
from hetero2.service.worker.limits import Limits
assert os.getuid() != 0
print(sandbox.isolation(), sandbox.why_none(), flush=True)
folder = Path(sys.argv[1], "run")
folder.mkdir()
sandbox.hand_over(folder)
code = "id -u; touch x /x /usr/x 2>/dev/null; cat /etc/debian_version 2>/dev/null; ls -A"
subprocess.run(sandbox.command(folder, ["sh", "-c", code], Limits(), {}), check=True)
"""
SYSTEM_PYTHON = Path("/usr/bin/python3")


@needs_root
@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="that of the tests may be out of another user's reach")
def test_a_service_that_is_not_root_has_the_same_sandbox():
    with tempfile.TemporaryDirectory(prefix="hetero2-") as name:
        os.chown(name, 61234, 61234)
        done = subprocess.run(
            ["setpriv", *"--reuid 61234 --regid 61234 --clear-groups".split(), SYSTEM_PYTHON, "-c", AS_ANOTHER, name],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd="/",
        )  # fmt: skip
    assert (done.stdout.splitlines(), done.returncode) == (["bwrap ", "1000", ".home", "x"], 0), done.stderr


def test_every_flag_is_shown_to_be_needed(inside):
    command = inside.command("")
    flags = {
        re.match(r"--[a-z-]+", word)[0] for word in command[: command.index("/bin/sh")] if re.match("--[a-z]", word)
    }
    shown = {flag.split()[0] for flag, _, _ in [*WITHOUT, *WITHOUT_AS_ROOT]}
    assert not shown & set(NOT_SHOWN)
    assert flags <= shown | set(NOT_SHOWN), flags - shown - set(NOT_SHOWN)
