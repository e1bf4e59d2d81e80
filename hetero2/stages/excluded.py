"""Decoys that take no part in any audit, for the stages that leave them out."""

from pathlib import Path

from hetero2.tables import read_parquet


def read_excluded(path: Path) -> dict[str, str]:
    """Why a decoy takes no part, by its hash."""
    table = read_parquet(path, "excluded_decoy.v1")
    return dict(zip(table["decoy_hash"].to_pylist(), table["excluded"].to_pylist(), strict=True))
