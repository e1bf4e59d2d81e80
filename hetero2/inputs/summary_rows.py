"""Rows of summary.csv: put together from what the stages of a shard left, and read by the stages that follow."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import ContractError
from hetero2.io.columns import places
from hetero2.io.csv_reader import read_csv
from hetero2.io.tables import from_columns, number_cell, read_parquet, row_schema

_FROM_MOLECULE = (
    "id decoy_strategy_used n_decoys_generated seed_used spectral_gap spectral_entropy spectral_entropy_norm "
    "tanimoto_min tanimoto_median tanimoto_max canonical_smiles structure_hash scaffold sample_part sample_weight"
).split()
_FROM_AUDIT = ["status", "reason", "gate", "slack", "margin", "auc_tie_aware", "score", "n_decoys_tied", "p_value"]
_FROM_CALL = ["call", "call_reason", "q_value", "m_needed"]
_ROWS = 65_536
Row = tuple[int, dict[str, str]]


def page_name(row: int) -> str:
    """Name in the pack of the page of a row, counted from 0: an id is data, and never becomes a file name."""
    return f"molecules/{row:08d}.html"


def lines(molecules: pa.Table, audit: pa.Table, calls: pa.Table, paged: bool = False) -> pa.Table:
    """Rows of summary.csv from the molecules of a shard, their audit and their calls, of which some may be missing.

    `paged`: the pack holds a page for each OK molecule. Raises ContractError where the audit has other rows.
    """
    same_rows = len(molecules) == len(audit) and molecules["row"].equals(audit["row"])
    if not (same_rows and molecules["id"].equals(audit["dataset_id"])):
        raise ContractError(
            "molecules and audit of a shard hold different rows",
            "delete both files and run again; they will be rebuilt",
        )
    status, place = audit["status"], places(molecules["row"].to_numpy(), calls["row"].to_numpy())
    called = pa.array(place, mask=(place < 0) | pc.not_equal(status, "OK").to_numpy())
    texts = zip(molecules["warnings"].to_pylist(), audit["warnings"].to_pylist(), strict=True)
    warnings = [[text for part in pair for text in part.split(";") if text] for pair in texts]
    pages = pa.array(map(page_name, molecules["row"].to_pylist()) if paged else [], pa.string())
    columns = {
        **{key: molecules[key] for key in _FROM_MOLECULE},
        **{key: audit[key] for key in _FROM_AUDIT},
        **{key: calls[key].take(called) for key in _FROM_CALL},
        "report_path": pc.if_else(pc.equal(status, "OK"), pages, None) if paged else None,
        "skip_reason": pc.if_else(pc.equal(status, "SKIP"), audit["reason"], None),
        "verdict": pc.if_else(pc.equal(status, "ERROR"), None, audit["verdict"]),
        "n_decoys": molecules["n_decoys_generated"],
        "n_decoys_scored": audit["n_neg"],
        "n_decoys_excluded": audit["n_decoys_excluded"],
        "warnings_count": [len(texts) for texts in warnings],
        "warnings": [";".join(texts) or None for texts in warnings],
    }
    return from_columns("summary.v1", len(molecules), columns)


def shard_lines(molecules: Path, audit: Path, calls: pa.Table, paged: bool = False) -> pa.Table:
    """`lines` of a shard from its files; `calls` are those of the whole library, in the order of its rows."""
    molecule_columns = ["row", "warnings", *_FROM_MOLECULE]
    audit_columns = ["row", "dataset_id", "verdict", "n_neg", "n_decoys_excluded", "warnings", *_FROM_AUDIT]
    table = read_parquet(molecules, "molecule.v1", molecule_columns)
    bounds = pc.min_max(table["row"]).as_py()
    start, end = np.searchsorted(calls["row"].to_numpy(), [bounds["min"] or 0, (bounds["max"] or 0) + 1])
    audited = read_parquet(audit, "hetero_audit.v2", audit_columns)
    return lines(table, audited, calls.slice(start, end - start), paged)


def _read_as(names_needed: Iterable[str], later: Iterable[str]) -> tuple[set[str], pa.Schema]:
    """(the columns that are numbers, the schema of what `read_summary` gives)."""
    properties, names_needed = row_schema("summary.v1")["properties"], list(names_needed)
    numeric = {name for name in names_needed if "number" in properties[name].get("type", "string")}
    names = [*names_needed, *later]
    return numeric, pa.schema([(name, pa.float64() if name in numeric else pa.string()) for name in names])


def as_read(rows: pa.Table, names_needed: Sequence[str], later: Iterable[str] = ()) -> pa.Table:
    """Rows of summary.v1 as `read_summary` gives them once they were written to a file."""
    numeric, schema = _read_as(names_needed, later)
    texts = {name: rows[name].cast(pa.string()).fill_null("") for name in schema.names if name not in numeric}
    return pa.table([texts.get(name, rows[name]) for name in schema.names], schema.names).cast(schema)


def read_summary(path: Path, names_needed: Sequence[str], later: Iterable[str] = ()) -> pa.Table:
    """Columns of a summary.csv, numbers as float64, null for an empty one; raises InputError with file and line.

    Columns that came `later` may be missing: their cells are then empty. As many bytes a row as its cells have letters.
    """
    numeric, schema = _read_as(names_needed, later)
    names = schema.names

    def column(name: str, rows: list[Row]) -> list[Any]:
        if name not in numeric:
            return [row.get(name, "") for _, row in rows]
        return [number_cell(row[name], path, f"line {line}", name) if row[name] else None for line, row in rows]

    def batches() -> Iterator[pa.Table]:
        source = read_csv(path, names_needed)
        while rows := list(itertools.islice(source, _ROWS)):
            yield pa.table([column(name, rows) for name in names], schema)

    return pa.concat_tables([schema.empty_table(), *batches()])
