"""A writer of zips that can lie in every field, after APPNOTE.TXT; what the product writes is one of its outputs."""

import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Entry:
    """One file: its packed bytes, what is around them, and header fields that are not the honest ones."""

    name: bytes
    packed: bytes
    size: int = -1
    crc: int = -1
    method: int = 0
    before: bytes = b""  # bytes before its local header
    behind: bytes = b""  # bytes behind its data, such as a data descriptor
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)
    is_listed: bool = True
    is_written: bool = True
    offset: int = 0

    def __post_init__(self) -> None:
        self.size = len(self.packed) if self.size < 0 else self.size
        self.crc = zlib.crc32(self.packed) if self.crc < 0 else self.crc

    def honest(self) -> dict[str, Any]:
        """The header fields of a plain file without a time."""
        return {
            "version": 20,
            "flags": 0 if self.name.isascii() else 0x800,
            "method": self.method,
            "time": 0,
            "date": 0x21,
            "crc": self.crc,
            "packed": len(self.packed),
            "size": self.size,
            "name": self.name,
            "extra": b"",
            "comment": b"",
            "made_by": 0x314,
            "disk": 0,
            "internal": 0,
            "external": 0o100644 << 16,
            "offset": self.offset,
        }


def _local(entry: Entry) -> bytes:
    v = entry.honest() | entry.local
    head = (v["version"], v["flags"], v["method"], v["time"], v["date"], v["crc"], v["packed"], v["size"])
    return struct.pack("<4s5H3L2H", b"PK\3\4", *head, len(v["name"]), len(v["extra"])) + v["name"] + v["extra"]


def _central(entry: Entry) -> bytes:
    v = entry.honest() | entry.central
    head = (v["made_by"], v["version"], v["flags"], v["method"], v["time"], v["date"], v["crc"], v["packed"], v["size"])
    tail = (len(v["name"]), len(v["extra"]), len(v["comment"]), v["disk"], v["internal"], v["external"], v["offset"])
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *head, *tail) + v["name"] + v["extra"] + v["comment"]


def build(
    entries: list[Entry],
    prefix: bytes = b"",
    before_directory: bytes = b"",
    before_end: bytes = b"",
    suffix: bytes = b"",
    comment: bytes = b"",
    shifted: bool = True,
    order: list[int] | None = None,
    end: dict[str, int] | None = None,
) -> bytes:
    """The bytes of a zip; offsets and counts are right unless an entry or `end` says another thing.

    `shifted`: whether offsets count the prefix; `order`: places of the entries in the directory.
    """
    out = bytearray(prefix)
    base = 0 if shifted else len(prefix)
    for entry in entries:
        if entry.is_written:
            out += entry.before
            entry.offset = len(out) - base
            out += _local(entry) + entry.packed + entry.behind
    out += before_directory
    start = len(out) - base
    listed = [entries[place] for place in order or range(len(entries)) if entries[place].is_listed]
    directory = b"".join(map(_central, listed))
    said = {"disk": 0, "first": 0, "here": len(listed), "all": len(listed), "size": len(directory), "offset": start}
    said |= end or {}
    out += directory + before_end + struct.pack("<4s4H2LH", b"PK\5\6", *said.values(), len(comment)) + comment + suffix
    return bytes(out)


def entries_of(path: Path) -> list[Entry]:
    """The files of an honest zip, in its order, with their packed bytes."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as opened:
        return [
            Entry(
                info.filename.encode(),
                data[(start := info.header_offset + 30 + len(info.filename.encode())) : start + info.compress_size],
                info.file_size,
                info.CRC,
                info.compress_type,
            )
            for info in opened.infolist()
        ]


_TABLE = [zlib.crc32(bytes([n])) ^ zlib.crc32(b"\0") for n in range(256)]
_BY_TOP = {value >> 24: n for n, value in enumerate(_TABLE)}


def with_crc(data: bytes, crc: int) -> bytes:
    """The data with four bytes behind it that give it this CRC-32."""
    state = crc ^ 0xFFFFFFFF
    for _ in range(4):
        n = _BY_TOP[state >> 24]
        state = (state ^ _TABLE[n]) << 8 & 0xFFFFFFFF | n
    return data + (state ^ zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")
