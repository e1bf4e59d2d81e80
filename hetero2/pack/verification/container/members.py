"""The bytes of a member: every one of them, no others, and none that some reader would skip."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.container.zip_form import STORED, Member, local_header
from hetero2.pack.verification.limits import BLOCK

_TAIL = 3  # bytes; after its last unpacked byte a deflate stream has at most 15 bits and the padding to a whole byte
_EMPTY_BLOCK, _EMPTY_BITS = 0b0000000_01_1, 10  # a last block with fixed codes that ends where it begins
_EMPTY_STREAM = b"\3\0"
_MARK = b"no block"


def exactly(stream: Any, size: int) -> Iterator[bytes]:
    """The next `size` bytes of a stream, in blocks; raises EOFError where there are fewer."""
    while size:
        block = stream.read(min(size, BLOCK))
        if not block:
            raise EOFError("it ends early")
        size -= len(block)
        yield block


def _ended(inflater: Any, data: bytes) -> tuple[bool, bytes]:
    """Whether a copy of the inflater ends exactly with these bytes, and what they unpack to."""
    probe = inflater.copy()
    try:
        unpacked = probe.decompress(data)
    except zlib.error:
        return False, b""
    return probe.eof and not probe.unused_data, unpacked


def _last_bytes(inflater: Any, tail: bytes, size: int) -> bytes:
    """The last `size` bytes of a deflated member; raises ValueError where its stream holds more than it needs.

    A bit is padding if flipping it changes nothing. The last block is empty if it looks empty and if a stored block put
    in its place is read as one, which happens only where a block begins.
    """
    ended, unpacked = _ended(inflater, tail)
    if not ended or len(unpacked) != size:
        raise ValueError("its deflate stream does not end with its last packed byte")
    if not size:
        raise ValueError("its deflate stream continues after the last byte of its content")
    bits, end = int.from_bytes(tail, "little"), 8 * len(tail)
    while _ended(inflater, (bits ^ 1 << (end - 1)).to_bytes(len(tail), "little")) == (True, unpacked):
        end -= 1
    if bits >> end:
        raise ValueError("its deflate stream has bits set in its padding")
    start = end - _EMPTY_BITS
    if start >= 0 and bits >> start == _EMPTY_BLOCK:
        head = (bits & (1 << start) - 1 | 1 << start).to_bytes((start + 10) // 8, "little")
        stored = struct.pack("<2H", len(_MARK), 0xFFFF - len(_MARK)) + _MARK
        if _ended(inflater, head + stored) == (True, unpacked + _MARK):
            raise ValueError("its deflate stream ends with an empty block")
    return unpacked


def inflated(stream: Any, packed: int, size: int) -> Iterator[bytes]:
    """Unpack the next `packed` bytes of a stream to exactly `size`; raises ValueError, EOFError or zlib.error."""
    if not size:
        if b"".join(exactly(stream, min(packed, _TAIL))) != _EMPTY_STREAM:
            raise ValueError("it is empty, but its deflate stream is not the empty one")
        return
    inflater, left = zlib.decompressobj(-15), size
    for data in exactly(stream, max(packed - _TAIL, 0)):
        pending = True
        while pending:
            block = inflater.decompress(data, BLOCK)
            data, left = inflater.unconsumed_tail, left - len(block)
            if left < 0 or inflater.eof:
                raise ValueError("its deflate stream does not end with its last packed byte")
            pending = bool(data) or len(block) == BLOCK
            if block:
                yield block
    yield _last_bytes(inflater, b"".join(exactly(stream, min(packed, _TAIL))), left)


def member_blocks(stream: Any, member: Member) -> Iterator[bytes]:
    """The content of a member, in blocks; raises one of UNREADABLE where it does not match its header."""
    stream.seek(member.offset + len(local_header(member)))
    stored, crc = member.method == STORED, 0
    for block in exactly(stream, member.size) if stored else inflated(stream, member.packed, member.size):
        crc = zlib.crc32(block, crc)
        yield block
    if crc != member.crc:
        raise ValueError("its CRC in the zip is not that of its content")
