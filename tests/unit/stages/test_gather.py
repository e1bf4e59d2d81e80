"""Stages that gather a library: the same bytes whatever the shards are, and the same numbers as a row at a time."""

import csv
import hashlib
import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetero2 import cli
from hetero2.inputs.summary_rows import lines
from hetero2.io.columns import places, text_numbers
from hetero2.io.tables import columns, from_columns, read_parquet, to_table, write_parquet
from hetero2.runtime.seeds import sample
from hetero2.stages.audit import audit_row, audit_shard, by_row
from hetero2.stats.audit.decoy_quality import quantiles

N = 90


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def library(seed=0):
    """Molecules, decoys and scores: copies, skipped rows, missing, excluded and weighted scores, and ties."""
    rng = np.random.default_rng(seed)
    molecules, decoys, items, own = [], [], [], None
    for row in range(N):
        ok = bool(rng.random() > 0.1)
        key = digest(f"m{row - 1 if row % 17 == 3 else row}")
        few = rng.choice(["", "fewer_decoys:3:space_exhausted"])
        known = {"row": row, "id": f"molecule,{row}", "smiles": "C", "status": "OK" if ok else "SKIP", "warnings": few}
        known |= {"reason": None if ok else "disconnected", "canonical_smiles": "CCO", "structure_hash": key}
        known |= {
            "seed_used": row,
            "n_decoys_generated": 20 * ok,
            "scaffold": ["", "C1CC1", "CC"][row % 3] + "C" * (row % 40),
        }
        known |= {"heavy_atoms": 20, "tanimoto_median": round(float(rng.random()), 3) if row % 5 else None}
        molecules.append(dict.fromkeys(columns("molecule.v1")) | known)
        if not ok:
            continue
        before, own = own, None if row % 31 == 7 else float(rng.integers(0, 9))
        own = before if row % 34 == 20 else own  # a copy with the same score; other copies have another
        items.append({"row": row, "decoy_index": -1, "score": own, "weight": None if own is None else 1.0})
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
            here = pc.and_(pc.greater_equal(table["row"], start), pc.less(table["row"], end))
            write_parquet(path, table.filter(here), contract)
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
    one, several = run(tmp_path / "1", [], method), run(tmp_path / "2", [1, 2, 2, 40, 77], method)
    assert one == several
    assert len(one) == 11


def test_calls_are_those_of_copies_and_undecidable_without_decoys(tmp_path):
    run(tmp_path, [30])
    calls = {one["row"]: one for one in read_parquet(tmp_path / "calls.parquet", "call.v1").to_pylist()}
    _, _, items = library()
    originals = [one for one in items.to_pylist() if one["decoy_index"] == -1 and one["score"] is not None]
    scored = {one["row"]: one["score"] for one in originals}
    assert calls.keys() == scored.keys()
    assert (calls[60]["call"], calls[60]["call_reason"]) == ("UNDECIDABLE", "no_scored_decoys")
    copies = [(row, row - 1) for row in range(3, N, 17) if {row, row - 1} <= scored.keys()]
    assert {scored[one] == scored[other] for one, other in copies} == {True, False}
    for one, other in copies:
        if scored[one] == scored[other]:
            assert calls[one] | {"row": 0} == calls[other] | {"row": 0}
        else:
            assert (calls[one]["call"], calls[one]["call_reason"]) == ("UNDECIDABLE", "copy_with_another_score")
            assert calls[one]["q_value"] is None
            assert calls[one]["m_needed"] is None


def test_missing_scores_are_counted_a_decoy_at_a_time(tmp_path):
    run(tmp_path, [30])
    _, decoys, items = library()
    name = {(one["row"], one["decoy_index"]): one["decoy_hash"] for one in decoys.to_pylist()}
    without = [one for one in items.to_pylist() if one["score"] is None and one["excluded"] is None]
    count = Counter(name[one["row"], one["decoy_index"]] for one in without if one["decoy_index"] >= 0)
    with (tmp_path / "missing.csv").open(newline="") as handle:
        found = [(row["decoy_hash"], int(row["count_rows_affected"])) for row in csv.DictReader(handle)]
    assert found == sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))


@pytest.mark.parametrize("seed", range(5))
def test_a_shard_is_audited_as_its_molecules_are_one_by_one(seed):
    molecules, _, items = library(seed)
    own = by_row(items.to_pylist())
    expected = [audit_row(molecule, own[molecule["row"]], "r") for molecule in molecules.to_pylist()]
    assert audit_shard(molecules, items, "r").to_pylist() == expected
    assert {one["verdict"] for one in expected} == {"PASS", "FAIL", "SKIP"}


def test_a_line_of_the_summary_is_what_the_parts_say():
    molecules, _, items = library()
    audit = audit_shard(molecules, items, "r")
    rows = [row for row in range(N) if row % 3]
    calls = from_columns("call.v1", len(rows), {"row": rows, "call": "SIGNAL", "call_reason": "r", "q_value": 0.5})
    for molecule, one, line in zip(
        *(t.to_pylist() for t in (molecules, audit, lines(molecules, audit, calls))), strict=True
    ):
        warnings = [text for part in (molecule["warnings"], one["warnings"]) for text in part.split(";") if text]
        assert (line["warnings"], line["warnings_count"]) == (";".join(warnings) or None, len(warnings))
        assert line["verdict"] == one["verdict"]
        assert line["call"] == ("SIGNAL" if one["status"] == "OK" and one["row"] % 3 else None)
        assert line["skip_reason"] == (one["reason"] if one["status"] == "SKIP" else None)
        assert line["n_decoys_scored"] == one["n_neg"]


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


@given(st.lists(st.integers(0, 30)), st.integers(1, 8), st.integers(0, 3))
def test_a_sample_is_the_first_of_all_in_the_order_of_their_hashes(numbers, size, seed):
    molecules = [
        {"structure_hash": str(n) if n % 3 else None, "id": f"i{n}", "place": p} for p, n in enumerate(numbers)
    ]
    once = {one["structure_hash"] or one["id"]: one for one in reversed(molecules)}
    order = sorted(once, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    assert sample(iter(molecules), size, seed) == [once[key] for key in order[:size]]


@given(st.lists(st.integers(-20, 20)), st.lists(st.integers(-20, 20), unique=True))
def test_places(wanted, among):
    found = places(np.array(wanted, np.int64), np.array(among, np.int64))
    assert found.tolist() == [among.index(one) if one in among else -1 for one in wanted]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")))))
def test_text_numbers_are_ranks(chunks):
    texts = [text for chunk in chunks for text in chunk]
    rank = {text: number for number, text in enumerate(sorted(set(texts)))}
    assert text_numbers(pa.chunked_array(chunks, pa.string())).tolist() == [rank[text] for text in texts]


@given(st.lists(st.integers(0, 9), min_size=1))
def test_quantiles_of_counts(numbers):
    values, counts = np.unique(np.array(numbers) / 7, return_counts=True)
    expected = np.quantile(np.array(numbers) / 7, [0, 0.05, 0.5, 0.95, 1]).tolist()
    assert quantiles(values, counts, [0, 0.05, 0.5, 0.95, 1]) == expected
