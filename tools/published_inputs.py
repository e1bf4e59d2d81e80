"""Build the external truth and scores that a predecessor published, by the rules that made them.

    python -m tools.published_inputs FOLDER

writes truth.csv, scores.json (the 12 decoys of rewire_strict_v1) and scores_chain.json (all 44 of decoy_strategy.v1).
The truth is a hash of the row id: a test of plumbing, not of value. The scores files were written on Windows, so their
lines end with CR and LF.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

from hetero2.chem import decoys_v1
from hetero2.chem.molecules import structure_hash
from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.inputs.truth import SCHEMA
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import atomic_path, pretty_json
from hetero2.io.tables import to_table
from hetero2.runtime.seeds import row_seed
from hetero2.scoring import hetero_scores
from hetero2.stages.suite import suite_rows

KEY = "external_ci_rule_v1"


def truth_rows() -> list[dict[str, str]]:
    """PASS where the first 8 hex digits of sha256(id), modulo 100, are below 5; sorted by id."""

    def label(molecule_id: str) -> str:
        number = int(hashlib.sha256(molecule_id.encode()).hexdigest()[:8], 16)
        return "PASS" if number % 100 < 5 else "FAIL"

    header = {"truth_source": "external", "truth_version": SCHEMA}
    ids = sorted(row["id"] for row in suite_rows(200))
    return [{"molecule_id": row_id, "expensive_label": label(row_id), **header} for row_id in ids]


def scores(strategy: str) -> dict[str, Any]:
    """1 for every molecule, 0.1 for every decoy that the rows of the suite have, sorted by hash."""
    hashes: set[str] = set()
    for row in suite_rows(200):
        canonical = prepare(row["smiles"], Guardrails(200, True, "none")).canonical_smiles or ""
        generated = decoys_v1.generate(canonical, 20, row_seed(0, "per_row", row["id"]), strategy)
        hashes |= set(map(structure_hash, generated.smiles))
    decoys = {key: {"score": 0.1, "weight": 1.0} for key in sorted(hashes)}
    original = {"score": 1.0, "weight": 1.0}
    return {"schema_version": hetero_scores.SCHEMA, "score_key": KEY, "original": original, "decoys": decoys}


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(text.replace("\n", "\r\n").encode())


def write(folder: Path) -> None:
    """Write the three files."""
    write_csv(folder / "truth.csv", [to_table(truth_rows(), SCHEMA)], SCHEMA)
    _write(folder / "scores.json", pretty_json(scores("rewire_strict_v1")).rstrip("\n"))
    _write(folder / "scores_chain.json", pretty_json(scores("decoy_strategy.v1"), sort_keys=False))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    write(Path(sys.argv[1]))
