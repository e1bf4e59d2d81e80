"""Seeds: one place that derives every random seed from the configuration."""

import zlib


def row_seed(seed: int, strategy: str, molecule_id: str) -> int:
    """Seed of one library row: `seed` itself (`global`) or `seed XOR crc32(id)` (`per_row`)."""
    if strategy == "global":
        return seed
    return seed ^ zlib.crc32(molecule_id.encode("utf-8"))
