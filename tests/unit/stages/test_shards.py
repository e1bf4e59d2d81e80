"""Stages that gather a library: the same bytes whatever the shards are, and the same numbers as a row at a time."""

import csv
import hashlib
import json
from collections import Counter

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetero2 import cli
from hetero2.inputs.summary_rows import lines
from hetero2.io.tables import columns, from_columns, read_parquet, to_table, write_parquet
from hetero2.stages.audit import audit_row, audit_shard, by_row
from hetero2.stats.audit.decoy_quality import quantiles

N = 90


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def library(seed=0):
    """Molecules, decoys and scores: copies, skipped rows, missing, excluded and weighted scores, and ties."""
    rng = np.random.default_rng(seed)
    molecules, decoys, items, score_of_molecule = [], [], [], None
    for row in range(N):
        ok = bool(rng.random() > 0.1)
        key = digest(f"m{row - 1 if row % 17 == 3 else row}")
        few = rng.choice(["", "fewer_decoys:3:space_exhausted"])
        molecule = {
            "row": row,
            "id": f"molecule,{row}",
            "smiles": "C",
            "status": "OK" if ok else "SKIP",
            "warnings": few,
        }
        molecule |= {"reason": None if ok else "disconnected", "canonical_smiles": "CCO", "structure_hash": key}
        molecule |= {
            "seed_used": row,
            "n_decoys_generated": 20 * ok,
            "scaffold": ["", "C1CC1", "CC"][row % 3] + "C" * (row % 40),
        }
        molecule |= {"heavy_atoms": 20, "tanimoto_median": round(float(rng.random()), 3) if row % 5 else None}
        molecules.append(dict.fromkeys(columns("molecule.v1")) | molecule)
        if not ok:
            continue
        before, score_of_molecule = score_of_molecule, None if row % 31 == 7 else float(rng.integers(0, 9))
        score_of_molecule = (
            before if row % 34 == 20 else score_of_molecule
        )  # a copy with the same score; other copies have another
        items.append(
            {
                "row": row,
                "decoy_index": -1,
                "score": score_of_molecule,
                "weight": None if score_of_molecule is None else 1.0,
            }
        )
        for index in range(20 if row % 13 else 3):
            tanimoto = None if row == 50 else float(rng.integers(1, 9)) / 10
            bins = None if tanimoto is None else ("easy", "medium", "hard")[int(np.digitize(tanimoto, [0.5, 0.7]))]
            decoy = {
                "row": row,
                "decoy_index": index,
                "decoy_smiles": "CC",
                "decoy_hash": digest(f"{row % 40}-{index}"),
            }
            decoy |= {"strategy": "s", "move": "m", "tanimoto": tanimoto, "hardness": bins}
            decoys.append(dict.fromkeys(columns("decoy.v1")) | decoy)
            score = None if rng.random() < 0.1 or row == 60 else float(rng.integers(0, 9)) - 3
            why = "library" if rng.random() < 0.05 else None
            weight = 2.5 if row % 11 == 5 and index % 3 == 0 else 1.0
            items.append({"row": row, "decoy_index": index, "score": None if why else score, "excluded": why})
            items[-1]["weight"] = None if items[-1]["score"] is None else weight
    items = [{"excluded": None} | item for item in items]
    tables = zip(("molecule.v1", "decoy.v1", "score_item.v1"), (molecules, decoys, items), strict=True)
    return [to_table(rows, contract) for contract, rows in tables]


def run(folder, ends, method="union"):
    """All gathering verbs on the library in shards that end at these rows; what they wrote, by name."""
    shards = list(zip([0, *ends], [*ends, N], strict=True))
    paths = {kind: [folder / kind / f"{number}.parquet" for number in range(len(shards))] for kind in KINDS}
    for kind, contract, table in zip(KINDS, ("molecule.v1", "decoy.v1", "score_item.v1"), library(), strict=False):
        for path, (start, end) in zip(paths[kind], shards, strict=True):
            in_shard = pc.and_(pc.greater_equal(table["row"], start), pc.less(table["row"], end))
            write_parquet(path, table.filter(in_shard), contract)
    excluded = folder / "excluded.parquet"

    def call(verb, kinds, **options):
        arguments = [word for kind in kinds for word in (f"--{kind}", *map(str, paths[kind]))]
        arguments += [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        assert cli.main([verb, *arguments]) == 0

    both, f = ["molecules", "decoys"], folder
    call("leakage", both, leaks=f / "leaks.parquet", excluded=excluded)
    call("score-request", both, excluded=excluded, out=f / "request.csv")
    call("missing-scores", ["decoys", "scores"], out=f / "missing.csv")
    for molecules, scores, out in zip(paths["molecules"], paths["scores"], paths["audit"], strict=True):
        call("audit", [], molecules=molecules, scores=scores, run="r", out=out)
    files = {"calls": f / "calls.parquet", "curve": f / "curve.csv", "library": f / "library.json"}
    config = json.dumps({"audit": {"method": method, "min_decoys": 10}})
    call("calls", [*both, "scores"], config=config, **files)
    call("summary", ["molecules", "audit"], calls=f / "calls.parquet", summary=f / "s.csv", metrics=f / "m.json")
    files = {"out": f / "ranked.csv", "selected_decoys": f / "selected.csv"}
    call("candidates", ["decoys", "scores"], summary=f / "s.csv", config='{"selection": {"k": 9}}', **files)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


KINDS = ("molecules", "decoys", "scores", "audit")


@pytest.mark.parametrize("method", ["union", "pooled_residuals_bh"])
def test_shards_change_no_byte(tmp_path, method):
    whole, several = run(tmp_path / "1", [], method), run(tmp_path / "2", [1, 2, 2, 40, 77], method)
    assert whole == several
    assert len(whole) == 11


def test_calls_are_those_of_copies_and_undecidable_without_decoys(tmp_path):
    run(tmp_path, [30])
    calls = {item["row"]: item for item in read_parquet(tmp_path / "calls.parquet", "call.v1").to_pylist()}
    _, _, items = library()
    originals = [item for item in items.to_pylist() if item["decoy_index"] == -1 and item["score"] is not None]
    scored = {item["row"]: item["score"] for item in originals}
    assert calls.keys() == scored.keys()
    assert (calls[60]["call"], calls[60]["call_reason"]) == ("UNDECIDABLE", "no_scored_decoys")
    copies = [(row, row - 1) for row in range(3, N, 17) if {row, row - 1} <= scored.keys()]
    assert {scored[copy] == scored[first] for copy, first in copies} == {True, False}
    for copy, first in copies:
        if scored[copy] == scored[first]:
            assert calls[copy] | {"row": 0} == calls[first] | {"row": 0}
        else:
            assert (calls[copy]["call"], calls[copy]["call_reason"]) == ("UNDECIDABLE", "copy_with_another_score")
            assert calls[copy]["q_value"] is None
            assert calls[copy]["m_needed"] is None


def test_missing_scores_are_counted_a_decoy_at_a_time(tmp_path):
    run(tmp_path, [30])
    _, decoys, items = library()
    name = {(item["row"], item["decoy_index"]): item["decoy_hash"] for item in decoys.to_pylist()}
    without = [item for item in items.to_pylist() if item["score"] is None and item["excluded"] is None]
    count = Counter(name[item["row"], item["decoy_index"]] for item in without if item["decoy_index"] >= 0)
    with (tmp_path / "missing.csv").open(newline="") as handle:
        written = [(row["decoy_hash"], int(row["count_rows_affected"])) for row in csv.DictReader(handle)]
    assert written == sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))


@pytest.mark.parametrize("seed", range(5))
def test_a_shard_is_audited_as_its_molecules_are_one_by_one(seed):
    molecules, _, items = library(seed)
    items_of = by_row(items.to_pylist())
    expected = [audit_row(molecule, items_of[molecule["row"]], "r") for molecule in molecules.to_pylist()]
    assert audit_shard(molecules, items, "r").to_pylist() == expected
    assert {record["verdict"] for record in expected} == {"PASS", "FAIL", "SKIP"}


def test_a_line_of_the_summary_is_what_the_parts_say():
    molecules, _, items = library()
    audit = audit_shard(molecules, items, "r")
    rows = [row for row in range(N) if row % 3]
    calls = from_columns("call.v1", len(rows), {"row": rows, "call": "SIGNAL", "call_reason": "r", "q_value": 0.5})
    for molecule, record, line in zip(
        *(t.to_pylist() for t in (molecules, audit, lines(molecules, audit, calls))), strict=True
    ):
        warnings = [text for part in (molecule["warnings"], record["warnings"]) for text in part.split(";") if text]
        assert (line["warnings"], line["warnings_count"]) == (";".join(warnings) or None, len(warnings))
        assert line["verdict"] == record["verdict"]
        assert line["call"] == ("SIGNAL" if record["status"] == "OK" and record["row"] % 3 else None)
        assert line["skip_reason"] == (record["reason"] if record["status"] == "SKIP" else None)
        assert line["n_decoys_scored"] == record["n_neg"]


def test_metrics_count_the_lines_of_the_summary(tmp_path):
    run(tmp_path, [30])
    metrics = json.loads((tmp_path / "m.json").read_text())
    with (tmp_path / "s.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    ok = [row for row in rows if row["status"] == "OK"]
    chance = 0.0
    for row in ok:
        chance += 1 / (int(row["n_decoys_scored"]) + 1) if row["slack"] else 0.0
    assert metrics["pass_expected_by_chance"] == chance
    assert metrics["counts"]["SKIP"] == len(rows) - len(ok)
    assert metrics["verdict_counts"]["PASS"] == sum(row["verdict"] == "PASS" for row in ok)
    assert metrics["scores_coverage"]["decoys_scored"] == sum(int(row["n_decoys_scored"]) for row in ok)
    assert metrics["verdict_skip_reasons"] == {"missing_scores_for_all_decoys": 1}


@given(st.lists(st.integers(0, 9), min_size=1))
def test_quantiles_of_counts(numbers):
    values, counts = np.unique(np.array(numbers) / 7, return_counts=True)
    expected = np.quantile(np.array(numbers) / 7, [0, 0.05, 0.5, 0.95, 1]).tolist()
    assert quantiles(values, counts, [0, 0.05, 0.5, 0.95, 1]) == expected
