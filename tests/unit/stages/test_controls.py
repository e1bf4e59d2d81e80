"""Control sample, refits and controls on a small real library."""

import argparse
import csv
import hashlib
import json
import sys

import numpy as np
import pytest

from hetero2 import cli
from hetero2.chem.bins import QUOTAS
from hetero2.chem.molecules import canonical, parse_known, structure_hash
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.chem.strategy import DEFAULT, make
from hetero2.errors import ConfigError
from hetero2.inputs.training import read_training
from hetero2.io.tables import to_table, write_parquet
from hetero2.runtime.seeds import sample
from hetero2.scoring.scorers import reference, refittable
from hetero2.stages import control_sample, controls, refit
from hetero2.stages.cross_validation import cross_validation

RINGS = ["c1ccccc1", "c1ccncc1", "C1CCNCC1", "c1ccsc1", "C1CCOCC1"]
TAILS = ["CCC(=O)NCCO", "CC(C)CNC(=O)C", "COCCNC(=O)C", "CCCS(=O)(=O)NC", "NCC(=O)OCC(C)C"]
MOLECULES = [f"{tail}{ring}" for ring in RINGS for tail in TAILS]
MODEL = """
import csv, sys
train, request, scores, seed = sys.argv[1:]
hits = [row["smiles"] for row in csv.DictReader(open(train)) if row["label"] == "1"]
assert hits
with open(scores, "w") as out:
    print("id,score", file=out)
    for row in csv.DictReader(open(request)):
        print(f"{row['id']},{row['smiles'].count('N') + int(seed)}", file=out)
"""


@pytest.fixture(scope="module")
def items():
    options = argparse.Namespace(strategy=DEFAULT, k=8, quotas=dict(QUOTAS), hard_mode=False, decoys_as_queries=True)
    options.seconds_per_molecule, options.mb_per_molecule = 60, 1024
    molecules, decoys = [], {}
    for row, smiles in enumerate(MOLECULES):
        mol = parse_known(smiles)
        text = canonical(mol)
        generated = make(DEFAULT, text, 8, row, QUOTAS, False)
        decoys[row] = list(generated.records)
        facts = {
            "row": row,
            "canonical_smiles": text,
            "structure_hash": structure_hash(text),
            "seed_used": row,
        }
        molecules.append(facts | {"scaffold": murcko_scaffold(mol)})
    rows = list(control_sample.sample_items(molecules, decoys, options))
    control_sample.describe(rows)
    return rows


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.csv"
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "smiles", "label"])
        for number, smiles in enumerate(MOLECULES):
            writer.writerow([f"t{number}", smiles, int("S" in smiles or number % 7 == 0)])
    return path


def test_the_control_sample_holds_molecules_their_decoys_and_decoys_of_a_decoy(items):
    first = [item for item in items if item["level"] == 0]
    assert sum(item["decoy_index"] == -1 for item in first) == len(MOLECULES)
    second = {item["block"]: item for item in items if item["level"] == 1 and item["decoy_index"] == -1}
    for item in second.values():
        own_decoys = [decoy for decoy in first if decoy["row"] == item["row"] and decoy["decoy_index"] >= 0]
        assert item["structure_hash"] == min(decoy["structure_hash"] for decoy in own_decoys)
    assert all((item["synthetic_accessibility"] is None) == (item["level"] == 1) for item in items)
    to_table(items, "control_sample_item.v1")


def test_without_refits_no_decoy_is_a_query(items):
    options = argparse.Namespace(decoys_as_queries=False)
    molecules = [
        {"row": item["row"], "canonical_smiles": item["smiles"]}
        | {key: item[key] for key in ("structure_hash", "scaffold")}
        for item in items
        if item["level"] == 0 and item["decoy_index"] == -1
    ]
    decoys = {molecule["row"]: [] for molecule in molecules}
    for item in items:
        if item["level"] == 0 and item["decoy_index"] >= 0:
            decoy = {"decoy_smiles": item["smiles"], "decoy_hash": item["structure_hash"]}
            decoys[item["row"]].append(decoy | {"decoy_index": item["decoy_index"]})
    rows = list(control_sample.sample_items(molecules, decoys, options))
    control_sample.describe(rows)
    assert rows == [item for item in items if item["level"] == 0]


def test_negative_controls_are_silent_and_a_planted_signal_is_found(items):
    negative = controls.negative(items, 0)
    assert set(negative) == {"constant", "random", "molecular_weight", "formula"}
    assert all(facts["silent"] for facts in negative.values())
    assert [negative[name]["reason"] for name in ("constant", "molecular_weight", "formula")] == [
        "all_scores_equal"
    ] * 3
    planted = controls.positive_control(items, 0)
    assert planted["found"]
    assert controls.status(negative, planted)["status"] == "OK"
    few = [item for item in items if item["row"] < 19]
    assert controls.status(negative, controls.positive_control(few, 0))["status"] == "INCONCLUSIVE"


def test_the_random_control_knows_nothing_of_who_was_sampled():
    """The sample is taken by a hash of structure and seed; a control that used the same hash would be loud."""
    keys = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(2000)]
    for seed in (0, 1):
        chosen = {m["structure_hash"] for m in sample([{"structure_hash": key} for key in keys], 200, seed)}
        values = controls._hashed(keys, seed)
        inside = np.array([key in chosen for key in keys])
        assert abs(values[inside].mean() - values[~inside].mean()) < 0.07


def test_a_control_that_sees_the_molecule_fails_the_audit(items):
    """Decoys that are not isomers: the molecular weight is no longer silent."""
    spoilt = [
        item | {"molecular_weight": item["molecular_weight"] and 100.0 + (item["decoy_index"] < 0)} for item in items
    ]
    negative = controls.negative(spoilt, 0)
    assert not negative["molecular_weight"]["silent"]
    assert controls.status(negative, {"found": True})["reason"] == "not silent: molecular_weight"


def test_fits_are_the_same_in_any_chunks_and_the_first_is_the_model_itself(items, train):
    training = read_training(train)
    labels, scaffolds = np.array(training.labels), refittable.scaffolds_of(training.smiles)
    model = refittable.ReferenceModel("reference:property_linear", training, [i["smiles"] for i in items])

    def fits(first, count):
        options = argparse.Namespace(first=first, count=count, refits=3, model_seeds=2, seed=0)
        return refit.fits(items, model, labels, scaffolds, options)

    whole = fits(0, 10)
    assert [(fit["model_seed"], fit["refit"]) for fit in whole] == [(s, b) for s in (0, 1) for b in range(4)]
    assert fits(0, 3) + fits(3, 5) == whole
    assert ["drift" in fit for fit in whole] == [fit["refit"] == 0 for fit in whole]
    direct = list(reference.predict("reference:property_linear", training, [i["smiles"] for i in items]))
    assert whole[0]["mean_z"] == refit.audit(items, np.array(direct))["mean_z"]
    assert len({fit["mean_z"] for fit in whole}) > 1


def test_a_command_with_a_training_file_is_fitted_again(items, train, tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    training = read_training(train)
    line = f"{sys.executable} {tmp_path / 'model.py'} {{train}} {{request}} {{scores}} {{seed}}"
    smiles = [item["smiles"] for item in items]
    model = refittable.CommandModel(line, training, smiles, 60, tmp_path / "log")
    assert model.scores(np.array(training.labels), 3).tolist() == [text.count("N") + 3 for text in smiles]
    no_train = argparse.Namespace(source="command", command="model {request} {scores}", higher_is_better=True)
    with pytest.raises(ConfigError, match=r"has no \{train\}"):
        refittable.model_of(no_train, training, smiles)
    external = argparse.Namespace(source="external", command=None, higher_is_better=True)
    with pytest.raises(ConfigError, match="cannot be fitted again"):
        refittable.model_of(external, training, smiles)
    options = {"source": "reference:property_linear", "command": None}
    up, down = (
        refittable.model_of(argparse.Namespace(**options, higher_is_better=better), training, smiles)
        for better in (True, False)
    )
    labels = np.array(training.labels)
    assert (up.scores(labels, 0) == -down.scores(labels, 0)).all()
    assert len(set(up.scores(labels, 0))) > 1


def test_cross_validation_never_scores_what_it_was_fitted_on(train):
    training = read_training(train)
    labels, scaffolds = np.array(training.labels), refittable.scaffolds_of(training.smiles)

    class Seen:
        def scores(self, labels, _, rows):
            result = np.zeros(len(labels))
            result[rows] = labels[rows] * 100
            return result

    result = cross_validation(Seen(), labels, scaffolds, 0)
    assert result["auc"] == 0.5
    assert result["n"] == len(labels)
    assert result["out_of_fold"] == [0.0] * len(labels)
    assert cross_validation(Seen(), labels, ["a"] * len(labels), 0)["reason"] == "fewer_than_5_scaffolds"


def fitted(tmp_path, n_scored, scaffolds=20):
    record = {"training_scaffolds": scaffolds, "fits": []}
    for refit_number, number in enumerate(n_scored):
        fit = {"model_seed": 0, "refit": refit_number, "n_scored": number, "mean_auc": 0.5, "mean_z": 0.0}
        fit |= {"dispersion_z": 5.0 - refit_number, "drift": {"mean_auc": None, "reason": "x"}}
        record["fits"].append(fit)
    (tmp_path / "refits.json").write_text(json.dumps(record))
    return controls.inference([tmp_path / "refits.json"], len(n_scored) - 1, "")


def test_refits_that_score_fewer_structures_are_no_reference(tmp_path):
    assert fitted(tmp_path, [9] * 20)["verdict"] == "RESOLVES_STRUCTURE"
    different = fitted(tmp_path, [9, *[3] * 19])
    assert (different["verdict"], different["reason"]) == (
        "NOT_ASSESSABLE",
        "fits_scored_different_numbers_of_structures",
    )
    few = fitted(tmp_path, [9] * 20, scaffolds=4)
    for result in (different, few):
        assert (result["p_value"], result["p_values"], result["mean_z_p_value"]) == (None, [], None)


def test_an_undefined_or_silent_score_leaves_nothing_to_explain():
    louder = {"nearest": {"mean_z": 9.0}}
    for mean_z in (None, -8.0, 1.0):
        assert controls.explanation({"mean_z": mean_z}, louder)["explanation"] is None


def test_a_score_that_only_knows_what_is_common_is_explained(items):
    common = controls.familiarity_scores(items, None)
    of_score = refit.audit(items, common["fragment_popularity"])
    kept = controls.beyond_familiarity(items, common["fragment_popularity"], common)
    assert kept["fragment_popularity"]["reason"] == "all_scores_equal"
    louder = {"popularity": {"mean_z": 9.0}}
    explained = {"explanation": "EXPLAINED_BY_NOVELTY", "explained_by": ["popularity"]}
    assert controls.explanation({"mean_z": 5.0}, louder) == explained
    assert controls.explanation({"mean_z": 10.0}, louder) == {"explanation": None, "explained_by": []}
    assert of_score["n"] == len(MOLECULES)


def test_a_fixed_score_file_is_not_assessable(items, tmp_path):
    write_parquet(
        tmp_path / "control_sample.parquet", to_table(items, "control_sample_item.v1"), "control_sample_item.v1"
    )
    scores = [
        {"row": i["row"], "decoy_index": i["decoy_index"], "score": float(i["smiles"].count("N")), "weight": 1.0}
        for i in items
        if i["level"] == 0
    ]
    write_parquet(tmp_path / "scores.parquet", to_table(scores, "score_item.v1"), "score_item.v1")
    (tmp_path / "library.json").write_text("{}")
    words = [
        "controls",
        "--control-sample",
        "control_sample.parquet",
        "--scores",
        "scores.parquet",
        "--library",
        "library.json",
    ]
    words = [str(tmp_path / word) if "." in word else word for word in words]
    reason = "the_scorer_cannot_be_fitted_again"
    assert cli.main([*words, "--why-not", reason, "--out", str(tmp_path / "controls.json")]) == 0
    document = json.loads((tmp_path / "controls.json").read_text())
    assert (document["inference"]["verdict"], document["inference"]["reason"]) == ("NOT_ASSESSABLE", reason)
    assert document["drift"]["reason"] == document["cross_validation"]["reason"] == reason
    assert document["score"]["mean_auc"] == 0.5
