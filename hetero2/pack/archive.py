"""Writing the zip of a pack: sorted names, fixed time, mode and creator, so that the same files give the same bytes."""

import zlib
from collections.abc import Iterable
from pathlib import Path

from hetero2.pack.verify import DEFLATED, STORED, Member, central_header, end_record, local_header

_BLOCK = 1 << 20


def _measure(path: Path, compress: bool) -> tuple[int, int, int]:
    crc = size = packed = 0
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            crc, size = zlib.crc32(block, crc), size + len(block)
            packed += len(deflater.compress(block)) if compress else len(block)
    return crc, size, packed + (len(deflater.flush()) if compress else 0)


def write_zip(files: Iterable[tuple[str, Path]], out: Path, compress: bool = False) -> None:
    """Write (name in the archive, file) pairs, sorted by name, stored or deflated; memory does not grow with them."""
    members, offset = [], 0
    with out.open("wb") as archive:
        for name, path in sorted(files):
            crc, size, packed = _measure(path, compress)
            member = Member(name, DEFLATED if compress else STORED, crc, packed, size, offset)
            members.append(member)
            archive.write(local_header(member))
            deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
            with path.open("rb") as handle:
                while block := handle.read(_BLOCK):
                    archive.write(deflater.compress(block) if compress else block)
            archive.write(deflater.flush() if compress else b"")
            offset = archive.tell()
        directory = b"".join(map(central_header, members))
        archive.write(directory + end_record(len(members), len(directory), offset))
