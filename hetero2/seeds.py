"""Seeds: one place that derives every random seed from the configuration."""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any


def row_seed(seed: int, strategy: str, molecule_id: str) -> int:
    """Seed of one library row: `seed` itself (`global`) or `seed XOR crc32(id)` (`per_row`)."""
    if strategy == "global":
        return seed
    return seed ^ zlib.crc32(molecule_id.encode("utf-8"))


def _order(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"audited:{seed}:{key}".encode()).digest()


def _size(wanted: float, rows: int) -> int:
    return min(rows, max(int(wanted > 0), round(wanted * rows)) if wanted < 1 else int(wanted))


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


def sample(molecules: Sequence[dict[str, Any]], size: int, seed: int) -> list[dict[str, Any]]:
    """At most `size` of `molecules`, each structure once, chosen by structure_hash: their order does not matter.

    One whose structure is not known stands for itself, by its id.
    """
    once = {molecule["structure_hash"] or molecule["id"]: molecule for molecule in reversed(molecules)}
    order = sorted(once, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    return [once[key] for key in order[:size]]
