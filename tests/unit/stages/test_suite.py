"""The suite and the stress rows against the stored reference data."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from hetero2 import cli
from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.scoring import hetero_scores, stand_ins
from hetero2.stages import stress_input
from tests.conftest import config_option

GOLDEN = Path(__file__).parents[2] / "golden" / "data"


def stored(name):
    return json.loads((GOLDEN / name).read_text())


def written(tmp_path, verb, *words):
    assert cli.main([verb, *words, "--out", str(tmp_path)]) == 0
    return tmp_path


def test_the_library_is_the_stored_one(tmp_path):
    folder = written(tmp_path, "suite")
    assert (folder / "input.csv").read_bytes() == (GOLDEN / "suite_input.csv").read_bytes()


def test_the_scores_file_is_the_stored_one_decoy_by_decoy(tmp_path):
    folder = written(tmp_path, "suite", *config_option(decoys={"strategy": "decoy_strategy.v1"}))
    scores, expected = json.loads((folder / "scores.json").read_text()), stored("suite_scores_chain.json")
    assert scores == expected
    assert list(scores["decoys"]) == list(expected["decoys"])
    assert len(hetero_scores.read(folder / "scores.json").decoys) == 20


def test_the_strict_scores_file_has_the_decoys_of_the_stored_proxy(tmp_path):
    strict = json.loads((written(tmp_path, "suite") / "scores.json").read_text())
    assert stand_ins.variant(strict, "random") == stored("scores_proxy_strict.json")


@pytest.mark.parametrize(
    ("source", "name"),
    [("constant", "BAD-constant"), ("random", "BAD-random"), ("synthetic_good", "GOOD-synthetic")],
)
def test_known_bad_and_known_good_are_the_stored_ones(source, name):
    assert stand_ins.variant(stored("suite_scores_chain.json"), source) == stored(f"scores_{name}.json")


def test_mock_is_the_head_of_the_hash_and_one_for_molecules():
    values = list(stand_ins.values("mock", [("f" * 64, False), ("0" * 64, False), ("0" * 64, True)]))
    assert values == [1.0, 0.0, 1.0]
    with pytest.raises(ValueError, match="no stand-in is called 'best'"):
        list(stand_ins.values("best", [("", True)]))


def test_stress_rows_are_what_they_are_said_to_be(tmp_path):
    folder = written(tmp_path, "stress-input", *config_option(dataset={"rows": 10000}))
    with (folder / "input.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len({row["id"] for row in rows}) == 10000
    kinds = Counter(row["smiles"] for row in rows)
    reasons = Counter()
    for smiles, count in kinds.items():
        reasons[prepare(smiles, Guardrails()).reason] += count
    assert reasons == {
        "too_many_atoms": 500,
        "disconnected": 250,
        "invalid_smiles": 208,
        "missing_smiles": 42,
        None: 9000,
    }
    assert [row["smiles"] for row in stress_input.stress_rows(10000, 1)] != [row["smiles"] for row in rows]
    assert len(stress_input.stress_rows(3, 0)) == 3


def test_no_rows_are_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["stress-input", *config_option(dataset={"rows": 0}), "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert "dataset.rows: found 0; is less than the minimum of 1" in capsys.readouterr().err
