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
