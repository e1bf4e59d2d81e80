"""hetero2 decoys: decoys without a run around them."""

import csv

import pyarrow.parquet as pq
import pytest
from rdkit import Chem

from hetero2.cli import main
from hetero2.inputs.library import read_library
from hetero2.io.csv_reader import read_csv
from tests.conftest import DATA

COLUMNS = (
    "id decoy_index decoy_smiles decoy_hash strategy move tanimoto hardness "
    "d_logp d_tpsa d_hbond_donors d_hbond_acceptors d_rotatable_bonds"
).split()


def make(out, *words):
    return main(["decoys", "--input", str(DATA / "library.csv"), "--out", str(out), "--k", "5", *map(str, words)])


def test_the_suffix_says_what_is_written(tmp_path, capsys):
    for name in ("d.csv", "d.parquet"):
        assert make(tmp_path / name) == 0
    with (tmp_path / "d.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert list(rows[0]) == COLUMNS
    table = pq.read_table(tmp_path / "d.parquet")
    assert table.column_names == COLUMNS
    assert [row["decoy_smiles"] for row in rows] == table["decoy_smiles"].to_pylist()
    assert "20 molecules: " in capsys.readouterr().out


def test_a_smiles_file_reads_back_to_the_same_ids(tmp_path, capsys):
    library, out = tmp_path / "l.smi", tmp_path / "d.smi"
    library.write_text(
        "SMILES\tName\n"
        "CCOC(=O)c1ccccc1N\tbenzo caine\t1\n"
        "CC(=O)Nc1ccc(O)cc1\t#4\n\n"
        'CC(C)NCC(O)COc1cccc2ccccc12\t=1+1,"x"\n'
    )
    assert main(["decoys", "--input", str(library), "--out", str(out), "--k", "3"]) == 0
    notes = capsys.readouterr().err
    assert "l.smi: line 1 is a header: 'SMILES\\tName'\n" in notes
    assert "l.smi: columns after the id are not read (lines that have some: 1)" in notes
    ids = [f"{name}_{index}" for name in ("benzo caine", "#4", '=1+1,"x"') for index in range(3)]
    assert [row.id for row in read_library(out)] == ids
    supplier = Chem.SmilesMolSupplier(str(out), delimiter="\t", titleLine=False)
    assert [mol.GetProp("_Name") for mol in supplier] == ids
    assert main(["decoys", "--input", str(out), "--out", str(tmp_path / "again.csv"), "--k", "1"]) == 0


@pytest.mark.parametrize("name", ["new\nline", "tab\there", "return\rhere", " leading", "|bar| x"])
def test_an_id_that_a_smiles_file_cannot_hold_is_an_error_before_any_work(tmp_path, capsys, name):
    library = tmp_path / "l.csv"
    with library.open("w", newline="") as handle:
        csv.writer(handle).writerows([("id", "smiles"), ("good", "CCOC(=O)c1ccccc1N"), (name, "CC(=O)Nc1ccc(O)cc1")])
    call = ["decoys", "--input", str(library), "--k", "2", "--out"]
    assert main([*call, str(tmp_path / "d.smi")]) == 1
    error = capsys.readouterr().err
    assert f"l.csv: row 2: the id {name!r}" in error
    assert "hint: write the decoys as .csv or .parquet" in error
    assert [path.name for path in tmp_path.iterdir()] == ["l.csv"]
    assert main([*call, str(tmp_path / "d.csv")]) == 0
    assert {row["id"] for _, row in read_csv(tmp_path / "d.csv", ["id"])} == {"good", name}


def test_no_name_of_a_file_steers_the_terminal(tmp_path, capsys):
    assert make(tmp_path / "a\x1b[31m\u202e.csv") == 0
    printed = "".join(capsys.readouterr())
    assert "decoys in " in printed
    assert r"a\x1b[31m\u202e.csv" in printed
    assert all(letter == "\n" or letter.isprintable() for letter in printed)


def test_no_molecule_is_lost_without_a_word(tmp_path):
    make(tmp_path / "d.csv")
    with (tmp_path / "d.csv").open(newline="") as handle:
        full = [row["id"] for row in csv.DictReader(handle) if row["decoy_index"] == "4"]
    with (tmp_path / "d.fewer.csv").open(newline="") as handle:
        few = list(csv.DictReader(handle))
    assert len(full) + len(few) == 20
    assert {row["reason"] for row in few} >= {"missing_id", "duplicate_id", "invalid_smiles", "too_many_atoms"}


def test_workers_change_no_byte(tmp_path):
    make(tmp_path / "one.parquet")
    make(tmp_path / "two.parquet", "--workers", 2)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_another_strategy_and_another_seed(tmp_path):
    for name, *words in (("a",), ("b", "--seed", 1), ("c", "--strategy", "rewire_strict_v1")):
        assert make(tmp_path / f"{name}.csv", *words) == 0
    texts = [(tmp_path / f"{name}.csv").read_text() for name in "abc"]
    assert len(set(texts)) == 3
    assert ",rewire_strict_v1,rewire," in texts[2]


@pytest.mark.parametrize(
    ("out", "words", "message"),
    [
        ("d.xlsx", (), "unknown suffix '.xlsx'"),
        ("no/where/d.csv", (), "there is no folder"),
        ("d.csv", ("--quotas", '{"easy": 1}'), "add up to 1"),
        ("d.csv", ("--k", 0), "decoys.k: found 0; is less than the minimum of 1"),
        ("d.csv", ("--strategy", "v9"), 'decoys.strategy: found "v9"; allowed are decoy_strategy.v2, '),
        ("d.csv", ("--input", "nothing.csv"), "nothing.csv: no such file"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path, capsys, out, words, message):
    try:
        code = make(tmp_path / out, *words)
    except SystemExit as stop:
        code = stop.code
    assert code in (1, 2)
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
