"""decoy_quality.json: coverage, reasons and the panel."""

import json
from collections import Counter

import pyarrow as pa

from hetero2.schemas import validate
from hetero2.stages.decoy_quality import Coverage, hardness_shares, panel


def counts(shards, k):
    coverage = Coverage(k)
    for molecules in shards:
        coverage.add(pa.Table.from_pylist(molecules))
    return coverage.told()


def molecule(n, atoms=20, warnings=""):
    return {"heavy_atoms": atoms, "n_decoys_generated": n, "warnings": warnings}


def test_coverage_counts_drug_like_molecules_and_says_why_others_fall_short():
    few = molecule(3, warnings="standardised_to_largest_fragment;fewer_decoys:3:space_exhausted")
    found = counts([[molecule(5), molecule(5), few], [molecule(0), molecule(1, atoms=4)]], 5)
    assert (found["drug_like_molecules"], found["coverage"]["estimate"]) == (4, 0.5)
    assert found["coverage"]["met"] is False
    assert found["molecules_with_fewer_decoys"] == {"no_decoys_generated": 1, "space_exhausted": 1, "unknown": 1}
    assert counts([], 5)["coverage"]["estimate"] is None


def test_shares_of_the_bins():
    assert hardness_shares(Counter([0.1, 0.5, 0.6, 0.9]))["shares"] == {"easy": 0.25, "medium": 0.5, "hard": 0.25}
    assert hardness_shares(Counter())["tanimoto"] == {}


def test_a_panel_of_few_scaffolds_has_figures_but_no_intervals():
    found = panel([("CCOC(=O)CC", ["CCCOC(C)=O"]), ("CCCN", ["CCNC", "CC(C)N"])], 0)
    assert found["measures"]["doe"]["upper_bound"] is None
    assert found["targets"]["doe"]["met"] is None


def test_the_panel_of_a_run_is_valid_and_sees_what_is_planted(small_run):
    found = json.loads((small_run / "pack/decoy_quality.json").read_text())
    validate(found, "decoy_quality.v1", "decoy_quality.json")
    assert found["connected"]["met"] is True
    assert found["sample"]["molecules"] == 11
    assert {name for name, leak in found["planted_leak"].items() if leak["seen"]} >= {
        "property_auc",
        "fragment_popularity",
    }
    assert panel([], 0)["measures"] is None
