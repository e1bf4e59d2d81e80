"""utility and candidates as a person runs them, on good and on bad files."""

import csv
import json

import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from hetero2 import cli
from hetero2.chem.molecules import structure_hash
from hetero2.inputs.baseline import read_baseline
from hetero2.inputs.summary_rows import read_summary
from hetero2.io.tables import to_table, write_parquet
from hetero2.stages.candidates import _COLUMNS as CANDIDATE_COLUMNS
from hetero2.stages.candidates import ranked
from hetero2.stages.utility import COLUMNS as UTILITY_COLUMNS
from hetero2.stages.utility import library_of, of_the_list
from tests.conftest import config_option

COLUMNS = (
    "id status reason verdict slack auc_tie_aware score call call_reason scaffold canonical_smiles structure_hash "
    "tanimoto_median"
).split()


@pytest.fixture
def files(tmp_path):
    """A library of 60: every third is a hit, scores with ties, some rows without score or truth."""
    with (tmp_path / "summary.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        for n in range(60):
            call = ("SIGNAL", "NO_SIGNAL", "UNDECIDABLE")[n % 3]
            row = [
                f"m{n}",
                "OK",
                "",
                "PASS",
                "0",
                "1",
                n // 4,
                call,
                "r",
                f"S{n % 40}",
                "C" * (n + 1),
                f"{n:064x}",
                "0.6",
            ]
            writer.writerow(row if n != 59 else ["m59", "SKIP", "invalid_smiles", *[""] * 10])
    with (tmp_path / "truth.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["molecule_id", "expensive_label", "truth_source", "truth_version"])
        writer.writerows([f"m{n}", "PASS" if n % 3 else "FAIL", "external", "customer_truth.v1"] for n in range(50))
    (tmp_path / "cost_lift.json").write_text(json.dumps({"report": None, "refused": "why", "library": None}))
    return tmp_path


def utility(folder, *words, **selection):
    names = {
        "summary": "summary.csv",
        "truth": "truth.csv",
        "cost-lift": "cost_lift.json",
        "out": "u.json",
        "curve": "c.csv",
    }
    options = [word for name, file in names.items() for word in (f"--{name}", str(folder / file))]
    return cli.main(["utility", *options, *config_option(selection={"k": 10, **selection}), *map(str, words)])


def test_the_curve_goes_through_the_k_of_the_report(files):
    assert utility(files, k=10) == 0
    with (files / "c.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    sizes = sorted({int(row["k"]) for row in rows})
    assert sizes[0] == 1
    assert sizes[-1] == 50
    at = json.loads((files / "u.json").read_text())["utility"]["at"][0]["methods"]
    by_method = {row["method"]: row for row in rows if row["k"] == "10"}
    assert by_method.keys() == at.keys()
    for name, row in by_method.items():
        assert {key: float(row[key]) for key in ("expected_hits", "hit_rate", "wilson_low", "wilson_high")} == {
            key: at[name][key] for key in ("expected_hits", "hit_rate", "wilson_low", "wilson_high")
        }
        assert row["hits_low"] == ("" if name != "random" else str(at[name]["hits_low"]))
    everything = [float(row["expected_hits"]) for row in rows if row["k"] == "50"]
    assert everything == pytest.approx([33.0] * len(everything))  # all of them hold every hit


def test_where_truth_has_one_class_the_curve_is_empty(files):
    (files / "truth.csv").write_text(
        "molecule_id,expensive_label,truth_source,truth_version\nm1,PASS,external,customer_truth.v1\n"
    )
    assert utility(files, k=1) == 0
    assert (files / "c.csv").read_text().count("\n") == 1


def test_the_report_of_a_library(files):
    assert utility(files, k_list=[20, 5], price_per_evaluation=3) == 0
    report = json.loads((files / "u.json").read_text())
    assert [at["k"] for at in report["utility"]["at"]] == [5, 10, 20]
    assert report["utility"]["n"] == 50
    assert report["cost_lift_v1"] == {"refused": True, "reason": "why"}
    assert report["truth_coverage"]["scored"] == 59
    assert report["truth_coverage"]["verification_bias"]
    assert report["utility"]["before_after"]["before"] | {"hits": None} == {
        "method": "score_topk",
        "sent": 10,
        "hits": None,
        "cost": 30.0,
    }


def test_a_baseline_is_read_and_checked(files, capsys):
    baseline = files / "today.csv"
    baseline.write_text("id,score\n" + "".join(f"m{n},{n}\n" for n in range(1, 25)))
    assert utility(files, "--baseline", baseline) == 0
    benefit = json.loads((files / "u.json").read_text())["utility"]
    assert benefit["before_after"]["before"]["method"] == "baseline_topk"
    for text, message in [
        ("id,score\nm1,high\n", "line 2: column 'score': found 'high', expected a finite number"),
        ("id,score\nm1,nan\n", "line 2: column 'score': found 'nan'"),
        ("id,score\nm1,1\nm1,2\n", "line 3: the id 'm1' occurs twice"),
        ("id,score\nm1,1_000\n", "found '1_000'"),
        ("id,score\nz,1\n", "0 of the 50 molecules that may be bought have a score in it, too few to buy K = "),
        ("id,score\nm1,2\nm2,1\n", "2 of the 50 molecules that may be bought have a score in it"),
        ("id\nm1\n", "no column 'score'"),
    ]:
        baseline.write_text(text)
        assert utility(files, "--baseline", baseline) == 1
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_baseline_can_be_a_column_of_the_library(files, suffix, capsys):
    rows = [{"id": f"m{number}", "today": None if number == 3 else float(number)} for number in range(1, 25)]
    rows.append({"id": "m3", "today": 99.0})
    table = pa.Table.from_pylist(rows)
    library = files / f"library.{suffix}"
    (arrow_csv.write_csv if suffix == "csv" else parquet.write_table)(table, library)
    assert read_baseline(library, "today") == {f"m{number}": float(number) for number in range(1, 25) if number != 3}
    assert utility(files, "--baseline", library, baseline_column="today") == 0
    document = json.loads((files / "u.json").read_text())
    assert document["utility"]["before_after"]["before"]["method"] == "baseline_topk"
    assert (document["baseline"]["name"], document["baseline"]["with_score"]) == (library.name, 23)
    assert utility(files, "--baseline", library, baseline_column="today", k_list=[23, 24]) == 0
    at = json.loads((files / "u.json").read_text())["utility"]["at"]
    assert ["baseline_topk" in point["methods"] for point in at if point["k"] >= 23] == [True, False]
    assert utility(files, "--baseline", library, baseline_column="other") == 1
    assert "no column 'other'" in capsys.readouterr().err
    (files / "x.smi").write_text("C m1\n")
    assert utility(files, "--baseline", files / "x.smi", baseline_column="today") == 1
    assert "has no columns" in capsys.readouterr().err


def test_one_class_and_k_beyond_the_library_are_named_and_zero_is_refused(files):
    assert utility(files, k=500) == 0
    benefit = json.loads((files / "u.json").read_text())["utility"]
    assert (benefit["k"], benefit["k_reason"]) == (50, "k_beyond_library")
    text = (files / "truth.csv").read_text().replace("FAIL", "PASS")
    (files / "truth.csv").write_text(text)
    assert utility(files) == 0
    assert json.loads((files / "u.json").read_text())["utility"]["reason"] == "truth_has_one_class"
    with pytest.raises(SystemExit) as stopped:
        utility(files, k=0)
    assert stopped.value.code == 2


def test_candidates_come_by_score_whatever_the_calls_and_ties_by_hash(files):
    out = files / "ranked.csv"
    words = ["--summary", str(files / "summary.csv"), *config_option(selection={"k": 10, "k_list": [5]})]
    words += ["--out", str(out), "--selected-decoys", str(files / "selected.csv")]
    decoys, scores = [], []
    for row in range(59):
        for index in range(2):
            smiles = "C" * (row + index + 2)
            decoy = {"row": row, "decoy_index": index, "decoy_smiles": smiles, "decoy_hash": structure_hash(smiles)}
            decoy |= {"strategy": "s", "move": "relink2", "tanimoto": 0.6, "hardness": "medium"}
            decoys.append(decoy)
            score = None if index else row / 7
            scores.append({"row": row, "decoy_index": index, "score": score, "weight": None if index else 1.0})
    for name, records, contract in (("decoys", decoys, "decoy.v1"), ("scores", scores, "score_item.v1")):
        write_parquet(files / f"{name}.parquet", to_table(records, contract), contract)
        words += [f"--{name}", str(files / f"{name}.parquet")]
    assert cli.main(["candidates", *words]) == 0
    with out.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [int(row["rank"]) for row in rows] == list(range(1, 60))
    keys = [(-float(row["score"]), int(row["id"][1:])) for row in rows]
    assert keys == sorted(keys)
    assert {row["call"] for row in rows[:10]} == {"SIGNAL", "NO_SIGNAL", "UNDECIDABLE"}
    assert [row["selected_at_k"] for row in rows[:11]] == ["5"] * 5 + ["10"] * 5 + [""]
    with (files / "selected.csv").open(newline="") as handle:
        beside = list(csv.DictReader(handle))
    assert [(int(d["rank"]), d["id"], d["decoy_index"]) for d in beside] == [
        (rank, row["id"], index) for rank, row in enumerate(rows[:10], start=1) for index in ("0", "1")
    ]
    assert [d["score"] for d in beside[:2]] == [str(int(beside[0]["id"][1:]) / 7), ""]


def test_a_molecule_without_decoys_keeps_the_place_of_its_score(files):
    """It has a score and no call: nothing promotes it, and nothing drops it."""
    rows = read_summary(files / "summary.csv", list(dict.fromkeys((*CANDIDATE_COLUMNS, *UTILITY_COLUMNS))))
    place = 30
    skipped = [("status", "SKIP"), ("reason", "no_decoys_generated"), ("call", ""), ("call_reason", "")]
    for name, value in skipped:
        column = rows[name].to_pylist()
        column[place] = value
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(column, pa.string()))
    (order, ranking), (before, _) = (
        ranked(rows, [10]),
        ranked(read_summary(files / "summary.csv", CANDIDATE_COLUMNS), [10]),
    )
    assert order.tolist() == before.tolist()
    listed = ranking.to_pylist()[order.tolist().index(place)]
    assert (listed["id"], listed["call"], listed["call_reason"]) == ("m30", None, "no_decoys_generated")
    assert library_of(rows, {f"m{n}": n % 3 == 0 for n in range(60)}, None).hit.size == 59


def test_what_is_known_of_the_list_itself_is_counted_where_truth_is_partial(files):
    rows = read_summary(files / "summary.csv", CANDIDATE_COLUMNS)
    hits = {f"m{n}": n % 2 == 0 for n in range(50, 59)}  # of the top 10, m49 to m58
    assert of_the_list(rows, hits, 11) == {"k": 11, "with_truth": 9.0, "hits": 5.0}
    tied = of_the_list(rows, hits, 5)  # m56 to m58, and two of the four tied m52 to m55
    assert tied == {"k": 5, "with_truth": 5.0, "hits": 2 + 2 * 2 / 4}
    assert of_the_list(rows.slice(59), hits, 5) is None
