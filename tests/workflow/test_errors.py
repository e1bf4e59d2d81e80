"""What a person sees when something is wrong: one clear line, exit code 1 or 2, no traceback, nothing half-written."""

import contextlib
import re
from pathlib import Path

import pytest

from hetero2 import cli
from tests.conftest import build, config_option, first_by_day, run, small_library

BEFORE_ANY_JOB = [
    ("decoys: {k: 4}", "decoys: {kk: 4}", "unknown key decoys.kk"),
    ("path: library.csv", "path: none.csv", "input.path: none.csv: no such file"),
    ("selection: {k: ", "selection: {baseline_column: today, k: ", "library.csv: line 1: there is no column 'today'"),
    ("{request}", "request", "scores.command lacks {request}"),
    ("run_name: small", "run_name: small\nexecution: {results_dir: /dev/null}", "cannot be written"),
    ("run_name: small", "run_name: small\nrun_name: small", "occurs twice"),
    ("decoys: {k: 4}", "decoys: {k: four}", 'decoys.k: found "four"; expected integer'),
    ("truth: {path: truth.csv}", "truth: {path: truth.csv, sha256: 12}", "truth.sha256: found 12"),
    ("run_name: small", "run_name: ../small", "run_name"),
    ("selection: {k: 3}", "selection: {k: 03}", "my.yaml: line 8: selection.k: 03 is not the same number"),
    ("selection: {k: 3}", "selection: {k: 3.0}", "my.yaml: line 8: selection.k: found 3.0; expected integer"),
    ("selection: {k: 3}", 'selection: {k: "3"}', 'my.yaml: line 8: selection.k: found "3"; expected integer'),
    ("run_name: small", "run_name: 2024-01-01", "my.yaml: line 1: run_name: 2024-01-01 without quotes is a date"),
    ("run_name: small", "run_name: on", "my.yaml: line 1: run_name: found on; expected string or null"),
    ("decoys: {k: 4}", "decoys: &d {k: 4}", "my.yaml: line 3: anchors and aliases (& and *) are not supported"),
    (
        "path: library.csv",
        "path: ~nobody-of-this-name/l.csv",
        "input.path: ~nobody-of-this-name/l.csv: there is no user",
    ),
    ("path: library.csv", 'path: "l\\tib.csv"', "a path with control characters"),
]
IN_THE_FILES = [
    ("library.csv", "id,smile\na,C\n", "library.csv: line 1: there is no column 'smiles'"),
    (
        "library.csv",
        "id,smiles\na,C1CC\nb,\nc,CC.CC\n,CCO\nd,C(\n",
        "none of the 5 rows can be audited: 2 invalid_smiles, 1 missing_smiles, 1 disconnected, 1 missing_id",
    ),
    ("truth.csv", "molecule_id\na\n", "truth.csv: line 1: there is no column 'expensive_label'"),
    ("model.py", "import sys; sys.exit('no licence')\n", "no licence"),
    ("library.csv", "", "library.csv: the file is empty"),
    ("library.csv", "id,smiles\n", "library.csv: no row after the header"),
    ("library.csv", b"id,smiles\na\xe9,C\n", "not UTF-8"),
    ("library.csv", "id,smiles\na,C,C\n", "library.csv: line 2: 3 cells"),
    ("library.csv", "id,smiles\n,CCO\n,CCN\n", "library.csv: 2 of 2 rows have no id"),
    ("model.py", "import sys, os; os.mkdir(sys.argv[2])\n", "did not write"),
    (
        "model.py",
        "import sys; open(sys.argv[2], 'w').write('id,score\\naspirin,1\\n')",
        "'aspirin' is not a structure hash",
    ),
]


def texts(done) -> str:
    return done.stdout + done.stderr


def last_words(done) -> str:
    """What follows the line about Snakemake's log: the errors of the jobs, and nothing else."""
    last = re.split(r"^Snakemake's log: \.snakemake/log/\S+\n", done.stderr, flags=re.MULTILINE)[1]
    assert last.startswith("error: ")
    assert "WorkflowError" not in last
    return last


@pytest.mark.parametrize(("old", "new", "message"), first_by_day(BEFORE_ANY_JOB, 6))
def test_a_wrong_configuration_stops_before_any_job_with_one_line(tmp_path, old, new, message):
    folder = small_library(tmp_path)
    text = (folder / "my.yaml").read_text()
    assert old in text
    (folder / "my.yaml").write_text(text.replace(old, new))
    done = build(folder, check=False)
    assert done.returncode == 2
    errors = [line for line in texts(done).splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in texts(done)
    assert not (folder / "results").exists()


@pytest.mark.parametrize(("name", "content", "message"), first_by_day(IN_THE_FILES, 4))
def test_a_bad_file_ends_the_run_with_its_name_and_line_last(tmp_path, name, content, message):
    folder = small_library(tmp_path)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = build(folder, cores=1, check=False)
    assert done.returncode == 1
    assert "Traceback" not in texts(done)
    assert message in texts(done)
    assert message in last_words(done)
    parts = [path for path in (folder / "results").rglob("*") if ".part" in path.name]
    assert parts == []
    assert not (folder / "results/small/registry_row.json").exists()


def test_where_no_row_can_be_audited_no_model_is_called(tmp_path):
    """Neither for the scores nor for a cross-validation on the training set, which needs no library."""
    folder = small_library(tmp_path)
    (folder / "library.csv").write_text("id,smiles\na,CC.CC\nb,CCO.Cl\n")
    (folder / "model.py").write_text("import pathlib; pathlib.Path('called').touch()\n")
    (folder / "train.csv").write_text("id,smiles,label\nt1,CCO,1\nt2,CCN,0\n")
    text = (
        (folder / "my.yaml").read_text().replace("{request} {scores}", "{train} {request} {scores}\n  train: train.csv")
    )
    (folder / "my.yaml").write_text(text)
    done = build(folder, check=False)
    assert done.returncode == 1
    last = last_words(done)
    assert "error: none of the 2 rows can be audited: 2 disconnected\n" in last
    assert "hint: for salts, set guardrails.standardise: largest_fragment (the first is row 1, 'a': 'CC.CC')" in last
    assert last.count("error:") == 1
    ran = [path.name for path in (folder / "results/small/logs").rglob("*.log")]
    assert "leakage.log" in ran
    assert not {"score_request.log", "scores.csv.log", "cross_validation.log"} & set(ran)
    assert not list(folder.rglob("called"))


def test_a_pinned_file_that_changed_is_refused(tmp_path):
    folder = small_library(tmp_path)
    text = (folder / "my.yaml").read_text()
    (folder / "my.yaml").write_text(text.replace("truth.csv}", f"truth.csv, sha256: '{'0' * 64}'}}"))
    done = build(folder, cores=1, check=False)
    assert done.returncode == 1
    assert f"expected {'0' * 64}" in texts(done)
    assert not (folder / "results/small/truth/truth.csv").exists()


FILES = ("--input", "i", "--molecules", "m", "--decoys", "d")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "start here:"),
        (("--help",), 0, "campaign"),
        (("--help", "all"), 0, "cost-lift"),
        (("nonsense",), 2, "unknown verb 'nonsense'"),
        (("verify", "/no/such.zip"), 2, "/no/such.zip"),
        (("show", "/no/such"), 1, "no finished run here"),
        (("config", "nothing"), 2, "unknown target 'nothing'"),
        (("config", "value_utility_realtruth", "--configfile", "/no/such.yaml"), 2, "no such configuration file"),
        (("truth", "--path", "/no/such.csv", "--out", "o", "--facts", "f"), 1, "/no/such.csv: no such file"),
        (
            ("cost-lift", "--summary", "s", "--truth", "t", *config_option(selection={"k": 0}), "--out", "o"),
            2,
            "selection.k: found 0; is less than the minimum of 1",
        ),
        (("decoys-shard", "--input"), 2, "expected one argument"),
        (
            ("decoys-shard", *FILES, *config_option(decoys={"hard_mode": "maybe"})),
            2,
            'decoys.hard_mode: found "maybe"; expected boolean',
        ),
        (
            ("decoys-shard", *FILES, *config_option(decoys={"kk": 3})),
            2,
            "unknown key decoys.kk; did you mean 'decoys.k'? Allowed here: decoys.strategy, decoys.k,",
        ),
        (("decoys-shard", *FILES, *config_option(decoys={"quotas": {"easy": 1}})), 2, "add up to 1"),
        (
            ("decoys", "--input", "i", "--out", "o.csv", "--hard-mode", "maybe"),
            2,
            'decoys.hard_mode: found "maybe"; expected boolean',
        ),
        (
            ("decoys-shard", *FILES, "--shard", "3", "--shards", "2"),
            2,
            "--shard is 3",
        ),
        (
            ("decoys-shard", *FILES, "--shards", "0"),
            2,
            "whole number from 1",
        ),
        (
            ("decoys-shard", "--input", "none.parquet", "--molecules", "m", "--decoys", "d"),
            1,
            "none.parquet: no such file",
        ),
        (
            ("score-source", "--out", "o", "--index", "i", "--facts", "f"),
            2,
            "scores.source external needs --input",
        ),
        (
            ("score-source", *config_option(scores={"source": "x"}), "--out", "o", "--index", "i", "--facts", "f"),
            2,
            'scores.source: found "x"; allowed are external, command, screen, reference:morgan_rf',
        ),
        (
            ("dataset", "rdkit-freewilson", "--out", "o", *config_option(dataset={"test_share": 1})),
            2,
            "dataset.test_share: found 1; is greater than or equal to the maximum of 1",
        ),
        (("dataset", "rdkit-freewilson", "--out", "o", "--config", '{"dataset": NaN}'), 2, "not JSON"),
        (("dataset", "rdkit-freewilson", "--out", "o", "--config", "[]"), 2, "not a JSON object"),
        (("--version",), 0, "hetero2 0"),
    ],
)
def test_every_verb_says_what_is_wrong(tmp_path, words, code, message):
    done = run("python", "-m", "hetero2", *words, cwd=tmp_path, env={"PYTHONPATH": str(Path.cwd())}, check=False)
    assert done.returncode == code
    assert message in texts(done)
    assert "Traceback" not in texts(done)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", cli.VERBS)
def test_the_help_of_every_verb_ends_with_an_example(verb, capsys):
    with contextlib.suppress(SystemExit):  # as argparse ends
        cli.main([verb, "--help"])
    *_, head, example = capsys.readouterr().out.strip().splitlines()
    assert head == "example:"
    assert f"hetero2 {verb}" in example


def test_an_internal_error_keeps_its_traceback_in_the_log(tmp_path):
    for name in ("registry_row.json", "pack/metrics.json", "pack/environment.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    words = ("show", tmp_path)
    log = tmp_path / "x.log"
    done = run("python", "-m", "hetero2", *words, "--log", log, cwd=Path.cwd(), check=False)
    assert done.returncode == 3
    assert "internal error in show" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in log.read_text()
