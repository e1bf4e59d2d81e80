"""Opening a zip, which must be byte for byte in its canonical form."""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.pack.verification.container.members import member_blocks
from hetero2.pack.verification.container.pack import Pack, fits
from hetero2.pack.verification.container.safe_names import check_names
from hetero2.pack.verification.container.zip_form import (
    BIG,
    DEFLATED,
    STORED,
    Member,
    central_header,
    end_record,
    local_header,
)
from hetero2.pack.verification.limits import limits
from hetero2.pack.verification.problems import Problems


def _end(stream: Any, size: int) -> tuple[int, int, int]:
    """(members, size of the directory, its offset) from the end record; raises ValueError if that is not canonical."""
    stream.seek(max(size - 98, 0))
    tail = stream.read(98)
    if tail[-22:-18] != b"PK\5\6":
        raise ValueError("it has no end record, so it is no zip or was cut short")
    counts = struct.unpack("<H2L", tail[-12:-2])
    if counts[0] == 0xFFFF or BIG in counts:
        if tail[:4] != b"PK\6\6":
            raise ValueError("its 64-bit end record is not where it must be")
        counts = struct.unpack("<3Q", tail[32:56])
    members, directory, offset = counts
    end = end_record(members, directory, offset)
    if tail[-len(end) :] != end or offset + directory + len(end) != size:
        raise ValueError("the end record of the zip is not the canonical one")
    return members, directory, offset


def _wide(fields: list[int], extra: bytes) -> list[int]:
    """Size, packed size and offset; what is too large for its own field is taken from the 64-bit extra field."""
    wide = [place for place, number in enumerate(fields) if number == BIG]
    if wide:
        numbers = struct.unpack(f"<HH{len(wide)}Q", extra)[2:]
        fields = [numbers[wide.index(place)] if place in wide else number for place, number in enumerate(fields)]
    return fields


def _members(stream: Any, count: int, directory: int, offset: int) -> Iterator[Member]:
    """The entries of the directory as they stand; check_zip_bytes compares their bytes."""
    stream.seek(offset)
    for _ in range(count):
        head = struct.unpack("<4s6H3L5H2L", stream.read(46))
        flags, method, crc, packed, size, (n_name, n_extra, n_comment) = *head[3:5], *head[7:10], head[10:13]
        directory -= 46 + n_name + n_extra + n_comment
        if head[0] != b"PK\1\2" or directory < 0:
            raise ValueError("its directory is damaged")
        name = stream.read(n_name).decode("utf-8" if flags & 0x800 else "cp437")
        size, packed, place = _wide([size, packed, head[16]], stream.read(n_extra))
        stream.seek(n_comment, os.SEEK_CUR)
        yield Member(name, method, crc, packed, size, place)
    if directory:
        raise ValueError("its directory is damaged")


def check_zip_bytes(stream: Any, members: list[Member], start: int, problems: Problems) -> None:
    """Compare every byte outside the members' data with the canonical form; the end record was compared earlier."""
    offset = 0
    for member in members:
        header = local_header(member)
        stream.seek(offset)
        if member.offset != offset or stream.read(len(header)) != header:
            return problems.add(f"{member.name}: local zip header at byte {offset} is not the canonical one")
        offset += len(header) + member.packed
    if offset != start:
        return problems.add(f"the zip has bytes before its directory that belong to no file, at byte {offset}")
    stream.seek(start)
    for member in members:
        header = central_header(member)
        if stream.read(len(header)) != header:
            return problems.add(f"{member.name}: its entry in the zip directory is not the canonical one")
    return None


def _member_problems(members: list[Member]) -> Iterator[str]:
    """Problems with names and sizes in a zip that check_names does not look for."""
    names = [member.name for member in members]
    yield from (f"{name}: the zip holds this name twice" for name, n in Counter(names).items() if n > 1)
    if names != sorted(names):
        yield "the names in the zip are not sorted"
    for member in members:
        if member.method not in (STORED, DEFLATED):
            yield f"{member.name}: unknown compression in the zip"
        elif member.method == STORED and member.packed != member.size:
            yield f"{member.name}: it is stored as {member.packed} bytes, but its size is {member.size}"
        elif member.size > 2000 * member.packed + 4096:
            yield f"{member.name}: the zip claims an impossible compression ratio"


def open_zip(path: Path, problems: Problems, max_unpacked: int | None = None) -> Pack | None:
    """Open a zip and check its form; None if that is not canonical, and its contents are then not checked."""
    size, before = path.stat().st_size, len(problems)
    with path.open("rb") as stream:
        try:
            count, directory, start = _end(stream, size)
            members = list(_members(stream, count, directory, start))
        except (ValueError, struct.error) as error:
            problems.add(f"{path.name}: not a readable zip: {error}")
            return None
        problems.add_all(_member_problems(members))
        if len(problems) == before:
            check_zip_bytes(stream, members, start, problems)
    in_form = len(problems) == before
    bounds = limits(size, max_unpacked)
    safe = check_names((member.name for member in members), problems)
    if not fits((member.size for member in members), bounds, problems) or not (in_form and safe):
        return None
    by_name = {member.name: member for member in members}

    def blocks(name: str) -> Iterator[bytes]:
        with path.open("rb") as opened:
            yield from member_blocks(opened, by_name[name])

    return Pack({name: member.size for name, member in by_name.items()}, blocks, bounds)
