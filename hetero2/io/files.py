"""Reading and writing files: hashes, atomic writes, canonical JSON."""

import contextlib
import errno
import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.errors import GateError, InputError

TABLES = (".csv", ".csv.gz", ".parquet")  # suffixes of the tables that users bring
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


def sha256_bytes(data: bytes) -> str:
    """sha256 of `data` in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def check_file(path: Path) -> None:
    """Raise InputError unless this is a file, which can be read more than once."""
    if path.is_file():
        return
    if path.is_dir():
        raise InputError(f"{path}: is a folder, expected a file", "name the file in it")
    if path.exists():
        raise InputError(f"{path}: is a pipe or device, expected a file", "it is read more than once: save it first")
    if path.is_symlink():
        raise InputError(f"{path}: no such file: it is a link to nothing", "is the disk with the file mounted?")
    raise InputError(f"{path}: no such file")


def sha256_file(path: Path) -> str:
    """sha256 of a file in lower-case hex; the file is streamed."""
    check_file(path)
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_sha256(path: Path, expected: str | None, what: str) -> str:
    """The sha256 of a file; raises GateError unless it is the `expected` one (None: not pinned)."""
    digest = sha256_file(path)
    if expected is not None and expected not in (digest.lower(), digest.upper()):
        raise GateError(
            f"{path}: {what} has sha256 {digest}, expected {expected[:80]}",
            "the file is not the pinned one; restore it, or pin the new sha256 if you trust the file",
        )
    return digest


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it into place on success, remove it on failure.

    Disk errors name `path`, which neither Python nor Arrow does. The temporary path is absolute, since Arrow takes a
    relative one with a colon for a URI.
    """
    if not path.name or path.is_dir():
        raise InputError(f"{path}: is a folder, expected a file")
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is a device or pipe, expected a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.absolute().with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with `\\n` line ends, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def line_ends(block: bytes) -> int:
    """Number of line ends in a part of a text, or one more; as in CSV readers, a lone carriage return is one."""
    return block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")


def copy_file(path: Path, out: Path) -> None:
    """Copy a file byte for byte, atomically."""
    with atomic_path(out) as temporary:
        shutil.copyfile(path, temporary)


def canonical_json(value: Any) -> str:
    """One-line JSON with sorted keys and no white space: the form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def pretty_json(value: Any, sort_keys: bool = True) -> str:
    """JSON as it is written to files: sorted keys, two spaces, a final newline, no NaN or infinity."""
    return json.dumps(value, sort_keys=sort_keys, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique: dict[str, Any] = {}
    for key, value in pairs:
        if key in unique:
            raise ValueError(f"the key {key!r} occurs twice")
        unique[key] = value
    return unique


def read_json(path: Path, max_bytes: int | None = None) -> Any:
    """Parse strict JSON: UTF-8, no NaN or infinity, no duplicate keys. Raises InputError with the path.

    A file above `max_bytes` is refused. A byte order mark, which some editors write, is skipped, as in a CSV.
    """
    if max_bytes is not None and path.is_file() and path.stat().st_size > max_bytes:
        raise InputError(f"{path}: {path.stat().st_size >> 20} MB of JSON, but at most {max_bytes >> 20} MB are read")
    try:
        return parse_json(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON: {error}") from None


def parse_json(text: str) -> Any:
    """Parse strict JSON: no NaN or infinity, no duplicate keys, no lone surrogates; raises ValueError."""
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_no_duplicates)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # raises UnicodeEncodeError for a lone surrogate
    return value
