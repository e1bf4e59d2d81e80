import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hetero2.errors import InputError
from hetero2.io.files import canonical_json
from hetero2.scoring import score_index, score_table
from hetero2.scoring.score_lookup import open_lookup

NONE = Path("none.npy")

SCORES = {
    "schema_version": "hetero_scores.v1",
    "original": {"score": 1, "weight": 1},
    "decoys": {"d": {"score": 0, "weight": 2}},
}


def one(looked_up):
    """The only (score, weight) of a look-up; None where there is none."""
    (score,), (weight,) = looked_up
    return None if np.isnan(score) else (score, weight)


def molecule(lookup, molecule_id, key):
    return one(lookup.molecules(pa.chunked_array([[molecule_id]]), pa.chunked_array([[key]])))


def decoy(lookup, molecule_id, key):
    return one(lookup.decoys(pa.chunked_array([[molecule_id]]), pa.chunked_array([[key]])))


def test_a_shared_file_serves_every_molecule(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(SCORES))
    lookup = open_lookup(tmp_path / "s.json", NONE, {"a"})
    assert molecule(lookup, "anything", "h") == (1.0, 1.0)
    assert decoy(lookup, "anything", "d") == (0.0, 2.0)
    assert decoy(lookup, "anything", "e") is None


@pytest.mark.parametrize("dump", [canonical_json, json.dumps])
def test_files_of_rows_serve_their_own_molecules(tmp_path, dump):
    line = dump({"ids": ["a", "b"], "sha256": "0" * 64, "scores": SCORES})
    (tmp_path / "s.jsonl").write_text(line + "\n")
    lookup = open_lookup(tmp_path / "s.jsonl", NONE, {"a", "c"})
    assert molecule(lookup, "a", "h") == (1.0, 1.0)
    assert molecule(lookup, "b", "h") is None
    assert molecule(lookup, "c", "h") is None
    assert decoy(lookup, "c", "d") is None


def test_a_table_serves_structures_wherever_they_occur(tmp_path):
    (tmp_path / "s.csv").write_text(f"id,score\n{'a' * 64},2\n{'b' * 64},3\n")
    score_index.write_index(tmp_path / "s.npy", score_table.index(tmp_path / "s.csv"))
    lookup = open_lookup(tmp_path / "s.csv", tmp_path / "s.npy", {"x"})
    assert molecule(lookup, "x", "a" * 64) == decoy(lookup, "y", "a" * 64) == (2.0, 1.0)
    assert decoy(lookup, "y", "c" * 64) is None


def test_an_unknown_kind_is_named(tmp_path):
    with pytest.raises(InputError, match="unknown kind"):
        open_lookup(tmp_path / "s.txt", NONE, set())
