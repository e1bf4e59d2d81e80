"""Log files and progress lines of a verb."""

import logging
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path
from typing import TypeVar

from hetero2.runtime.progress import JobProgress

T = TypeVar("T")
logger = logging.getLogger("hetero2")
_TERMINAL_SECONDS, _LOG_SECONDS = 2.0, 60.0


def start(path: Path | None) -> None:
    """Send log lines to `path`, truncated first, or nowhere."""
    logger.setLevel(logging.INFO)
    logging.raiseExceptions = False  # a full disk under the log shows no traceback
    for handler in logger.handlers:
        handler.close()
    logger.handlers[:] = [logging.NullHandler()]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w", encoding="utf-8", errors="backslashreplace")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)


_USED = re.compile(r"used ([0-9.]+) s of CPU, (\d+) MB of memory at most")


def logged_use(path: Path) -> tuple[str, str] | None:
    """CPU seconds and peak MB that a job logged last (`used`); None where its log has none."""
    uses = _USED.findall(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else []
    return uses[-1] if uses else None


def used() -> None:
    """Log CPU seconds of this process and its finished children, and the peak memory of the largest of them."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu, peak = sum(usage.ru_utime + usage.ru_stime for usage in usages), max(usage.ru_maxrss for usage in usages)
    logger.info(
        "used %.2f s of CPU, %d MB of memory at most", cpu, peak // (1 << 20 if sys.platform == "darwin" else 1024)
    )


def printable(text: str) -> str:
    """A text for a terminal, with invisible characters escaped, so that no id or file name can control it."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter == "\n" or letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def file() -> Path | None:
    """The log file of this process."""
    names = [handler.baseFilename for handler in logger.handlers if isinstance(handler, logging.FileHandler)]
    return Path(names[0]) if names else None


def notice(message: str, *values: object) -> None:
    """Log what a user should know about how a file was read; without a log file, print it to stderr."""
    logger.info(message, *values)
    if file() is None:
        print(printable(f"note: {message % values}"), file=sys.stderr)


def gate_ok(name: str, sha256: str | None, contract: str, url: str | None = None) -> None:
    """Log that a user's file was accepted; `sha256` is the pinned one, if any; `url`: where it was downloaded."""
    pinned = "sha256 recorded" if sha256 is None else "sha256 verified"
    logger.info("Gate OK: %s %s + %s validated", name, f"downloaded + {pinned}" if url else pinned, contract)


def progress(
    items: Iterable[T],
    what: str,
    total: int | None = None,
    terminal: bool = False,
    status: Callable[[T], str] | None = None,
    reason: Callable[[T], str | None] | None = None,
) -> Iterator[T]:
    """Yield the items; meanwhile report rate and time left: in the log each minute, and on a `terminal` of a person.

    Whoever watches the run finds how many there were, and how many of each `status` and `reason` (None: there is none),
    in a file beside the log.
    """
    total = len(items) if isinstance(items, Sized) else total
    job, counts, reasons = JobProgress(None if terminal else file(), total), Counter[str](), Counter[str]()
    began = time.monotonic()
    shown, logged, done = began, began, 0
    for done, item in enumerate(items, start=1):
        yield item
        if status is not None:
            counts[status(item)] += 1
        if reason is not None and (why := reason(item)) is not None:
            reasons[why] += 1
        job.update(done, counts, reasons)
        now = time.monotonic()
        if terminal and now - shown >= _TERMINAL_SECONDS and sys.stderr.isatty():
            shown = now
            print(_line(what, done, total, now - began), file=sys.stderr)
        if now - logged >= _LOG_SECONDS:
            logged = now
            logger.info(_line(what, done, total, now - began))
    job.write(done, counts, reasons)
    logger.info(_line(what, done, done, time.monotonic() - began))


def _line(what: str, done: int, total: int | None, seconds: float) -> str:
    rate = done / seconds if seconds > 0 else float("inf")
    if total is None:
        return f"{what}: {done}, {rate:.0f}/s"
    return f"{what}: {done}/{total}, {rate:.0f}/s, {(total - done) / rate if rate else 0:.0f} s left"
