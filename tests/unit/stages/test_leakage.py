"""What library, decoys, training set and truth share."""

import csv
import os
import random

import pytest
from rdkit import DataStructs

from hetero2 import cli
from hetero2.chem.molecules import canonical, parse, structure_hash
from hetero2.chem.similarity import Neighbours, fingerprint
from hetero2.chem.structures.same_compound import skeleton
from hetero2.inputs import compound_forms
from hetero2.io.tables import columns, read_parquet, to_table, write_parquet
from hetero2.scoring import score_index, score_table
from hetero2.stages.score_only_input import STRATEGY
from tests.conftest import ROOT, config_option

LIBRARY = [("a", "CCOC(=O)c1ccccc1"), ("b", "CCOC(=O)c1ccccc1"), ("c", "CCCCOC(=O)c1ccccc1"), ("d", "CCN(CC)CC")]
DECOYS = {0: ["CCN(CC)CC", "O=C(OC)Cc1ccccc1"], 2: ["CCOC(=O)c1ccccc1", "CC(C)CCO"], 3: ["CCCCCCN"]}
TRAIN = [("t1", "C(C)N(CC)CC"), ("t2", "CCCCCOC(=O)c1ccccc1"), ("t3", "OCCC(C)C"), ("t4", "CCO")]


def named(smiles):
    return structure_hash(canonical(parse(smiles)))


def bones(smiles):
    return skeleton(parse(smiles))


def ask(*words):
    return cli.main([str(word) for word in words])


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path, LIBRARY, DECOYS, TRAIN)


def written(tmp_path, library, decoys_of, train):
    """A folder with molecules, decoys and a training set as the stages before write them."""
    molecules, decoys = [], []
    for row, (molecule_id, smiles) in enumerate(library):
        molecule = dict.fromkeys(columns("molecule.v1")) | {
            "row": row,
            "id": molecule_id,
            "smiles": smiles,
            "status": "OK",
        }
        molecule |= {"seed_used": 0, "n_decoys_generated": 1, "warnings": ""}
        text = canonical(parse(smiles))
        molecules.append(molecule | {"canonical_smiles": text, "structure_hash": named(text), "skeleton": bones(text)})
        for index, decoy in enumerate(decoys_of.get(row, [])):
            empty = dict.fromkeys(columns("decoy.v1")) | {"row": row, "decoy_index": index, "strategy": STRATEGY}
            text = canonical(parse(decoy))
            named_so = {"decoy_smiles": text, "decoy_hash": named(text), "skeleton": bones(text)}
            decoys.append(empty | {"move": "x"} | named_so)
    write_parquet(tmp_path / "m.parquet", to_table(molecules, "molecule.v1"), "molecule.v1")
    write_parquet(tmp_path / "d.parquet", to_table(decoys, "decoy.v1"), "decoy.v1")
    (tmp_path / "train.csv").write_text(
        "id,smiles\n" + "".join(f"{molecule_id},{smiles}\n" for molecule_id, smiles in train)
    )
    return tmp_path


def leaks(folder, *words):
    files = ("--molecules", folder / "m.parquet", "--decoys", folder / "d.parquet")
    out = ("--leaks", folder / "leaks.parquet", "--excluded", folder / "excluded.parquet")
    assert ask("leakage", *files, *out, *words) == 0
    rows = read_parquet(folder / "leaks.parquet", "leakage.v1").to_pylist()
    gone = read_parquet(folder / "excluded.parquet", "excluded_decoy.v1").to_pylist()
    return [(row["kind"], row["id"], row["other_id"]) for row in rows], {x["decoy_hash"]: x["excluded"] for x in gone}


def test_every_kind_of_leak_is_found_and_named(folder):
    found_leaks, gone = leaks(folder, "--train", folder / "train.csv", *config_option(audit={"near_tanimoto": 0.7}))
    assert sorted(found_leaks) == [
        ("decoy_in_library", "a", "d"),
        ("decoy_in_library", "c", "a"),
        ("decoy_in_training", "a", "t1"),
        ("decoy_in_training", "c", "t3"),
        ("duplicate_in_library", "b", "a"),
        ("molecule_in_training", "d", "t1"),
        ("molecule_near_training", "c", "t2"),
    ]
    assert gone == {
        named("CCN(CC)CC"): "library",
        named(LIBRARY[0][1]): "library",
        named("CC(C)CCO"): "training",
    }


FORMS = [  # a molecule, another form of it
    ("Cc1ccc2[nH]cnc2c1", "Cc1ccc2nc[nH]c2c1"),  # ring N-H
    ("CCN(C)C(OC)=[N+](C)C", "CC[N+](C)=C(OC)N(C)C"),  # mesomers
    ("CCC(=O)CC(C)=O", "CCC(=O)C=C(C)O"),  # keto and enol
    ("CC1=NN(c2ccccc2)C(=O)C1", "Cc1cc(=O)n(-c2ccccc2)[nH]1"),  # hydrogen of carbon to that of nitrogen
    ("N[C@@H](C)C(=O)O", "[NH3+][C@H](C)C([O-])=O"),  # stereo and protons
]
APART = ("O=C(Nc1ccccc1)OC1CCCCC1", "O=C(NC1CCCCC1)Oc1ccccc1")  # of one skeleton, and two compounds


def matches(folder, *words):
    """(kind, id, other_id) of what matches as a compound, and of what as a structure; 1.0 is kept for structures."""
    files = ("--molecules", folder / "m.parquet", "--decoys", folder / "d.parquet")
    out = ("--leaks", folder / "leaks.parquet", "--excluded", folder / "excluded.parquet")
    assert ask("leakage", *files, *out, *words) == 0
    rows = read_parquet(folder / "leaks.parquet", "leakage.v1").to_pylist()
    assert all(row["tanimoto"] == 1 for row in rows if row["match"] == "structure")
    return {
        match: sorted((row["kind"], row["id"], row["other_id"]) for row in rows if row["match"] == match)
        for match in ("compound", "structure")
    }


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("forms", FORMS)
def test_another_form_of_a_molecule_is_that_molecule(tmp_path, forms, turned):
    first, second = reversed(forms) if turned else forms
    library = [("a", first), ("b", APART[0]), ("c", second), ("d", second), ("e", "CCCCCC")]
    train = [("t0", APART[1]), ("t1", second), ("t2", first)]
    matched = matches(
        written(tmp_path, library, {1: [second, APART[1]], 4: [first]}, train), "--train", tmp_path / "train.csv"
    )
    assert matched["compound"] == [("duplicate_in_library", "c", "a")]
    assert matched["structure"] == [
        ("decoy_in_library", "b", "c"),
        ("decoy_in_library", "e", "a"),
        ("decoy_in_training", "b", "t0"),
        ("decoy_in_training", "b", "t1"),
        ("decoy_in_training", "e", "t2"),
        ("duplicate_in_library", "d", "c"),
        ("molecule_in_training", "a", "t2"),
        ("molecule_in_training", "c", "t1"),
        ("molecule_in_training", "d", "t1"),
    ]


@pytest.mark.parametrize("forms", FORMS)
def test_a_decoy_that_is_known_in_another_form_takes_no_part(tmp_path, forms):
    first, second = forms
    folder = written(
        tmp_path, [("a", first), ("b", APART[0]), ("e", "CCCCCC")], {1: [second, APART[1]], 2: ["CCC(C)CC"]}, []
    )
    assert matches(folder) == {"compound": [("decoy_in_library", "b", "a")], "structure": []}
    gone = read_parquet(folder / "excluded.parquet", "excluded_decoy.v1").to_pylist()
    assert gone == [{"decoy_hash": named(second), "excluded": "library"}]
    folder = written(tmp_path, [("b", APART[0])], {0: [second]}, [("t0", APART[1]), ("t1", first)])
    assert matches(folder, "--train", folder / "train.csv")["compound"] == [("decoy_in_training", "b", "t1")]
    assert read_parquet(folder / "excluded.parquet", "excluded_decoy.v1")["excluded"].to_pylist() == ["training"]


def test_a_molecule_that_was_trained_on_in_another_form_is_in_the_training_set(tmp_path):
    library = [(f"m{number}", form) for number, (form, _) in enumerate(FORMS)]
    train = [(f"t{number}", form) for number, (_, form) in enumerate(FORMS)]
    matched = matches(written(tmp_path, library, {}, train), "--train", tmp_path / "train.csv")
    assert matched["compound"] == [("molecule_in_training", f"m{number}", f"t{number}") for number in range(len(FORMS))]


def test_a_structure_whose_keys_cannot_be_computed_is_compared_as_a_structure(tmp_path, monkeypatch):
    def crash(*_, **__):
        os._exit(3)

    monkeypatch.setattr(compound_forms, "keys", crash)
    folder = written(tmp_path, [("a", FORMS[0][0]), ("b", FORMS[0][1]), ("c", FORMS[0][0])], {}, [])
    assert matches(folder) == {"compound": [], "structure": [("duplicate_in_library", "c", "a")]}


def test_without_a_training_set_only_the_library_is_looked_at(folder):
    found_leaks, gone = leaks(folder)
    assert {kind for kind, _, _ in found_leaks} == {"duplicate_in_library", "decoy_in_library"}
    assert set(gone.values()) == {"library"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,smiles\nx,notasmiles\n", "train.csv: line 2: smiles is 'notasmiles', which is not valid"),
        ("id,smiles\nx,\n", "train.csv: line 2: smiles is ''"),
        ("name,smiles\nx,C\n", "train.csv: line 1: there is no column 'id'"),
    ],
)
def test_a_bad_training_set_is_named(folder, capsys, text, message):
    (folder / "train.csv").write_text(text)
    files = ("--molecules", folder / "m.parquet", "--decoys", folder / "d.parquet", "--train", folder / "train.csv")
    out = ("--leaks", folder / "leaks.parquet", "--excluded", folder / "excluded.parquet")
    assert ask("leakage", *files, *out) == 1
    assert message in capsys.readouterr().err
    assert not (folder / "leaks.parquet").exists()


def test_ids_of_the_truth_that_match_nothing_are_listed(folder):
    rows = [{"row": n, "id": molecule_id, "smiles": ""} for n, (molecule_id, _) in enumerate(LIBRARY)]
    empty = dict.fromkeys(columns("input_row.v1"))
    write_parquet(folder / "i.parquet", to_table([empty | row for row in rows], "input_row.v1"), "input_row.v1")
    truth = "molecule_id,expensive_label,truth_source,truth_version\n"
    truth += "".join(f"{molecule_id},PASS,external,customer_truth.v1\n" for molecule_id in ("a", "zz", "t4", "y"))
    (folder / "truth.csv").write_text(truth)
    leaks(folder)
    words = ("--input", folder / "i.parquet", "--leaks", folder / "leaks.parquet", "--truth", folder / "truth.csv")
    assert ask("leakage-list", *words, "--train", folder / "train.csv", "--out", folder / "l.csv") == 0
    with (folder / "l.csv").open(newline="") as handle:
        unknown = [row["id"] for row in csv.DictReader(handle) if row["kind"] == "truth_id_unknown"]
    assert unknown == ["zz", "y"]


def test_the_nearest_is_the_one_that_comparing_with_all_finds():
    with (ROOT / "docs/decoy_review.csv").open(newline="") as handle:
        smiles = [row[name] for row in csv.DictReader(handle) for name in ("molecule", "decoy")]
    prints = [fingerprint(parse(text)) for text in dict.fromkeys(smiles)]
    assert len(prints) > 200
    rng = random.Random(0)
    rng.shuffle(prints)
    reference, asked = prints[: len(prints) // 2], prints
    neighbours = Neighbours(reference)
    for least in (0.3, 0.5, 0.85, 1.0):
        for query in asked:
            similar = DataStructs.BulkTanimotoSimilarity(query, reference)
            best = max(similar)
            expected = (similar.index(best), best) if best >= least else (None, 0.0)
            assert neighbours.nearest(query, least) == expected


def test_excluded_decoys_are_left_out_of_the_scores_and_of_the_request(folder):
    leaks(folder, "--train", folder / "train.csv")
    files = (
        "--molecules",
        folder / "m.parquet",
        "--decoys",
        folder / "d.parquet",
        "--excluded",
        folder / "excluded.parquet",
    )
    assert ask("score-request", *files, "--out", folder / "request.csv") == 0
    with (folder / "request.csv").open(newline="") as handle:
        asked = {row["id"]: row["role"] for row in csv.DictReader(handle)}
    assert asked[named("CCN(CC)CC")] == "original"
    assert named("CC(C)CCO") not in asked
    (folder / "s.csv").write_text("id,score\n" + "".join(f"{key},1\n" for key in [*asked, named("CC(C)CCO")][:-2]))
    score_index.write_index(folder / "s.npy", score_table.index(folder / "s.csv"))
    table = ("--scores-file", folder / "s.csv", "--index", folder / "s.npy")
    assert ask("scores", *files, *table, "--out", folder / "s.parquet") == 0
    items = read_parquet(folder / "s.parquet", "score_item.v1").to_pylist()
    assert [item["excluded"] for item in items if item["decoy_index"] >= 0] == [
        "library",
        None,
        "library",
        "training",
        None,
    ]
    assert all(item["score"] is None for item in items if item["excluded"])
    words = ("--decoys", folder / "d.parquet", "--scores", folder / "s.parquet", "--out", folder / "missing.csv")
    assert ask("missing-scores", *words) == 0
    with (folder / "missing.csv").open(newline="") as handle:
        missing = list(csv.DictReader(handle))
    unscored = [item for item in items if item["decoy_index"] >= 0 and item["score"] is None and not item["excluded"]]
    assert sum(int(row["count_rows_affected"]) for row in missing) == len(unscored) == 1
