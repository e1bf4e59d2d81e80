"""Snakemake as a program that is started, waited for, and stopped in good order."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from types import FrameType

INTERRUPTED = 130
# `-m snakemake`, but that Ctrl-C while it is still being imported prints no traceback.
_QUIET = """\
import sys
shown = sys.excepthook
sys.excepthook = lambda kind, *rest: None if kind is KeyboardInterrupt else shown(kind, *rest)
from snakemake.cli import main
main()
"""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours and more; a folder of profiles that somebody set for other workflows is not for this one."""
    return {name: value for name, value in os.environ.items() if name != "SNAKEMAKE_PROFILE"} | dict(more or {})


def to_its_end(words: list[str], more: Mapping[str, str] | None = None, resumes: bool = True) -> int:
    """Run it (`python -m snakemake` and more words); its exit code, or 130 where it was stopped.

    more: variables of its environment; resumes: whether the same command goes on with what is not finished.

    It and its jobs are one group of processes, all of which hear of Ctrl-C and of what else stops us: Snakemake alone
    would wait until its jobs are done, and killed at once it would leave them behind.
    """
    words = [words[0], "-c", _QUIET, *words[3:]]
    if threading.current_thread() is not threading.main_thread():  # only that one hears of signals
        return subprocess.run(words, env=environment(more), check=False).returncode
    process = subprocess.Popen(words, env=environment(more), process_group=0)
    was_stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        was_stopped.set()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if not was_stopped.is_set():
        return code
    then = "the same command goes on with what is not finished" if resumes else "nothing is left of it"
    print(f"stopped; {then}", file=sys.stderr)
    return INTERRUPTED
