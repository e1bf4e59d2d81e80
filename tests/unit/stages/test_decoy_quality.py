"""decoy_quality.json: coverage, reasons and the measures."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from hetero2.io.contracts import validate
from hetero2.io.tables import columns, to_table, write_parquet
from hetero2.stages.decoy_quality import (
    DIFFERENCES,
    Coverage,
    Differences,
    _count,
    _tried,
    drawn,
    hardness_shares,
    quality_measures,
)
from hetero2.stats.audit.decoy_quality import spread


def counts(shards, k):
    coverage = Coverage(k)
    for molecules in shards:
        coverage.add(pa.Table.from_pylist(molecules))
    return coverage.summary()


def molecule(n, atoms=20, warnings=""):
    return {"heavy_atoms": atoms, "n_decoys_generated": n, "warnings": warnings}


def test_coverage_counts_drug_like_molecules_and_says_why_others_fall_short():
    few = molecule(3, warnings="standardised_to_largest_fragment;fewer_decoys:3:space_exhausted")
    coverage = counts([[molecule(5), molecule(5), few], [molecule(0), molecule(1, atoms=4)]], 5)
    assert (coverage["drug_like_molecules"], coverage["coverage"]["estimate"]) == (4, 0.5)
    assert coverage["coverage"]["met"] is False
    assert coverage["molecules_with_fewer_decoys"] == {"no_decoys_generated": 1, "space_exhausted": 1, "unknown": 1}
    assert counts([], 5)["coverage"]["estimate"] is None


def parts(tmp_path, rows):
    """molecule.v1 in shards of two."""
    empty = dict.fromkeys(columns("molecule.v1"))
    for start in range(0, len(rows), 2):
        tables = [
            empty | {"row": start + n, "id": "x", "smiles": "C", "status": "OK", "seed_used": 0, "warnings": "", **row}
            for n, row in enumerate(rows[start : start + 2])
        ]
        write_parquet(tmp_path / f"{start}.parquet", to_table(tables, "molecule.v1"), "molecule.v1")
    return sorted(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize(("last", "of"), [(None, "library"), ("invalid_smiles", "library"), ("not_sampled", "sample")])
def test_coverage_is_exact_unless_molecules_were_left_out(tmp_path, last, of):
    """A row that could not be read was no candidate for decoys; one that was not sampled was."""
    rows = [{"heavy_atoms": 20, "n_decoys_generated": 5} for _ in range(5)]
    rows.append(rows[0] if last is None else {"n_decoys_generated": 0, "reason": last, "status": "SKIP"})
    coverage = Coverage(5)
    list(_tried(parts(tmp_path, rows), coverage, []))
    shares = coverage.summary()["coverage"]
    assert (shares["of"], shares["estimate"]) == (of, 1.0)
    assert shares["met"] is (of == "library")


def test_shares_of_the_bins():
    assert hardness_shares(Counter([0.1, 0.5, 0.6, 0.9]))["shares"] == {"easy": 0.25, "medium": 0.5, "hard": 0.25}
    assert hardness_shares(Counter())["tanimoto"] == {}


def test_a_panel_of_few_scaffolds_has_figures_but_no_intervals():
    values = quality_measures([("CCOC(=O)CC", ["CCCOC(C)=O"]), ("CCCN", ["CCNC", "CC(C)N"])], 0)
    assert values["measures"]["doe"]["upper_bound"] is None
    assert values["targets"]["doe"]["met"] is None


def test_the_panel_of_a_run_is_valid_and_sees_what_is_planted(stored_run):
    quality = json.loads((stored_run / "pack/decoy_quality.json").read_text())
    validate(quality, "decoy_quality.v1", "decoy_quality.json")
    assert quality["connected"]["met"] is True
    assert quality["sample"]["molecules"] == 11
    assert {name for name, leak in quality["planted_leak"].items() if leak["seen"]} >= {
        "property_auc",
        "fragment_popularity",
    }
    assert quality_measures([], 0)["measures"] is None


def test_zeros_of_both_signs_are_one_value():
    """Arrow counts them apart; a dictionary of values must not keep the last of the two alone."""
    values = [0.0] * 90 + [-0.0] * 5 + [1.0] * 5
    counted = _count(pa.chunked_array([values]))
    assert counted == {0.0: 95, 1.0: 5}


def test_differences_of_all_shards_are_those_of_one_table():
    rows = [{name: round(0.1 * place - number, 4) for number, name in enumerate(DIFFERENCES)} for place in range(9)]
    rows[3]["d_tpsa"] = None
    differences = Differences()
    for shard in (rows[:4], rows[4:]):
        differences.add(pa.Table.from_pylist(shard))
    spreads = differences.summary()
    for name in DIFFERENCES:
        values = [row[name] for row in rows if row[name] is not None]
        assert list(spreads[name].values()) == pytest.approx(np.quantile(values, [0.05, 0.5, 0.95]), abs=1e-4)
        assert list(spreads[name]) == ["p05", "median", "p95"]


def test_a_property_that_no_decoy_has_is_null():
    kinds = pa.schema([(name, pa.float64()) for name in DIFFERENCES])
    differences = Differences()
    differences.add(pa.Table.from_pylist([dict.fromkeys(DIFFERENCES)], kinds))
    assert differences.summary() is None
    differences.add(pa.Table.from_pylist([dict.fromkeys(DIFFERENCES) | {"d_logp": -0.0}], kinds))
    assert differences.summary() == dict.fromkeys(DIFFERENCES) | {"d_logp": {"p05": 0.0, "median": 0.0, "p95": 0.0}}
    assert "-0.0" not in json.dumps(differences.summary())
    assert spread({}) == {}


def test_an_alert_of_a_decoy_counts_where_its_molecule_lacks_it():
    """A nitro group in the molecule and in its decoy is no new alert; a peroxide beside it is, and a thiol."""
    nitro, peroxide = "O=[N+]([O-])c1ccccc1CCO", "CCOOc1ccccc1[N+](=O)[O-]"
    blocks = [(nitro, ["O=[N+]([O-])c1cccc(CCO)c1", peroxide]), ("CSCCO", ["OCCCS"])]
    assert quality_measures(blocks, 0)["alerts"] == {
        "molecules": 2,
        "molecules_with_alert": 1,
        "decoys": 3,
        "decoys_with_new_alert": 2,
    }
    assert quality_measures([], 0)["alerts"] is None


def test_of_a_molecule_some_decoys_are_drawn_whatever_their_order():
    decoys = [f"C{'C' * number}N" for number in range(20)]
    few = drawn(decoys, 6, 1)
    assert len(few) == len(set(few)) == 6
    assert few == drawn(decoys[::-1], 6, 1) != drawn(decoys, 6, 2)
    assert set(few) <= set(decoys)
    assert sorted(drawn(decoys[:4], 6, 1)) == sorted(decoys[:4])


def test_what_a_run_says_of_differences_and_alerts(stored_run):
    quality = json.loads((stored_run / "pack/decoy_quality.json").read_text())
    assert set(quality["property_differences"]) == set(DIFFERENCES)
    assert all(
        spread["p05"] <= spread["median"] <= spread["p95"] for spread in quality["property_differences"].values()
    )
    assert quality["alerts"]["molecules"] == quality["sample"]["molecules"]
    assert quality["alerts"]["decoys"] <= quality["sample"]["molecules"] * quality["sample"]["decoys_per_molecule"]
    assert quality["alerts"]["decoys_with_new_alert"] == 0
    validate(quality | {"property_differences": None, "alerts": None}, "decoy_quality.v1", "decoy_quality.json")
    old = {key: value for key, value in quality.items() if key not in ("property_differences", "alerts")}
    validate(old, "decoy_quality.v1", "a file of an older release")
