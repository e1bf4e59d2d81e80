"""Files in the forms that people have become those of the contracts, and what was understood is said."""

import gzip

import pytest

from hetero2.errors import ConfigError, InputError
from hetero2.inputs.library import read_library
from hetero2.inputs.recognised import converted
from hetero2.inputs.recognised.labels import Rule
from hetero2.inputs.recognised.written import Names
from hetero2.inputs.truth import read_truth

NONE, NO_RULE = Names(), Rule()


def write(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def molecules(path):
    return [(row.id, row.smiles) for row in read_library(path)]


def test_a_file_in_the_form_of_its_contract_is_taken_as_it_is(tmp_path):
    library = write(tmp_path, "library.csv", "id,smiles\na,CCO\nb,CCN\n")
    truth = write(
        tmp_path,
        "truth.csv",
        "molecule_id,expensive_label,truth_source,truth_version\na,PASS,external,customer_truth.v1\n",
    )
    train = write(tmp_path, "train.csv", "id,smiles,label\nx,CCO,1\ny,CCN,0\n")
    scores = write(tmp_path, "scores.csv", "id,score\na,1\n")
    folder = tmp_path / "brought"
    assert converted.library(library, NONE, folder).path == library
    assert converted.truth(truth, NONE, NO_RULE, folder).path == truth
    assert converted.training(train, NONE, NO_RULE, folder).path == train
    assert converted.scores(scores, NONE, folder).path == scores
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("l.csv", "Compound_ID,Canonical_SMILES\na,CCO\nb,CCN\n", ""),
        ("l.csv", "Name;Smiles\na;CCO\nb;CCN\n", "semicolon"),
        ("l.tsv", "Molecule ChEMBL ID\tsmiles\na\tCCO\nb\tCCN\n", "tab"),
        ("l.txt", "sep=;\nid;smiles\na;CCO\nb;CCN\n", "semicolon"),
        ("l.txt", "ID|SMILES\na|CCO\nb|CCN\n", "bar"),
    ],
)
def test_usual_names_and_delimiters_are_recognised_and_said(tmp_path, name, text, form):
    brought = converted.library(write(tmp_path, name, text), NONE, tmp_path / "brought")
    assert molecules(brought.path) == [("a", "CCO"), ("b", "CCN")]
    assert brought.understood.startswith("2 molecules")
    assert form in brought.understood
    assert "id = " in brought.understood


def test_other_columns_are_kept_and_a_gzipped_file_is_read(tmp_path):
    path = tmp_path / "l.tsv.gz"
    path.write_bytes(gzip.compress(b'Name\tSmiles\tprice\nx, the "first"\tCCO\t7\n'))
    brought = converted.library(path, NONE, tmp_path / "brought")
    assert brought.path.read_text() == 'id,smiles,price\n"x, the ""first""",CCO,7\n'


def test_two_columns_that_could_be_meant_are_asked_for(tmp_path):
    path = write(tmp_path, "l.csv", "Supplier ID,compound_id,Smiles\na,7,CCO\n")
    with pytest.raises(ConfigError, match=r"which column is the id, 'Supplier ID' or 'compound_id'") as error:
        converted.library(path, NONE, tmp_path / "brought")
    assert error.value.hint == "say --id-column 'Supplier ID'"
    brought = converted.library(path, Names(id="compound_id"), tmp_path / "brought")
    assert molecules(brought.path) == [("7", "CCO")]


def test_an_id_goes_before_a_name_that_stands_beside_it(tmp_path):
    path = write(tmp_path, "l.csv", '"Molecule ChEMBL ID";"Molecule Name";"Smiles"\n"CHEMBL1";"";"CCO"\n')
    brought = converted.library(path, NONE, tmp_path / "brought")
    assert molecules(brought.path) == [("CHEMBL1", "CCO")]
    assert "id = 'Molecule ChEMBL ID'" in brought.understood


def test_rows_without_a_score_are_left_out_and_counted(tmp_path):
    """Docking fails for some molecules, and their cells are empty."""
    path = write(tmp_path, "s.csv", "id,smiles,score\na,CCO,-7.1\nb,CCN,\nc,CCC,-6\n")
    brought = converted.scores(path, NONE, tmp_path / "brought")
    assert brought.path.read_text() == "id,score\na,-7.1\nc,-6\n"
    assert "2 scores; 1 without one are left out" in brought.understood
    with pytest.raises(InputError, match="line 3: column 'score': 'failed' is not a finite number"):
        converted.scores(write(tmp_path, "f.csv", "id,score\na,1\nb,failed\n"), NONE, tmp_path / "brought")
    with pytest.raises(InputError, match="no row has a score"):
        converted.scores(write(tmp_path, "e.csv", "id,score\na,\n"), NONE, tmp_path / "brought")


def test_a_threshold_is_for_results_that_are_numbers(tmp_path):
    """A classified training set beside a measured truth is what teams have."""
    train = write(tmp_path, "t.csv", "id,smiles,class\na,CCO,Active\nb,CCN,inactive\nc,CCC,1\n")
    truth = write(tmp_path, "m.csv", "id,pIC50\nx,7.2\ny,6.1\n")
    library = write(tmp_path, "l.csv", "id,smiles\nx,CCO\ny,CCN\n")
    files = {"library": library, "train": train, "truth": truth}
    brought = converted.convert(files, NONE, Rule(7.0), tmp_path / "brought")
    assert "2 of them hits" in brought["train"].understood
    assert "a hit is pIC50 of at least 7" in brought["truth"].understood
    del files["truth"]
    with pytest.raises(ConfigError, match="--threshold 7: no file has results that are numbers"):
        converted.convert(files, NONE, Rule(7.0), tmp_path / "brought")


def test_a_column_of_that_name_that_is_not_meant_keeps_its_values(tmp_path):
    path = write(tmp_path, "l.csv", "id,smiles,code\n1,CCO,a\n")
    brought = converted.library(path, Names(id="code"), tmp_path / "brought")
    assert brought.path.read_text() == "id (as given),smiles,id\n1,CCO,a\n"


@pytest.mark.parametrize(
    ("cells", "hits"),
    [
        ("Active inactive ACTIVE", [True, False, True]),
        ("pass FAIL Pass", [True, False, True]),
        ("1 0 1.0", [True, False, True]),
        ("yes no Yes", [True, False, True]),
    ],
)
def test_labels_are_read_in_the_words_that_people_use(tmp_path, cells, hits):
    rows = "".join(f"m{row},{text}\n" for row, text in enumerate(cells.split()))
    brought = converted.truth(write(tmp_path, "t.csv", f"ID,Outcome\n{rows}"), NONE, NO_RULE, tmp_path / "brought")
    assert list(read_truth(brought.path).values()) == hits
    assert cells.split()[0].lower() in brought.understood


def test_numbers_need_a_threshold_and_a_direction(tmp_path):
    path = write(tmp_path, "t.csv", "name,pActivity\na,8.1\nb,6\nc,\n")
    with pytest.raises(ConfigError, match=r"holds numbers, such as 8\.1"):
        converted.truth(path, NONE, NO_RULE, tmp_path / "brought")
    above = converted.truth(path, NONE, Rule(7.0), tmp_path / "brought")
    assert read_truth(above.path) == {"a": True, "b": False}
    assert "1 without a result are left out" in above.understood
    assert "a hit is pActivity of at least 7" in above.understood
    below = converted.truth(path, NONE, Rule(7.0, lower_is_better=True), tmp_path / "brought")
    assert read_truth(below.path) == {"a": False, "b": True}


def test_what_is_no_label_is_named_with_its_line(tmp_path):
    path = write(tmp_path, "t.csv", "id,label\na,1\nb,maybe\n")
    with pytest.raises(InputError, match=r"line 3: column .label.: .maybe. is not a label"):
        converted.truth(path, NONE, NO_RULE, tmp_path / "brought")
    numbers = write(tmp_path, "n.csv", "id,value\na,1.5\nb,>10\n")
    with pytest.raises(InputError, match="line 3: column 'value': '>10' is not a number"):
        converted.truth(numbers, NONE, Rule(7.0), tmp_path / "brought")


def test_an_id_that_is_there_twice_is_named_in_the_users_own_file(tmp_path):
    path = write(tmp_path, "t.csv", "id,label\na,1\nb,0\na,0\n")
    with pytest.raises(InputError, match=r"t\.csv: line 4: the id 'a' occurs twice, first in line 2"):
        converted.truth(path, NONE, NO_RULE, tmp_path / "brought")


def test_a_workbook_is_read_and_its_numbers_stay_what_they_are(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["Compound", "SMILES", "n"], [1520012.0, "CCO", 2.5], [None, None, None], ["x", "CCN", None]):
        book.active.append(row)
    path = tmp_path / "l.xlsx"
    book.save(path)
    brought = converted.library(path, NONE, tmp_path / "brought")
    assert brought.path.read_text() == "id,smiles,n\n1520012,CCO,2.5\nx,CCN,\n"
    assert "sheet 'Sheet'" in brought.understood
    path.write_bytes(b"PK no workbook")
    with pytest.raises(InputError, match="not a readable Excel file"):
        converted.library(path, NONE, tmp_path / "brought")


def test_a_file_that_would_be_the_same_is_left_alone(tmp_path):
    path = write(tmp_path, "l.csv", "Name;Smiles\na;CCO\n")
    first = converted.library(path, NONE, tmp_path / "brought").path
    written = first.stat().st_mtime_ns
    assert converted.library(path, NONE, tmp_path / "brought").path.stat().st_mtime_ns == written


SDF = """{title}
  made

  1  0  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.0000 O   0  0
M  END
>  <Compound_ID>
C-{number}

$$$$
"""


def test_ids_of_an_sd_file_come_from_its_titles_or_from_a_data_item(tmp_path):
    titled = write(tmp_path, "t.sdf", "".join(SDF.format(title=f"t{n}", number=n) for n in range(2)))
    bare = write(tmp_path, "b.sdf", "".join(SDF.format(title="", number=n) for n in range(2)))
    assert converted.library(titled, NONE, tmp_path / "brought").path == titled
    asked = converted.library(titled, Names(id="Compound_ID"), tmp_path / "brought")
    assert molecules(asked.path) == [("C-0", "O"), ("C-1", "O")]
    brought = converted.library(bare, NONE, tmp_path / "brought")
    assert molecules(brought.path) == [("C-0", "O"), ("C-1", "O")]
    assert "data item 'Compound_ID'" in brought.understood


def test_the_role_of_a_file_is_seen_from_its_columns(tmp_path):
    files = {
        "library": "id,smiles\na,CCO\n",
        "train": "id,smiles,label\na,CCO,1\n",
        "truth": "id,label\na,1\n",
        "scores": "id,score\na,1\n",
    }
    for role, text in files.items():
        assert converted.role_of(write(tmp_path, f"{role}.csv", text))[0] == role
