import json
from pathlib import Path

import pytest

from hetero2.errors import InputError
from hetero2.scoring import score_table
from hetero2.scoring.book import read_book

NONE = Path("none.npy")

SCORES = {
    "schema_version": "hetero_scores.v1",
    "original": {"score": 1, "weight": 1},
    "decoys": {"d": {"score": 0, "weight": 2}},
}


def test_a_shared_file_serves_every_molecule(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(SCORES))
    book = read_book(tmp_path / "s.json", NONE, {"a"}, {"h"})
    assert book.original("anything", "h") == (1.0, 1.0)
    assert book.decoy("anything", "d") == (0.0, 2.0)
    assert book.decoy("anything", "e") is None


def test_files_of_rows_serve_their_own_molecules(tmp_path):
    line = json.dumps({"ids": ["a", "b"], "sha256": "0" * 64, "scores": SCORES})
    (tmp_path / "s.jsonl").write_text(line + "\n")
    book = read_book(tmp_path / "s.jsonl", NONE, {"a", "c"}, set())
    assert book.original("a", "h") == (1.0, 1.0)
    assert book.original("b", "h") is None
    assert book.original("c", "h") is None
    assert book.decoy("c", "d") is None


def test_a_table_serves_structures_wherever_they_occur(tmp_path):
    (tmp_path / "s.csv").write_text(f"id,score\n{'a' * 64},2\n{'b' * 64},3\n")
    score_table.write_index(tmp_path / "s.npy", score_table.index(tmp_path / "s.csv"))
    book = read_book(tmp_path / "s.csv", tmp_path / "s.npy", {"x"}, {"a" * 64})
    assert book.original("x", "a" * 64) == book.decoy("y", "a" * 64) == (2.0, 1.0)
    assert book.decoy("y", "b" * 64) is None


def test_an_unknown_kind_is_named(tmp_path):
    with pytest.raises(InputError, match="unknown kind"):
        read_book(tmp_path / "s.txt", NONE, set(), set())
