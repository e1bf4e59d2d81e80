"""The decoys stage on a few molecules, through its command."""

import pytest

from hetero2.cli import main
from hetero2.inputs.library import Raw
from hetero2.io.tables import read_parquet, to_table, write_parquet
from hetero2.runtime.progress import read
from hetero2.stages.input import mark
from tests.conftest import config_option

SMILES = ["CC(C)Cc1ccc(cc1)C(C)C(=O)NC1CCCC1", "CC(=O)[O-].[Na+].CCCCO", "CCOC(=O)c1ccccc1N", "C"]


@pytest.fixture
def decoys(tmp_path):
    rows = mark(Raw(f"m{number}", smiles) for number, smiles in enumerate(SMILES))
    write_parquet(tmp_path / "in", to_table(rows, "input_row.v1"), "input_row.v1")

    def run(**sections):
        files = ["--input", tmp_path / "in", "--molecules", tmp_path / "m", "--decoys", tmp_path / "d"]
        files += ["--log", tmp_path / "0.log"]
        assert main(["decoys-shard", *map(str, files), *config_option(**sections)]) == 0
        return tuple(read_parquet(tmp_path / n, c).to_pylist() for n, c in (("m", "molecule.v1"), ("d", "decoy.v1")))

    return run


def test_hard_mode_gives_hard_decoys_only_and_says_where_it_finds_none(decoys):
    molecules, rows = decoys(decoys={"hard_mode": True, "k": 5})
    assert rows
    assert {decoy["hardness"] for decoy in rows} == {"hard"}
    assert all(decoy["tanimoto"] >= 0.7 for decoy in rows)
    assert molecules[3]["reason"] == "no_hard_decoys_generated"


def test_hard_mode_of_v1_keeps_to_its_own_limits(decoys):
    molecules, rows = decoys(decoys={"hard_mode": True, "k": 5, "strategy": "decoy_strategy.v1"})
    rewired = {m["row"] for m in molecules if m["decoy_strategy_used"] in ("rewire_strict_v1", "rewire_relax_a_v1")}
    hard = [decoy["tanimoto"] for decoy in rows if decoy["row"] in rewired]  # the fallback compares with what it made
    assert hard
    assert all(0.65 <= tanimoto <= 0.95 for tanimoto in hard)
    assert molecules[3]["reason"] == "no_hard_decoys_generated"


def test_salts_are_skipped_or_standardised(decoys):
    assert decoys()[0][1]["reason"] == "disconnected"
    molecule = decoys(guardrails={"standardise": "largest_fragment"})[0][1]
    assert (molecule["status"], molecule["canonical_smiles"]) == ("OK", "CCCCO")
    assert molecule["warnings"].split(";") == [
        "standardised_to_largest_fragment",
        f"fewer_decoys:{molecule['n_decoys_generated']}:space_exhausted",
    ]


def test_one_strategy_may_be_fixed_and_seeds_differ_by_row(decoys):
    molecules, _ = decoys(decoys={"strategy": "rewire_strict_v1"})
    assert {m["decoy_strategy_used"] for m in molecules} <= {"rewire_strict_v1", None}
    assert len({m["seed_used"] for m in molecules}) == 4
    assert {m["seed_used"] for m in decoys(decoys={"seed_strategy": "global", "seed": 7})[0]} == {7}


def test_facts_of_a_molecule_are_those_of_its_decoys(decoys):
    molecules, rows = decoys(decoys={"k": 3})
    for molecule in molecules:
        mine = [d for d in rows if d["row"] == molecule["row"]]
        assert molecule["n_decoys_generated"] == len(mine) <= 3
        if mine:
            assert molecule["tanimoto_max"] == max(d["tanimoto"] for d in mine)


def test_a_defect_in_one_molecule_is_its_own_error_row(decoys, monkeypatch):
    from hetero2.stages import decoys_shard as stage

    def broken(name, smiles, *rest):
        if smiles.startswith("CCOC"):
            raise RuntimeError("planted")
        return make(name, smiles, *rest)

    make = stage.strategy.make
    monkeypatch.setattr(stage.strategy, "make", broken)
    molecules, _ = decoys(decoys={"k": 2})
    assert [m["reason"] for m in molecules] == [
        None,
        "disconnected",
        "internal_error:RuntimeError",
        "no_decoys_generated",
    ]


def test_whoever_watches_sees_the_reasons_of_rows_without_decoys(decoys, tmp_path):
    molecules, _ = decoys(decoys={"k": 2})
    counts = read(tmp_path / "0.log", 0.0)
    assert [molecule["status"] for molecule in molecules] == ["OK", "SKIP", "OK", "SKIP"]
    status = {"status OK": 2, "status SKIP": 2}
    reasons = {"reason disconnected": 1, "reason no_decoys_generated": 1}
    assert counts == {"done": 4, "total": 4, **status, **reasons}
