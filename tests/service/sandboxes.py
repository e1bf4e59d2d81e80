"""Commands in the sandbox, and ways out of it that are tried from within: each says whether it got out."""

import contextlib
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

import psutil

from hetero2.service.worker import runtime, sandbox
from hetero2.service.worker.limits import Limits
from hetero2.service.worker.runtime import Mount
from hetero2.service.workflows import package

Change = Callable[[list[str]], list[str]]
SMALL = Limits(
    wall_clock=60, memory=10**9, total_memory=2 * 10**9, processes=60, file=10**8, disk=10**8, temporary=10**6,
    open_files=64,
)  # fmt: skip
HELPERS = """\
import ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def out():
    print("ESCAPED", flush=True)
def written(path):
    try:
        with open(path, "w") as file:
            file.write("x")
    except OSError:
        return
    out()
def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
"""


def unchanged(command: list[str]) -> list[str]:
    return command


def without(*words: str) -> Change:
    """A command line without these words, wherever they follow each other."""
    return instead_of(words, ())


def instead_of(words: tuple[str, ...], new: tuple[str, ...]) -> Change:
    """A command line with other words for these."""

    def change(command: list[str]) -> list[str]:
        changed, place = [], 0
        while place < len(command):
            if tuple(command[place : place + len(words)]) == words:
                changed += new
                place += len(words)
            else:
                changed.append(command[place])
                place += 1
        assert changed != command, f"{words} are not in {command}"
        return changed

    return change


def both(first: Change, second: Change) -> Change:
    return lambda command: second(first(command))


def handed_over(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    sandbox.hand_over(folder)
    return folder


def as_owner(folder: Path) -> list[str]:
    """What starts a command on this system as the user of a run, outside any sandbox."""
    user = str(folder.stat().st_uid)
    return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] if os.getuid() == 0 else []


def living(mark: str) -> list[psutil.Process]:
    """The processes that have this among their words."""
    processes = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if mark in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                processes.append(process)
    return processes


def gone_within(mark: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while living(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not living(mark)


@contextlib.contextmanager
def ended(mark: str) -> Iterator[None]:
    """Whatever a test leaves is ended by its own mark."""
    try:
        yield
    finally:
        for process in living(mark):
            with contextlib.suppress(psutil.Error):
                process.kill()


@dataclass
class Inside:
    """A run's folder, and Python in its sandbox."""

    folder: Path
    change: Change = unchanged
    limits: Limits = SMALL
    variables: dict[str, str] = field(default_factory=dict)  # of the service

    def command(self, code: str, *words: str) -> list[str]:
        return self.change(
            sandbox.command(self.folder, ["python", "-S", "-c", HELPERS + code, *words], self.limits, {})
        )

    def gets_out(self, code: str, *words: object) -> bool:
        done = subprocess.run(
            self.command(code, *map(str, words)), capture_output=True, text=True, timeout=60, cwd=self.folder,
            env={**os.environ, **self.variables}, extra_groups=[0] if os.getuid() == 0 else None,
        )  # fmt: skip
        assert done.returncode == 0, f"the attempt itself failed: {done.stdout} {done.stderr}"
        return "ESCAPED" in done.stdout


@contextlib.contextmanager
def listener(family: socket.AddressFamily, address: object) -> Iterator[socket.socket]:
    with socket.socket(family) as server:
        server.bind(address)
        server.listen()
        yield server


def network(inside: Inside) -> bool:
    code = """
with socket.socket() as client:
    client.settimeout(5)
    try:
        client.connect(("127.0.0.1", int(sys.argv[1])))
        out()
    except OSError:
        pass
"""
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as server:
        return inside.gets_out(code, server.getsockname()[1])


def abstract_socket(inside: Inside) -> bool:
    code = """
with socket.socket(socket.AF_UNIX) as client:
    try:
        client.connect("\\0" + sys.argv[1])
        out()
    except OSError:
        pass
"""
    name = f"hetero2-{uuid4().hex}"
    with listener(socket.AF_UNIX, f"\0{name}"):
        return inside.gets_out(code, name)


def _read(inside: Inside, *paths: Path) -> bool:
    code = "if any(read(path) for path in sys.argv[1:]): out()"
    return inside.gets_out(code, *(f"{root}{path}" for path in paths for root in ("", "/host")))


def host_file(inside: Inside) -> bool:
    canary = inside.folder.parent / "canary.txt"
    canary.write_text("canary")
    canary.chmod(0o644)
    return _read(inside, canary, Path("/etc/shadow"), Path("/etc/debian_version"))


def other_run(inside: Inside) -> bool:
    """Its files, as what starts that run leaves them."""
    other_folder = handed_over(inside.folder.with_name("other-run"))
    (other_folder / "scores.csv").write_text("canary")
    handed_over(other_folder)
    return _read(inside, other_folder / "scores.csv")


def environment(inside: Inside) -> bool:
    code = """
paths = [f"/proc/{pid}/environ" for pid in os.listdir("/proc") if pid.isdigit()]
if "HETERO2_CANARY" in os.environ or any(b"canary" in read(path) for path in paths):
    out()
"""
    return replace(inside, variables={"HETERO2_CANARY": "canary"}).gets_out(code)


@contextlib.contextmanager
def host_process(inside: Inside) -> Iterator[subprocess.Popen[bytes]]:
    """A process on this system of the run's own user, so that permissions alone would not stop the run."""
    process = subprocess.Popen([*as_owner(inside.folder), "/bin/sleep", "60"])
    time.sleep(0.2)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill(inside: Inside) -> bool:
    code = """
try:
    os.kill(int(sys.argv[1]), signal.SIGUSR1)
    out()
except OSError:
    pass
"""
    with host_process(inside) as process:
        return inside.gets_out(code, process.pid)


def ptrace(inside: Inside) -> bool:
    code = """
if libc.ptrace(16, int(sys.argv[1]), None, None) == 0:
    out()
"""
    with host_process(inside) as process:
        return inside.gets_out(code, process.pid)


def processes_seen(inside: Inside) -> bool:
    code = 'if b"sleep" in read(f"/proc/{sys.argv[1]}/cmdline"): out()'
    with host_process(inside) as process:
        return inside.gets_out(code, process.pid)


def write_root(inside: Inside) -> bool:
    return inside.gets_out('written("/x"); written("/etc/x"); written("/run-folder/../y")')


def write_devices(inside: Inside) -> bool:
    return inside.gets_out('written("/dev/x")')


def devices(inside: Inside) -> bool:
    code = """
import stat
for folder, _, files in os.walk("/dev"):
    if any(stat.S_ISBLK(os.lstat(os.path.join(folder, name)).st_mode) for name in files):
        out()
"""
    return inside.gets_out(code)


@contextlib.contextmanager
def runtime_with(folder: Path) -> Iterator[Path]:
    """A folder more that runs can read, as if it were a part of the runtime, open to everybody."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    original = runtime.mounts
    runtime.mounts = lambda: [*original(), Mount(folder, Path("/opt/runtime"))]
    try:
        yield folder
    finally:
        runtime.mounts = original


def write_runtime(inside: Inside) -> bool:
    with runtime_with(inside.folder.with_name("runtime")):
        return inside.gets_out(
            f'written("/opt/runtime/x"); written("/usr/x"); written("{package.folder()}/x"); written("{sys.prefix}/x")'
        )


def group_of_root(inside: Inside) -> bool:
    """A file that the service's own group may read."""
    with runtime_with(inside.folder.with_name("runtime")) as folder:
        secret = folder / "secret.txt"
        secret.write_text("canary")
        secret.chmod(0o640)
        return inside.gets_out('if b"canary" in read("/opt/runtime/secret.txt"): out()')


def namespaces(inside: Inside) -> bool:
    return inside.gets_out("if libc.unshare(0x10000000) == 0: out()")


def capabilities(inside: Inside) -> bool:
    code = """
status = dict(line.split(":", 1) for line in read("/proc/self/status").decode().splitlines())
names = ("CapPrm", "CapEff", "CapBnd", "CapAmb")
if any(int(status[name], 16) for name in names) or status["NoNewPrivs"].strip() != "1":
    out()
"""
    return inside.gets_out(code)


def shared_memory(inside: Inside) -> bool:
    made_segment = subprocess.run(["ipcmk", "-M", "4096", "-p", "0666"], capture_output=True, text=True, check=True)
    number = made_segment.stdout.split()[-1]
    try:
        code = """
if any(line.split()[1:2] == [sys.argv[1].encode()] for line in read("/proc/sysvipc/shm").splitlines()):
    out()
"""
        return inside.gets_out(code, number)
    finally:
        subprocess.run(["ipcrm", "-m", number], check=True)


def host_name(inside: Inside) -> bool:
    return inside.gets_out('if socket.gethostname() != "run": out()')


def cgroup_seen(inside: Inside) -> bool:
    code = """
if any(line.rsplit(b":", 1)[1] not in (b"/", b"") for line in read("/proc/self/cgroup").splitlines()):
    out()
"""
    return inside.gets_out(code)


def user_unknown(inside: Inside) -> bool:
    """No escape: what Snakemake asks must have an answer, the same in each run."""
    code = """
import grp, pwd
try:
    if (pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name, os.getuid()) != ("run", "run", 1000):
        out()
except KeyError:
    out()
"""
    return inside.gets_out(code)


def memory_as_files(inside: Inside) -> bool:
    """More than /tmp and /dev/shm may hold, which are memory."""
    code = """
for folder in ("/tmp", "/dev/shm"):
    try:
        with open(f"{folder}/x", "wb") as file:
            file.write(bytes(20_000_000))
        out()
    except OSError:
        pass
"""
    return inside.gets_out(code)


def terminal(inside: Inside) -> bool:
    """The terminal at which the service was started: who has it can type commands into it."""
    code = """
try:
    with open("/dev/tty", "w"):
        out()
except OSError:
    pass
"""
    command = inside.command(code)
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    printed = b""
    with contextlib.suppress(OSError):
        while select.select([descriptor], [], [], 30)[0]:
            printed += os.read(descriptor, 1 << 16)
    os.close(descriptor)
    assert os.waitpid(pid, 0)[1] == 0, printed
    return b"ESCAPED" in printed


def outlives_service(inside: Inside) -> bool:
    """The process that started it is killed."""
    mark = uuid4().hex
    starter = f"import subprocess; subprocess.run({inside.command('time.sleep(60)', mark)!r})"
    with ended(mark):
        service = subprocess.Popen([sys.executable, "-S", "-c", starter])
        deadline = time.monotonic() + 30
        while not any(process.name().startswith("python") for process in living(mark)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        service.send_signal(signal.SIGKILL)
        service.wait()
        return not gone_within(mark, 2)


def _fork_until(inside: Inside, most: int) -> bool:
    code = """
children = []
try:
    while len(children) < int(sys.argv[1]):
        pid = os.fork()
        if pid == 0:
            time.sleep(30)
            os._exit(0)
        children.append(pid)
    out()
except OSError:
    pass
for pid in children:
    os.kill(pid, signal.SIGKILL)
"""
    return inside.gets_out(code, most)


def many_processes(inside: Inside) -> bool:
    return _fork_until(inside, inside.limits.processes + 100)


def much_memory(inside: Inside) -> bool:
    code = """
try:
    bytearray(2_000_000_000)
    out()
except MemoryError:
    pass
"""
    return inside.gets_out(code)


def large_file(inside: Inside) -> bool:
    code = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with open("/run-folder/x", "wb") as file:
        file.truncate(200_000_000)
    out()
except OSError:
    pass
"""
    return inside.gets_out(code)


def many_files(inside: Inside) -> bool:
    code = """
files = []
try:
    for _ in range(200):
        files.append(open("/dev/null"))
    out()
except OSError:
    pass
"""
    return inside.gets_out(code)


def core_file(inside: Inside) -> bool:
    return inside.gets_out("import resource\nif resource.getrlimit(resource.RLIMIT_CORE)[1] != 0: out()")


def much_cpu(inside: Inside) -> bool:
    code = """
if os.fork() == 0:
    began = time.process_time()
    while time.process_time() - began < 2.5:
        pass
    out()
    os._exit(0)
os.wait()
"""
    return replace(inside, limits=replace(inside.limits, cpu=1)).gets_out(code)


def in_thread(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread
