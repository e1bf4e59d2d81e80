"""The training table: its structures are read as those of the library are."""

import os
import signal

import numpy as np
import pytest

from hetero2 import cli
from hetero2.chem.molecules import structure_hash
from hetero2.chem.structures import guardrails
from hetero2.errors import InputError
from hetero2.inputs.training import read_molecules, read_training
from hetero2.runtime import isolated
from hetero2.scoring import refittable
from hetero2.stages.leakage import read_train
from tests.conftest import config_option

FOREST = "reference:morgan_rf"


def table(folder, *structures):
    path = folder / "train.csv"
    cells = ('"' + text.replace('"', '""') + '"' for text in structures)
    path.write_text("id,smiles,label\n" + "".join(f"t{n},{cell},{n % 2}\n" for n, cell in enumerate(cells)))
    return path


@pytest.mark.parametrize("read", [read_training, lambda path: read_train(path, "none")])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("C1CC", "which is not valid"),
        ("", "which is empty"),
        ("CCO name", "which is not valid"),
        ("[N+300]", "which is not valid"),
        ("*CCO", "which is not a defined structure"),
        ("CCN~CCO", "which is not a defined structure"),
        ("NCCO |Sg:n:1,2:n:ht:::|", "which is not a defined structure"),
        ("C(" * 30_000 + "C" + ")" * 30_000, "which has more than 5000 atoms"),
        ("N" * 6_000, "which has more than 5000 atoms"),
    ],
)
def test_a_structure_that_is_none_is_an_error_with_its_line(tmp_path, read, text, what):
    with pytest.raises(InputError) as error:
        read(table(tmp_path, "CCO", "CCN", text, "CC"))
    assert str(error.value).startswith(f"{tmp_path / 'train.csv'}: line 4: smiles is ")
    assert what in str(error.value)
    assert len(str(error.value)) < 400
    assert "remove the row" in error.value.hint


@pytest.mark.parametrize(("reason", "what"), [("crash", "worker_crashed"), ("loop", "takes too long to read")])
def test_what_ends_the_reader_ends_no_more_than_a_worker(tmp_path, monkeypatch, reason, what):
    """Whatever RDKit does to a process: the line is named, as for any other structure."""
    really, limits = guardrails.reader.read, isolated.Limits(seconds=0.5)

    def broken(text):
        while text == "CCF" and reason == "loop":
            pass
        if text == "CCF":
            os.kill(os.getpid(), signal.SIGKILL)
        return really(text)

    monkeypatch.setattr(guardrails.reader, "read", broken)
    monkeypatch.setattr(isolated, "Limits", lambda: limits)
    with pytest.raises(InputError, match=f"line 3: smiles is 'CCF', which .*{what}"):
        read_training(table(tmp_path, "CCO", "CCF", "CC"))


def test_it_is_standardised_as_the_library_is_and_keeps_what_was_given(tmp_path):
    texts = ["[CH3:1]CO", "OCC |$a;;$|", "C[C@H](N)CC |&1:1|", "CC[NH+](CC)CC.[O-]C(=O)c1ccc(F)cc1"]
    training = read_training(table(tmp_path, *texts), "largest_fragment")
    assert training.texts == texts
    assert training.smiles == ["CCO", "CCO", "CCC(C)N", "O=C([O-])c1ccc(F)cc1"]
    assert training.labels == [0, 1, 0, 1]
    assert read_training(table(tmp_path, *texts)).smiles[3] == "CC[NH+](CC)CC.O=C([O-])c1ccc(F)cc1"
    assert next(iter(read_train(table(tmp_path, *texts), "none").values())) == ("t0", "CCO")
    assert len(read_train(table(tmp_path, *texts), "none")) == 3


def test_a_command_is_fitted_on_what_was_given(tmp_path):
    """The user's own model reads its training table as ever: salts, map numbers and all."""
    program = tmp_path / "model.py"
    program.write_text(
        "import csv, sys\n"
        "texts = [row['smiles'] for row in csv.DictReader(open(sys.argv[1]))]\n"
        "assert texts == ['[CH3:1]CO', 'CCN.Cl'], texts\n"
        "open(sys.argv[3], 'w').write('id,score\\n' + ''.join(\n"
        "    row['id'] + ',1\\n' for row in csv.DictReader(open(sys.argv[2]))))\n"
    )
    training = read_training(table(tmp_path, "[CH3:1]CO", "CCN.Cl"))
    line = f"python {program} {{train}} {{request}} {{scores}}"
    model = refittable.CommandModel(line, training, ["CCO"], 60, tmp_path / "log")
    assert model.scores(np.array(training.labels), 0).tolist() == [1.0]


def test_one_worker_reads_a_whole_table(tmp_path, monkeypatch):
    started = []
    start = isolated._Lane._start
    monkeypatch.setattr(isolated._Lane, "_start", lambda lane: (started.append(1), start(lane)))
    assert len(list(read_molecules(table(tmp_path, *["C" * n for n in range(1, 300)])))) == 299
    assert len(started) == 1


@pytest.mark.parametrize("verb", ["leakage", "score-source", "cross-validation"])
def test_every_verb_that_reads_it_names_file_and_line(tmp_path, capsys, verb):
    deep = table(tmp_path, "CCO", "C(" * 30_000 + "C" + ")" * 30_000)
    request, out = tmp_path / "request.csv", tmp_path / "out"
    request.write_text("id,smiles,role,n_rows\n" + "0" * 64 + ",CCO,original,1\n")
    fitted = config_option(scores={"source": FOREST})
    words = {
        "leakage": ["--molecules", "m", "--decoys", "d", "--leaks", out, "--excluded", out],
        "score-source": [*fitted, "--request", request, "--out", out, "--index", out, "--facts", out],
        "cross-validation": [*fitted, "--out", out],
    }
    code = cli.main([str(word) for word in [verb, "--train", deep, *words[verb]]])
    printed = capsys.readouterr().err
    assert code == 1
    assert f"{deep}: line 3: smiles is 'C(C(C(" in printed
    assert "which has more than 5000 atoms" in printed
    assert "Traceback" not in printed
    assert not out.exists()


def test_a_reference_scorer_is_fitted_on_what_the_library_becomes(tmp_path):
    """A hit that is brought as a salt is as near as the compound itself, where salts of the library are taken apart."""
    request, texts = tmp_path / "request.csv", ["NCCc1ccc(O)cc1", "CCOC(=O)c1ccccc1"]
    lines = [f"{structure_hash(text)},{text},original,1\n" for text in texts]
    request.write_text("id,smiles,role,n_rows\n" + "".join(lines))

    def scores(standardise, *structures):
        paths = {name: tmp_path / name for name in ("out", "index", "facts")}
        words = ["score-source", "--train", table(tmp_path, *structures), "--request", request]
        words += config_option(scores={"source": "reference:nearest_hit"}, guardrails={"standardise": standardise})
        words += [word for name, path in paths.items() for word in (f"--{name}", path)]
        assert cli.main([str(word) for word in words]) == 0
        return [line.split(",")[1] for line in paths["out"].read_text().splitlines()[1:]]

    salt = "CNCC(O)C(O)C(O)C(O)CO.[NH2:4]CCc1ccc(O)cc1"
    assert scores("largest_fragment", "CCF", salt) == scores("none", "CCF", texts[0])
    assert float(scores("largest_fragment", "CCF", salt)[0]) == 1.0
    assert float(scores("none", "CCF", salt)[0]) < 1.0
