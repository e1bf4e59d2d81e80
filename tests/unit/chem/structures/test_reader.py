"""What anybody brings as a structure: what it is, what it has lost, or why it is none."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem, RDConfig

from hetero2.chem.molecules import canonical, fixed_point
from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.chem.structures.reader import MOST_ATOMS, read

LOOSE = Guardrails(require_connected=False)


def outcome(text, limits=LOOSE):
    prepared = prepare(text, limits)
    return prepared.reason or prepared.canonical_smiles, prepared.warnings


@pytest.mark.parametrize(
    "text",
    [
        "*CCO",
        "[*]CCO",
        "[3*]CCO",
        "[*:2]CCO",
        "c1cc*cc1",
        "CCN~CCO",
        "c1ccccc1~O",
        "[#7]CC",
        "C[#8]",
        "[N,O]CC",
        "[C;R]1CC1",
        "[!C]CC",
        "[$(CO)]C",
        "[A]CC",
        "[Q]CC",
        "[X]CC",
        "[M]CC",
        "[AH]CC",
        "[R]CC",
        "[R2]CC",
        "[R#]CC",
        "[Pol]CC",
        "CCN |$R1;;$|",
        "CCN |$;;_R2$|",
        "*CCN |$_AP1;;;$|",
        "CCN |$_AP1;;$|",
        "*CCN |$Q_e;;;$|",
        "CCN |rb:0:2|",
        "CCN |s:1:2|",
        "CCN |u:1|",
        "CCN |atomProp:0.molAttchpt.1|",
        "NCCO |Sg:n:1,2:n:ht:::|",
        "NCCO |Sg:mon:1,2::ht:::|",
        "NCCO |Sg:co:1,2::ht:::|",
        "NCCO |Sg:mix:0,1:::|",
        "NCCCO |LN:2:1.5|",
        "CN*.c1ccccc1 |m:2:3.4.5|",
        "CCCC |Z:1|",
        "CCO.CCN |H:2.1|",
        "CCC(=O)NCC<-C",
        "C:CNCO",
        "CN(:[O]):[O]",
    ],
)
def test_what_stands_for_many_structures_is_undefined(text):
    assert outcome(text) == ("undefined_structure", ())


@pytest.mark.parametrize(
    ("text", "smiles"),
    [
        ("[2H]OC", "[2H]OC"),
        ("[3H]C", "[3H]C"),
        ("[13CH4]", "[13CH4]"),
        ("[NH3]->[Pt](<-[NH3])(Cl)Cl", "[NH3]->[Pt](<-[NH3])([Cl])[Cl]"),
        ("[C-]#[O+]->[Fe]", "[C-]#[O+]->[Fe]"),
        ("CCN |$first;;$|", "CCN"),
        ("CCN |$Cα;;$|", "CCN"),
        ("CCN |SgD:0:note:some data::::|", "CCN"),
        ("CCN |Sg:gen:0,1:x:|", "CCN"),
        ("CCN\t|(0,0,;1,0,;2,0,)|", "CCN"),
        (" CCN  |a:1| ", "CCN"),
        ("C[CH2] |^1:1|", "[CH2]C"),
        ("CC=CC |t:1|", "C/C=C/C"),
        ("[U+15]", "[U+15]"),
        ("[CH4-99]", None),
    ],
)
def test_what_is_said_of_one_structure_is_read(text, smiles):
    result, warnings = outcome(text)
    assert warnings == ()
    assert result == smiles or (smiles is None and "-99" in result)


@pytest.mark.parametrize(
    "text",
    [
        "[N+128]",
        "[N-129]",
        "[C+1000000]",
        "[N+257]C",
        "CC[O-256]",
        "[65536CH4]",
        "[65548CH4]",
        "[70013CH3]C",
        "C[CH256]C",
        "[CH4:99999999999]",
        "[CH260]",
        "CCO name",
        "CCO |&1:1",
        "CCO |a:1| name",
        "CCO|a:1|",
        "CCO |nonsense:|x",
        "C[Zz]",
        "C\0N",
        "",
        "|a:1|",
    ],
)
def test_what_rdkit_would_read_as_something_else_is_invalid(text):
    assert outcome(text) == ("invalid_smiles" if text else "missing_smiles", ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("C(" * 30_000 + "C" + ")" * 30_000, "too_many_atoms"),
        ("N" * (MOST_ATOMS + 1), "too_many_atoms"),
        ("[13CH2]" * (MOST_ATOMS + 1), "too_many_atoms"),
        ("C1C1" * MOST_ATOMS, "too_many_atoms"),
        ("ClBr." * MOST_ATOMS, "too_many_atoms"),
        ("C" + "(" * 300_000, "invalid_smiles"),
        ("C" + "1" * 1_000_001, "invalid_smiles"),
        ("[" * 100_000, "invalid_smiles"),
        ("C" * 900 + "(" * 4_000, "invalid_smiles"),
        ("CCO |" + "$" * 1_000_000 + "|", "invalid_smiles"),
        ("C" * 500, "too_many_atoms"),
    ],
)
def test_size_is_known_before_parsing(text, reason):
    assert prepare(text, Guardrails()).reason == reason


@pytest.mark.parametrize(
    ("mapped", "plain"),
    [
        ("[CH3:1][CH2:2][OH:3]", "CCO"),
        ("[CH3:7]CO", "CCO"),
        ("[cH:1]1[cH:2][cH:3][cH:4][cH:5][c:6]1[Cl:7]", "Clc1ccccc1"),
        ("[H:1][CH2:2]O", "CO"),
        ("[CH3:0]O", "CO"),
        ("C[C@H:4](N)[C:5](=O)O", "C[C@H](N)C(=O)O"),
        ("C[C@:4](F)([CH3:1])O", "CC(C)(O)F"),  # a centre by its map numbers alone
        ("[13CH3:2]O", "[13CH3]O"),
    ],
)
def test_atom_maps_are_cleared_and_the_row_says_so(mapped, plain):
    expected, _ = outcome(plain)
    assert outcome(mapped) == (expected, ("atom_maps_cleared",))


BOTH = [
    ("C[C@H](N)CC", "C[C@@H](N)CC", 1),
    ("O[C@H]1CCCC[C@@H]1N", "O[C@@H]1CCCC[C@H]1N", None),
    ("C[C@H](F)C[C@@H](Cl)C", "C[C@@H](F)C[C@H](Cl)C", None),
]


@pytest.mark.parametrize(("one", "mirror", "centre"), BOTH)
@pytest.mark.parametrize(("mark", "kind"), [("&", "and"), ("o", "or")])
def test_a_mixture_drawn_as_either_is_one_structure_and_none_of_its_enantiomers(one, mirror, centre, mark, kind):
    mol = Chem.MolFromSmiles(one)
    centres = [place for place, _ in Chem.FindMolChiralCenters(mol)] if centre is None else [centre]
    block = f"|{mark}1:{','.join(map(str, centres))}|"
    mixed = outcome(f"{one} {block}")
    assert mixed == outcome(f"{mirror} {block}")
    assert mixed[1] == (f"stereo_dropped:{kind}",)
    assert mixed[0] not in (outcome(one)[0], outcome(mirror)[0])
    assert outcome(f"{one} |a:{','.join(map(str, centres))}|") == outcome(one)
    assert mixed[0] == Chem.MolToSmiles(mol, isomericSmiles=False)


def test_only_the_centres_of_a_group_lose_their_configuration():
    assert outcome("C[C@H](F)C[C@@H](Cl)CO |&1:1|") == (outcome("CC(F)C[C@@H](Cl)CO")[0], ("stereo_dropped:and",))
    text, warnings = outcome("C[C@H](F)C[C@@H](Cl)CO |&1:1,o1:4|")
    assert (text, warnings) == ("CC(F)CC(Cl)CO", ("stereo_dropped:and", "stereo_dropped:or"))


@pytest.mark.parametrize(
    ("text", "centres"),
    [
        ("C[C@H]1CC[C@@H](C)CC1", "1,4"),
        ("C[C@H]1CC[C@H](C)CC1", "1,4"),
        ("C[C@H]1CC[C@@H](O)CC1", "1,4"),
        ("O[C@@H]1CCCC[C@@H]1O", "1,6"),  # meso
    ],
)
def test_a_group_whose_two_configurations_are_one_structure_keeps_it(text, centres):
    assert outcome(f"{text} |&1:{centres}|") == outcome(f"{text} |o1:{centres}|") == outcome(text)
    assert "@" in outcome(text)[0]


def test_an_atropisomer_says_that_its_configuration_is_lost():
    text = "Cc1ccc(Br)c(-c2c(F)cccc2Br)c1Cl"
    assert outcome(text) == (text, ())
    for mark in ("wU:6.15", "wU:6.5"):
        assert outcome(f"{text} |{mark}|") == (text, ("stereo_dropped:atropisomer",))


UNSTABLE = [
    ("[C@H]12[C@H]3[C@@H]4[C@H]5[C@@H]([C@H]1N24)N53", "[C@H]12[C@H]3[C@H]4[C@@H]5[C@@H]([C@H]1N25)N34"),
    (r"[H]/N=C(C=C)\C(/N=C\[O-])=N\[H]", r"[H]N=C(/N=C\[O-])/C(C=C)=N\[H]"),
    (r"[H]/N=C(CC)\C(/N=C\[S-])=N\[H]", r"[H]N=C(/N=C\[S-])/C(CC)=N\[H]"),
]


@pytest.mark.parametrize("pair", UNSTABLE)
def test_a_molecule_and_its_canonical_smiles_are_one_structure(pair):
    # Where RDKit writes what it reads as something else, which a newer release may not.
    for text in pair:
        first = canonical(Chem.MolFromSmiles(text))
        settled, warnings = outcome(text)
        assert warnings == ()
        assert outcome(settled)[0] == outcome(first)[0] == settled
        assert fixed_point(settled)[0] == settled
        assert canonical(fixed_point(first)[1]) in (settled, canonical(Chem.MolFromSmiles(settled)))


def test_of_texts_that_lead_to_each_other_the_first_is_taken(monkeypatch):
    """Whatever the length of the cycle and wherever it is entered."""
    leads = {"CCC": "CCN", "CCN": "CCO", "CCO": "CCF", "CCF": "CCN", "CCCl": "CCCl"}
    monkeypatch.setattr("hetero2.chem.molecules.canonical", lambda mol: leads[Chem.MolToSmiles(mol)])
    assert [fixed_point(text)[0] for text in leads] == ["CCF"] * 4 + ["CCCl"]
    assert all(Chem.MolToSmiles(fixed_point(text)[1]) == fixed_point(text)[0] for text in leads)


def nci():
    lines = Path(RDConfig.RDDataDir, "NCI", "first_5K.smi").read_text().splitlines()
    return [line.split()[0] for line in lines[::25]]


def test_real_compounds_are_read_as_rdkit_reads_them():
    """200 compounds of the NCI: nothing is lost, however the atoms are numbered."""
    for text in nci():
        mol = Chem.MolFromSmiles(text)
        if mol is None:
            assert outcome(text)[0] == "invalid_smiles"
            continue
        shuffled = Chem.MolToSmiles(mol, doRandom=True)
        mapped = Chem.Mol(mol)
        for atom in mapped.GetAtoms():
            atom.SetAtomMapNum(atom.GetIdx() + 1)
        assert outcome(text) == outcome(shuffled) == (Chem.MolToSmiles(mol), ())
        assert outcome(Chem.MolToSmiles(mapped)) == (Chem.MolToSmiles(mol), ("atom_maps_cleared",))


@given(st.text("CNOc1[]()=#@H+-:*~|&$. %98nR,;\0\t", max_size=40))
def test_any_text_has_one_outcome_and_what_it_gives_is_its_own_fixed_point(text):
    reading = read(text)
    assert (reading.mol is None) == (reading.reason is not None)
    smiles = prepare(text, LOOSE).canonical_smiles
    if smiles is not None:
        assert outcome(smiles) == (smiles, ())
