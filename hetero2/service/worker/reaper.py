"""A program that runs a command where there is no sandbox: sets its limits, and leaves no process of it behind.

`python reaper.py LIMITS COMMAND..`, LIMITS being JSON: the name of a limit (RLIMIT_..) to its value. Orphans of the
command become children of this process, those that began a session of their own too. When the command ends, or this
process gets TERM (which the system sends when the service dies), all of them are killed. The exit code is that of the
command, 128 + n where the signal n killed it. It uses the standard library alone, and starts fast.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # of prctl, Linux


def _adopt() -> None:
    """Have orphans become our children, and TERM sent when the service dies."""
    with contextlib.suppress(AttributeError, OSError):
        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _children() -> Iterator[int]:
    this = str(os.getpid())
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if parent == this and state != "Z":
                yield int(path.parent.name)


def _kill_children() -> None:
    """Kill them, and then their orphans, until two looks in a row find none.

    One look is not enough: it may read of an orphan before it is ours, and of its dying parent once that is a zombie.
    """
    n_empty = 0
    while n_empty < 2:
        children = list(_children())
        n_empty = 0 if children else n_empty + 1
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def _limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        number = getattr(resource, name)
        most = resource.getrlimit(number)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        # The processor's limit sends XCPU first, which names the reason, and KILL a little later.
        resource.setrlimit(number, (value, value + 5 if name == "RLIMIT_CPU" and value < most else value))


def _wait_for(command: int) -> int:
    """The exit code of the command; orphans that end meanwhile are taken off the table of processes."""
    while True:
        pid, status = os.wait()
        if pid == command:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _on_term(number: int, _: FrameType | None) -> None:
    _kill_children()
    os._exit(128 + number)


def main() -> int:
    """Run the command."""
    _adopt()
    signal.signal(signal.SIGTERM, _on_term)
    command = os.fork()
    if command == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            _limit(json.loads(sys.argv[1]))
            os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
        except OSError as error:
            print(f"{sys.argv[2]}: {error.strerror}", file=sys.stderr)
            os._exit(127)
    code = _wait_for(command)
    _kill_children()
    return code


if __name__ == "__main__":
    sys.exit(main())
