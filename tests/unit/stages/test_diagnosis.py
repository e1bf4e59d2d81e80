"""The verb on small libraries of molecules made up for it: whatever the labels are, one answer and no traceback."""

import csv
import json

import pytest
from sklearn.metrics import roc_auc_score

from hetero2 import cli
from hetero2.chem.molecules import canonical, parse, structure_hash
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.runtime.seeds import row_seed
from tests.conftest import config_option

COLUMNS = ("id", "score", "canonical_smiles", "structure_hash", "scaffold")


def noise(molecule_id):
    return row_seed(0, "per_row", molecule_id) / 2**32


@pytest.fixture(scope="module")
def library():
    """126 molecules with 126 scaffolds, since they are acyclic; those with sulphur are hits."""
    rows = []
    for before in range(1, 8):
        for after in range(1, 7):
            for middle in "NOS":
                mol = parse(f"{'C' * before}{middle}{'C' * after}C(=O)N")
                smiles = canonical(mol)
                rows.append(
                    {
                        "id": f"{middle}{before}{after}",
                        "canonical_smiles": smiles,
                        "structure_hash": structure_hash(smiles),
                        "scaffold": murcko_scaffold(mol),
                        "hit": middle == "S",
                        "atoms": mol.GetNumHeavyAtoms(),
                    }
                )
    assert len({row["scaffold"] for row in rows}) == len(rows) == 126
    return rows


def write_csv(path, header, rows):
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerows([header, *rows])
    return path


@pytest.fixture
def diagnosed(library, tmp_path, capsys):
    """Calls the verb; gives diagnosis.json. `score` and `label` of a row, None for none; `rows` may change."""

    def call(score, label=lambda row: row["hit"], rows=library, train=None, words=(), **sections):
        cells = [
            ["" if score(row) is None and name == "score" else row.get(name, score(row)) for name in COLUMNS]
            for row in rows
        ]
        options = ["--summary", write_csv(tmp_path / "summary.csv", COLUMNS, cells)]
        if label is not None:
            truth = [
                (row["id"], "PASS" if label(row) else "FAIL", sections.get("source", "external"), "customer_truth.v1")
                for row in rows
                if label(row) is not None
            ]
            header = ("molecule_id", "expensive_label", "truth_source", "truth_version")
            options += ["--truth", write_csv(tmp_path / "truth.csv", header, truth)]
        if train is not None:
            options += ["--train", write_csv(tmp_path / "train.csv", ("id", "smiles", "label"), train)]
        config = {"truth": {"source": sections.get("source", "external")}}
        config["scores"] = {"higher_is_better": sections.get("higher_is_better", True)}
        out = tmp_path / "diagnosis.json"
        words = [*options, "--resamples", "200", *config_option(**config), *words]
        code = cli.main(["diagnosis", *map(str, words), "--out", str(out)])
        assert code == 0, capsys.readouterr().err
        return json.loads(out.read_text())

    return call


def informative(row):
    return row["hit"] + noise(row["id"])


def test_a_score_that_knows_more_than_size_is_informative(diagnosed, library):
    document = diagnosed(informative)
    assert (document["answer"], document["codes"][0]) == ("yes", "INFORMATIVE")
    assert document["labels"] == {"source": "truth", "reason": None, "n": 126, "hits": 42, "scaffolds": 126}
    expected = roc_auc_score([row["hit"] for row in library], [informative(row) for row in library])
    assert document["ranking"]["auc"] == pytest.approx(expected)
    atoms = document["ranking"]["competitors"][0]
    expected = roc_auc_score([row["hit"] for row in library], [row["atoms"] for row in library])
    assert (atoms["name"], atoms["score_is"]) == ("heavy_atoms", "better")
    assert atoms["auc"] == pytest.approx(max(expected, 1 - expected))


def test_counting_atoms_is_called_no_better_than_that_and_a_property_model(diagnosed):
    document = diagnosed(lambda row: row["atoms"], label=lambda row: row["atoms"] + 4 * noise(row["id"]) > 13)
    assert document["answer"] == "no"
    assert {"NO_BETTER_THAN_HEAVY_ATOMS", "PROPERTY_MODEL"} <= set(document["codes"])
    assert document["bulk_properties"]["rank_correlation_heavy_atoms"] == 1
    assert document["bulk_properties"]["explained_share"] > 0.9


def test_a_score_that_points_the_wrong_way_is_told_so(diagnosed):
    document = diagnosed(lambda row: -2 - informative(row))
    assert (document["answer"], document["codes"][:2]) == ("no", ["WRONG_WAY", "NO_VALUE_ABOVE_0"])
    assert diagnosed(lambda row: 2 + informative(row), higher_is_better=False)["sign"] == {
        "higher_is_better": False,
        "all_at_most_zero": True,  # as the values were before their sign was turned
        "all_equal": False,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ({"score": lambda _: 1.0}, "ALL_SCORES_EQUAL", None),
        ({"label": None}, "NO_LABELS", "no_truth_and_no_training_set"),
        ({"label": lambda _: True}, "TOO_FEW_LABELS", "fewer_than_10_non_hits"),
        ({"label": lambda _: False}, "TOO_FEW_LABELS", "fewer_than_10_hits"),
        ({"label": lambda row: row["hit"] if row["id"] in ("S11", "N11", "S22", "N22") else None}, "TOO_FEW_LABELS", 4),
        ({"label": lambda row: True if row["id"] == "S11" else None}, "TOO_FEW_LABELS", 1),
        ({"score": lambda _: None}, "NO_LABELS", "no_molecule_with_score_and_label_of_truth"),
        ({"source": "proxy_rule_v1"}, "NO_LABELS", "truth_is_a_hash_of_the_smiles"),
    ],
)
def test_what_cannot_be_said_has_a_reason(diagnosed, arguments, code, reason):
    document = diagnosed(**{"score": informative, **arguments})
    assert (document["answer"], document["codes"][0]) == ("cannot_say", code)
    if isinstance(reason, int):
        assert document["labels"]["n"] == reason
    elif reason is not None:
        assert reason in (document["labels"]["reason"], document["ranking"]["reason"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"scaffold": "c1ccccc1"}, "TOO_FEW_SCAFFOLDS"), ({"canonical_smiles": ""}, "NO_STRUCTURES")],
)
def test_one_scaffold_or_no_structure(diagnosed, library, changes, code):
    document = diagnosed(informative, rows=[row | changes for row in library])
    assert (document["answer"], document["codes"][0]) == ("cannot_say", code)


def test_an_empty_library(diagnosed):
    document = diagnosed(informative, label=None, rows=[])
    assert (document["answer"], document["codes"][0]) == ("cannot_say", "NO_LABELS")


def test_neither_the_order_of_rows_nor_an_increasing_function_changes_the_diagnosis(diagnosed, library):
    document = diagnosed(informative)
    assert diagnosed(informative, rows=library[::-1]) == document
    assert diagnosed(lambda row: informative(row) ** 3, rows=library) == document


def training_rows(library):
    return [(row["id"], row["canonical_smiles"], int(row["hit"])) for row in library]


def test_labels_that_the_model_has_seen_prove_nothing(diagnosed, library):
    document = diagnosed(informative, label=None, train=training_rows(library))
    assert (document["answer"], document["codes"][0]) == ("cannot_say", "LABELS_SEEN")
    assert document["labels"]["source"] == "training"
    contradicting = [("x", library[0]["canonical_smiles"], int(not library[0]["hit"]))]
    document = diagnosed(informative, label=None, train=training_rows(library) + contradicting)
    assert document["labels"]["n"] == 125


def test_a_training_set_elsewhere_gives_no_labels(diagnosed):
    document = diagnosed(informative, label=None, train=[("a", "c1ccccc1", 1), ("b", "c1ccncc1", 0)])
    assert document["labels"]["reason"] == "no_molecule_with_score_and_label_of_training"
    assert document["codes"][0] == "NO_LABELS"


def test_a_model_that_is_fitted_again_is_judged_by_scores_of_other_scaffolds(diagnosed, library, tmp_path):
    train, folds = training_rows(library), tmp_path / "folds.json"
    path = write_csv(tmp_path / "t.csv", ("id", "smiles", "label"), train)
    config = config_option(scores={"source": "reference:nearest_hit"})
    assert cli.main(["cross-validation", "--train", str(path), *config, "--out", str(folds)]) == 0
    document = diagnosed(
        lambda row: 0.5 + noise(row["id"]), label=None, train=train, words=["--cross-validation", folds]
    )
    cross_validation = json.loads(folds.read_text())
    assert document["labels"]["source"] == "out_of_fold"
    assert document["ranking"]["auc"] == pytest.approx(cross_validation["auc"])
    nearest = document["ranking"]["competitors"][3]  # the same model, by its own way
    assert (nearest["name"], nearest["auc"]) == ("nearest_hit", document["ranking"]["auc"])
    assert (nearest["ci_low"], nearest["ci_high"]) == (0, 0)


def test_a_cross_validation_of_another_training_set_is_refused(tmp_path, capsys):
    summary = write_csv(tmp_path / "s.csv", COLUMNS, [])
    train = write_csv(tmp_path / "t.csv", ("id", "smiles", "label"), [("a", "CO", 1), ("b", "CN", 0)])
    (tmp_path / "folds.json").write_text('{"auc": 0.5, "out_of_fold": [0.1]}')
    words = ["--summary", summary, "--train", train, "--cross-validation", tmp_path / "folds.json"]
    assert cli.main(["diagnosis", *map(str, words), "--out", str(tmp_path / "d.json")]) == 1
    assert "folds.json: scores of 1 molecules, but the training set has 2" in capsys.readouterr().err
    assert not (tmp_path / "d.json").exists()
