import gzip
import json
import os
import signal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rdkit import Chem

from hetero2 import cli
from hetero2.chem.structures import sdf
from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.errors import ConfigError, InputError
from hetero2.inputs import sdf as sdf_library
from hetero2.inputs.library import Raw
from hetero2.inputs.sdf import read_any as read_library
from hetero2.io.tables import read_parquet
from hetero2.runtime.log import logger
from hetero2.stages.input import mark
from tests.conftest import config_option

ROWS = [("a", "CCO", ""), ("b", "c1ccccc1", ""), ("", "C", "")]


def test_every_row_comes_out_once_in_order_with_bad_ids_marked():
    rows = [("a", "C"), ("", "C"), ("a", "CC"), ("  ", "C"), ("A", "C"), ("a", "C", "x.json")]
    marked = list(mark(Raw(*row) for row in rows))
    assert [row["row"] for row in marked] == list(range(6))
    assert [row["reason"] for row in marked] == [None, "missing_id", "duplicate_id", "missing_id", None, "duplicate_id"]
    assert [row["status"] for row in marked] == [None, "ERROR", "ERROR", "ERROR", None, "ERROR"]


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "x.parquet", "x.smi", "X.SMI"])
def test_all_formats_say_the_same(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"smiles": [r[1] for r in ROWS], "id": ["a", "b", None], "z": [1, 2, 3]}), path)
    elif name.lower().endswith(".smi"):
        path.write_text("CCO a\nc1ccccc1\tb\nC\n")
    else:
        text = b"more,smiles,id\n1,CCO,a\n2,c1ccccc1,b\n3,C,\n"
        path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert [row[:3] for row in read_library(path)] == ROWS


def test_ids_of_a_smi_file_may_hold_blanks_behind_a_tab(tmp_path):
    (tmp_path / "x.smi").write_text("CCO\tthe first one\n")
    assert [row[:3] for row in read_library(tmp_path / "x.smi")] == [("the first one", "CCO", "")]


def test_a_header_of_a_smi_file_is_recorded(tmp_path):
    path = tmp_path / "x.smi"
    path.write_text("SMILES Name\nCCO a\nCCC b\n\n")
    _, rows, facts = made(tmp_path, path)
    assert [row["id"] for row in rows] == ["a", "b"]
    assert facts["inputs"][0]["header"] == "SMILES Name"
    path.write_text("CCO a\nCCC b\n")
    assert "header" not in made(tmp_path, path)[2]["inputs"][0]


SIBLINGS = [("m-1", "CCO"), ("m-2", "C[C@H](F)Cl |&1:1|"), ("", "CCN"), ("m 4", "c1ccccc1"), ("m-5", "")]


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "categories.parquet", "bytes.parquet"])
def test_the_numbered_rows_are_the_same_from_every_format(tmp_path, name):
    smiles_file = tmp_path / "x.smi"
    smiles_file.write_bytes(
        b"\xef\xbb\xbfsmiles\tcompound_id\tpIC50\r\n# a comment\r\nCCO m-1 7.5\r\n\r\nC[C@H](F)Cl\t|&1:1|\tm-2\r\n"
        b"CCN\r\nc1ccccc1\tm 4\t6.1\tx\r\n\tm-5\r\n \r\n\r\n"
    )
    ids, structures = (list(column) for column in zip(*SIBLINGS, strict=True))
    path = tmp_path / name
    if name == "x.csv":
        text = "".join(f"{molecule_id},{structure}\n" for molecule_id, structure in SIBLINGS)
        path.write_text(f"\ufeffid,smiles\n{text}", encoding="utf-8")
    else:
        columns = {"id": pa.array([molecule_id or None for molecule_id in ids]), "smiles": pa.array(structures)}
        if name == "categories.parquet":
            columns = {key: column.dictionary_encode() for key, column in columns.items()}
        if name == "bytes.parquet":
            columns = {key: column.cast(pa.large_binary()) for key, column in columns.items()}
        pq.write_table(pa.table(columns), path)
    code, expected, _ = made(tmp_path, smiles_file)
    assert code == 0
    assert [(row["id"], row["smiles"]) for row in expected] == SIBLINGS
    assert made(tmp_path, path)[1] == expected


def test_what_a_smiles_file_was_taken_for_is_said(tmp_path, capsys):
    path, log = tmp_path / "x.smi", tmp_path / "log"
    path.write_text("SMILES Name\nCCO aspirin tablet\nCCC b\n")
    said = "columns after the id are not read (lines that have some: 1)"
    assert made(tmp_path, path)[0] == 0
    err = capsys.readouterr().err
    assert "note: " in err
    assert said in err
    assert "line 1 is a header: 'SMILES Name'" in err
    assert made(tmp_path, path, "--log", log)[0] == 0
    logger.handlers[-1].close()
    assert not capsys.readouterr().err
    assert said in log.read_text()


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match="unknown suffix"):
        read_library(tmp_path / "x.xlsx")
    for name, data in (("x.parquet", b"PAR1"), ("x.smi", b"\xe9")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name):
            list(read_library(tmp_path / name))
    for column in ([True], [["a"]], [1.5]):
        pq.write_table(pa.table({"id": column, "smiles": ["C"]}), tmp_path / "z.parquet")
        with pytest.raises(InputError, match="expected text"):
            list(read_library(tmp_path / "z.parquet"))
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "y.parquet")
    with pytest.raises(InputError, match="no column 'smiles'"):
        list(read_library(tmp_path / "y.parquet"))


def block(smiles, title, data=""):
    text = Chem.MolToMolBlock(Chem.MolFromSmiles(smiles))
    return f"{title}\n{text.split(chr(10), 1)[1]}{data}$$$$\n"


def test_an_sd_file_says_the_same_and_loses_no_record(tmp_path):
    path = tmp_path / "x.sdf"
    broken = "bad\n\n\n  2  1  0  0  0  0  0  0  0  0999 V2000\nnonsense\nM  END\n$$$$\n"
    empty = "none\n\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n$$$$\n"
    stereo = block("C[C@H](N)C(=O)O", "ala", ">  <score>\n1.5\n\n")
    path.write_text(block("CCO", " a b ") + broken + empty + stereo + block("c1ccccc1", "").removesuffix("$$$$\n"))
    rows = [row[:2] for row in read_library(path)]
    assert rows == [
        ("a b", "CCO"),
        ("bad", "unreadable-record"),
        ("none", ""),
        ("ala", "C[C@H](N)C(=O)O"),
        ("", "c1ccccc1"),
    ]
    _, marked, _ = made(tmp_path, path, audit={"sample": {"random": 2}})
    assert sorted(str(row["reason"]) for row in marked) == ["None", "None", "None", "missing_id", "not_sampled"]
    assert [prepare(smiles, Guardrails()).reason for _, smiles in rows[1:3]] == ["invalid_smiles", "missing_smiles"]
    path.write_bytes(b"\xe9\n")
    with pytest.raises(InputError, match=r"x\.sdf: near record 1: not UTF-8"):
        list(read_library(path))


def test_an_sd_file_without_end_marks_loses_no_molecule_silently(tmp_path):
    path = tmp_path / "x.sdf"
    path.write_text(block("CCO", "a") + block("CCN", "b").removesuffix("$$$$\n") + block("CCC", "c"))
    with pytest.raises(InputError, match=r"x\.sdf: record 2: holds several molecules"):
        list(read_library(path))


def test_a_record_that_ends_its_worker_is_an_error_row_alone(tmp_path, monkeypatch):
    """Whatever RDKit does to a process: no text is known that does it, so a reader that dies stands for one."""
    really = sdf.read_block

    def broken(text):
        if text.startswith("b"):
            os.kill(os.getpid(), signal.SIGKILL)
        return really(text)

    monkeypatch.setattr(sdf, "read_block", broken)
    monkeypatch.setattr(sdf_library, "_AT_ONCE", 2)
    path = tmp_path / "x.sdf"
    path.write_text("".join(block("CCO", title) for title in "abcde"))
    _, rows, _ = made(tmp_path, path)
    assert [row["id"] for row in rows] == list("abcde")
    assert [row["status"] for row in rows] == [None, "ERROR", None, None, None]
    assert rows[1]["reason"] == "worker_crashed"


def test_a_sample_is_the_same_of_every_format(tmp_path):
    """What is no defined structure is known of an SD file while it is read, of the others only later."""
    texts = ["CCO", "CC*", "", "c1ccccc1", "CCCO", "*C*", "CCN", "C1CC1"]
    (tmp_path / "x.csv").write_text("id,smiles\n" + "".join(f"m{n},{text}\n" for n, text in enumerate(texts)))
    (tmp_path / "x.sdf").write_text("".join(block(text, f"m{n}") for n, text in enumerate(texts)))
    parts, skipped, facts = {}, {}, {}
    for name in ("x.csv", "x.sdf"):
        code, rows, facts[name] = made(tmp_path, tmp_path / name, audit={"sample": {"random": 4}})
        assert code == 0
        parts[name] = [(row["id"], row["sample_part"]) for row in rows]
        skipped[name] = [row["id"] for row in rows if row["reason"] == "not_sampled"]
    assert parts["x.csv"] == parts["x.sdf"]
    assert skipped["x.csv"] == skipped["x.sdf"]
    assert facts["x.csv"]["sample"] == facts["x.sdf"]["sample"]
    assert facts["x.sdf"]["sample"]["population"] == 7


def library(folder, rows):
    path = folder / "l.csv"
    path.write_text(
        "id,smiles,score\n" + "".join(f"{molecule_id},{smiles},{score}\n" for molecule_id, smiles, score in rows)
    )
    return path


def made(folder, path, *words, **sections):
    call = ["input", "--library", path, "--out", folder / "rows.parquet", "--facts", folder / "facts.json", *words]
    call += config_option(**sections)
    code = cli.main(list(map(str, call)))
    if code:
        return code, None, None
    facts = json.loads((folder / "facts.json").read_text())
    return code, read_parquet(folder / "rows.parquet", "input_row.v1").to_pylist(), facts


SAMPLED = {"top": 0.1, "random": 20, "score_column": "score"}


def test_a_sample_is_the_top_and_some_of_the_rest_whatever_the_order_of_the_rows(tmp_path):
    rows = [(f"m{n}", "C" * (n % 9 + 1), (n * 37) % 100) for n in range(100)]
    _, sampled, facts = made(tmp_path, library(tmp_path, rows), audit={"sample": SAMPLED})
    top = {row["id"] for row in sampled if row["sample_part"] == "top"}
    assert top == {molecule_id for molecule_id, _, score in rows if score >= 90}
    drawn = {row["id"] for row in sampled if row["sample_part"] == "random"}
    assert len(drawn) == 20
    assert not top & drawn
    assert {row["sample_weight"] for row in sampled} == {1.0, 90 / 20, None}
    assert sum(row["sample_weight"] or 0 for row in sampled) == 100
    assert {(row["status"], row["reason"]) for row in sampled if row["sample_part"] is None} == {
        ("SKIP", "not_sampled")
    }
    assert facts["sample"] == {"population": 100, "top": 10, "random": 20, "random_weight": 4.5, "seed": 0}
    _, again, _ = made(tmp_path, library(tmp_path, rows[::-1]), audit={"sample": SAMPLED})
    assert {row["id"]: row["sample_part"] for row in again} == {row["id"]: row["sample_part"] for row in sampled}
    _, reseeded, _ = made(tmp_path, library(tmp_path, rows), audit={"sample": SAMPLED, "seed": 1})
    assert {row["id"] for row in reseeded if row["sample_part"] == "random"} != drawn


def test_lower_may_be_better_and_rows_without_a_score_are_never_the_top(tmp_path):
    rows = [("a", "C", -9), ("b", "C", ""), ("c", "C", 3), ("d", "", -99), ("a", "C", -99), ("", "C", -99)]
    sample = {"top": 1, "score_column": "score"}
    _, sampled, facts = made(
        tmp_path, library(tmp_path, rows), audit={"sample": sample}, scores={"higher_is_better": False}
    )
    assert [row["sample_part"] for row in sampled] == ["top", None, None, None, None, None]
    assert [row["reason"] for row in sampled] == [
        None,
        "not_sampled",
        "not_sampled",
        None,
        "duplicate_id",
        "missing_id",
    ]
    assert facts["sample"]["population"] == 3


@pytest.mark.parametrize(
    ("score", "sample", "code"),
    [("x", SAMPLED, 1), ("nan", SAMPLED, 1), ("", SAMPLED, 1), ("1", SAMPLED | {"score_column": "none"}, 1)],
)
def test_a_score_column_that_cannot_be_used_is_told(tmp_path, capsys, score, sample, code):
    assert made(tmp_path, library(tmp_path, [("a", "C", score)]), audit={"sample": sample})[0] == code
    assert "l.csv" in capsys.readouterr().err
    assert not (tmp_path / "rows.parquet").exists()


def test_without_structures_a_table_gives_each_molecule_once(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,decoy,score,scaffold\na,,1,s\na,d,2,s\nb,d,1,\nb,,3,\n")
    _, marked, _ = made(tmp_path, path, input={"structures": False})
    assert [(row["id"], row["status"], row["smiles"], row["scaffold"]) for row in marked] == [
        ("a", None, "", "s"),
        ("b", None, "", None),
    ]


def test_without_structures_a_list_of_ids_marks_its_duplicates(tmp_path):
    path = tmp_path / "ids.csv"
    path.write_text("id,scaffold\na,s\na,t\n,s\n,s\nb,\n")
    _, marked, _ = made(tmp_path, path, input={"structures": False})
    assert [row["reason"] for row in marked] == [None, "duplicate_id", "missing_id", "missing_id", None]


def test_a_molecule_of_two_scaffolds_is_refused(tmp_path, capsys):
    path = tmp_path / "t.csv"
    path.write_text("id,decoy,score,scaffold\na,,1,s\na,d,2,\na,e,2,t\n")
    assert made(tmp_path, path, input={"structures": False})[0] == 1
    assert "line 4: 'a' has the scaffold 't', but 's' before" in capsys.readouterr().err


def test_the_smallest_share_is_one_row(tmp_path):
    _, marked, _ = made(
        tmp_path, library(tmp_path, [(f"m{n}", "C", 1) for n in range(8)]), audit={"sample": {"random": 0.01}}
    )
    assert sum(row["sample_part"] == "random" for row in marked) == 1


def test_a_damaged_parquet_library_is_named(tmp_path, capsys):
    path = tmp_path / "l.parquet"
    pq.write_table(pa.table({"id": ["a"] * 100, "smiles": ["C"] * 100}), path)
    data = bytearray(path.read_bytes())
    data[4:40] = b"\xff" * 36
    path.write_bytes(data)
    assert made(tmp_path, path)[0] == 1
    assert "l.parquet: not a readable Parquet file" in capsys.readouterr().err


def test_a_long_library_is_written_in_row_groups(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("id,smiles\n" + "".join(f"m{n},CCO\n" for n in range(70_000)) + "m3,C\n")
    _, marked, facts = made(tmp_path, path)
    assert (len(marked), facts["rows"], marked[-1]["reason"]) == (70_001, 70_001, "duplicate_id")
    assert [row["row"] for row in marked] == list(range(70_001))
