"""Other people's data: what docs/bring-your-own.md says, done; published inputs by URL; samples; scores alone."""

import csv
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from hetero2 import cli
from hetero2.config import keys
from hetero2.io.download import Limits
from hetero2.stages.download import limits
from tests.conftest import ROOT, build, config_option, run, small_library, snakemake, taken_up
from tests.server import serving
from tools import published_inputs

PAGE = (ROOT / "docs/bring-your-own.md").read_text()
GOLDEN = ROOT / "tests/golden/data"
TRUTH = "1403593FC0497E19CA2A8DD78B5BC6DEE88790F809AED0FA47F6F0744198C2A2"
CHAIN_SCORES = "e3a00b22b7419d87de059e66045c8466f8871fbe8380d7a4ec4f3f6b4cca87c0"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def written(path: Path, lines: list[dict[str, object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path


def load(path: Path):
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def brought(tmp_path_factory) -> Path:
    """The folder of a user who did what the page says, with a part of the data that it names."""
    folder = tmp_path_factory.mktemp("bring")
    assert cli.main(["dataset", "rdkit-freewilson", "--out", str(folder)]) == 0
    written(folder / "library.csv", rows(folder / "input.csv")[::4][:120])
    (folder / "my_model.py").write_text(blocks("python")[0])
    overlay = blocks("yaml")[0].replace("command: python", f"command: {sys.executable}")
    (folder / "my.yaml").write_text(overlay)
    build(folder)
    return folder


@pytest.mark.nightly
def test_five_minutes_from_a_csv_and_a_model_to_a_pack_that_is_accepted(brought):
    commands = blocks("console")[0].splitlines()
    assert commands[0] == "$ snakemake --cores 2 value_utility_realtruth --configfile my.yaml"
    verb, pack = commands[1].removeprefix("$ ").split()[1:]
    done = run("python", "-m", "hetero2", verb, brought / pack, cwd=ROOT)
    assert done.stdout.endswith("\npack: GO, in order\n")
    results = brought / "results/my-library"
    assert load(results / "metrics.json")["counts"] == {"OK": 120, "SKIP": 0, "ERROR": 0}
    row = load(results / "registry_row.json")
    assert row["acceptance"] == {"outcome": "GO", "not_met": []}
    assert {entry["role"] for entry in load(results / "pack/manifest.json")["inputs"]} >= {"training set", "library"}


@pytest.mark.nightly
def test_leaks_are_listed_counted_and_left_out(brought):
    pack = brought / "results/my-library/pack"
    leaks = rows(pack / "leakage.csv")
    gone = {row["structure_hash"] for row in leaks if row["kind"].startswith("decoy_in_")}
    assert gone
    assert not any(row["kind"] == "truth_id_unknown" and row["id"].startswith("no") for row in leaks)
    asked = {row["id"]: row["role"] for row in rows(brought / "results/my-library/score_request.csv")}
    assert all(asked.get(key) in (None, "original") for key in gone)
    summary = rows(pack / "summary.csv")
    excluded = sum(int(row["n_decoys_excluded"]) for row in summary)
    assert excluded == load(pack / "metrics.json")["scores_coverage"]["decoys_excluded"] > 0
    assert all(
        int(row["n_decoys_scored"]) + int(row["n_decoys_excluded"]) == int(row["n_decoys_generated"]) for row in summary
    )
    index = (pack / "index.md").read_text()
    assert "decoys are molecules of the training set and were excluded" in index


@pytest.mark.nightly
def test_a_model_that_runs_elsewhere_gives_the_same_and_what_is_missing_is_listed(brought, tmp_path):
    for name in ("library.csv", "train.csv", "truth.csv"):
        (tmp_path / name).write_bytes((brought / name).read_bytes())
    text = (brought / "my.yaml").read_text()
    head, tail = text.split("scores:")[0], "truth:" + text.split("truth:")[1]
    (tmp_path / "my.yaml").write_text(head + blocks("yaml")[1] + "  train: train.csv\n" + tail)
    table = rows(brought / "results/my-library/pack/scores.csv")
    decoys = {row["id"] for row in rows(brought / "results/my-library/score_request.csv") if row["role"] == "decoy"}
    without = sorted(decoys)[:3]
    kept = [
        {"id": row["structure_hash"], "score": row["score"]} for row in table if row["structure_hash"] not in without
    ]
    written(tmp_path / "scores.csv", kept)
    build(tmp_path)
    pack = tmp_path / "results/my-library/pack"
    assert {row["decoy_hash"] for row in rows(pack / "missing_decoy_scores.csv")} == set(without)
    assert load(pack / "metrics.json")["scores_coverage"]["decoys_missing"] >= 3
    mine = {row["id"]: row["score"] for row in rows(pack / "summary.csv")}
    assert mine == {row["id"]: row["score"] for row in rows(brought / "results/my-library/pack/summary.csv")}


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    published_inputs.write(folder)
    return folder


def test_the_published_inputs_are_built_again_byte_for_byte(published):
    from hetero2.io.files import sha256_file

    pinned = load_overlay("r2")
    assert sha256_file(published / "truth.csv").upper() == TRUTH == pinned["truth"]["sha256"]
    assert sha256_file(published / "scores.json").upper() == pinned["scores"]["sha256"]
    assert sha256_file(published / "scores_chain.json") == CHAIN_SCORES


def load_overlay(release: str):
    from hetero2.config.load import load_yaml

    return load_yaml(ROOT / f"config/pinned/value-utility-realtruth-2026-01-14-{release}.yaml")


def hit_rates(report) -> list[tuple[float, float, float]]:
    return [(method["hit_rate"], method["ci_low"], method["ci_high"]) for method in report["methods"].values()]


def test_a_truth_by_url_enters_through_its_gate(tmp_path):
    folder = small_library(tmp_path / "mine")
    content = (folder / "truth.csv").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    with serving(tmp_path) as server:
        server.files["/truth.csv"] = content
        rules = {"ports": [server.server_port], "allow_addresses": ["127.0.0.1/32"], "ca_file": str(server.ca_file)}
        layer = {"truth": {"url": f"{server.url}/truth.csv", "sha256": sha256}, "execution": {"download": rules}}
        text = (folder / "my.yaml").read_text().split("truth:")[0]
        (folder / "my.yaml").write_text(text + yaml.safe_dump(layer))
        build(folder, "--until", "truth")
    results = folder / "results/small"
    assert "Gate OK: truth.csv downloaded + sha256 verified" in (results / "logs/truth.log").read_text()
    assert (results / "truth/truth.csv").read_bytes() == content


@pytest.mark.nightly
def test_the_second_release_is_built_from_urls_through_both_gates(published, tmp_path):
    overlay = ROOT / "config/pinned/value-utility-realtruth-2026-01-14-r2.yaml"
    with serving(tmp_path) as server:
        server.files |= {f"/{name}": (published / name).read_bytes() for name in ("truth.csv", "scores.json")}
        rules = {"ports": [server.server_port], "allow_addresses": ["127.0.0.1/32"], "ca_file": str(server.ca_file)}
        layer = {
            "truth": {"url": f"{server.url}/truth.csv?key=secret"},
            "scores": {"url": f"{server.url}/scores.json"},
            "execution": {"download": rules},
        }
        words = [f"{key}={json.dumps(value)}" for key, value in layer.items()]
        snakemake(tmp_path, "value_utility_realtruth", "--cores", 2, "--configfile", overlay, "--config", *words)
    results = tmp_path / "results/value-utility-realtruth-2026-01-14-r2"
    gates = {
        "truth": "Gate OK: truth.csv downloaded + sha256 verified + customer_truth.v1 validated",
        "score_source/scores_external.json": (
            "Gate OK: scores.json downloaded + sha256 verified + hetero_scores.v1 validated"
        ),
    }
    for name, text in gates.items():
        assert text in (results / f"logs/{name}.log").read_text()
    report = load(results / "pack/cost_lift_report.json")
    assert report["K_effective"] == 60
    assert [round(rate, 6) for rate, _, _ in hit_rates(report)] == [0.066667, 0.066667, 0.066667]
    assert (results / "pack/scores_external.json").read_bytes() == (published / "scores.json").read_bytes()
    manifest, row = load(results / "pack/manifest.json"), load(results / "registry_row.json")
    assert manifest["truth"]["url"] == row["outcome"]["truth"]["url"] == f"{server.url}/truth.csv"
    assert row["outcome"]["scores"]["url"] == f"{server.url}/scores.json"
    assert row["acceptance"]["outcome"] == "GO"
    for path in (results / "pack").rglob("*"):
        assert not path.is_file() or b"secret" not in path.read_bytes()


def test_the_first_release_has_the_same_truth_and_random_scores(all_targets, published, tmp_path):
    """Its summary is that of value_utility_proxy, whose scores are the same random ones."""
    overlay = load_overlay("r1")
    assert (overlay["scores"]["source"], overlay["truth"]["sha256"]) == ("random", TRUTH)
    summary = all_targets[0] / "results/value_utility_proxy/summary.csv"
    words = ["cost-lift", "--summary", summary, "--truth", published / "truth.csv"]
    words += config_option(selection={"k": overlay["selection"]["k"]})
    assert cli.main([str(word) for word in [*words, "--out", tmp_path / "c.json"]]) == 0
    report = load(tmp_path / "c.json")["report"]
    stored = load(GOLDEN / "cost_lift_realtruth_r1_strict.json")
    assert report["methods"] == stored["methods"]
    assert report["methods"]["filtered_score_plus_audit_topk"]["hit_rate"] == pytest.approx(0.075)
    assert report["uplift_score_plus_audit_vs_random"] == pytest.approx(0.008333, abs=5e-7)


@pytest.mark.nightly
def test_the_chain_with_all_44_scores_has_the_published_facts(published, tmp_path):
    layer = {
        "run_name": "chain",
        "suite_strategy": "chain",
        "truth": {"path": str(published / "truth.csv")},
        "scores": {"path": str(published / "scores_chain.json"), "sha256": CHAIN_SCORES},
        "audit": {"refits": 0},
    }
    words = [f"{key}={json.dumps(value) if isinstance(value, dict) else value}" for key, value in layer.items()]
    overlay = ROOT / "config/pinned/value-utility-realtruth-2026-01-14-r2.yaml"
    snakemake(tmp_path, "value_utility_realtruth", "--cores", 2, "--configfile", overlay, "--config", *words)
    pack = tmp_path / "results/chain/pack"
    report = load(pack / "cost_lift_report.json")
    assert report["K_effective"] == 200
    assert [tuple(round(x, 6) for x in rates) for rates in hit_rates(report)] == [(0.055, 0.025, 0.085)] * 3
    summary, stored = rows(pack / "summary.csv"), rows(GOLDEN / "summary_realtruth_chain_44scores.csv")
    names = [name for name in stored[0] if name != "warnings_count"]
    assert [[row[name] for name in names] for row in summary] == [[row[name] for name in names] for row in stored]


@pytest.mark.nightly
def test_a_sample_is_audited_and_every_number_says_so(brought, tmp_path):
    summary = {row["id"]: row["score"] for row in rows(brought / "results/my-library/summary.csv")}
    lines = [{**row, "docking": summary[row["id"]]} for row in rows(brought / "library.csv")]
    written(tmp_path / "library.csv", lines)
    for name in ("train.csv", "truth.csv"):
        (tmp_path / name).write_bytes((brought / name).read_bytes())
    table = rows(brought / "results/my-library/pack/scores.csv")
    written(tmp_path / "scores.csv", [{"id": row["structure_hash"], "score": row["score"]} for row in table])
    text = (brought / "my.yaml").read_text()
    sample = blocks("yaml")[3].replace("500", "20", 1).replace("500", "40", 1)
    (tmp_path / "my.yaml").write_text(
        text.split("scores:")[0] + blocks("yaml")[1] + "truth:" + text.split("truth:")[1] + sample
    )
    build(tmp_path)
    pack = tmp_path / "results/my-library/pack"
    metrics, audited = load(pack / "metrics.json"), rows(pack / "summary.csv")
    assert metrics["counts"] == {"OK": 60, "SKIP": 60, "ERROR": 0}
    best = sorted(summary, key=lambda molecule: -float(summary[molecule]))[:20]
    assert {row["id"] for row in audited if row["sample_part"] == "top"} == set(best)
    assert (metrics["population"]["rows"], metrics["population"]["random_weight"]) == (120, 2.5)
    drawn = [row["verdict"] == "PASS" for row in audited if row["sample_part"] == "random"]
    top = [row["verdict"] == "PASS" for row in audited if row["sample_part"] == "top"]
    rate = sum(drawn) / 40
    library = metrics["population"]["pass_rate"]["library"]
    assert library["estimate"] == pytest.approx((sum(top) + 100 * rate) / 120)
    half = 1.959964 * 100 / 120 * ((1 - 40 / 100) * rate * (1 - rate) / 39) ** 0.5
    assert library["ci_high"] - library["estimate"] == pytest.approx(half, rel=1e-5)
    utility = load(pack / "utility_report.json")
    assert utility["population"] == {"stands_for": "sample", "rows": 120, "top": 20, "random": 40}
    assert utility["utility"]["extrapolation_reason"] == "the_audited_rows_are_no_random_sample"
    assert "Only a sample was audited" in (pack / "index.md").read_text()
    assert run("python", "-m", "hetero2", "accept", pack, cwd=ROOT).returncode == 0


@pytest.mark.nightly
def test_scores_alone_give_the_same_verdicts_and_calls(brought, tmp_path):
    source = brought / "results/my-library"
    import pyarrow.parquet as pq

    folders = {name: sorted((source / name).glob("*.parquet")) for name in ("molecules", "scores")}
    ids = {
        molecule["row"]: molecule["id"] for path in folders["molecules"] for molecule in pq.read_table(path).to_pylist()
    }
    lines = [
        {
            "id": ids[item["row"]],
            "decoy": "" if item["decoy_index"] < 0 else f"d{item['decoy_index']}",
            "score": item["score"],
        }
        for path in folders["scores"]
        for item in pq.read_table(path).to_pylist()
        if item["score"] is not None
    ]
    written(tmp_path / "table.csv", lines)
    (tmp_path / "truth.csv").write_bytes((brought / "truth.csv").read_bytes())
    (tmp_path / "my.yaml").write_text(blocks("yaml")[4])
    build(tmp_path)
    pack = tmp_path / "results/secret/pack"
    names = ("id", "status", "verdict", "slack", "score", "p_value", "call", "q_value")
    mine, theirs = rows(pack / "summary.csv"), rows(source / "summary.csv")
    assert [[row[name] for name in names] for row in mine] == [[row[name] for name in names] for row in theirs]
    assert not any(row["canonical_smiles"] for row in mine)
    controls = load(pack / "controls.json")
    assert controls["audit"]["status"] == "OK"
    assert controls["negative"]["formula"] == {**controls["negative"]["formula"], "reason": "no_structures"}
    assert load(pack / "decoy_quality.json")["reason"] == "no_structures"
    assert "No structures were given" in (pack / "index.md").read_text()
    report = load(pack / "cost_lift_report.json")
    assert report["methods"] == load(source / "pack/cost_lift_report.json")["methods"]
    assert run("python", "-m", "hetero2", "accept", pack, cwd=ROOT).returncode == 0


@pytest.mark.nightly
def test_hetero_scores_files_by_row_need_no_structure(tmp_path):
    small_library(tmp_path)
    ids = [row["id"] for row in rows(tmp_path / "library.csv")][:3]
    for number in range(2):
        document = {
            "schema_version": "hetero_scores.v1",
            "original": {"score": 1.0, "weight": 1.0},
            "decoys": {f"{n:064x}": {"score": n / 10, "weight": 1.0} for n in range(number, 20)},
        }
        (tmp_path / f"s{number}.json").write_text(json.dumps(document))
    names = ["s0.json", "s1.json", ""]
    written(
        tmp_path / "ids.csv",
        [{"id": molecule_id, "scores_input": s} for molecule_id, s in zip(ids, names, strict=True)],
    )
    (tmp_path / "my.yaml").write_text(
        "run_name: rows\ninput: {path: ids.csv, structures: false}\nscores: {source: external}\ntruth: {source: none}\n"
    )
    build(tmp_path, cores=1)
    summary = rows(tmp_path / "results/rows/pack/summary.csv")
    assert [(row["status"], row["verdict"], row["n_decoys_scored"], row["reason"]) for row in summary] == [
        ("OK", "FAIL", "20", ""),
        ("OK", "FAIL", "19", ""),
        ("SKIP", "SKIP", "0", "missing_scores_input"),
    ]


def keyed_by_ids(folder: Path, small_run: Path, shard_rows: int) -> tuple[list[dict[str, object]], ...]:
    """A user's folder with a scores file to be; the scores of its molecules by id, and those of the decoys by hash."""
    taken_up(small_run, folder)
    head = (folder / "my.yaml").read_text().split("scores:")[0]
    rest = "scores: {source: external, path: scores.csv}\ntruth: {path: truth.csv}\nselection: {k: 3}\n"
    (folder / "my.yaml").write_text(f"{head}{rest}execution: {{shard_rows: {shard_rows}}}\n")
    summary = [row for row in rows(small_run / "summary.csv") if row["score"]]
    molecules = [{"molecule_id": row["id"], "score": row["score"]} for row in summary]
    molecule_hashes = {row["structure_hash"] for row in summary}
    table = [row for row in rows(small_run / "pack/scores.csv") if row["structure_hash"] not in molecule_hashes]
    return molecules, [{"molecule_id": row["structure_hash"], "score": row["score"]} for row in table]


def test_scores_by_ones_own_ids_give_all_but_the_isomer_audit_and_with_those_of_decoys_that_too(small_run, tmp_path):
    """The page says: bring what you have, then score missing_decoy_scores.csv and add its lines."""
    molecules, decoys = keyed_by_ids(tmp_path, small_run, 256)
    written(tmp_path / "scores.csv", molecules)
    done = build(tmp_path)
    results, pack = tmp_path / "results/small", tmp_path / "results/small/pack"
    summary, expected = rows(pack / "summary.csv"), rows(small_run / "summary.csv")
    assert [(row["id"], row["status"], row["score"]) for row in summary] == [
        (row["id"], row["status"], row["score"]) for row in expected
    ]
    judged = [row for row in summary if row["status"] == "OK"]
    assert {(row["verdict"], row["call"], row["call_reason"], row["slack"]) for row in judged} == {
        ("SKIP", "UNDECIDABLE", "no_scored_decoys", "")
    }
    assert all("skip:missing_scores_for_all_decoys" in row["warnings"].split(";") for row in judged)
    assert len(rows(pack / "hardness_curve.csv")) == 0
    controls, utility = load(pack / "controls.json"), load(pack / "utility_report.json")
    assert controls["library"]["interpretation"] == "INCONCLUSIVE_NO_SCORED_DECOYS"
    assert controls["library"]["reason"] == controls["score"]["reason"] == "no_scored_decoys"
    by_score = utility["utility"]["at"][0]["methods"]["score_topk"]
    assert by_score == load(small_run / "pack/utility_report.json")["utility"]["at"][0]["methods"]["score_topk"]
    assert utility["cost_lift_v1"]["refused"]
    listed = {row["id"] for row in rows(pack / "ranked_candidates.csv")}
    assert listed == {
        row["id"] for row in summary if row["score"]
    }  # those without decoys keep the place of their score
    assert {row["decoy_hash"] for row in rows(pack / "missing_decoy_scores.csv")} == {r["molecule_id"] for r in decoys}
    assert (pack / "report.html").stat().st_size > 100_000
    assert "Does it tell molecules from their isomers? Not shown: " in " ".join(done.stdout.split())
    accepted = run("python", "-m", "hetero2", "accept", pack, "--json", cwd=ROOT, check=False)
    assert accepted.returncode == 1
    not_met = [criterion["name"] for criterion in json.loads(accepted.stdout)["criteria"] if not criterion["met"]]
    assert not_met == ["rows_error", "cost_lift_v1"]

    half = len(molecules) // 2  # some molecules by id, the others by hash as their decoys are
    by_hash = {row["id"]: row["structure_hash"] for row in expected}
    others = [{**row, "molecule_id": by_hash[row["molecule_id"]]} for row in molecules[half:]]
    written(tmp_path / "scores.csv", [*molecules[:half], *decoys, *others])
    build(tmp_path, "--until", "summary", "controls")
    assert (results / "summary.csv").read_bytes() == (small_run / "summary.csv").read_bytes()
    assert load(results / "controls/controls.json")["library"] == load(small_run / "controls/controls.json")["library"]


@pytest.mark.nightly
def test_scores_by_ones_own_ids_are_found_from_every_shard(small_run, tmp_path):
    molecules, decoys = keyed_by_ids(tmp_path, small_run, 7)
    written(tmp_path / "scores.csv", [*molecules, *decoys])
    build(tmp_path, "--until", "summary", cores=1)
    assert (tmp_path / "results/small/summary.csv").read_bytes() == (small_run / "summary.csv").read_bytes()


def test_a_table_of_which_no_key_is_an_id_of_the_library_stops_the_run_before_the_decoys(small_run, tmp_path):
    molecules, _ = keyed_by_ids(tmp_path, small_run, 256)
    shutil.rmtree(tmp_path / "results")
    written(tmp_path / "scores.csv", [{**row, "molecule_id": f"{row['molecule_id']}!"} for row in molecules])
    done = build(tmp_path, cores=1, check=False)
    assert done.returncode == 1
    said = f"none of its {len(molecules)} keys is an id of the library or a structure hash"
    assert f"scores.csv: {said}: the first is 'aspirin!', in line 2; the" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.glob("results/small/decoys/*"))


@pytest.mark.parametrize("mistake", ["two scores", "two meanings"])
def test_keys_that_contradict_the_library_are_named_with_their_lines(small_run, tmp_path, capsys, mistake):
    """By the two verbs that the rules run, on the molecules of a run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    molecules, decoys = keyed_by_ids(tmp_path, small_run, 256)
    key = {row["id"]: row["structure_hash"] for row in rows(small_run / "summary.csv")}["naproxen"]
    library, shard = (pq.read_table(small_run / name) for name in ("input/rows.parquet", "molecules/0000.parquet"))
    if mistake == "two scores":
        molecules.insert(0, {"molecule_id": key, "score": 1e6})
        message = (
            f"scores the molecule 'naproxen' by its id, line 2 scores it by its structure hash {key}, and they differ"
        )
    else:  # the structure of one molecule is the id of another
        renamed = [key if name == "lidocaine" else name for name in library["id"].to_pylist()]
        library = library.set_column(1, library.schema.field("id"), pa.array(renamed))
        molecules.insert(0, {"molecule_id": key, "score": 1.0})
        message = (
            f"line 2: the key {key} has two meanings: it is the id of a molecule and the structure hash of another"
        )
    pq.write_table(library, tmp_path / "rows.parquet")
    written(tmp_path / "scores.csv", [*molecules, *decoys])
    table = ["--index", tmp_path / "i.npy"]
    words = ["--path", tmp_path / "scores.csv", "--input", tmp_path / "rows.parquet", *table]
    words = ["score-source", *words, "--out", tmp_path / "s.csv", "--facts", tmp_path / "facts.json"]
    assert cli.main([str(word) for word in words]) == 0
    assert len(shard) == 20
    parts = {name: small_run / name / "0000.parquet" for name in ("molecules", "decoys")}
    words = [word for name, path in parts.items() for word in (f"--{name}", path)]
    words += ["--scores-file", tmp_path / "s.csv", *table, "--excluded", small_run / "leakage/excluded.parquet"]
    assert cli.main([str(word) for word in ["scores", *words, "--out", tmp_path / "items.parquet"]]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "items.parquet").exists()


@pytest.mark.nightly
def test_a_library_of_skips_and_scores_and_truth_that_match_nothing_say_so(small_run, tmp_path):
    taken_up(small_run, tmp_path)
    written(tmp_path / "scores.csv", [{"id": "f" * 64, "score": 1}])
    truth = [{**row, "molecule_id": f"other-{row['molecule_id']}"} for row in rows(tmp_path / "truth.csv")]
    written(tmp_path / "truth.csv", truth)
    config = (tmp_path / "my.yaml").read_text().split("scores:")[0]
    rest = "scores: {source: external, path: scores.csv}\ntruth: {path: truth.csv}\nselection: {k: 3}\n"
    (tmp_path / "my.yaml").write_text(config + rest)
    done = build(tmp_path, cores=1)
    pack = tmp_path / "results/small/pack"
    said = "NO SCORE MATCHES: none of the 11 molecules that could be audited is in the scores file"
    assert said in done.stdout + done.stderr
    assert said in (pack / "index.md").read_text()
    unknown = [row for row in rows(pack / "leakage.csv") if row["kind"] == "truth_id_unknown"]
    assert len(unknown) == len(truth)
    stopped = run("python", "-m", "hetero2", "accept", pack, "--json", cwd=ROOT, check=False)
    assert stopped.returncode == 1
    not_met = {criterion["name"] for criterion in json.loads(stopped.stdout)["criteria"] if not criterion["met"]}
    assert {"rows_ok", "rows_error", "rows_missing_scores_input", "cost_lift_v1"} <= not_met


def test_a_truth_that_matches_nothing_is_the_first_thing_one_reads(small_run):
    from hetero2.report.text.sentences import nothing_matches

    report = load(small_run / "pack/utility_report.json")
    report["truth_coverage"]["with_truth"] = 0
    n_scored = sum(row["score"] != "" for row in rows(small_run / "summary.csv"))
    (text,) = nothing_matches(load(small_run / "metrics.json"), report)
    assert text.startswith(f"NO TRUTH MATCHES: none of the {n_scored} scored molecules")


def test_a_truth_of_some_rows_leaves_the_others_unknown(small_run, tmp_path):
    truth = rows(small_run / "pack/truth.csv")[:5]
    written(tmp_path / "truth.csv", truth)
    words = ["cost-lift", "--summary", small_run / "summary.csv", "--truth", tmp_path / "truth.csv"]
    words += config_option(selection={"k": 3})
    assert cli.main([str(word) for word in [*words, "--out", tmp_path / "c.json"]]) == 0
    result = load(tmp_path / "c.json")
    labelled = {row["molecule_id"] for row in truth}
    ok = [row["id"] for row in rows(small_run / "summary.csv") if row["status"] == "OK"]
    share = sum(molecule_id in labelled for molecule_id in ok) / len(ok)
    report = result["report"]
    assert 0 < share < 1
    assert report["truth_coverage_rate"] == pytest.approx(share)
    assert report["unknown_bucket_rate"] == pytest.approx(1 - share)


def test_the_rules_of_downloads_come_from_the_configuration(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "abc")
    default = keys.default("execution.download")
    changed = {"ports": [8443], "max_mb": 2, "minutes": 1, "token_variable": "MY_TOKEN", "token_host": "h.org"}
    result = limits(default | changed)
    assert (result.rules.ports, result.max_bytes, result.seconds, result.token) == ((8443,), 2 << 20, 60, "abc")
    assert limits(default).rules == Limits().rules
