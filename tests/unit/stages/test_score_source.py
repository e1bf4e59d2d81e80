"""Scores files that users bring, through the verb: what is kept of them, what is said of their keys."""

import json

import pytest

from hetero2 import cli
from hetero2.io.files import sha256_file
from hetero2.io.tables import columns, write_parquet_rows
from hetero2.scoring import score_index

A, B = "a" * 64, "b" * 64
ROWS = [
    ("mol-1", None),
    ("mol 2 ", None),
    ("", "missing_id"),
    ("mol-1", "duplicate_id"),
    ("7", "not_sampled"),
    (A, None),
]


@pytest.fixture
def folder(tmp_path):
    status = {"missing_id": "ERROR", "duplicate_id": "ERROR", "not_sampled": "SKIP"}
    rows = (
        dict.fromkeys(columns("input_row.v1"))
        | {"row": row, "id": molecule_id, "smiles": "C", "status": status.get(reason), "reason": reason}
        for row, (molecule_id, reason) in enumerate(ROWS)
    )
    write_parquet_rows(tmp_path / "rows.parquet", rows, "input_row.v1")
    return tmp_path


def source(folder, text, *words):
    """Exit code of the verb on a table with this text."""
    (folder / "my.csv").write_text(text, encoding="utf-8")
    files = {"path": "my.csv", "input": "rows.parquet", "out": "s.csv", "index": "s.npy", "facts": "facts.json"}
    options = [word for name, file in files.items() for word in (f"--{name}", str(folder / file))]
    return cli.main(["score-source", *options, *words])


def test_a_table_of_ids_and_hashes_is_kept_as_it_is_and_its_keys_are_counted(folder, caplog):
    text = f"molecule_id,score\n7,0.5\nmol 2 ,1\n{B},2\n{A},3\nmol-1,4\nmol-1,4\n"
    assert source(folder, text) == 0
    assert (folder / "s.csv").read_text() == text
    facts = json.loads((folder / "facts.json").read_text())
    assert facts["n_scores"] == 5
    assert facts["schema"] == "hetero_score_table.v1"
    assert facts["sha256"] == sha256_file(folder / "my.csv")
    assert "4 keys are ids of the library, 1 are structure hashes" in caplog.text
    assert "ignored" not in caplog.text
    table = score_index.open_index(folder / "s.npy")
    assert score_index.find(table, score_index.id_keys(["mol-1", "7", "mol 2", ""]))[0].tolist()[:2] == [4.0, 0.5]


def test_keys_that_belong_to_nothing_are_counted_and_the_first_is_named(folder, caplog):
    assert source(folder, f"id,score\nmol-1,1\n{B},2\nmol 2,3\nMOL-1,4\n") == 0
    assert "my.csv: keys that are neither ids of the library nor structure hashes are ignored: 2" in caplog.text
    assert "; the first is 'mol 2', in line 4" in caplog.text
    assert json.loads((folder / "facts.json").read_text())["n_scores"] == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "id,score\nmol 2,1\nMOL-1,2\n",
            [
                "none of its 2 keys is an id of the library or a structure hash: the first is 'mol 2', in line 2; "
                "the first id of the library is 'mol-1'",
                "hint: write ids exactly as in the library",
            ],
        ),
        ("id,score\nmol-1,1\nmol-1,2\n", ["line 3: 'mol-1' has the score 2, but the score 1 in line 2"]),
        ("name,score\nmol-1,1\n", ["line 1: no key column; expected one of structure_hash, molecule_id, id", "hint: "]),
        (
            f"id,score\nmol-1,1\n{B.upper()},1\n",
            ["line 3: 'BB", "is a structure hash in capital letters", "lower case"],
        ),
        ("id,score\n,1\n", ["line 2: the key is empty"]),
    ],
)
def test_a_table_that_cannot_be_right_is_one_error_and_leaves_nothing(folder, capsys, text, said):
    assert source(folder, text) == 1
    printed = capsys.readouterr().err
    assert all(words in printed for words in said), printed
    assert printed.count("error:") == 1
    assert "Traceback" not in printed
    assert {path.name for path in folder.iterdir()} == {"rows.parquet", "my.csv"}


def test_hashes_that_match_nothing_here_may_be_those_of_decoys(folder):
    assert source(folder, f"id,score\n{B},1\n") == 0


def test_a_table_without_rows_is_taken(folder):
    assert source(folder, "id,score\n") == 0
    assert json.loads((folder / "facts.json").read_text())["n_scores"] == 0


def test_a_table_needs_the_library_whose_ids_it_may_hold(folder, capsys):
    (folder / "my.csv").write_text("id,score\nmol-1,1\n")
    words = ["score-source", "--path", folder / "my.csv", "--out", folder / "s.csv"]
    words += ["--index", folder / "s.npy", "--facts", folder / "facts.json"]
    assert cli.main([str(word) for word in words]) == 2
    assert "scores.source external needs --input" in capsys.readouterr().err
