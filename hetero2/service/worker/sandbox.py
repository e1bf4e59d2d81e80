"""The command line that runs a command in a sandbox (bubblewrap), where it sees the runtime and its own folder alone.

Where the service is root, a run gets a user id that nothing else has, for root is exempt from the limit of processes.
As that user may not be able to reach what is to be mounted (a prefix below /root, a folder of the service), root mounts
all of it at /mnt, for this run alone, and the sandbox itself, which is the same in both cases, takes it from there. The
environment is emptied before: the first process in a sandbox is bwrap, and what it was started with could be read
there, in /proc/1/environ.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from hetero2.service.worker import runtime
from hetero2.service.worker.limits import Limits
from hetero2.service.worker.runtime import Mount
from hetero2.service.worker.watch.cgroup import MARGIN
from hetero2.service.workflows import package

FOLDER = Path("/run-folder")  # in the sandbox: the same for all runs, for paths get into logs and digests
_CACHE = Path("/numba-cache")
_STAGED = "/mnt"
_ETC = Path(__file__).parent / "etc"
# No bwrap does this: it would stay as the parent of the second, and as root without capabilities may not kill it.
_STAGE = """\
mount -t tmpfs -o mode=755,size=1m tmpfs /mnt || exit 125
most=$1; number=0; shift
while [ "$number" -lt "$most" ]; do
  if [ -d "$1" ]; then mkdir "/mnt/$number"; else : > "/mnt/$number"; fi
  mount --rbind "$1" "/mnt/$number" || exit 125
  shift; number=$((number + 1))
done
exec "$@"
"""
_UID = "1000"  # in the sandbox
_GRACE = 5  # seconds after which KILL follows XCPU
_NICE = "10"  # runs take what the server leaves: who asks for a state waits for no run
# numba writes into its cache and refuses one that it cannot write. One that several runs write would be a channel
# between them, and what it holds is code: each run has a copy, some 3 MB, of one that no run ever wrote.
# Where the kernel groups processes by session, what counts is the priority of the group, which begins here; the kernel
# lets one group be set every 0.1 s.
_START = """\
if [ -w /proc/self/autogroup ]; then
  for pause in 0 0.2 0.3 0.5 1; do
    sleep "$pause"
    if { echo "$2" > /proc/self/autogroup; } 2> /dev/null; then break; fi
  done
fi
mkdir -p "$HOME" "$TMPDIR" "$NUMBA_CACHE_DIR" && if [ -n "$1" ]; then cp -R "$1/." "$NUMBA_CACHE_DIR"; fi || exit 125
shift 2; exec "$@"
"""


def isolation() -> Literal["bwrap", "none"]:
    """What separates runs from this system and from each other; tried once, with a real sandbox."""
    return "none" if why_none() else "bwrap"


@cache
def why_none() -> str:
    """What the sandbox said when it did not start; empty where it starts."""
    missing = [name for name in ("bwrap", "mount", "prlimit", "setpriv", "unshare") if not shutil.which(name)]
    if missing:
        return f"not installed: {' '.join(missing)}"
    with tempfile.TemporaryDirectory(prefix="hetero2-") as name:
        try:
            hand_over(Path(name))
            command = _confined(Path(name).resolve(), ["true"], Limits(), {}, None)
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        return "" if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"


def inside(folder: Path) -> Path:
    """The path by which a run knows its folder."""
    return FOLDER if isolation() == "bwrap" else folder.resolve()


def hand_over(folder: Path) -> None:
    """Give a folder, with all in it, to the user as whom its run runs: where the service is not root, that is its own.

    Raises ValueError for a file that has another name elsewhere, which the run could write.
    """
    folder.chmod(0o700)
    status, is_root = folder.stat(), os.getuid() == 0
    user = (status.st_uid or _unused_user(status.st_ino)) if is_root else os.getuid()
    for place, folders, files, descriptor in os.fwalk(folder):
        for name in (*folders, *files):
            content = os.lstat(name, dir_fd=descriptor)
            is_its_own = is_root and content.st_uid == user  # of an earlier attempt
            if content.st_nlink > 1 and not stat.S_ISDIR(content.st_mode) and not is_its_own:
                raise ValueError(f"{place}/{name}: has more than one name; a run gets copies")
            if is_root:
                os.chown(name, user, user, dir_fd=descriptor, follow_symlinks=False)
    if is_root:
        os.chown(folder, user, user)


def _unused_user(number: int) -> int:
    """A user id from the upper end of those that there are, by a number that no other folder has meanwhile."""
    lines = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    last = min(max(start + length - 1 for start, _, length in lines), 2**31 - 2)
    return last - number % (last // 8)


def command(
    folder: Path, argv: Sequence[str], limits: Limits, environment: Mapping[str, str], cache: Path | None = None
) -> list[str]:
    """The command line for `process.run`. Paths in `argv` and `environment` are below `inside(folder)`.

    `environment` comes on top of what a run needs, and nothing else is in it. `cache`: a warm cache of numba, which is
    copied. Raises ValueError for a folder that was not handed over, or that other runs would see.
    """
    folder = folder.resolve(strict=True)
    if os.getuid() == 0 and folder.stat().st_uid == 0 and isolation() == "bwrap":
        raise ValueError(f"{folder}: was not handed over")
    if isolation() == "bwrap":
        return _confined(folder, argv, limits, environment, cache)
    return limited(folder, argv, limits, environment, cache)


def limited(
    folder: Path, argv: Sequence[str], limits: Limits, environment: Mapping[str, str], cache: Path | None = None
) -> list[str]:
    """The same without a sandbox: nothing but its limits separates it from this system."""
    values = {
        "RLIMIT_CPU": limits.cpu,
        "RLIMIT_DATA": limits.memory,
        "RLIMIT_FSIZE": limits.file,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
    }  # that of processes counts all of a user's: here it would be the service's
    return [
        *_emptied_nice(_environment(folder) | dict(environment)),
        *(sys.executable, "-I", "-S", str(Path(__file__).with_name("reaper.py")), json.dumps(values)),
        *_started(argv, str(cache or "")),
    ]


def _confined(
    folder: Path, argv: Sequence[str], limits: Limits, environment: Mapping[str, str], cache: Path | None
) -> list[str]:
    mounts = runtime.mounts()
    for mount in mounts:
        if folder.is_relative_to(mount.source):
            raise ValueError(f"{folder}: is in {mount.source}, which every run can read")
    etc = [Mount(_ETC / name, Path("/etc", name)) for name in ("passwd", "group", "hosts")]
    warm = [Mount(cache.resolve(strict=True), _CACHE)] if cache else []
    mounts = [*mounts, *etc, *warm, Mount(folder, FOLDER, is_writable=True)]
    first: list[str] = []
    if os.getuid() == 0:
        first, mounts = _staged(mounts, folder.stat().st_uid)
    variables = _environment(FOLDER) | dict(environment)
    return [
        *_emptied_nice({}),
        *first,
        *_sandbox(mounts, limits, variables),
        *_limited(limits),
        *_started(argv, str(_CACHE) if cache else ""),
    ]


def _emptied_nice(variables: Mapping[str, str]) -> list[str]:
    words = (f"{name}={value}" for name, value in variables.items())
    return [_program("env"), "-i", *words, _program("nice"), "-n", _NICE]


def _staged(mounts: Sequence[Mount], user: int) -> tuple[list[str], list[Mount]]:
    """(what mounts it all at /mnt as root and then becomes the user, the mounts from there)."""
    places = [Path(_STAGED, str(number)) for number in range(len(mounts))]
    words = [
        *(_program("unshare"), "--mount", "--", "/bin/sh", "-c", _STAGE, "sh", str(len(mounts))),
        *(str(mount.source) for mount in mounts),
        *(_program("setpriv"), "--reuid", str(user), "--regid", str(user), "--clear-groups"),
    ]
    return words, [Mount(place, mount.target, mount.is_writable) for mount, place in zip(mounts, places, strict=True)]


def _sandbox(mounts: Sequence[Mount], limits: Limits, variables: Mapping[str, str]) -> list[str]:
    nested = ["--unshare-user", "--disable-userns"] if _can_disable_userns() else []
    memory = str(limits.temporary)
    return [
        *(_program("bwrap"), "--unshare-all", *nested, "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--uid", _UID, "--gid", _UID, "--hostname", "run", "--clearenv"),
        *(word for name, value in variables.items() for word in ("--setenv", name, value)),
        *(word for target, link in runtime.links() for word in ("--symlink", link, target)),
        *("--proc", "/proc", "--dev", "/dev", "--size", memory, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108 - its own
        *("--size", memory, "--tmpfs", "/tmp"),  # noqa: S108
        *(
            word
            for mount in mounts
            for word in ("--bind" if mount.is_writable else "--ro-bind", str(mount.source), str(mount.target))
        ),
        *("--remount-ro", "/", "--chdir", str(FOLDER), "--"),
    ]


def _limited(limits: Limits) -> list[str]:
    return [
        _program("prlimit"),
        f"--cpu={limits.cpu}:{limits.cpu + _GRACE}",
        f"--data={limits.memory}",
        f"--fsize={limits.file}",
        f"--nofile={limits.open_files}",
        f"--nproc={limits.processes + MARGIN}",
        "--core=0",
        "--",
    ]


def _started(argv: Sequence[str], cache: str) -> list[str]:
    return ["/bin/sh", "-c", _START, "sh", cache, _NICE, *argv]


def _environment(folder: Path) -> dict[str, str]:
    """What a run needs; `folder` as the run knows it."""
    home = folder / ".home"
    return {
        "PATH": f"{Path(sys.prefix, 'bin')}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "NUMBA_CACHE_DIR": str(home / "numba"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(package.folder().parent),
    }


@cache
def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(f"{name}: not installed")
    return path


@cache
def _can_disable_userns() -> bool:
    """Whether this bwrap can (0.8 and later)."""
    done = subprocess.run([_program("bwrap"), "--help"], capture_output=True, text=True, errors="replace")
    return "--disable-userns" in done.stdout + done.stderr
