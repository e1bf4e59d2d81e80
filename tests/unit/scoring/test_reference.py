import os
import subprocess
import sys

import numpy as np
import pytest

from hetero2.config.score_sources import REFERENCES
from hetero2.errors import InputError
from hetero2.inputs.training import read_training
from hetero2.scoring.scorers import reference

TRAIN = "id,smiles,label\n" + "".join(f"a{n},{'C' * n}N,1\nb{n},{'C' * n}O,0\n" for n in range(1, 15))


@pytest.fixture
def training(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(TRAIN)
    return read_training(path)


@pytest.mark.parametrize("name", REFERENCES)
def test_it_learns_and_repeats_itself_bit_for_bit(name, training, monkeypatch):
    smiles = ["CCCN", "CCCO", "CCCCCN", "CCCCCO"]
    scores = list(reference.predict(name, training, smiles))
    if name in ("screen", "reference:morgan_rf", "reference:nearest_hit"):
        assert scores[0] > scores[1]
        assert scores[2] > scores[3]
    monkeypatch.setattr(reference, "_BATCH", 1)
    assert scores == list(reference.predict(name, training, smiles))
    assert np.isfinite(scores).all()
    assert name == "screen" or 0 <= min(scores) <= max(scores) <= 1  # the screen's is no probability


def test_the_forest_is_the_documented_one():
    parameters = reference._forest(0)._classifier.get_params()
    documented = {
        "n_estimators": 500,
        "max_features": "sqrt",
        "min_samples_leaf": 2,
        "class_weight": "balanced_subsample",
        "random_state": 0,
        "n_jobs": 1,
    }
    assert {key: parameters[key] for key in documented} == documented


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,smiles\na,C\n", "no column 'label'"),
        ("id,smiles,label\na,C,yes\n", "line 2: label is 'yes'"),
        ("id,smiles,label\na,C,1\nb,CC,1\n", "all molecules have one label"),
        ("id,smiles,label\na,C,1\na,CC,0\n", "line 3: the id 'a' occurs twice"),
        ("id,smiles,label\n ,C,1\nb,CC,0\n", "line 2: the id ' ' is empty"),
        ("id,smiles,label\na,C,1\nb,C1,0\n", "line 3: smiles is 'C1', which is not valid"),
    ],
)
def test_bad_training_files_are_named(tmp_path, text, message):
    path = tmp_path / "train.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_training(path)


PROCESSORS = {
    "as it is": {},
    "older BLAS kernels": {"OPENBLAS_CORETYPE": "Prescott"},
    "libc without FMA": {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA"},
    "numpy without AVX2": {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"},
}
PRINT_SCORES = """\
import sys
from hetero2.inputs.training import Training
from hetero2.scoring.scorers.reference import predict
smiles = ["C" * n + "O" * (n % 3 + 1) + "c1ccccc1" * (n % 2) for n in range(1, 40)]
training = Training([str(n) for n in range(39)], smiles, smiles, [n * n % 5 % 2 for n in range(39)])
for name in sys.argv[1:]:
    print(name, *(score.hex() for score in predict(name, training, smiles, smiles)))
"""


def test_scores_are_the_same_on_other_processors():
    """The linear model through BLAS and libm, the screen through a Cholesky factor: to the last bit that is written."""
    names = ("reference:property_linear", "reference:nearest_hit", "screen")
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINT_SCORES, *names],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for variables in PROCESSORS.values()
    }
    assert len(printed) == 1
    assert [line.split()[0] for line in printed.pop().splitlines()] == list(names)
