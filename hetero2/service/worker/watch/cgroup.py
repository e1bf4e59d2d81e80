"""Control groups: memory and processes of a whole run, where the system lets us make a group of our own below ours.

Of version 1 the groups `memory` and `pids`; of version 2 one group with both, in ours or beside it, wherever both are
handed down (systemd: `Delegate=yes` and, so that our own process is not in the way, `DelegateSubgroup=`).
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from hetero2.service.worker.limits import Limits
from hetero2.service.worker.watch import reasons

MARGIN = 16  # processes of the sandbox itself, and those by which one sees that there are too many
_NEEDED = {"memory", "pids"}
_JOIN = (
    'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 > "$1/cgroup.procs" || exit 125; shift; n=$((n-1)); done; exec "$@"'
)


@dataclass(frozen=True)
class Mounted:
    """A hierarchy: where it is mounted, which controllers it has, and our own group in it."""

    version: int
    controllers: frozenset[str]
    group: Path


def mounted(mountinfo: str, membership: str) -> Iterator[Mounted]:
    """The hierarchies, from the texts of /proc/self/mountinfo and /proc/self/cgroup."""
    groups = dict(line.split(":", 2)[1:] for line in membership.splitlines())  # {"memory,..": path}; "" is version 2
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        root, place = before.split()[3:5]
        kind, _, options = after.split()
        if kind == "cgroup2":
            names = ""
        elif kind == "cgroup":
            names = next((names for names in groups if names and set(names.split(",")) <= set(options.split(","))), "")
        else:
            continue
        if names in groups and (names or kind == "cgroup2"):
            relative = os.path.relpath(groups[names], root)
            group = Path(place) if relative.startswith("..") else Path(place, relative)
            yield Mounted(1 if names else 2, frozenset(names.split(",")) if names else frozenset(), group)


def _texts() -> tuple[str, str]:
    return Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text()


@dataclass
class Cgroup:
    """The groups of a run: none where the system allows none."""

    folders: list[Path] = field(default_factory=list)

    def join(self, command: list[str]) -> list[str]:
        """The command, in these groups from its first process on."""
        if not self.folders:
            return command
        return ["/bin/sh", "-c", _JOIN, "sh", str(len(self.folders)), *map(str, self.folders), *command]

    def exceeded(self, limits: Limits) -> str:
        """Which limit the run met, in words; empty where it met none."""
        if any(
            _counted(folder / name, "oom_kill") for folder, name in self._files("memory.events", "memory.oom_control")
        ):
            return reasons.total_memory(limits)
        if any(_counted(folder / name, "max") for folder, name in self._files("pids.events")):
            return reasons.processes(limits)
        return ""

    def _files(self, *names: str) -> list[tuple[Path, str]]:
        return [(folder, name) for folder in self.folders for name in names if (folder / name).exists()]

    def pids(self) -> set[int]:
        """The processes in it."""
        pids: set[int] = set()
        for folder in self.folders:
            with contextlib.suppress(OSError):
                pids.update(map(int, (folder / "cgroup.procs").read_text().split()))
        return pids

    def kill(self) -> None:
        """Kill all that is in it."""
        for folder, name in self._files("cgroup.kill"):
            with contextlib.suppress(OSError):
                (folder / name).write_text("1")
        for pid in self.pids() - {os.getpid(), 0}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def remove(self, patience: float = 5) -> None:
        """Remove it; processes that ended a moment ago may still be on its books, which takes `patience` seconds."""
        deadline = time.monotonic() + patience
        for folder in self.folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.05)


def create(limits: Limits) -> Cgroup:
    """Groups for a run, as far as the system allows them."""
    groups = Cgroup()
    name = f"hetero2-{uuid4().hex}"
    try:
        hierarchies = list(mounted(*_texts()))
    except OSError:  # not Linux
        return groups
    for hierarchy in hierarchies:
        for values, folder in _wanted(hierarchy, name, limits):
            if _make(folder, values):
                groups.folders.append(folder)
                break
    return groups


def _wanted(hierarchy: Mounted, name: str, limits: Limits) -> Iterator[tuple[dict[str, int], Path]]:
    """(values by file, folder) to be tried one after the other, until a group can be made."""
    processes = limits.processes + MARGIN
    if hierarchy.version == 2:
        values = {"memory.max": limits.total_memory, "memory.swap.max": 0, "pids.max": processes}
        for parent in (hierarchy.group, hierarchy.group.parent):
            with contextlib.suppress(OSError):  # what holds processes hands nothing down, nor does what is not ours
                (parent / "cgroup.subtree_control").write_text("+memory +pids")
            with contextlib.suppress(OSError):
                if set((parent / "cgroup.subtree_control").read_text().split()) >= _NEEDED:
                    yield values, parent / name
    elif "memory" in hierarchy.controllers:
        memory = dict.fromkeys(("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"), limits.total_memory)
        yield memory, hierarchy.group / name
    elif "pids" in hierarchy.controllers:
        yield {"pids.max": processes}, hierarchy.group / name


def _make(folder: Path, values: dict[str, int]) -> bool:
    try:
        folder.mkdir()
    except OSError:
        return False
    try:
        for name, value in values.items():
            if (folder / name).exists():  # swap may not be counted
                (folder / name).write_text(str(value))
    except OSError:
        folder.rmdir()
        return False
    return True


def _counted(path: Path, name: str) -> int:
    """A count in a file of lines `name count`."""
    with contextlib.suppress(OSError):
        for line in path.read_text().splitlines():
            if line.startswith(f"{name} "):
                return int(line.split()[1])
    return 0
