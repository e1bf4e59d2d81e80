"""Rows of the library that get a score: the audited ones, and molecules that only the audit skips.

The list to send follows the score, so a molecule that has no decoys, or is in pieces, keeps the place of its score; it
has no verdict and no call. One whose structure could not be read, or is too large, has no structure hash: it keeps the
score that a table gives to its id.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.io.files import sha256_bytes
from hetero2.scoring.hetero_scores import Scored

UNAUDITED = ("no_decoys_generated", "no_hard_decoys_generated", "disconnected")
WITHOUT_HASH = ("too_many_atoms", "undefined_structure", "invalid_smiles")


def score_item(row: int, decoy_index: int, scored: Scored | None, sign: int) -> dict[str, Any]:
    """An item of `score_item.v1`, of a molecule (MOLECULE_INDEX) or of a decoy; `sign` makes larger scores better."""
    score, weight = (sign * scored.score + 0.0, scored.weight) if scored else (None, None)
    return {"row": row, "decoy_index": decoy_index, "score": score, "weight": weight, "excluded": None}


def _are_skipped(molecules: pa.Table, reasons: Sequence[str]) -> pa.ChunkedArray:
    return pc.and_(pc.equal(molecules["status"], "SKIP"), pc.is_in(molecules["reason"], pa.array(reasons)))


def scored_rows(molecules: pa.Table) -> pa.Table:
    """The rows of a shard that get a score by structure; needs the columns status, reason and structure_hash."""
    is_unaudited = pc.and_(_are_skipped(molecules, UNAUDITED), pc.is_valid(molecules["structure_hash"]))
    return molecules.filter(pc.or_(pc.equal(molecules["status"], "OK"), is_unaudited))


def rows_scored_by_id(molecules: pa.Table) -> pa.Table:
    """The rows that only their id can give a score; their structure_hash becomes one that no structure has."""
    is_without = pc.and_(_are_skipped(molecules, WITHOUT_HASH), pc.is_null(molecules["structure_hash"]))
    rows = molecules.filter(is_without)
    hashes = [sha256_bytes(f"without a structure: {name}".encode()) for name in rows["id"].to_pylist()]
    place = rows.column_names.index("structure_hash")
    return rows.set_column(place, "structure_hash", pa.array(hashes, pa.string()))
