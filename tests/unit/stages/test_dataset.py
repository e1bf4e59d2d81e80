import csv
import hashlib
import shutil

import pytest

from hetero2.chem.molecules import parse
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.errors import ConfigError, GateError, InputError
from hetero2.stages import dataset

FOLDER = dataset.source_folder()


@pytest.fixture(scope="module")
def compounds():
    return dataset.read_compounds(FOLDER)


def test_all_1017_compounds_have_a_measured_value(compounds):
    assert len(compounds) == 1017
    assert (min(c.activity for c in compounds), max(c.activity for c in compounds)) == (4.27, 9.22)


def test_split_shares_no_scaffold_keeps_order_and_size(compounds):
    train, library = dataset.split(compounds, 0.525, 0)
    assert len(train) + len(library) == 1017
    assert 520 <= len(library) <= 534
    scaffolds = [{murcko_scaffold(parse(c.smiles)) for c in part} for part in (train, library)]
    assert not scaffolds[0] & scaffolds[1]
    order = [c.name for c in compounds]
    assert [c.name for c in library] == sorted((c.name for c in library), key=order.index)
    assert dataset.split(compounds, 0.525, 1)[1] != library


def test_files_and_what_they_depend_on(tmp_path):
    dataset.write(FOLDER, tmp_path / "a", 7.0, 0.525, 0, {})
    dataset.write(FOLDER, tmp_path / "b", 7.0, 0.3, 5, {})
    truth = (tmp_path / "a/truth.csv").read_bytes()
    assert truth == (tmp_path / "b/truth.csv").read_bytes()
    assert hashlib.sha256(truth).hexdigest() == "d1447f5441cfdd45390685aefee0f58a46adc52125b7e8ad156bf935d9e47979"
    with (tmp_path / "a/truth.csv").open(newline="") as handle:
        labels = {row["molecule_id"]: row["expensive_label"] for row in csv.DictReader(handle)}
    activities = {c.name: c.activity for c in dataset.read_compounds(FOLDER)}
    assert all((labels[name] == "PASS") == (activities[name] >= 7.0) for name in activities)
    with (tmp_path / "a/train.csv").open(newline="") as handle:
        assert all(int(row["label"]) == (activities[row["id"]] >= 7.0) for row in csv.DictReader(handle))


def test_a_changed_source_file_stops_with_both_digests(tmp_path):
    for name in ("CHEMBL2321810.smi", "CHEMBL2321810_act.csv"):
        shutil.copyfile(FOLDER / name, tmp_path / name)
    (tmp_path / "CHEMBL2321810.smi").write_text("C 1\n")
    with pytest.raises(GateError, match="expected 3feff3aa"):
        dataset.write(tmp_path, tmp_path / "out", 7.0, 0.5, 0, {"CHEMBL2321810.smi": "3feff3aa" + "0" * 56})
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="is in one of the two files only"):
        dataset.write(tmp_path, tmp_path / "out", 7.0, 0.5, 0, {})


def test_a_pin_of_an_unknown_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"'x\.smi' is not a source file"):
        dataset.write(FOLDER, tmp_path, 7.0, 0.5, 0, {"x.smi": "0" * 64})
