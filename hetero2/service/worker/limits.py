"""What a run may use."""

from dataclasses import asdict, dataclass

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Limits:
    """Sizes are in bytes, times in seconds; enough for a run on some hundred thousand molecules.

    `memory` is what a process may allocate (RLIMIT_DATA). Its address space is no measure: numba's compiler and Arrow
    reserve gigabytes of it that they never touch.
    """

    wall_clock: float = 24 * 3600
    cpu: int = 24 * 3600  # of one process
    memory: int = 8 * GIGABYTE  # of one process
    total_memory: int = 16 * GIGABYTE  # of all processes together
    processes: int = 512  # and threads, of all of them together
    open_files: int = 4096  # of one process
    file: int = 20 * GIGABYTE  # one file
    disk: int = 50 * GIGABYTE  # the folder of the run
    entries: int = 500_000  # files and folders in it
    temporary: int = GIGABYTE // 4  # in /tmp, and as much again in /dev/shm; both are memory
    log: int = GIGABYTE // 50

    def facts(self) -> dict[str, float]:
        """For the record of a run."""
        return asdict(self)
