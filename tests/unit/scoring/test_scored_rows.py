"""Which rows get a score: what is audited, and valid molecules that only the audit had to skip."""

import pyarrow as pa

from hetero2.scoring.scored_rows import rows_scored_by_id, scored_rows


def test_rows_without_decoys_or_in_pieces_are_scored_and_what_is_no_molecule_is_not():
    rows = [
        ("OK", None, "h"),
        ("SKIP", "no_decoys_generated", "h"),
        ("SKIP", "no_hard_decoys_generated", "h"),
        ("SKIP", "disconnected", "h"),
        ("SKIP", "not_sampled", "h"),
        ("SKIP", "invalid_smiles", None),
        ("SKIP", "too_many_atoms", None),
        ("SKIP", "no_decoys_generated", None),  # came without a structure
        ("ERROR", "duplicate_id", "h"),
    ]
    table = pa.table(dict(zip(("status", "reason", "structure_hash"), map(list, zip(*rows, strict=True)), strict=True)))
    kept = [tuple(row.values()) for row in scored_rows(table).to_pylist()]
    assert kept == rows[:4]


def test_a_molecule_without_a_readable_structure_can_have_the_score_of_its_id():
    table = pa.table(
        {
            "id": ["large", "query", "odd", "gone", "twice"],
            "status": ["SKIP", "SKIP", "SKIP", "SKIP", "ERROR"],
            "reason": ["too_many_atoms", "undefined_structure", "invalid_smiles", "missing_smiles", "duplicate_id"],
            "structure_hash": pa.nulls(5, pa.string()),
        }
    )
    rows = rows_scored_by_id(table)
    assert rows["id"].to_pylist() == ["large", "query", "odd"]
    assert {len(key) for key in rows["structure_hash"].to_pylist()} == {64}
    assert len(set(rows["structure_hash"].to_pylist())) == 3
