"""A pack that was opened: sizes by name, and the blocks of each file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from hetero2.pack.verification.limits import HINT, UNREADABLE, Limits
from hetero2.pack.verification.problems import Problems


class Pack:
    """An opened pack: sizes by name, how to read each file, and how much JSON may still be read."""

    def __init__(self, sizes: dict[str, int], blocks: Callable[[str], Iterator[bytes]], bounds: Limits) -> None:
        self.sizes, self.blocks, self.bounds = sizes, blocks, bounds
        self.json_bytes, self.json_values = bounds.json_bytes, bounds.json_values

    def __contains__(self, name: object) -> bool:
        return name in self.sizes


def fits(sizes: Iterable[int], bounds: Limits, problems: Problems) -> bool:
    """Whether files of these sizes are within the limit for all files; a problem where they are not."""
    total = sum(sizes)
    if total > bounds.unpacked:
        problems.add(f"the pack unpacks to {total} bytes, more than {bounds.unpacked}: {HINT}")
    return total <= bounds.unpacked


def digest(pack: Pack, name: str, problems: Problems) -> str:
    """The sha256 of a file of the pack; empty if it cannot be read."""
    sha = hashlib.sha256()
    try:
        for block in pack.blocks(name):
            sha.update(block)
    except UNREADABLE as error:
        problems.add(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}")
        return ""
    return sha.hexdigest()
