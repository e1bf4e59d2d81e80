"""What a run prints, as far as there is room for it."""

from pathlib import Path
from types import TracebackType

_TAIL = 64_000  # bytes of the end that are kept whatever was printed before: errors stand there


class Log:
    """A file that grows by at most `most` bytes, and the end of what was written; what is between them is left out."""

    def __init__(self, path: Path, most: int) -> None:
        self._file = path.open("ab", buffering=0)  # who follows it sees what was printed
        self._room = max(0, most - _TAIL)
        self._end = bytearray()  # the last bytes
        self._left_out = 0

    @property
    def tail(self) -> str:
        """The last 64 kB of what was written."""
        return bytes(self._end).decode(errors="replace")

    def write(self, chunk: bytes) -> None:
        """Add to it."""
        kept = chunk[: self._room]
        self._file.write(kept)
        self._room -= len(kept)
        self._end += chunk
        self._left_out += len(chunk) - len(kept)
        del self._end[:-_TAIL]

    def __enter__(self) -> "Log":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._left_out:
            end = bytes(self._end[-min(self._left_out, _TAIL) :])
            between = self._left_out - len(end)
            note = f"\n.. {between} bytes are left out ..\n".encode() if between else b""
            self._file.write(note + end)
        self._file.close()


def last_words(log: Path, most_lines: int, longest: int) -> str:
    """The last error in a log, with all below it; where there is none, its last lines. Empty without a log.

    most_lines: where there is no error; longest: characters.
    """
    if not log.is_file():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace")[-20 * longest :].splitlines()
    begins = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    return "\n".join(lines[begins[-1] :] if begins else lines[-most_lines:])[:longest]
