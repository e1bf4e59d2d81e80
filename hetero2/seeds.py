"""Seeds: one place that derives every random seed from the configuration."""

import hashlib
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
    order = sorted(once, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    return [once[key] for key in order[:size]]
