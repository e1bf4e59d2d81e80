"""Why a run was ended or failed, in words for the person whose run it is."""

import re
import signal
from collections.abc import Callable

from hetero2.service.worker.limits import Limits

_UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"), (1, "bytes"))
_BY_SHELL = 128  # a shell, and bwrap, add it to the number of the signal that killed what they waited for


def size(n_bytes: float) -> str:
    """A size as a person writes it: 8 GB."""
    divisor, unit = next(((divisor, unit) for divisor, unit in _UNITS if n_bytes >= divisor), _UNITS[-1])
    return f"{n_bytes / divisor:.3g} {unit}"


def wall_clock(limits: Limits) -> str:
    """It took too long."""
    return f"ran longer than {limits.wall_clock:g} s"


def cpu(limits: Limits) -> str:
    """A process computed too long."""
    return f"a process used more than {limits.cpu} s of CPU time"


def memory(limits: Limits) -> str:
    """A process needed too much memory."""
    return f"a process used more than {size(limits.memory)} of memory"


def total_memory(limits: Limits) -> str:
    """All processes together needed too much memory."""
    return f"used more than {size(limits.total_memory)} of memory"


def disk(limits: Limits) -> str:
    """The folder grew too large."""
    return f"wrote more than {size(limits.disk)} into its folder"


def entries(limits: Limits) -> str:
    """The folder holds too many files."""
    return f"wrote more than {limits.entries} files"


def unmeasurable(what: str) -> str:
    """The folder cannot be measured."""
    return f"wrote {what}, so that its folder cannot be measured"


def file(limits: Limits) -> str:
    """A file grew too large."""
    return f"wrote a file larger than {size(limits.file)}"


def processes(limits: Limits) -> str:
    """Too many processes and threads at once."""
    return f"started more than {limits.processes} processes"


def open_files(limits: Limits) -> str:
    """A process opened too many files at once."""
    return f"a process opened more than {limits.open_files} files at once"


def temporary(limits: Limits) -> str:
    """There is no room for a file."""
    return f"had no room left for a file (in /tmp it may have {size(limits.temporary)})"


def killed(number: int) -> str:
    """A signal ended it that no limit explains."""
    try:
        name = signal.Signals(number).name
    except ValueError:  # a real-time signal
        name = str(number)
    return f"killed by signal {name}"


_OF_SIGNALS: dict[int, Callable[[Limits], str]] = {signal.SIGXCPU: cpu, signal.SIGXFSZ: file}
# The kernel refuses, and says why to the process alone; these are the words in which programs pass that on.
_OF_WORDS: tuple[tuple[str, Callable[[Limits], str]], ...] = (
    (r"SIGXCPU|CPU time limit exceeded", cpu),
    (r"SIGXFSZ|File too large|File size limit exceeded", file),
    (r"\bMemoryError\b|std::bad_alloc|ArrayMemoryError|Cannot allocate memory", memory),
    (r"can't start new thread|[Rr]esource temporarily unavailable|Cannot fork", processes),
    (r"Too many open files", open_files),
    (r"No space left on device", temporary),
)


def of_end(code: int, tail: str, limits: Limits) -> tuple[str, bool]:
    """(reason, whether a limit was met) for an exit code that is not 0; `tail`: the end of what it printed.

    The last words count: an earlier refusal may have been dealt with.
    """
    number = -code if code < 0 else code - _BY_SHELL if code > _BY_SHELL else 0
    if number in _OF_SIGNALS:
        return _OF_SIGNALS[number](limits), True
    places = [
        (matches[-1].start(), reason) for words, reason in _OF_WORDS if (matches := list(re.finditer(words, tail)))
    ]
    if places:
        return max(places, key=lambda place: place[0])[1](limits), True
    if 0 < number < signal.NSIG:
        return killed(number), False
    return f"ended with exit code {code}", False
