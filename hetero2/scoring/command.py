"""The user's own model, run as a command in its own process."""

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from hetero2.errors import HeteroError, InputError
from hetero2.runtime.progress import SECONDS

Table = TypeVar("Table")
_TAIL_LINES, _TAIL_LETTERS = 5, 600
_MEMORY = " (perhaps out of memory)"


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_TAIL_LINES:]
    return "\n".join(f"  | {line}" for line in lines)[-_TAIL_LETTERS:] or "  (it printed nothing)"


def _filled(word: str, values: Mapping[str, object]) -> str:
    for name, value in values.items():
        word = word.replace("{" + name + "}", str(value))
    return word


def _wait(process: subprocess.Popen[bytes], seconds: float, watch: Callable[[], object]) -> int:
    """The exit code; meanwhile `watch` is called every two seconds. Raises subprocess.TimeoutExpired."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > SECONDS:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=SECONDS)
        watch()
    return process.wait(timeout=max(0.0, left))


def run(
    command: str,
    values: Mapping[str, object],
    time_limit_seconds: float,
    output: Path,
    watch: Callable[[], object] = lambda: None,
) -> None:
    """Run `command` with {request}, {scores}, .. filled in from `values`, without a shell; its output goes to `output`.

    `watch` is called every two seconds. The whole process group is killed at the time limit. Raises HeteroError unless
    the command ends with 0 and wrote {scores}.
    """
    words = [_filled(word, values) for word in shlex.split(command)]
    scores = Path(str(values["scores"]))
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as printed:
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as error:
            raise HeteroError(f"scores.command: cannot start {words[0]!r}: {error.strerror}") from None
        try:
            code = _wait(process, time_limit_seconds, watch)
        except subprocess.TimeoutExpired:
            _stop(process)
            limit = f"{time_limit_seconds / 60:.3g} minutes"
            raise HeteroError(f"scores.command: stopped after {limit}", "raise execution.command_minutes") from None
        except BaseException:
            _stop(process)
            raise
    if code != 0:
        how = f"failed with exit code {code}" if code > 0 else f"was killed by signal {-code}{_MEMORY * (code == -9)}"
        raise HeteroError(f"scores.command: {how}; the end of its output ({output}):\n{_tail(output)}")
    if not scores.is_file():
        raise HeteroError(
            f"scores.command: ended with 0, but did not write {scores}; it must write the file named by {{scores}}"
        )


def read_scores(path: Path, read: Callable[[Path], Table]) -> Table:
    """The score table that a command wrote; errors do not name the file, which is temporary."""
    try:
        return read(path)
    except InputError as error:
        message = error.message.replace(str(path), "its scores")
        raise InputError(f"scores.command did not write a valid score table: {message}", error.hint) from None
