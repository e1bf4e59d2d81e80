"""Files to and from a service: in parts, checked by sha256, and gone on with where they were cut off."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from tqdm.auto import tqdm

from hetero2.errors import ConfigError, HeteroError, InputError
from hetero2.service.client.connection import Connection

PART = 8_000_000  # bytes sent at once
_CHUNK = 1 << 20
_FETCHED = 1800  # seconds for the service to fetch a file


def check_file(path: Path) -> None:
    """Raise InputError where there is no such file."""
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "no such file"
        raise InputError(f"{path}: {what}", "name a file of yours")


class LinkedFile(NamedTuple):
    """A file that the service is to fetch."""

    url: str
    sha256: str

    @classmethod
    def of(cls, text: str) -> "LinkedFile":
        """As https://..#sha256=.. says; raises ConfigError where it does not."""
        url, _, digest = text.partition("#sha256=")
        if not re.fullmatch("[0-9A-Fa-f]{64}", digest):
            raise ConfigError("a file by URL needs its sha256", "such as https://files.example.org/truth.csv#sha256=..")
        return cls(url, digest.lower())


def bring(connection: Connection, file: Path | LinkedFile) -> str:
    """Bring a file, or have it fetched; the id of its upload."""
    if isinstance(file, Path):
        return upload(connection, file)
    return str(connection.ask("POST", "/uploads:fetch", json=file._asdict(), timeout=_FETCHED)["id"])


def upload(connection: Connection, path: Path, shows: bool = True) -> str:
    """Bring a file; the id of its upload. Content that the service has already is not sent again."""
    check_file(path)
    size = path.stat().st_size
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    body = {"name": path.name, "size": size, "sha256": digest}
    row = connection.ask("POST", "/uploads", json=body)
    with path.open("rb") as handle, _bar(path.name, size, shows) as bar:
        bar.update(row["received"])
        while not row["is_complete"]:
            handle.seek(row["received"])
            before = row["received"]
            headers = {"Upload-Offset": str(before), "Content-Type": "application/octet-stream"}
            row = connection.ask("PATCH", f"/uploads/{row['id']}", content=handle.read(PART), headers=headers)
            bar.update(row["received"] - before)
    return str(row["id"])


def download(connection: Connection, run_id: str, artifact: dict[str, Any], folder: Path, shows: bool = True) -> Path:
    """Get a file of a run into a folder, or the rest of it; it has its name once its sha256 is right."""
    name = Path(artifact["name"]).name
    path, part = folder / name, folder / f"{name}.part"
    if path.is_file() and _sha256(path) == artifact["sha256"]:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    start = part.stat().st_size if part.is_file() else 0
    # What an earlier download left may be of another run, or broken: then all of it comes anew.
    for begin in dict.fromkeys((start if start <= artifact["size"] else 0, 0)):
        with part.open("ab" if begin else "wb") as handle, _bar(name, artifact["size"], shows) as bar:
            bar.update(begin)
            for chunk in _content(connection, run_id, name, begin, artifact["size"]):
                handle.write(chunk)
                bar.update(len(chunk))
        if (digest := _sha256(part)) == artifact["sha256"]:
            part.replace(path)
            return path
    part.unlink()
    raise HeteroError(f"{name}: came with the sha256 {digest}, published was {artifact['sha256']}", "download it again")


def _content(connection: Connection, run_id: str, name: str, start: int, size: int) -> Iterator[bytes]:
    if size == start:
        return
    headers = {"Range": f"bytes={start}-"} if start else {}
    for answer in connection.stream(f"/runs/{run_id}/artifacts/{quote(name, safe='')}", headers):
        yield from answer.iter_bytes(_CHUNK)


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _bar(name: str, size: int, shows: bool) -> Any:
    """A bar for what takes long enough to look at; none where nobody looks (a pipe, a log)."""
    return tqdm(
        total=size, desc=name, unit="B", unit_scale=True, disable=None if shows else True, delay=0.5, leave=False
    )  # fmt: skip
