"""The canonical zip: every header byte follows from name, method, sizes, checksum and offset.

The writer of packs uses the same functions.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

STORED, DEFLATED = 0, 8
BIG, _DATE_1980, _UNIX_FILE = 0xFFFFFFFF, 0x21, 0o100644 << 16


class Member(NamedTuple):
    """One file of the archive; offset is that of its local header."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def _flags(name: str) -> int:
    return 0 if name.isascii() else 0x800


def _version(member: Member) -> int:
    return 45 if max(member.packed, member.size, member.offset) >= BIG else 20


def _clip(number: int) -> int:
    return min(number, BIG)


def local_header(member: Member) -> bytes:
    """The local file header of a member."""
    name, big = member.name.encode(), max(member.packed, member.size) >= BIG
    sizes = (BIG, BIG) if big else (member.packed, member.size)
    extra = struct.pack("<HHQQ", 1, 16, member.size, member.packed) if big else b""
    version = 45 if big else 20
    fields = (
        b"PK\3\4",
        version,
        _flags(member.name),
        member.method,
        0,
        _DATE_1980,
        member.crc,
        *sizes,
        len(name),
        len(extra),
    )
    return struct.pack("<4s5H3L2H", *fields) + name + extra


def central_header(member: Member) -> bytes:
    """The entry of a member in the central directory."""
    name = member.name.encode()
    numbers = [n for n in (member.size, member.packed, member.offset) if n >= BIG]
    extra = struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    version, sizes = _version(member), (_clip(member.packed), _clip(member.size))
    head = (b"PK\1\2", version, 3, version, _flags(member.name), member.method, 0, _DATE_1980, member.crc, *sizes)
    tail = (len(name), len(extra), 0, 0, 0, _UNIX_FILE, _clip(member.offset))
    return struct.pack("<4s2B5H3L5H2L", *head, *tail) + name + extra


def end_record(n_members: int, directory_size: int, offset: int) -> bytes:
    """The end record of the archive; with the 64-bit one where the old one is too small."""
    many = min(n_members, 0xFFFF)
    plain = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, many, many, _clip(directory_size), _clip(offset), 0)
    if n_members < 0xFFFF and max(directory_size, offset) < BIG:
        return plain
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, n_members, n_members, directory_size, offset)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, offset + directory_size, 1) + plain
