"""What a call of `hetero2 run` means, and what it finds wrong before anything slow."""

import sys
import tempfile

import pytest
import yaml

from hetero2 import cli
from hetero2.workflow.results_folder.results_lock import ResultsLock
from tests.conftest import small_library

MODEL = f"{sys.executable} model.py {{request}} {{scores}}"
NAMES = "Compound;Structure\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(small_library(tmp_path / "work"))
    return tmp_path / "work"


def listing(folder):
    """What is in a folder, without what Snakemake keeps for itself."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".snakemake")


def call(capfd, *words):
    """(exit code, lines of stdout, stderr) of a call."""
    code = cli.main(["run", *map(str, words)])
    printed = capfd.readouterr()
    return code, printed.out.splitlines(), printed.err


def test_a_dry_run_says_what_was_understood_and_leaves_nothing(folder, capfd):
    before = listing(folder)
    code, lines, _ = call(
        capfd, "library.csv", "--model", MODEL, "--truth", "truth.csv", "--top-k", 5, "--cores", 1, "--dry-run"
    )
    assert code == 0
    assert [line.split()[0] for line in lines] == ["library", "model", "truth", "to", "dry"]
    assert "tried on 3 structures" in lines[1]
    assert "6 of them hits" in lines[2]
    assert "decoys_shard" in lines[-1]
    assert "SNAKEMAKE" not in "\n".join(lines)
    assert listing(folder) == before


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "no library is named"),
        (["librari.csv", "--scores", "s.csv"], 2, "did you mean library.csv?"),
        (["pilott"], 2, "did you mean pilot?"),
        (["."], 2, "is a folder"),
        (["library.csv"], 2, "no score is named"),
        (["library.csv", "--model", "python model.py {scores}"], 2, "the command does not contain {request}"),
        (["library.csv", "--model", "reference:morgan"], 2, "no such scorer"),
        (["library.csv", "--model", "python modl.py {request} {scores}"], 1, "No such file or directory"),
        (["library.csv", "--model", MODEL, "--set", "audit.refit=3"], 2, "did you mean 'refits'?"),
        (["library.csv", "--model", MODEL, "--set", "audit.refits"], 2, "expected section.key=value"),
        (["library.csv", "--model", MODEL, "--set", "decoys.k=many"], 2, "decoys.k"),
        (["library.csv", "--model", MODEL, "--truth", "library.csv"], 2, "usual for the label"),
        (["library.csv", "--model", MODEL, "--train", "truth.csv"], 2, "usual for the smiles"),
        (["library.csv", "--model", MODEL, "--name", "a/b"], 2, "run_name"),
        (["library.csv", "--model", MODEL, "--dry-run", "--out", "truth.csv"], 2, "truth.csv: is no folder"),
        (["library.csv", "--model", MODEL, "--id-column", "nmae"], 2, "there is no such column"),
    ],
)
def test_what_is_wrong_is_one_error_before_any_job(folder, capfd, words, code, message):
    before = listing(folder)
    found_code, _, error = call(capfd, *words)
    assert (found_code, error.count("error: ")) == (code, 1)
    assert message in error
    assert "Traceback" not in error
    assert listing(folder) == before


def test_a_threshold_is_a_finite_number(capfd):
    with pytest.raises(SystemExit) as stop:
        cli.main(["run", "library.csv", "--threshold", "nan"])
    assert stop.value.code == 2
    assert "'nan' is not a finite number" in capfd.readouterr().err


def test_a_model_that_returns_other_ids_is_found_at_once(folder, capfd):
    (folder / "other.py").write_text("import sys\nopen(sys.argv[2], 'w').write('id,score\\n' + '0' * 64 + ',0.5\\n')\n")
    code, _, error = call(capfd, "library.csv", "--model", f"{sys.executable} other.py {{request}} {{scores}}")
    assert code == 1
    assert "returned none of their ids" in error


def test_what_of_a_command_is_handed_on_as_it_is_and_what_lacks_a_score_is_said(folder, capfd):
    (folder / "few.py").write_text(
        "import sys\nrows = open(sys.argv[1]).read().splitlines()[1:2]\n"
        "open(sys.argv[2], 'w').write('id,score\\n' + rows[0].split(',')[0] + ',0.5\\n')\n"
    )
    model = f"{sys.executable} few.py {{request}} {{scores}} {{training}} | cat"
    code, lines, _ = call(capfd, "library.csv", "--model", model, "--top-k", 999, "--dry-run")
    assert code == 0
    said = "\n".join(lines)
    assert "2 of which got no score" in said
    assert "{training} and | are handed on as they stand, since there is no shell" in said
    assert "(--top-k 999)" in said


def test_a_run_whose_scores_come_later_stops_at_their_request(folder, capfd):
    before = listing(folder)
    code, lines, _ = call(capfd, "library.csv", "--request-scores", "--cores", 1, "--dry-run")
    assert (code, listing(folder)) == (0, before)
    assert "score_request" in lines[-1]
    assert "audit" not in lines[-1]
    with pytest.raises(SystemExit):
        cli.main(["run", "library.csv", "--request-scores", "--scores", "scores.csv"])


def test_truth_about_other_molecules_is_found_at_once(folder, capfd):
    (folder / "t.csv").write_text("id,label\nx,1\ny,0\n")
    code, _, error = call(capfd, "library.csv", "--model", MODEL, "--truth", "t.csv")
    assert code == 1
    assert "none of its 2 ids is an id of the library" in error
    assert "'aspirin'" in error


def test_files_in_other_forms_are_written_in_those_of_the_contracts_and_that_is_recorded(folder, capfd):
    (folder / "mine.csv").write_text(NAMES + "a;CCO\nb;CCN\n")
    (folder / "t.csv").write_text("Name,pIC50\na,8\nb,5\n")
    words = ["mine.csv", "--model", MODEL, "--truth", "t.csv", "--threshold", 7, "--top-k", 1]
    code, lines, error = call(capfd, *words, "--dry-run")
    assert (code, error) == (0, "")
    assert lines[0] == "library   mine.csv: 2 molecules; id = 'Compound', smiles = 'Structure'; separated by semicolon"
    assert "a hit is pIC50 of at least 7" in lines[2]


@pytest.mark.usefixtures("folder")
def test_an_out_without_the_right_to_write_is_noticed_by_a_dry_run(capfd, monkeypatch):
    def refused(suffix=None, prefix="", dir=None):
        if prefix.startswith("."):
            raise PermissionError(13, "Permission denied")
        return make(suffix, prefix, dir)

    make = tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", refused)
    code, _, error = call(capfd, "library.csv", "--model", MODEL, "--dry-run", "--out", "new/results")
    assert (code, "cannot be written to: Permission denied" in error) == (2, True)


def test_a_dry_run_and_a_call_that_fails_leave_what_a_run_reads(folder, capfd):
    (folder / "tr.csv").write_text("Name;SMILES;Active\nx;CCO;1\ny;CCN;0\n")
    brought = folder / "results/library/brought"
    brought.mkdir(parents=True)
    (brought / "train.csv").write_text("of another call")
    assert call(capfd, "library.csv", "--model", MODEL, "--train", "tr.csv", "--dry-run")[0] == 0
    (folder / "tr.csv").write_text("Name;SMILES;Active\nx;CCO;0\ny;CCN;0\n")
    code, _, error = call(capfd, "library.csv", "--model", "reference:morgan_rf", "--train", "tr.csv")
    assert (code, "tr.csv: all molecules have one label" in error) == (1, True)
    assert [path.name for path in brought.iterdir()] == ["train.csv"]
    assert (brought / "train.csv").read_text() == "of another call"


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_named_twice_is_asked_for(capfd):
    code, _, error = call(capfd, "library.csv", "--model", MODEL, "--set", "input.path=other.csv", "--dry-run")
    assert (code, "library.csv: input.path of the configuration is other.csv" in error) == (2, True)
    assert call(capfd, "library.csv", "--model", MODEL, "--set", "input.path=library.csv", "--dry-run")[0] == 0


def test_a_results_folder_in_use_is_left_alone(folder, capfd):
    (folder / "results").mkdir()
    lock = ResultsLock(folder / "results")
    lock.take()
    try:
        code, _, error = call(capfd, "library.csv", "--model", MODEL)
    finally:
        lock.release()
    assert (code, "another run is using this folder" in error) == (1, True)
    assert [path.name for path in (folder / "results").iterdir()] == [".lock"]


def test_what_is_wrong_with_a_call_is_said_in_its_own_words(folder, capfd):
    (folder / "bad.yaml").write_text("selction: {k: 5}\n")
    assert "selction" in call(capfd, "--configfile", "bad.yaml")[2]
    code, _, error = call(capfd, "library.csv", "--model", "python m.py {train} {request} {scores}")
    assert (code, "no training set is named" in error) == (2, True)
    with pytest.raises(SystemExit):
        call(capfd, "library.csv", "--modle", "x")
    assert "did you mean '--model'?" in capfd.readouterr().err


def test_an_error_in_a_file_that_was_written_anew_names_the_users_own(folder, capfd):
    (folder / "tr.csv").write_text("sep=;\nName;SMILES;Active\nx;CCO;\ny;CCN;yes\nz;C1CC;no\n")
    code, _, error = call(capfd, "library.csv", "--model", MODEL, "--train", "tr.csv", "--dry-run")
    assert code == 1
    assert "error: tr.csv: line 5: smiles is 'C1CC'" in error


def test_known_molecules_are_recognised_and_said(folder, capfd):
    (folder / "k.csv").write_text("Compound;SMILES;Active\nx;CCO;yes\ny;CCN;no\n")
    code, lines, _ = call(capfd, "library.csv", "--model", MODEL, "--known", "k.csv", "--dry-run")
    assert code == 0
    said = next(line for line in lines if line.startswith("known"))
    assert "k.csv: 2 rows; id = 'Compound'" in said
    assert "without a truth they are not used" in said


def test_the_configuration_that_was_used_stands_beside_the_results(folder, capfd):
    """A run that stops at its first job, since no row can be audited."""
    (folder / "mine.csv").write_text(NAMES + "a;CCO.C\n")
    words = [
        "mine.csv",
        "--model",
        MODEL,
        "--top-k",
        2,
        "--set",
        "audit.fdr=0.2",
        "--set",
        "screen.seed=3",
        "--cores",
        1,
    ]
    code, _, error = call(capfd, *words)
    assert code == 1
    assert "none of the 1 rows can be audited: 1 disconnected" in error
    layer = yaml.safe_load((folder / "results/mine/run.yaml").read_text())
    assert layer["audit"] == {"fdr": 0.2}
    assert layer["screen"] == {"seed": 3}
    assert layer["selection"] == {"k": 2}
    assert layer["truth"] == {"source": "none"}
    assert layer["input"] == {"path": "results/mine/brought/library.csv"}
    assert layer["understood"][0].startswith("mine.csv: 1 molecules; id = 'Compound'")
    assert len(layer["understood"][0].split("sha256 ")[1]) == 64
    assert (folder / "results/mine/brought/library.csv").read_text() == "id,smiles\na,CCO.C\n"
