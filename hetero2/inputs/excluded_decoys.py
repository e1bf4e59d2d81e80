"""Decoys that take no part in any audit, for the stages that leave them out."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.io.tables import arrow_schema, read_parquet

CONTRACT = "excluded_decoy.v1"


def read_excluded(path: Path | None) -> pa.Table:
    """Hash of each decoy that takes no part, and why; no rows where no file is given."""
    return arrow_schema(CONTRACT).empty_table() if path is None else read_parquet(path, CONTRACT)


def why_excluded(hashes: pa.ChunkedArray, excluded: pa.Table) -> pa.Array:
    """(n,): why each of these decoys takes no part; null where it does."""
    reasons = excluded["excluded"].combine_chunks()
    return reasons.take(pc.index_in(hashes.combine_chunks(), excluded["decoy_hash"].combine_chunks()))


def taking_part(decoys: pa.Table, excluded: pa.Table) -> pa.Table:
    """The decoys that are not excluded."""
    return decoys.filter(pc.invert(pc.is_in(decoys["decoy_hash"], value_set=excluded["decoy_hash"].combine_chunks())))
