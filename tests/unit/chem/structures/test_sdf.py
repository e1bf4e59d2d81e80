"""Records of SD files, held against RDKit's own suppliers."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

from hetero2.chem.structures import sdf
from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.errors import InputError


def block(smiles, title="", v3000=False, flat=False):
    mol = Chem.MolFromSmiles(smiles)
    if not flat:
        AllChem.Compute2DCoords(mol)
    text = Chem.MolToV3KMolBlock(mol) if v3000 else Chem.MolToMolBlock(mol)
    return f"{title}\n" + text.split("\n", 1)[1]


def ours(path):
    return [(record.title, sdf.read_block(record.block)[0]) for record in sdf.records(path)]


def of_supplier(supplier):
    with rdBase.BlockLogs():
        return [None if mol is None else (mol.GetProp("_Name").strip(), Chem.MolToSmiles(mol)) for mol in supplier]


def compared(path, text):
    """Our records, with None where there is no SMILES, and those of both suppliers."""
    path.write_bytes(text.encode())
    read = [None if smiles == sdf.UNREADABLE else (title, smiles) for title, smiles in ours(path)]
    return read, of_supplier(Chem.SDMolSupplier(str(path))), of_supplier(Chem.ForwardSDMolSupplier(str(path)))


A, B = block("C[C@H](N)C(=O)O", "a"), block("c1ccncc1", "b", v3000=True)
BROKEN = "bad\n\n\n  2  1  0  0  0  0  0  0  0  0999 V2000\nnonsense\nM  END\n"
SAME = {
    "plain": f"{A}$$$$\n{B}$$$$\n",
    "no last mark": f"{A}$$$$\n{B}",
    "no last line end": f"{A}$$$$\n{B}$$$$",
    "CRLF": f"{A}> <x>\n1\n\n$$$$\n{B}$$$$\n".replace("\n", "\r\n"),
    "M  END as data": f"{A}> <x>\nM  END\n\n> <y>\n2\n\n$$$$\n{B}$$$$\n",
    "two M  END as data": f"{A}> <x>\nM  END\nM  END\n\n$$$$\n{B}$$$$\n",
    "$$$$ as data": f"{A}> <x>\nfirst\n$$$$\nlast\n\n$$$$\n{B}$$$$\n",
    "$$$$ as first line of data": f"{A}> <x>\n$$$$ 5\n\n$$$$\n{B}$$$$\n",
    "$$$$ and M  END as data": f"{A}> <x>\n$$$$\nM  END\n$$$$\n\n$$$$\n{B}$$$$\n",
    "$$$$ as name": f"{A}> <$$$$>\n1\n\n$$$$\n{B}$$$$\n",
    "$$$$ within data": f"{A}> <x>\n $$$$\ncost $$$$\n\n$$$$\n{B}$$$$\n",
    "a molecule as data": f"{A}> <parent>\n{B}\n$$$$\n{B}$$$$\n",
    "> as data": f"{A}> <x>\n1\n> <y>\n2\n\n$$$$\n{B}$$$$\n",
    "empty data": f"{A}> <x>\n\n> <y>\n\n$$$$\n{B}$$$$\n",
    "data of several paragraphs": f"{A}> <x>\n1\n\n2\n\n\nM  END\n\n> <y>\n1\n\n$$$$\n{B}$$$$\n",
    "data without a name": f"{A}stuff\n\n$$$$\n{B}$$$$\n",
    "empty lines": f"{A}\n\n> <x>\n1\n\n\n\n$$$$\n{B}$$$$\n",
    "blanks after marks": f"{A.replace('M  END', 'M  END  ')}$$$$ end\n{B}$$$$\n",
    "no atoms": f"none\n\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n$$$$\n{B}$$$$\n",
    "unreadable": f"{BROKEN}> <x>\n1\n\n$$$$\n{B}$$$$\n",
    "no atom of an element": f"{A.replace(' N  ', ' Zz ')}$$$$\n{B}$$$$\n",
    "title with blanks": f"{block('CCO', '  a  b ')}$$$$\n",
    "title with odd marks": f"{block('CCO', chr(11) + 'a' + chr(0x85) + 'b' + chr(0x2028) + 'c')}$$$$\n",
    "title of dollars": f"{block('CCO', '$$$$x')}$$$$\n{A}$$$$\n",
    "no title": f"{block('CCO')}$$$$\n{A}$$$$\n",
}


@pytest.mark.parametrize("case", SAME)
def test_records_are_those_of_both_suppliers(tmp_path, case):
    read, random_access, forward = compared(tmp_path / "x.sdf", SAME[case])
    assert read == random_access == forward
    assert len(read) == SAME[case].count("\n$$$$\n{B}") + len(forward)


# (text, what the supplier reads of it, what we read): where it loses molecules we do not.
LOST = {
    "empty record": (f"{A}$$$$\n$$$$\n{B}$$$$\n", 2, ["a", "", "b"]),
    "record of an empty line": (f"{A}$$$$\n\n$$$$\n{B}$$$$\n", 2, ["a", "", "b"]),
    "title alone": (f"{A}$$$$\nt\n\n\n$$$$\n{B}$$$$\n", 2, ["a", "t", "b"]),
    "no M  END": (f"{A.replace('M  END' + chr(10), '')}$$$$\n{B}$$$$\n", 1, ["a", "b"]),
    "text": (f"a\nhello\n$$$$\n{B}$$$$\n", 1, ["a", "b"]),
    "data without a label": (f"{A}> x\n$$$$\n\n$$$$\n{B}$$$$\n", 1, ["a", "b"]),
    "unreadable, $$$$ as data": (f"{BROKEN}> <x>\n1\n$$$$\n2\n\n$$$$\n{B}$$$$\n", 2, ["bad", "b"]),
}


@pytest.mark.parametrize("case", LOST)
def test_a_record_that_is_none_takes_no_neighbour_with_it(tmp_path, case):
    text, n_forward, titles = LOST[case]
    _, _, forward = compared(tmp_path / "x.sdf", text)
    assert len(forward) == n_forward
    records = ours(tmp_path / "x.sdf")
    assert [title for title, _ in records] == titles
    assert records[-1] == ("b", "c1ccncc1")


@pytest.mark.parametrize("end", ["\n", "\n\n\n", "\n \n\n\t\n\n\n"])
def test_empty_lines_at_the_end_are_no_record(tmp_path, end):
    read, random_access, _ = compared(tmp_path / "x.sdf", f"{A}$$$${end}")
    assert read == random_access == [("a", "C[C@H](N)C(=O)O")]


@pytest.mark.parametrize(
    "text",
    [
        f"{A}{B}$$$$\n",
        f"{A}> <x>\n1\n\n{B}$$$$\n",
        f"{A}> <x>\n1\n$$$$\n{B}$$$$\n{A}$$$$\n",  # its data item has no empty line, so that the next record is data
        f"{A}> <x>\n1\n$$$$\n{B.replace('2D' + chr(10), '2D' + chr(10) + 'comment', 1)}$$$$\n",
    ],
)
def test_a_molecule_within_a_record_is_an_error_for_the_supplier_drops_it(tmp_path, text):
    path = tmp_path / "x.sdf"
    path.write_text(text)
    assert ("b", "c1ccncc1") not in of_supplier(Chem.ForwardSDMolSupplier(str(path)))
    with pytest.raises(InputError, match=r"x\.sdf: record 1: holds several molecules") as error:
        list(sdf.records(path))
    assert "empty line" in error.value.hint


def test_line_ends_of_cr_alone_are_an_error(tmp_path):
    (tmp_path / "x.sdf").write_bytes(f"{A}$$$$\n".replace("\n", "\r").encode())
    with pytest.raises(InputError, match="record 1: its lines end in CR alone"):
        list(sdf.records(tmp_path / "x.sdf"))


LINE = st.sampled_from(["M  END", "$$$$", "$$$$ 1", "> <y>", " ", "text", "1.5", " > x", "M  V30 END CTAB", "é"])
ITEM = st.lists(LINE, max_size=4).map(lambda lines: "> <x>\n" + "".join(f"{line}\n" for line in lines) + "\n")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([A, B, BROKEN]), st.lists(ITEM, max_size=3)), min_size=1, max_size=4))
def test_whatever_its_data_items_hold_a_record_is_one(tmp_path_factory, parts):
    """Where every record can be read the suppliers agree; they take an unreadable record to end at the first mark."""
    path = tmp_path_factory.mktemp("sdf") / "x.sdf"
    read, random_access, forward = compared(path, "".join(f"{mol}{''.join(items)}$$$$\n" for mol, items in parts))
    assert len(read) == len(parts)
    if all(mol != BROKEN for mol, _ in parts):
        assert read == random_access == forward


@pytest.mark.parametrize("v3000", [False, True])
@pytest.mark.parametrize(
    "smiles",
    [
        "C[C@H](N)C(=O)O",
        "C/C=C\\CO",
        "[13CH3][2H]",
        "C[N+](C)(C)CC(=O)[O-]",
        "[Na+].[Cl-]",
        "C[CH2]",
        "[NH3]->[Pt](<-[NH3])(Cl)Cl",
        "C[C@H](N)C(=O)O->[Zn]",
        "c1ccc2[nH]ccc2c1",
    ],
)
def test_a_record_says_what_its_smiles_says(smiles, v3000):
    text, reason = sdf.read_block(block(smiles, v3000=v3000))
    assert reason is None
    assert prepare(text, Guardrails()) == prepare(smiles, Guardrails())


def test_configuration_comes_from_coordinates_too():
    mol = Chem.AddHs(Chem.MolFromSmiles("C[C@H](F)Cl"))
    AllChem.EmbedMolecule(mol, randomSeed=7)
    for atom in mol.GetAtoms():
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    assert sdf.read_block(Chem.MolToMolBlock(mol)) == ("C[C@H](F)Cl", None)


def edited(smiles, v3000, *changes):
    text = block(smiles, v3000=v3000)
    for old, new in changes:
        assert old in text, text
        text = text.replace(old, new, 1)
    return text


V30 = "M  V30 "
REPEAT = f"{V30}BEGIN SGROUP\n{V30}1 SRU 0 ATOMS=(2 2 3) XBONDS=(2 1 3) CONNECT=HT LABEL=n\n{V30}END SGROUP\n"
UNDEFINED = {
    "list": edited("CCNCO", False, (" N  ", " L  "), ("M  END", "M  ALS   3  2 F N   S   \nM  END")),
    "list v3": edited("CCNCO", True, ("M  V30 3 N", "M  V30 3 [N,S]")),
    "not list v3": edited("CCNCO", True, ("M  V30 3 N", "M  V30 3 NOT[N,S]")),
    **{
        f"symbol {name}": edited("CCNCO", False, (" N  ", f" {name:<3}"))
        for name in "A Q X M * R R# R1 Pol AH QH".split()
    },
    **{
        f"symbol {name} v3": edited("CCNCO", True, ("M  V30 3 N", f"M  V30 3 {name}"))
        for name in "A Q X M * R# Pol".split()
    },
    **{f"bond {kind}": edited("CCNCO", False, ("  1  2  1", f"  1  2{kind:>3}")) for kind in (0, 4, 5, 6, 7, 8, 9, 10)},
    "any bond v3": edited("CCNCO", True, ("M  V30 1 1 1 2", "M  V30 1 8 1 2")),
    "attachment point": edited("CCNCO", False, ("M  END", "M  APO  1   1   1\nM  END")),
    "attachment point v3": edited("CCNCO", True, (" 0\nM  V30 2", " 0 ATTCHPT=1\nM  V30 2")),
    "substitution count": edited("CCNCO", False, ("M  END", "M  SUB  1   3   2\nM  END")),
    "unsaturated": edited("CCNCO", False, ("M  END", "M  UNS  1   3   1\nM  END")),
    "ring bonds": edited("CCNCO", False, ("M  END", "M  RBC  1   3   2\nM  END")),
    "link node": edited("CCNCO", False, ("M  END", "M  LIN  1   3   4   2   4\nM  END")),
    **{
        f"{kind}": edited(
            "CCNCO", False, ("M  END", f"M  STY  1   1 {kind}\nM  SAL   1  2   2   3\nM  SBL   1  2   1   3\nM  END")
        )
        for kind in ("SRU", "MON", "MER", "COP", "CRO", "MOD", "GRA", "COM", "MIX", "FOR", "ANY")
    },
    "SRU v3": edited(
        "CCNCO",
        True,
        ("COUNTS 5 4 0", "COUNTS 5 4 1"),
        (
            "M  V30 END BOND\n",
            f"M  V30 END BOND\n{REPEAT}",
        ),
    ),
    "several ends v3": edited("CCNCO", True, ("M  V30 1 1 1 2", "M  V30 1 1 1 2 ENDPTS=(2 2 3) ATTACH=ANY")),
}


@pytest.mark.parametrize("case", UNDEFINED)
def test_what_a_record_leaves_open_makes_it_undefined(case):
    assert Chem.MolFromMolBlock(UNDEFINED[case]) is not None, "RDKit does not read it, so the case says nothing"
    assert sdf.read_block(UNDEFINED[case]) == (sdf.NOT_DEFINED, "undefined_structure")


@pytest.mark.parametrize("kind", ["DAT", "SUP", "GEN", "MUL"])
def test_substance_groups_that_say_nothing_of_the_structure_are_harmless(kind):
    more = {
        "SUP": "M  SMT   1 Boc\n",
        "MUL": "M  SPA   1  1   2\nM  SMT   1 2\n",
        "DAT": "M  SDT   1 note\nM  SED   1 x\n",
    }
    text = edited(
        "CCNCO", False, ("M  END", f"M  STY  1   1 {kind}\nM  SAL   1  2   2   3\n{more.get(kind, '')}M  END")
    )
    mol = Chem.MolFromMolBlock(text)
    assert [group.GetProp("TYPE") for group in Chem.GetMolSubstanceGroups(mol)] == [kind]
    assert sdf.read_block(text) == ("CCNCO", None)


def grouped(smiles, kind, atoms):
    places = " ".join(str(atom + 1) for atom in atoms)
    lines = f"{V30}BEGIN COLLECTION\n{V30}MDLV30/{kind} ATOMS=({len(atoms)} {places})\n{V30}END COLLECTION\n"
    return edited(smiles, True, ("M  V30 END CTAB\n", f"{lines}M  V30 END CTAB\n"))


@pytest.mark.parametrize(("kind", "mark", "warning"), [("STERAC1", "&1", "and"), ("STEREL1", "o1", "or")])
def test_a_stereo_group_says_the_same_in_every_format(kind, mark, warning):
    drawn_form, mirror = "C[C@H](N)CC[C@@H](C)O", "C[C@@H](N)CC[C@H](C)O"
    drawn = {prepare(sdf.read_block(grouped(smiles, kind, [1, 5]))[0], Guardrails()) for smiles in (drawn_form, mirror)}
    written = {prepare(f"{smiles} |{mark}:1,5|", Guardrails()) for smiles in (drawn_form, mirror)}
    assert drawn == written
    assert [(row.canonical_smiles, row.warnings) for row in drawn] == [("CC(N)CCC(C)O", (f"stereo_dropped:{warning}",))]
    absolute, reason = sdf.read_block(grouped(drawn_form, "STEABS", [1, 5]))
    assert reason is None
    assert prepare(absolute, Guardrails()) == prepare(drawn_form, Guardrails())


def test_atom_maps_of_a_record_reach_the_reader():
    text, reason = sdf.read_block(block("[CH3:1][C@H:2](N)O", v3000=True))
    assert reason is None
    assert prepare(text, Guardrails()).warnings == ("atom_maps_cleared",)


@pytest.mark.parametrize(
    "text",
    [
        edited("CCNCO", False, ("M  END", "M  CHG  1   3 257\nM  END")),
        edited("CCNCO", False, ("M  END", "M  CHG  2   3   1   5-129\nM  END")),
        edited("CCNCO", False, ("M  END", "M  ISO  1   32000\nM  END")),
        "V3000 or MASS=9" + edited("CCNCO", False, ("M  END", "M  CHG  1   3 257\nM  END")),
        edited("CCNCO", True, (" 0\nM  V30 2", " 0 CHG=257\nM  V30 2")),
        edited("CCNCO", True, (" 0\nM  V30 2", " 0 MASS=65548\nM  V30 2")),
        edited("CCNCO", True, (" 0\nM  V30 2", " 0 CHG=2-\nM  V30 57\nM  V30 2")),
        edited("[H][H]", False, ("H   0", "H  -9")),
    ],
)
def test_what_rdkit_would_cut_off_is_invalid(text):
    smiles, reason = sdf.read_block(text)
    assert reason is None
    assert prepare(smiles, Guardrails()).reason == "invalid_smiles"


def chain(n, counts=None):
    atoms = "".join(f"{V30}{i + 1} C {i} 0 0 0\n" for i in range(n))
    bonds = "".join(f"{V30}{i + 1} 1 {i + 1} {i + 2}\n" for i in range(n - 1))
    head = "x\n\n\n  0  0  0  0  0  0  0  0  0  0999 V3000\n"
    table = f"{V30}BEGIN CTAB\n{V30}COUNTS {counts or n} {n - 1} 0 0 0\n{V30}BEGIN ATOM\n{atoms}{V30}END ATOM\n"
    return f"{head}{table}{V30}BEGIN BOND\n{bonds}{V30}END BOND\n{V30}END CTAB\nM  END\n"


def test_a_record_without_end_is_too_large_and_its_neighbours_are_read(tmp_path):
    path = tmp_path / "x.sdf"
    endless = "endless\n\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\n" + f"{'x' * 99}\n" * 120_000
    path.write_text(f"{A}$$$$\n{endless}$$$$\n{B}$$$$\n")
    first, long, last = sdf.records(path)
    assert len(long.block) < 10_000_200
    assert sdf.read_block(long.block) == (sdf.UNREADABLE, "too_many_atoms")
    assert [sdf.read_block(record.block)[0] for record in (first, last)] == ["C[C@H](N)C(=O)O", "c1ccncc1"]


def test_size_is_known_before_parsing():
    start = time.process_time()
    assert sdf.read_block(chain(30_000)) == (sdf.UNREADABLE, "too_many_atoms")
    assert sdf.read_block("x\n" * 6_000_000) == (sdf.UNREADABLE, "too_many_atoms")
    assert sdf.read_block(chain(10, 30_000)) == (sdf.UNREADABLE, None)  # it says 30,000 and has ten
    assert time.process_time() - start < 5
    assert sdf.read_block(chain(600)) == ("C" * 600, None)


def test_a_title_may_be_anything_even_the_end_of_a_block(tmp_path):
    """A title `M  END` ends nothing, as for RDKit's supplier."""
    block = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO"))
    path = tmp_path / "x.sdf"
    path.write_text("M  END" + block + "$$$$\n" + "second" + block + "$$$$\n")
    titles = [mol.GetProp("_Name") for mol in Chem.SDMolSupplier(str(path))]
    assert titles == ["M  END", "second"]
    assert [record.title for record in sdf.records(path)] == titles
