"""Rows of the audit stage: what becomes of missing scores."""

import pytest

from hetero2.errors import ContractError
from hetero2.inputs.summary_rows import lines
from hetero2.io.tables import from_columns
from hetero2.stages.audit import audit_row
from hetero2.stages.summary import LibraryCounts

MOLECULE = {"row": 0, "id": "a", "status": "OK", "reason": None}


def items(original, *decoys):
    rows = [(-1, original), *enumerate(decoys)]
    return [
        {"row": 0, "decoy_index": i, "score": s, "weight": None if s is None else 1.0, "excluded": None}
        for i, s in rows
    ]


def test_without_a_score_of_its_own_a_molecule_is_skipped():
    record = audit_row(MOLECULE, items(None, 1.0), "r")
    assert (record["status"], record["reason"], record["verdict"]) == ("SKIP", "missing_scores_input", "SKIP")


def test_without_scores_of_decoys_the_row_stays_and_the_verdict_is_skip():
    record = audit_row(MOLECULE, items(1.0, None, None), "r")
    assert (record["status"], record["verdict"], record["gate"]) == ("OK", "SKIP", None)
    assert record["warnings"] == "skip:missing_scores_for_all_decoys"


def test_some_missing_decoys_are_counted():
    record = audit_row(MOLECULE, items(1.0, None, 0.5), "r")
    assert (record["verdict"], record["n_neg"], record["n_decoys_missing"]) == ("PASS", 1, 1)
    assert record["warnings"] == "missing_scores_for_some_decoys:1"


def test_a_defect_in_one_molecule_is_its_own_error_row():
    record = audit_row(MOLECULE, [], "r")
    assert (record["status"], record["reason"]) == ("ERROR", "internal_error:IndexError")


def test_earlier_outcomes_pass_through():
    skipped = MOLECULE | {"status": "SKIP", "reason": "disconnected"}
    assert audit_row(skipped, [], "r")["reason"] == "disconnected"


def test_tally_of_nothing_defines_nothing():
    metrics = LibraryCounts().metrics({})
    assert metrics["pass_rate"] is None
    assert metrics["median_slack"] is None


def test_a_summary_row_of_another_molecule_is_refused():
    molecules = from_columns("molecule.v1", 2, {"row": [0, 1], "id": "a", "status": "OK", "warnings": ""})
    for different in ({"row": [0, 2]}, {"row": [0, 1], "dataset_id": ["a", "b"]}):
        audit = from_columns("hetero_audit.v2", 2, {"dataset_id": "a", "status": "OK", "warnings": ""} | different)
        with pytest.raises(ContractError):
            lines(molecules, audit, from_columns("call.v1", 0, {}))


def test_a_molecule_without_decoys_has_its_score_and_no_verdict():
    skipped = MOLECULE | {"status": "SKIP", "reason": "no_decoys_generated"}
    record = audit_row(skipped, items(0.5), "r")
    assert (record["status"], record["reason"], record["score"]) == ("SKIP", "no_decoys_generated", 0.5)
    assert (record["verdict"], record["slack"], record["n_neg"]) == ("SKIP", None, 0)
    assert audit_row(skipped, [], "r")["score"] is None
