"""Seeds: one place that derives every random seed from the configuration."""

import zlib
from collections.abc import Sequence
from typing import Any


def row_seed(seed: int, strategy: str, molecule_id: str) -> int:
    """Seed of one library row: `seed` itself (`global`) or `seed XOR crc32(id)` (`per_row`)."""
    if strategy == "global":
        return seed
    return seed ^ zlib.crc32(molecule_id.encode("utf-8"))


def sample(molecules: Sequence[dict[str, Any]], size: int, seed: int) -> list[dict[str, Any]]:
    """At most `size` of `molecules`, each structure once, chosen by structure_hash: their order does not matter."""
    once = {molecule["structure_hash"]: molecule for molecule in reversed(molecules)}
    mask = seed * 0x9E3779B1 & 0xFFFFFFFFFFFF
    return [once[key] for key in sorted(once, key=lambda key: (int(key[:12], 16) ^ mask, key))[:size]]
