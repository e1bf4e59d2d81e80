"""Rows of the library that get a score: the audited ones, and valid molecules that only the audit had to skip.

The list to send follows the score, so a molecule that has no decoys, or is in pieces, keeps the place that its score
gives it; it has no verdict and no call.
"""

import pyarrow as pa
import pyarrow.compute as pc

UNAUDITED = ("no_decoys_generated", "no_hard_decoys_generated", "disconnected")


def scored_rows(molecules: pa.Table) -> pa.Table:
    """The rows of a shard that get a score; needs the columns status, reason and structure_hash."""
    is_skipped = pc.and_(pc.equal(molecules["status"], "SKIP"), pc.is_in(molecules["reason"], pa.array(UNAUDITED)))
    is_unaudited = pc.and_(is_skipped, pc.is_valid(molecules["structure_hash"]))
    return molecules.filter(pc.or_(pc.equal(molecules["status"], "OK"), is_unaudited))
