"""Write the zip of a pack: sorted names, fixed time, mode and creator, so that the same files give the same bytes."""

import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from hetero2.pack.verification.container.members import member_blocks
from hetero2.pack.verification.container.zip_form import (
    DEFLATED,
    STORED,
    Member,
    central_header,
    end_record,
    local_header,
)

_BLOCK = 1 << 20


def _measure(path: Path, compress: bool) -> tuple[int, int, int]:
    crc = size = packed = 0
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            crc, size = zlib.crc32(block, crc), size + len(block)
            packed += len(deflater.compress(block)) if compress else len(block)
    return crc, size, packed + (len(deflater.flush()) if compress else 0)


def _write(archive: BinaryIO, name: str, path: Path, compress: bool) -> Member:
    crc, size, packed = _measure(path, compress)
    member = Member(name, DEFLATED if compress else STORED, crc, packed, size, archive.tell())
    archive.write(local_header(member))
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            archive.write(deflater.compress(block) if compress else block)
    archive.write(deflater.flush() if compress else b"")
    return member


def _add(archive: BinaryIO, name: str, path: Path, compress: bool) -> Member:
    """Write one file; stored if zlib ends its stream with an empty block, as it occasionally does."""
    member = _write(archive, name, path, compress)
    if compress:
        try:
            for _ in member_blocks(archive, member):
                pass
            archive.seek(0, os.SEEK_END)
        except ValueError:
            archive.seek(member.offset)
            archive.truncate()
            return _write(archive, name, path, compress=False)
    return member


def write_zip(files: Iterable[tuple[str, Path]], out: Path, compress: bool = False) -> None:
    """Write (name in the archive, file) pairs, sorted by name, stored or deflated, in constant memory."""
    with out.open("w+b") as archive:
        members = [_add(archive, name, path, compress) for name, path in sorted(files)]
        offset, directory = archive.tell(), b"".join(map(central_header, members))
        archive.write(directory + end_record(len(members), len(directory), offset))
