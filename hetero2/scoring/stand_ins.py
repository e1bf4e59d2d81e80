"""Scores that stand in for a model: `constant` and `random` are known bad, `synthetic_good` is known good, `mock` is
for testing the workflow. They use only whether a structure is a molecule of the library or a decoy."""

import random
from collections.abc import Iterable, Iterator
from typing import Any

from hetero2.scoring import hetero_scores

_SCALE = 16**12 - 1


def values(source: str, structures: Iterable[tuple[str, bool]]) -> Iterator[float]:
    """A score for each (structure hash, is it a molecule of the library), in this order.

    `constant` 0; `random` from `random.Random(0)`, one draw a structure; `synthetic_good` 1 for molecules, 0 for
    decoys; `mock` 1 for molecules and for decoys the first 12 hex digits of the hash over 16¹² - 1.
    """
    rng = random.Random(0)
    for structure_hash, is_molecule in structures:
        if source == "constant":
            yield 0.0
        elif source == "random":
            yield rng.random()
        elif source == "synthetic_good":
            yield float(is_molecule)
        elif source == "mock":
            yield 1.0 if is_molecule else int(structure_hash[:12], 16) / _SCALE
        else:
            raise ValueError(f"no stand-in is called {source!r}")


def variant(document: dict[str, Any], source: str) -> dict[str, Any]:
    """A `hetero_scores.v1` document with the same decoys in the same order, scored by a stand-in."""
    structures = [("", True), *((key, False) for key in document["decoys"])]
    original, *decoys = ({"score": value, "weight": 1.0} for value in values(source, structures))
    return {
        "schema_version": hetero_scores.SCHEMA,
        "original": original,
        "decoys": dict(zip(document["decoys"], decoys, strict=True)),
    }
