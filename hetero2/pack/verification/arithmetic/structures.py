"""What can be read from SMILES without a toolkit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from hetero2.pack.verification.arithmetic.molecules import Molecules

_ATOM = re.compile(r"\[[0-9]*([A-Za-z][a-z]?|\*)[^\]]*\]|Br|Cl|[BCNOPSFIbcnops]")
_NOT_HEAVY = ("H", "*")


def heavy_atoms(smiles: str) -> int:
    """Number of atoms but hydrogen: those in brackets, and those of the organic subset."""
    if "[" not in smiles and "*" not in smiles:
        return len(_ATOM.findall(smiles))
    return sum(atom not in _NOT_HEAVY for atom in map(_element, _ATOM.finditer(smiles)))


def _element(match: re.Match[str]) -> str:
    symbol = match.group(1)
    if symbol is None:
        return match.group(0)
    return "H" if symbol[0] == "H" and symbol not in ("He", "Hf", "Hg", "Ho", "Hs") else symbol


def drawn_structures(molecules: Molecules, rows: Sequence[int], size: int, seed: int) -> list[int]:
    """At most `size` of these rows, the first of each structure, by the hash of seed and structure (or of the id)."""
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(molecules["structure_hash"][row] or molecules["id"][row], row)
    if len(first) <= size:
        return list(first.values())
    order = sorted(first, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    return [first[key] for key in order[:size]]
