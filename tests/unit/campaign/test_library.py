"""The library of a campaign: the rows that the stages see, and features that come back as they were computed."""

import numpy as np
import pytest

from hetero2.campaign import library as campaign_library
from hetero2.campaign.library import feature_blocks, read_library, write_library
from hetero2.chem.count_features import count_features
from hetero2.chem.molecules import structure_hash
from hetero2.chem.structures.guardrails import Guardrails
from hetero2.commands import decoy_sets
from hetero2.config.keys import default
from hetero2.inputs.library import Raw
from hetero2.runtime import isolated
from hetero2.stages.input import mark
from tests.campaigns import SMILES

ROWS = [
    ("a", "OCC"),
    ("b", ""),
    ("", "C"),
    ("c", "C1CC"),
    ("a", "CC"),
    ("d", "C.C"),
    ("e", "C" * 300),
    ("f", "C*"),
    ("g", "CCO"),
]


def made(tmp_path, rows, workers=1, today=lambda record: float(record["row"])):
    limits = Guardrails(), isolated.Limits()
    paths = tmp_path / "library.parquet", tmp_path / "features.parquet"
    write_library(*paths, list(mark(Raw(*row) for row in rows)), today, limits, workers)
    return read_library(paths[0]), paths[1]


def test_rows_have_the_status_that_the_stages_give_them(tmp_path):
    library, _ = made(tmp_path, ROWS)
    settings = {"decoys": default("decoys") | {"k": 1}, "guardrails": default("guardrails")}
    molecules, _ = decoy_sets.make({"id": [row[0] for row in ROWS], "smiles": [row[1] for row in ROWS]}, settings, 1)
    of_stages = [
        ("OK", "") if reason == "no_decoys_generated" else (status, reason or "")
        for status, reason in zip(molecules["status"].to_pylist(), molecules["reason"].to_pylist(), strict=True)
    ]
    assert list(zip(library.status, library.reasons, strict=True)) == of_stages
    assert [status for status, _ in of_stages].count("OK") == 2
    assert library.hashes[0] == structure_hash("CCO")
    assert library.distinct().tolist() == [0], "the last row has the structure of the first"
    assert library.places() == {"a": 0, "b": 1, "c": 3, "d": 5, "e": 6, "f": 7, "g": 8}
    assert np.flatnonzero(np.isfinite(library.today)).tolist() == [0, 8]


@pytest.mark.parametrize("at_once", [7, 60, 4096])
def test_features_come_back_as_they_were(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(campaign_library, "_ROWS_AT_ONCE", at_once)
    rows = [("x", "C1CC"), *((f"m{row}", text) for row, text in enumerate(SMILES))]
    library, features = made(tmp_path, rows, workers=2)
    row = 1
    for block in feature_blocks(features):
        assert block.rows.tolist() == list(range(row, row + len(block.rows)))
        expected = count_features(library.canonical_smiles[number] for number in block.rows)
        for stored, computed in zip(block.features, expected, strict=True):
            assert stored.dtype == computed.dtype
            assert np.array_equal(stored, computed)
        row += len(block.rows)
    assert row == len(rows)
