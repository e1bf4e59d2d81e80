"""SMILES files: what each line says, which first line is a header, and what cannot be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem, rdBase

from hetero2.errors import InputError
from hetero2.inputs import smi
from hetero2.inputs.library import read_library


@pytest.mark.parametrize(
    ("line", "smiles", "name"),
    [
        ("CCO", "CCO", ""),
        ("CCO a", "CCO", "a"),
        ("  CCO   a   ", "CCO", "a"),
        ("CCO a\t7.5", "CCO", "a"),
        ("CCO a b c", "CCO", "a"),
        ("CCO\ta b\t7.5", "CCO", "a b"),
        ("CCO \t a b ", "CCO", "a b"),
        ("CCO\t\t7.5", "CCO", ""),
        ("\tonly a name", "", "only a name"),
        ("CCO |$;;O_p$| a", "CCO |$;;O_p$|", "a"),
        ("CCO |$a b;;$| a\t7.5", "CCO |$a b;;$|", "a"),
        ("CCO\t|$;;O_p$|\ta b\t7.5", "CCO |$;;O_p$|", "a b"),
        ("CCO |$;;O_p$|", "CCO |$;;O_p$|", ""),
        ("CCO || a", "CCO", "a"),
        ("CCO |&1:1 a", "CCO |&1:1 a", ""),
        ("CCO |&1:1|a", "CCO |&1:1|a", ""),
        ("CCO a|b|", "CCO", "a|b|"),
        ("CCO\ta #1", "CCO", "a #1"),
        ("CCO\t\u00a0a\u2028b", "CCO", "\u00a0a\u2028b"),
    ],
)
def test_a_line_is_smiles_extensions_name_and_the_rest(tmp_path, line, smiles, name):
    assert smi.divide(line)[:2] == (smiles, name)
    (tmp_path / "x.smi").write_bytes(f"{line}\r\n".encode())
    assert [(row.smiles, row.id) for row in read_library(tmp_path / "x.smi")] == [(smiles, name)]


LINES = {
    " ": ["CCO a", "CCC b 7.5", "C[C@H](F)Cl c x y", "c1ccccc1 d-1/2", "CCN #4"],
    "\t": ["CCO\ta", "CCC\tthe second\t7.5", "C[C@H](F)Cl\tc\tx\ty", "CCN\t#4"],
}


@pytest.mark.parametrize("delimiter", LINES)
@pytest.mark.parametrize("header", ["", "SMILES{}Name\n", "smiles{}zinc_id\n"])
@pytest.mark.parametrize("end", ["\n", "\n\n \n\n"])
def test_rdkits_supplier_says_the_same(tmp_path, delimiter, header, end):
    path = tmp_path / "x.smi"
    lines = [LINES[delimiter][0], "# a comment", *LINES[delimiter][1:]]
    path.write_text(header.format(delimiter) + "\n".join(lines) + end)
    supplier = Chem.SmilesMolSupplier(str(path), delimiter=delimiter, titleLine=bool(header))
    theirs = [(Chem.MolToSmiles(mol), mol.GetProp("_Name")) for mol in supplier]
    assert [(Chem.CanonSmiles(row.smiles), row.id) for row in read_library(path)] == theirs
    assert smi.header(path) == (header.format(delimiter).strip() or None)


def test_rdkits_parser_says_the_same_of_extensions():
    options = Chem.SmilesParserParams()
    options.parseName = True
    for line in ("C[C@H](F)Cl |&1:1| a", "CCO\t|$;;lab$|\ta", "CCO |$a b;;$| a", "CCO || a", "CCO |$;;&#124;$| a"):
        mol, divided = Chem.MolFromSmiles(line, options), smi.divide(line)
        assert divided.name == mol.GetProp("_Name")
        assert Chem.MolToCXSmiles(Chem.MolFromSmiles(divided.smiles)) == Chem.MolToCXSmiles(mol), line


@pytest.mark.parametrize(
    "line",
    [
        "SMILES Name ",
        "smiles",
        "canonical_smiles\tid",
        '"SMILES"\t"Catalog ID"\tMW',
        "Structure\tID",
        "SMILES Catalog ID",
    ],
)
def test_a_header_is_no_molecule_and_no_smiles(tmp_path, line):
    (tmp_path / "x.smi").write_text(f"\ufeff\n# made by hand\n{line}\nCCO a\n", encoding="utf-8")
    assert [(row.id, row.place) for row in read_library(tmp_path / "x.smi")] == [("a", "line 4")]
    assert smi.header(tmp_path / "x.smi") == line.strip()
    with rdBase.BlockLogs():
        assert Chem.MolFromSmiles(line.split()[0]) is None


@pytest.mark.parametrize("line", ["CCO Name", "C id", "[Si] SMI", "O=C=O Structure", "CC(=O)Nc1ccc(O)cc1\tname"])
def test_a_molecule_is_no_header(tmp_path, line):
    (tmp_path / "x.smi").write_text(f"{line}\nSMILES Name\n")
    assert [row.smiles for row in read_library(tmp_path / "x.smi")] == [line.split()[0], "SMILES"]
    assert smi.header(tmp_path / "x.smi") is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Name\tSMILES", "the first column of a .smi file is the SMILES"),
        ("id canonical_smiles", "the first column of a .smi file is the SMILES"),
        ("SMILES\tMW\tName", "the second column of a .smi file is the id, not 'MW'"),
        ("SMILES MW CompoundID", "the second column of a .smi file is the id, not 'MW'"),
        ("smiles,id", "separated by tabs or spaces"),
        ("id;smiles", "separated by tabs or spaces"),
    ],
)
def test_a_header_of_other_columns_is_an_error_with_a_hint(tmp_path, line, message):
    (tmp_path / "x.smi").write_text(f"{line}\nCCO a\n")
    with pytest.raises(InputError, match=message) as caught:
        list(read_library(tmp_path / "x.smi"))
    assert "x.smi: line 1: " in caught.value.message
    assert "SMILES first" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"CCO a\nCCC \xe9\n", r"near line \d: not UTF-8"),
        (b"CCO a\nCCC b\0\n", "line 2: contains a NUL"),
        ("CCO a\n".encode("utf-16-le"), "line 1: contains a NUL"),
        (b"CCO a\n" + b"C" * (64 << 20), "line 2: longer than 64 million characters"),
    ],
)
def test_what_is_no_text_is_one_error_with_file_and_line(tmp_path, data, message):
    (tmp_path / "x.smi").write_bytes(data)
    with pytest.raises(InputError, match=rf"x\.smi: {message}"):
        list(read_library(tmp_path / "x.smi"))


def test_lone_carriage_returns_end_lines(tmp_path):
    (tmp_path / "x.smi").write_bytes(b"CCO a\rCCC b\r")
    assert [row.id for row in read_library(tmp_path / "x.smi")] == ["a", "b"]


@given(st.text(st.characters(codec="utf-8"), max_size=12), st.sampled_from(["CCO", "C[C@H](F)Cl |&1:1|"]))
def test_what_may_be_written_reads_back(tmp_path_factory, name, smiles):
    if not name or smi.cannot_hold(name) is not None:
        return
    path = tmp_path_factory.getbasetemp() / "back.smi"
    path.write_text(f"{smiles}\t{name}\n", encoding="utf-8", newline="")
    assert [(row.smiles, row.id) for row in read_library(path)] == [(smiles, name)]


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a\rb", "a\0", " a", "a ", "|a|", "|a| b"])
def test_what_may_not_be_written_is_told_apart(name):
    assert smi.cannot_hold(name)
