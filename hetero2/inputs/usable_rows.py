"""Whether any row of a library can be audited; where none can, the run stops before anything is scored."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import InputError
from hetero2.io.tables import quoted, read_parquet

Record = dict[str, Any]
_ADVICE = {
    "invalid_smiles": "is the column smiles the one that holds the structures?",
    "missing_smiles": "is the column smiles the one that holds the structures?",
    "disconnected": "for salts, set guardrails.standardise: largest_fragment",
    "too_many_atoms": "see guardrails.max_atoms",
    "no_hard_decoys_generated": "set decoys.hard_mode: false",
    "timeout": "see guardrails.seconds_per_molecule",
    "out_of_memory": "see guardrails.mb_per_molecule",
}


def with_an_id(rows: Iterable[Record], library: Path | str) -> Iterator[Record]:
    """The rows as they come; raises InputError after the last where there was none, or none of them has an id."""
    n_rows = n_without_id = 0
    for row in rows:
        n_rows += 1
        n_without_id += row["reason"] == "missing_id"
        yield row
    if not n_rows:
        raise InputError(f"{library}: no row after the header", "give at least one molecule")
    if n_rows == n_without_id:
        raise InputError(f"{library}: {n_rows} of {n_rows} rows have no id", "give each molecule an id of its own")


def check_auditable(molecules: Sequence[Path]) -> None:
    """Raise InputError, with what the rows lack, where no molecule of any shard is OK."""
    reasons: Counter[str] = Counter()
    for path in molecules:
        table = read_parquet(path, "molecule.v1", ["status", "reason"])
        if pc.any(pc.equal(table["status"], "OK")).as_py():
            return
        reasons.update(table["reason"].to_pylist())
    if not reasons:
        return
    counts = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    first = _first(molecules)
    example = f"the first is row {first['row'] + 1}, {quoted(first['id'])}: {quoted(first['smiles'])}"
    advice = _ADVICE.get(reasons.most_common(1)[0][0], "docs/contracts/molecule_input.v1.md explains each reason")
    raise InputError(f"none of the {reasons.total()} rows can be audited: {counts}", f"{advice} ({example})")


def _first(molecules: Sequence[Path]) -> Record:
    tables = (read_parquet(path, "molecule.v1", ["row", "id", "smiles"]) for path in molecules)
    table: pa.Table = next(table for table in tables if len(table))
    row: Record = table.slice(0, 1).to_pylist()[0]
    return row
