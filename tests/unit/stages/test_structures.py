"""One substance is one row, whatever format it comes in: through the verbs, from the file to the molecule's record."""

import csv
import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rdkit import Chem

from hetero2 import cli
from hetero2.chem.molecules import structure_hash
from hetero2.io.tables import columns, read_parquet, to_table, write_parquet
from tests.conftest import config_option

RACEMATE = "CC(C)C(N)C(=O)NCc1ccco1"
AMINE = "CC(C)NCC(O)COc1ccccc1F"
# id: (text, canonical SMILES or the reason why there is none, warnings)
ROWS = {
    "plain": ("OC(C)CNCc1ccsc1", "CC(O)CNCc1ccsc1", ""),
    "mapped": ("[OH:1][CH:2]([CH3:3])CNCc1ccsc1", "CC(O)CNCc1ccsc1", "atom_maps_cleared"),
    "salt": (
        "CCCC[N+](CCCC)(CCCC)CCCC.[O-]C(=O)c1cccc(F)c1N",
        "Nc1c(F)cccc1C(=O)[O-]",
        "standardised_to_largest_fragment",
    ),
    "solvate": (f"{AMINE}.CCOC(C)=O.O", AMINE, "standardised_to_largest_fragment"),
    "r": ("CC(C)[C@@H](N)C(=O)NCc1ccco1", "CC(C)[C@@H](N)C(=O)NCc1ccco1", ""),
    "racemate": ("CC(C)[C@@H](N)C(=O)NCc1ccco1 |&1:3|", RACEMATE, "stereo_dropped:and"),
    "racemate again": ("CC(C)[C@H](N)C(=O)NCc1ccco1 |&1:3|", RACEMATE, "stereo_dropped:and"),
    "either": ("CC(C)[C@H](N)C(=O)NCc1ccco1 |o1:3|", RACEMATE, "stereo_dropped:or"),
    "cage": ("[C@H]12[C@H]3[C@H]4[C@@H]5[C@@H]([C@H]1N25)N34", "[C@H]12[C@H]3[C@@H]4[C@H]5[C@@H]([C@H]1N24)N53", ""),
    "r group": ("*c1ccc(CN)cc1", "undefined_structure", ""),
    "any bond": ("CCN~CCO", "undefined_structure", ""),
    "label": ("CCNCC |$;;;;_R1$|", "undefined_structure", ""),
    "repeat": ("OCCOC(=O)c1ccccc1 |Sg:n:1,2,3:n:ht:::|", "undefined_structure", ""),
    "charge": ("C[N+257](C)C", "invalid_smiles", ""),
    "text": ("no structure", "invalid_smiles", ""),
    "none": ("", "missing_smiles", ""),
    "huge": ("C(" * 6_000 + "C" + ")" * 6_000, "too_many_atoms", ""),
}
FORMATS = ["csv", "csv.gz", "parquet", "smi", "sdf"]


ENDS = {
    "r group": "M  RGP  1   1   1\n",
    "label": "M  APO  1   5   1\n",
    "repeat": "M  STY  1   1 SRU\nM  SAL   1  3   2   3   4\nM  SBL   1  2   1   4\n",
    "charge": "M  CHG  1   2 257\n",
}


def record(name, text):
    """A record of an SD file that says what the text says."""
    if name in ("text", "huge"):
        return f"{name}\n" + ("\n\n  no  structure\nM  END\n" if name == "text" else huge())
    end = ENDS.get(name, "")
    mol = Chem.MolFromSmiles(text.split(" ")[0].replace("+257", "+") if end else text, sanitize=name != "charge")
    Chem.rdDepictor.Compute2DCoords(mol)
    v3000 = "|" in text and not end
    lines = (Chem.MolToV3KMolBlock(mol) if v3000 else Chem.MolToMolBlock(mol, kekulize=False)).split("\n", 1)[1]
    return f"{name}\n{lines.replace('M  END', end + 'M  END')}"


def huge():
    v30 = "M  V30 "
    atoms = "".join(f"{v30}{n + 1} C {n} 0 0 0\n" for n in range(30_000))
    bonds = "".join(f"{v30}{n + 1} 1 {n + 1} {n + 2}\n" for n in range(29_999))
    head = f"\n\n  0  0  0  0  0  0  0  0  0  0999 V3000\n{v30}BEGIN CTAB\n{v30}COUNTS 30000 29999 0 0 0\n"
    tables = f"{v30}BEGIN ATOM\n{atoms}{v30}END ATOM\n{v30}BEGIN BOND\n{bonds}{v30}END BOND\n"
    return f"{head}{tables}{v30}END CTAB\nM  END\n"


def library(folder, kind, rows):
    path = folder / f"library.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"id": list(rows), "smiles": [row[0] for row in rows.values()]}), path)
    elif kind == "smi":
        path.write_text("".join(f"{row[0]}\t{name}\n" for name, row in rows.items()))
    elif kind == "sdf":
        path.write_text("".join(f"{record(name, row[0])}> <x>\nM  END\n$$$$\n\n$$$$\n" for name, row in rows.items()))
    else:
        with gzip.open(path, "wt") if kind == "csv.gz" else path.open("w", newline="") as handle:
            csv.writer(handle).writerows([["id", "smiles"], *([name, row[0]] for name, row in rows.items())])
    return path


def ask(*words):
    assert cli.main([str(word) for word in words]) == 0


def molecules(folder, kind, rows):
    paths = [folder / f"{name}.parquet" for name in ("rows", "molecules", "decoys")]
    ask("input", "--library", library(folder, kind, rows), "--out", paths[0], "--facts", folder / "facts.json")
    files = ("--input", paths[0], "--molecules", paths[1], "--decoys", paths[2])
    ask("decoys-shard", *files, *config_option(decoys={"k": 3}, guardrails={"standardise": "largest_fragment"}))
    return read_parquet(paths[1], "molecule.v1").to_pylist()


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_each_substance_its_one_row(tmp_path, kind):
    rows = {name: row for name, row in ROWS.items() if kind != "smi" or row[0]}
    if kind == "smi":
        rows["text"] = ("structure?", *ROWS["text"][1:])
    outcome = {
        row["id"]: (row["canonical_smiles"] or row["reason"], row["warnings"].split(";fewer")[0])
        for row in molecules(tmp_path, kind, rows)
    }
    expected = {name: row[1:] for name, row in rows.items()}
    assert outcome == expected


def test_what_is_one_substance_has_one_hash_and_one_scaffold(tmp_path):
    records = {row["id"]: row for row in molecules(tmp_path, "csv", ROWS)}
    for first, second in (("plain", "mapped"), ("racemate", "racemate again"), ("racemate", "either")):
        assert records[first]["structure_hash"] == records[second]["structure_hash"]
        assert records[first]["scaffold"] == records[second]["scaffold"]
    assert records["r"]["structure_hash"] != records["racemate"]["structure_hash"]
    assert all((row["structure_hash"] is None) == (row["canonical_smiles"] is None) for row in records.values())


@pytest.mark.parametrize("kind", ["csv", "sdf"])
def test_decoys_of_a_library_say_why_there_are_none_and_what_is_lost(tmp_path, capsys, kind):
    rows = {name: row for name, row in ROWS.items() if name not in ("huge", "salt")}
    out = tmp_path / "decoys.csv"
    ask("decoys", "--input", library(tmp_path, kind, rows), "--out", out, "--k", 2, "--standardise", "largest_fragment")
    with (tmp_path / "decoys.fewer.csv").open() as handle:
        fewer = {row["id"]: row["reason"] for row in csv.DictReader(handle)}
    assert {name: fewer[name] for name in rows if rows[name][1] in REASONS} == {
        name: row[1] for name, row in rows.items() if row[1] in REASONS
    }
    with out.open() as handle:
        audited = {row["id"] for row in csv.DictReader(handle)}
    assert {"plain", "mapped", "racemate", "solvate"} <= audited
    printed = capsys.readouterr().out
    for line in ("atom_maps_cleared: 1 of", "stereo_dropped:and: 2 of", "stereo_dropped:or: 1 of"):
        assert f"{line} the molecules\n" in printed
    assert "fewer_decoys" not in printed


REASONS = {"undefined_structure", "invalid_smiles", "missing_smiles"}


def test_a_training_molecule_is_recognised_however_it_is_drawn(tmp_path):
    """Map numbers, its salt, its racemate, a text of its own that RDKit does not settle on."""
    drawn = {
        "mapped": "C[CH:7](O)CN[CH2:1]c1ccsc1",
        "salt": "OC(=O)c1cccc(F)c1N.CNCC(O)C(O)C(O)C(O)CO",
        "racemate": "CC(C)[C@H](N)C(=O)NCc1ccco1 |&1:3|",
        "cage": "[C@H]12[C@H]3[C@@H]4[C@H]5[C@@H]([C@H]1N24)N53",
    }
    texts = {"mapped": "CC(O)CNCc1ccsc1", "salt": "Nc1c(F)cccc1C(=O)O", "racemate": RACEMATE, "cage": ROWS["cage"][1]}
    molecule = dict.fromkeys(columns("molecule.v1")) | {"seed_used": 0, "n_decoys_generated": 1, "warnings": ""}
    rows, decoys = [], []
    for place, (name, smiles) in enumerate(texts.items()):
        facts = {"row": place, "id": name, "smiles": smiles, "status": "OK", "canonical_smiles": smiles}
        rows.append(molecule | facts | {"structure_hash": structure_hash(smiles)})
        decoy = {"row": (place + 1) % 4, "decoy_index": 0, "strategy": "decoy_strategy.v2", "move": "x"}
        decoys.append(
            dict.fromkeys(columns("decoy.v1")) | decoy | {"decoy_smiles": smiles, "decoy_hash": structure_hash(smiles)}
        )
    paths = {name: tmp_path / f"{name}.parquet" for name in ("molecules", "decoys", "leaks", "excluded")}
    write_parquet(paths["molecules"], to_table(rows, "molecule.v1"), "molecule.v1")
    write_parquet(paths["decoys"], to_table(decoys, "decoy.v1"), "decoy.v1")
    train = tmp_path / "train.csv"
    train.write_text("id,smiles\n" + "".join(f"{name},{text}\n" for name, text in drawn.items()))
    words = [word for name, path in paths.items() for word in (f"--{name}", path)]
    ask("leakage", *words, "--train", train, *config_option(guardrails={"standardise": "largest_fragment"}))
    leaks = read_parquet(paths["leaks"], "leakage.v1").to_pylist()
    shared = {(leak["id"], leak["other_id"]) for leak in leaks if leak["kind"] == "molecule_in_training"}
    assert shared == {(name, name) for name in texts}
    assert len(read_parquet(paths["excluded"], "excluded_decoy.v1").to_pylist()) == 4
