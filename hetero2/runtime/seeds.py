"""Seeds: one place that derives every random seed from the configuration."""

import hashlib
import heapq
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

Item = TypeVar("Item")


def row_seed(seed: int, strategy: str, molecule_id: str) -> int:
    """Seed of one library row: `seed` itself (`global`) or `seed XOR crc32(id)` (`per_row`)."""
    if strategy == "global":
        return seed
    return seed ^ zlib.crc32(molecule_id.encode("utf-8"))


def _order(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"audited:{seed}:{key}".encode()).digest()


def _size(size: float, rows: int) -> int:
    """A number of rows, from a number or, below 1, a share of them."""
    return min(rows, max(int(size > 0), round(size * rows)) if size < 1 else int(size))


def sample_parts(
    keys: Mapping[int, str], scores: Mapping[int, float], top: float, random: float, seed: int
) -> dict[int, tuple[str, float]]:
    """(part, weight) of every row of a stratified sample, by row.

    `top` rows have the highest `scores` (ties by hash), `random` ones are drawn without replacement from the rest;
    below 1 both are shares of all rows. A row stands for `weight` rows of its stratum: 1 at the top, where all are
    taken, and rest / drawn below it. The draw follows from seed and key, whatever the order of the rows.
    """
    best = sorted(scores, key=lambda row: (-scores[row], _order(seed, keys[row])))[: _size(top, len(keys))]
    rest = sorted(keys.keys() - set(best), key=lambda row: _order(seed, keys[row]))
    drawn = rest[: min(len(rest), _size(random, len(keys)))]
    parts = dict.fromkeys(best, ("top", 1.0))
    return parts | dict.fromkeys(drawn, ("random", len(rest) / max(1, len(drawn))))


def _structure(molecule: Any) -> str:
    """What a molecule is sampled by: its structure_hash, or its id where the structure is unknown."""
    return str(molecule["structure_hash"] or molecule["id"])


def sample(items: Iterable[Item], size: int, seed: int, key: Callable[[Item], str] = _structure) -> list[Item]:
    """At most `size` of `items` (molecules, unless there is a `key`), chosen by their key: their order does not matter.

    Of several items with one key the first is taken. O(n log size) time, O(size) memory.
    """
    if size == 0:
        return []
    kept: dict[bytes, Item] = {}
    worst: list[int] = []  # a heap of the orders kept, the last of them on top
    for item in items:
        order = hashlib.sha256(f"{seed}:{key(item)}".encode()).digest()
        rank = -int.from_bytes(order)
        if order in kept or (len(worst) == size and rank < worst[0]):
            continue
        kept[order] = item
        if len(worst) < size:
            heapq.heappush(worst, rank)
        else:
            del kept[(-heapq.heappushpop(worst, rank)).to_bytes(32)]
    return [kept[order] for order in sorted(kept)]
