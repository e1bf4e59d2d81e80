"""Stored files of older releases must still be read, and mean the same."""

import csv
import json
import zipfile
from pathlib import Path

import pytest
import yaml
from pyarrow import parquet

from hetero2.config import resolve as configuration
from hetero2.inputs.truth import read_truth
from hetero2.io.contracts import first_problem
from hetero2.pack.verification.checking import verify
from hetero2.scoring import hetero_scores, score_table
from hetero2.stages.cost_lift import read_rows
from tests.conftest import ROOT
from tools.contract_pages import PAGES, contracts, main

GOLDEN = Path(__file__).parent.parent / "golden" / "data"
OWN = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("name", "n_decoys", "original", "key"),
    [
        ("scores_external_19f08f23.json", 12, 1.0, "external_ci_rule_v1"),
        ("scores_external_e3a00b22.json", 44, 1.0, "external_ci_rule_v1"),
        ("suite_scores_chain.json", 20, 1.0, None),
        ("scores_BAD-random.json", 20, 0.8444218515250481, None),
    ],
)
def test_hetero_scores_v1(name, n_decoys, original, key):
    scores = hetero_scores.read(GOLDEN / name)
    assert (len(scores.decoys), scores.molecule.score, scores.score_key) == (n_decoys, original, key)
    assert first_problem(json.loads((GOLDEN / name).read_text()), "hetero_scores.v1") is None


@pytest.mark.parametrize(
    ("name", "source", "n_pass"),
    [("truth_external_1403593f.csv", "external", 11), ("truth_proxy_rule_v1.csv", "proxy_rule_v1", 20)],
)
def test_customer_truth_v1(name, source, n_pass):
    hits = read_truth(GOLDEN / name, source)
    assert (len(hits), sum(hits.values())) == (200, n_pass)


@pytest.mark.parametrize("name", ["summary_ring_suite_chain.csv", "summary_BAD-random_chain.csv"])
def test_summary_v1(name):
    rows = read_rows(GOLDEN / name, {})
    assert len(rows) == 200
    assert all(row.status == "OK" for row in rows)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("cost_lift_*.json")), ids=lambda path: path.stem)
def test_cost_lift_v1(path):
    assert first_problem(json.loads(path.read_text()), "cost_lift.v1") is None


def test_hetero_score_table_v1():
    scores = score_table.read(OWN / "hetero_score_table.v1.csv")
    assert [tuple(scored) for scored in scores.values()] == [(0.75, 1.0), (-12.5, 2.0), (3.0, 1.0)]


def typed(cell: str, field: dict):
    """A cell as its schema means it."""
    kinds = field.get("type", "string")
    if cell == "" and "null" in kinds:
        return None
    if "boolean" in kinds:
        return {"true": True, "false": False}[cell]
    return int(cell) if "integer" in kinds else float(cell) if "number" in kinds else cell


def documents(path: Path, contract: str):
    """What a stored file holds: a JSON document, or rows."""
    if path.suffix == ".json":
        yield json.loads(path.read_text())
    elif path.suffix == ".jsonl":
        yield from map(json.loads, path.read_text().splitlines())
    elif path.suffix == ".parquet":
        yield from parquet.ParquetFile(path).read().to_pylist()
    else:
        fields = json.loads((ROOT / f"schemas/{contract}.schema.json").read_text())["properties"]
        with path.open(newline="") as handle:
            for row in csv.DictReader(handle):
                yield {name: typed(cell, fields.get(name, {})) for name, cell in row.items()}


# Decoys are held by golden tests, a score table has one of three key columns and is read above.
OWN_TESTS = ("decoy_strategy.v1", "decoy_strategy.v2", "hetero_score_table.v1")
STORED = [(one.name, one.stored) for one in contracts() if one.stored and one.name not in OWN_TESTS]


@pytest.mark.parametrize(("contract", "path"), STORED, ids=[name for name, _ in STORED])
def test_a_stored_file_still_meets_its_contract(contract, path):
    stored = list(documents(path, contract))
    assert stored
    for document in stored:
        assert first_problem(document, contract) is None


def test_every_contract_has_a_page_a_schema_or_golden_data_and_a_stored_file():
    all_contracts = contracts()
    assert len(all_contracts) >= 25
    for contract in all_contracts:
        golden = contract.name in ("decoy_strategy.v1", "decoy_strategy.v2", "pack.v1")
        assert (PAGES / f"{contract.name}.md").is_file(), contract.name
        assert golden or (ROOT / f"schemas/{contract.name}.schema.json").is_file(), contract.name
        assert contract.stored or contract.name in ("hetero_audit.v2", "pack.v1"), contract.name


def test_the_pages_are_current(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["contract_pages", "--check"])
    assert main() == 0, capsys.readouterr().out


def test_an_old_pack_still_verifies():
    assert verify(OWN / "pack.v1.zip") == []


def test_lineage_opens_with_the_predecessor_which_counts_for_nothing():
    lines = [json.loads(line) for line in (ROOT / "registry/lineage.jsonl").read_text().splitlines()]
    for line in lines:
        assert first_problem(line, "lineage.v1") is None
    predecessor = [line for line in lines if line["status"] == "predecessor"]
    assert lines[: len(predecessor)] == predecessor
    assert len(predecessor) == 8
    assert predecessor[-1]["asset_sha256"].startswith("18E54A8C")
    for line in predecessor:
        assert line["tag"] in (ROOT / "docs/history.md").read_text()


def test_the_configuration_of_an_old_pack_is_still_one():
    """config.yaml of a pack, as a user's layer, gives the same run again."""
    with zipfile.ZipFile(OWN / "pack.v1.zip") as opened:
        old = yaml.safe_load(opened.read("config.yaml"))
    resolved = configuration.run_configuration(configuration.resolve("value_utility_realtruth", old))
    control_sample = old["audit"].pop("sample")  # its name before audit.sample was another
    assert resolved["audit"].pop("control_sample") == control_sample
    for section, keys in old.items():
        section_values = {key: resolved[section][key] for key in keys} if isinstance(keys, dict) else resolved[section]
        assert section_values == keys
