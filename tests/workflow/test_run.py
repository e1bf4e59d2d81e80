"""The whole pipeline on a user's own library, as a person runs it."""

import csv
import json
import re
import zipfile
from pathlib import Path

import pytest

from hetero2 import cli
from tests.conftest import DATA, ROOT, build, config_option, run, small_library, snakemake, taken_up


def summary_of(results: Path) -> list[dict[str, str]]:
    with (results / "summary.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_every_row_comes_out_once_in_order_with_its_reason(small_run):
    rows = summary_of(small_run)
    with (DATA / "library.csv").open(newline="", encoding="utf-8") as handle:
        library = list(csv.DictReader(handle))
    assert [row["id"] for row in rows] == [row["id"] for row in library]
    reasons = {row["reason"] for row in rows if row["status"] != "OK"}
    skips = {"invalid_smiles", "missing_smiles", "too_many_atoms", "disconnected", "no_decoys_generated"}
    assert reasons == skips | {"missing_id", "duplicate_id"}
    for row in rows:
        assert (row["status"] == "OK") == (row["reason"] == "")
        assert row["skip_reason"] == (row["reason"] if row["status"] == "SKIP" else "")
        assert (row["status"] == "ERROR") == (row["reason"] in ("missing_id", "duplicate_id"))
        assert (row["verdict"] in ("PASS", "FAIL")) == (row["status"] == "OK")


def test_metrics_count_what_summary_holds(small_run):
    metrics, rows = json.loads((small_run / "metrics.json").read_text()), summary_of(small_run)
    counts = {status: sum(row["status"] == status for row in rows) for status in ("OK", "SKIP", "ERROR")}
    assert metrics["counts"] == counts
    assert sum(count for _, count in metrics["top_reasons"]) == counts["SKIP"] + counts["ERROR"]
    ok = [row for row in rows if row["status"] == "OK"]
    assert metrics["pass_rate"] == sum(row["verdict"] == "PASS" for row in ok) / len(ok)
    assert metrics["scores_coverage"]["decoys_scored"] == sum(int(row["n_decoys_scored"]) for row in ok)


def test_scores_are_the_models_own(small_run, tmp_path):
    """Score the request again with the model, by hand, and compare with summary.csv and the decoys' file."""
    request = small_run / "score_request.csv"
    run("python", DATA / "model.py", request, tmp_path / "scores.csv", cwd=tmp_path)
    with (tmp_path / "scores.csv").open(newline="") as handle:
        scores = {row["id"]: float(row["score"]) for row in csv.DictReader(handle)}
    for row in summary_of(small_run):
        if row["status"] == "OK":
            assert float(row["score"]) == scores[row["structure_hash"]]


def test_the_pack_is_in_order_by_our_verb_by_the_lone_file_and_by_sha256sum(small_run, tmp_path):
    archive = small_run / "small_evidence_pack.zip"
    assert "OK: the pack is in order" in run("python", "-m", "hetero2", "verify", archive, cwd=ROOT).stdout
    lone = tmp_path / "verify.py"
    run("python", "-m", "hetero2", "verify", "--standalone", lone, cwd=ROOT)
    run("python", "-I", "-S", lone, archive, cwd=tmp_path)
    run("python", "-I", "-S", lone, small_run / "pack", cwd=tmp_path)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "unzipped")
    run("sha256sum", "-c", "--quiet", "checksums.sha256", cwd=tmp_path / "unzipped")
    run("sha256sum", "-c", archive.name + ".sha256", cwd=small_run)


def test_the_pack_names_user_files_by_base_name_and_sha256_never_by_path(small_run):
    manifest = json.loads((small_run / "pack/manifest.json").read_text())
    assert {entry["name"] for entry in manifest["inputs"]} == {"library.csv", "truth.csv", "model.py"}
    assert len(manifest["config"]["input"]["sha256"]) == 64
    for path in (small_run / "pack").rglob("*"):
        if path.is_file():
            assert str(small_run.parent.parent).encode() not in path.read_bytes(), path


def test_show_tells_it_at_a_glance(small_run):
    text = run("python", "-m", "hetero2", "show", small_run, cwd=ROOT).stdout
    row = json.loads((small_run / "registry_row.json").read_text())
    digest = row["assets"][0]["sha256"].lower()
    for part in ("small_evidence_pack.zip", digest, "11 audited, 7 left out, 2 failed", "at random"):
        assert part in text
    assert "  Is the pack in order? No: not met: rows that failed.\n" in text
    assert "leakage                not checked, since no training set was given (scores.train)" in text
    assert "  Caution: Only 11 molecules could be audited: below 20 none can stand out.\n" in text
    assert "  Does it tell molecules from their isomers? Not shown: " in text


def test_the_time_of_every_job_is_kept_beside_the_pack(small_run):
    jobs = json.loads((small_run / "runtime.json").read_text())["jobs"]
    assert {"input", "decoys/0000", "pack"} <= set(jobs)


def test_a_good_run_prints_its_result_and_little_else(small_run):
    folder = small_run.parent.parent
    result = (folder / "result.txt").read_text()
    assert result == run("python", "-m", "hetero2", "show", "--brief", "results/small", cwd=folder).stdout
    assert result.count("\n") <= 22  # with the line about the profile and two of progress 25
    profile, *progress = (folder / "printed.txt").read_text().splitlines()
    assert profile.startswith("Using workflow specific profile")
    assert len(progress) <= 6, progress  # one in the first minute, and one whenever twice the time has passed
    assert all(re.match(r"\d+ of 23 jobs", line) for line in progress)
    assert "Finished jobid" in next((folder / ".snakemake/log").glob("*.log")).read_text()


def test_a_second_run_has_nothing_to_do(small_run):
    done = build(small_run.parent.parent)
    assert "Nothing to be done" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "last_file"),
    [
        (("--until", "audit"), "audit/0000.parquet"),  # what follows is that of the small run
        pytest.param((), "my-library_evidence_pack.zip", marks=pytest.mark.nightly),
    ],
)
def test_the_overlay_of_the_first_page_works_on_a_users_own_files(tmp_path, words, last_file):
    """The ten lines of docs/start.md, taken from there, with a model that scores the request."""
    page = (ROOT / "docs/start.md").read_text()
    overlay = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    assert len(overlay.splitlines()) <= 10
    folder = small_library(tmp_path)
    (folder / "my.yaml").write_text(overlay)
    for new_name, have in (
        ("my_library.csv", "library.csv"),
        ("my_truth.csv", "truth.csv"),
        ("my_model.py", "model.py"),
    ):
        (folder / have).rename(folder / new_name)
    build(folder, *words, cores=1)
    assert (folder / "results/my-library" / last_file).is_file()


@pytest.mark.nightly
def test_scores_computed_elsewhere_give_the_same_audit(small_run, tmp_path):
    """score_requests, then a table as external scores."""
    folder = taken_up(small_run, tmp_path)
    (folder / "results/small/score_request.csv").unlink()
    text = (folder / "my.yaml").read_text().split("scores:")[0]
    rest = "scores: {source: external, path: table.csv}\ntruth: {path: truth.csv}\nselection: {k: 3}\n"
    (folder / "my.yaml").write_text(text + rest)
    snakemake(folder, "score_requests", "--cores", 1, "--configfile", "my.yaml")
    run("python", "model.py", "results/small/score_request.csv", "table.csv", cwd=folder)
    build(folder, cores=1)
    results = folder / "results/small"
    assert (results / "summary.csv").read_bytes() == (small_run / "summary.csv").read_bytes()
    assert (results / "pack/scores_external.csv").read_bytes() == (folder / "table.csv").read_bytes()


@pytest.mark.nightly
def test_a_hetero_scores_file_and_one_for_each_row_give_the_same_audit(small_run, tmp_path):
    scores = {
        "schema_version": "hetero_scores.v1",
        "original": {"score": 1.0, "weight": 1.0},
        "decoys": {"e" * 64: {"score": 0.0, "weight": 1.0}},
    }
    summaries = []
    for mode in ("shared", "by_row"):
        folder = taken_up(small_run, tmp_path / mode)
        (folder / "s.json").write_text(json.dumps(scores))
        path = "path: s.json" if mode == "shared" else "path: null"
        head = (folder / "my.yaml").read_text().split("scores:")[0]
        (folder / "my.yaml").write_text(head + f"scores: {{source: external, {path}}}\ntruth: {{source: none}}\n")
        if mode == "by_row":
            with (folder / "library.csv").open(newline="") as handle:
                rows = list(csv.DictReader(handle))
            with (folder / "library.csv").open("w", newline="") as handle:
                writer = csv.writer(handle)
                writer.writerow(["id", "smiles", "scores_input"])
                writer.writerows([row["id"], row["smiles"], "s.json"] for row in rows)
        build(folder, *(() if mode == "by_row" else ("--until", "summary")), cores=1)
        summaries.append((folder / "results/small/summary.csv").read_bytes())
    run("python", "-m", "hetero2", "verify", folder / "results/small/small_evidence_pack.zip", cwd=ROOT)
    assert summaries[0] == summaries[1]
    assert b"skip:missing_scores_for_all_decoys" in summaries[0]
    assert (folder / "results/small/pack/scores_external.jsonl").is_file()
    assert not (folder / "results/small/pack/truth.csv").exists()


def test_lower_scores_may_be_better(small_run, tmp_path):
    folder = taken_up(small_run, tmp_path)
    text = (folder / "my.yaml").read_text().replace("source: command", "source: command\n  higher_is_better: false")
    (folder / "my.yaml").write_text(text)
    build(folder, "--until", "summary", cores=1)
    for up, down in zip(summary_of(small_run), summary_of(folder / "results/small"), strict=True):
        if up["status"] == "OK":
            assert float(down["score"]) == -float(up["score"])
            assert float(up["auc_tie_aware"]) + float(down["auc_tie_aware"]) == pytest.approx(1)


@pytest.mark.nightly
def test_a_truth_with_a_byte_order_mark_and_blank_lines_is_taken_in_as_it_is(small_run, tmp_path):
    folder = taken_up(small_run, tmp_path)
    text = b"\xef\xbb\xbf" + (folder / "truth.csv").read_bytes() + b"\n\n"
    (folder / "truth.csv").write_bytes(text)
    build(folder)
    assert (folder / "results/small/pack/truth.csv").read_bytes() == text
    reports = [(r / "pack/cost_lift_report.json").read_bytes() for r in (small_run, folder / "results/small")]
    assert reports[0] == reports[1]


def test_a_library_of_skips_stops_before_anything_is_scored(tmp_path):
    folder = small_library(tmp_path)
    (folder / "library.csv").write_text("id,smiles\na,C\nb,\n")
    done = build(folder, cores=1, check=False)
    assert done.returncode == 1
    reasons = "1 no_decoys_generated, 1 missing_smiles"
    assert f"error: none of the 2 rows can be audited: {reasons}\n" in done.stdout + done.stderr
    assert not list((folder / "results/small").rglob("scores*"))
    assert not (folder / "results/small/pack").exists()


RINGS = "c1ccccc1 C1CCNCC1 c1ccncc1 C1CCOCC1 c1ccsc1 C1CCCC1 c1ccoc1 C1CNC1 C1CC1 C1CCC1 C1CCCCC1 C1COC1".split()
TRAINED = """
import csv, sys
from collections import Counter
train, request, scores, seed = sys.argv[1:]
votes = Counter()
for row in csv.DictReader(open(train)):
    votes.update({letter: 1 if row["label"] == "1" else -1 for letter in set(zip(row["smiles"], row["smiles"][1:]))})
with open(scores, "w") as out:
    print("id,score", file=out)
    for row in csv.DictReader(open(request)):
        text = row["smiles"]
        print(f"{row['id']},{sum(votes[pair] for pair in zip(text, text[1:])) / len(text):.6f}", file=out)
"""


@pytest.mark.nightly
def test_a_model_that_takes_a_training_file_is_fitted_again_and_cross_validated(tmp_path):
    folder = small_library(tmp_path)
    (folder / "trained.py").write_text(TRAINED)
    rows = [
        f"t{n}-{place}{tail},{'C' * (n % 7 + 1)}{ring}{tail},{int((n * 7 + place * place) % 5 > 2)}"
        for n in range(6)
        for place, ring in enumerate(RINGS)
        for tail in ("O", "CN", "C(=O)O")
    ]
    (folder / "train.csv").write_text("id,smiles,label\n" + "\n".join(rows) + "\n")
    text = (
        (folder / "my.yaml")
        .read_text()
        .replace("model.py {request} {scores}", "trained.py {train} {request} {scores} {seed}")
    )
    text = text.replace("model.py", "trained.py").replace("source: command", "source: command\n  train: train.csv")
    text = text.replace("selection: {", "selection: {baseline_column: today, ")
    (folder / "my.yaml").write_text(text + "audit: {refits: 2, model_seeds: 2}\n")
    header, *lines = (folder / "library.csv").read_text().splitlines()
    filtered = [f"{line},{(7 * n) % 5}" for n, line in enumerate(lines)]
    (folder / "library.csv").write_text("\n".join([f"{header},today", *filtered]) + "\n")
    build(folder)
    controls = json.loads((folder / "results/small/pack/controls.json").read_text())
    fits = controls["inference"]["fits"]
    assert [(fit["model_seed"], fit["refit"]) for fit in fits] == [(s, b) for s in range(2) for b in range(3)]
    assert len({fit["dispersion_z"] for fit in fits}) > 1
    assert len(controls["inference"]["p_values"]) == 2
    assert controls["inference"]["quick_look"]
    assert fits[0]["mean_z"] == controls["score"]["mean_z"]
    assert controls["drift"]["n"] > 0
    assert controls["inference"]["verdict"] in ("RESOLVES_STRUCTURE", "NOT_SHOWN")
    assert 0 < controls["cross_validation"]["auc"] < 1
    utility = json.loads((folder / "results/small/pack/utility_report.json").read_text())
    assert utility["baseline"]["name"] == "library.csv"
    assert utility["utility"]["before_after"]["before"]["method"] == "baseline_topk"
    manifest = json.loads((folder / "results/small/pack/manifest.json").read_text())
    assert "train.csv" in {entry["name"] for entry in manifest["inputs"]}
    run("python", "-m", "hetero2", "verify", folder / "results/small/small_evidence_pack.zip", cwd=ROOT)


def test_a_training_file_that_is_missing_is_told_before_any_job(tmp_path):
    folder = small_library(tmp_path)
    text = (folder / "my.yaml").read_text().replace("{request} {scores}", "{train} {request} {scores}")
    (folder / "my.yaml").write_text(text)
    done = build(folder, check=False)
    assert done.returncode == 2
    assert "scores.train is needed" in done.stderr


@pytest.mark.parametrize(("sign", "larger_is_better"), [(1, True), (-1, False)])
def test_today_s_filter_is_read_by_its_own_sign(small_run, tmp_path, sign, larger_is_better):
    """The score itself as today's filter, larger or smaller first: the same molecules, and nothing is gained."""
    summary = summary_of(small_run)
    with (tmp_path / "today.csv").open("w", newline="", encoding="utf-8") as handle:
        lines = csv.writer(handle)
        lines.writerow(["id", "score"])
        lines.writerows((row["id"], repr(sign * float(row["score"]))) for row in summary if row["score"])
    selection = {"k": 3, "baseline_higher_is_better": larger_is_better}
    words = ["utility", "--summary", small_run / "summary.csv", "--truth", small_run / "truth/truth.csv"]
    words += ["--cost-lift", small_run / "cost_lift.json", "--resamples", 20]
    words += ["--baseline", tmp_path / "today.csv", *config_option(selection=selection)]
    words += ["--out", tmp_path / "u.json", "--curve", tmp_path / "c.csv"]
    assert cli.main([str(word) for word in words]) == 0
    report = json.loads((tmp_path / "u.json").read_text())
    assert report["baseline"]["higher_is_better"] == larger_is_better
    methods = report["utility"]["at"][0]["methods"]
    assert methods["baseline_topk"] == methods["score_topk"]


def test_a_column_of_scores_follows_the_sign_of_the_scores_and_is_told_before_any_job(tmp_path):
    folder = small_library(tmp_path)
    header, *lines = (folder / "library.csv").read_text().splitlines()
    (folder / "library.csv").write_text("\n".join([f"{header},docking", *(f"{line},-7" for line in lines)]) + "\n")
    text = (folder / "my.yaml").read_text().replace("selection: {", "selection: {baseline_column: docking, ")
    message = "today's filter, column 'docking' of library.csv: {} is better (by {})"
    for more, better, key in (
        ("", "larger", "scores.higher_is_better"),
        ("  higher_is_better: false\n", "smaller", "scores.higher_is_better"),
    ):
        (folder / "my.yaml").write_text(text.replace("truth:", f"{more}truth:"))
        assert message.format(better, key) in build(folder, "--dry-run").stderr.splitlines()
    words = ("--dry-run", "--config", "selection={baseline_higher_is_better: true}")
    done = build(folder, *words).stderr.splitlines()
    assert message.format("larger", "selection.baseline_higher_is_better") in done
