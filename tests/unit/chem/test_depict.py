"""Drawings say what changed, are small, safe to put into HTML, and the same bytes everywhere."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import permutations

import pytest
from rdkit import Chem
from rdkit.Chem import rdDepictor, rdFMCS
from rdkit.Chem.Draw import rdMolDraw2D

from hetero2.chem import depict
from hetero2.chem.decoys_v2.engine import generate
from hetero2.chem.depict import changed_bonds, with_decoys
from hetero2.chem.molecules import parse_known

ASPIRIN, PARA = "CC(=O)Oc1ccccc1C(=O)O", "CC(=O)Oc1ccc(C(=O)O)cc1"
DRUGS = [
    "N#Cc1cc(S(=O)(=O)Nc2cccs2)ccc1Oc1ccccc1-c1ccccc1",
    "CC(C)Cc1ccc(cc1)C(C)C(=O)NCCOC",
    "C[C@H](NC(=O)c1ccc(Cl)nc1)C(=O)N1CCC(CO)CC1",
    "Cc1nc2ccc(OCCN3CCOCC3)cc2[nH]1",
    "[NH3+]CCCC(=O)Nc1ccc(S(=O)(=O)N(C)C)cc1C(F)(F)F",
]
# parent, decoy, changed bonds, atoms of the decoy (in the order of its SMILES) that gained or lost a bond
KNOWN = [
    (ASPIRIN, PARA, 1, {7, 8, 12}),
    ("CCO", "COC", 1, {0, 1, 2}),
    ("Fc1ccc(Cl)cc1", "Fc1cccc(Cl)c1", 1, {4, 5, 6}),
    ("Clc1ccc(CCBr)cc1", "Brc1ccc(CCCl)cc1", 2, {0, 1, 6, 7}),
    ("CCCCN", "CCCNC", 1, {2, 3, 4}),
    ("C1CCCCC1C", "C1CCCC1CC", 1, {0, 4, 5}),
    ("Oc1ccccc1", "O=C1C=CCC=C1", 1, {0, 1}),
    ("CC(=O)[O-].[Na+]", "CC(=O)[O-].[Na+]", 0, set()),
]


def bond_types(mol):
    return {
        frozenset((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())): bond.GetBondTypeAsDouble() for bond in mol.GetBonds()
    }


def changed_under(image, parent, decoy):
    """Independent reading of a mapping: the decoy's bonds that the molecule has not."""
    had, has = bond_types(parent), bond_types(decoy)
    return sum(had.get(frozenset(image[at] for at in ends)) != order for ends, order in has.items())


@pytest.fixture(scope="module")
def pairs():
    return [(drug, decoy) for drug in DRUGS for decoy in generate(drug, 8, 7).decoys]


@pytest.mark.parametrize(("smiles", "decoy", "n_changed", "atoms"), KNOWN)
def test_known_changes(smiles, decoy, n_changed, atoms):
    change = changed_bonds(Chem.MolFromSmiles(smiles), Chem.MolFromSmiles(decoy))
    assert len(change.bonds) == n_changed
    assert change.atoms == atoms


def test_the_mapping_is_one_to_one_keeps_elements_and_the_count_is_what_it_says(pairs):
    for smiles, decoy in pairs:
        first, second = parse_known(smiles), parse_known(decoy.smiles)
        change = changed_bonds(first, second)
        assert sorted(change.image) == list(range(first.GetNumAtoms()))
        for at, image in enumerate(change.image):
            assert second.GetAtomWithIdx(at).GetAtomicNum() == first.GetAtomWithIdx(image).GetAtomicNum()
        assert len(change.bonds) == changed_under(change.image, first, second) > 0


def test_no_more_changes_than_the_move_that_made_the_decoy(pairs):
    cuts = {"relink2": 2, "relink3": 3}
    counted = [(cuts[decoy.move], smiles, decoy.smiles) for smiles, decoy in pairs if decoy.move in cuts]
    assert len(counted) > 10
    for most, smiles, decoy in counted:
        assert len(changed_bonds(parse_known(smiles), parse_known(decoy)).bonds) <= most


def test_no_more_changes_than_by_rdkits_common_substructure(pairs):
    """The atoms outside the largest common part lose all their bonds at most; and some bonds must change."""
    for smiles, decoy in pairs[::4]:
        mols = [parse_known(smiles), parse_known(decoy.smiles)]
        shared = rdFMCS.FindMCS(mols, timeout=5, ringMatchesRingOnly=False, completeRingsOnly=False)
        kinds = [
            Counter(
                (*sorted((b.GetBeginAtom().GetSymbol(), b.GetEndAtom().GetSymbol())), b.GetBondType()) for b in bonds
            )
            for bonds in (mol.GetBonds() for mol in mols)
        ]
        least = (kinds[1] - kinds[0]).total()
        assert least <= len(changed_bonds(*mols).bonds) <= mols[1].GetNumBonds() - shared.numBonds


@pytest.mark.parametrize(
    ("smiles", "decoy"),
    [
        ("CC(=O)CO", "COCC=O"),
        ("NCC(F)C", "CC(N)CF"),
        ("C1CC1CO", "OC1CCC1"),
        ("CC#CCO", "C#CCOC"),
        ("FC=CCl", "C=C(F)Cl"),
    ],
)
def test_as_few_changes_as_any_mapping_has(smiles, decoy):
    first, second = Chem.MolFromSmiles(smiles), Chem.MolFromSmiles(decoy)
    elements = [[atom.GetAtomicNum() for atom in mol.GetAtoms()] for mol in (first, second)]
    possible = (p for p in permutations(range(len(elements[0]))) if [elements[0][image] for image in p] == elements[1])
    fewest = min(changed_under(image, first, second) for image in possible)
    assert len(changed_bonds(first, second).bonds) == fewest


def test_the_molecule_itself_has_no_change_whatever_the_order_of_its_atoms():
    for drug in DRUGS:
        mol = parse_known(drug)
        shuffled = Chem.RenumberAtoms(mol, list(range(mol.GetNumAtoms()))[::-1])
        assert changed_bonds(mol, shuffled)[1:] == ((), frozenset())
        drawing, again = with_decoys(drug, [drug])
        assert drawing == again
        assert drawing.n_changed == 0
        assert "#f2b36b" not in drawing.svg


def test_drawings_are_small_plain_xml_with_the_changes_marked(pairs):
    for drug in DRUGS:
        decoys = [decoy.smiles for smiles, decoy in pairs if smiles == drug]
        drawings = with_decoys(drug, decoys)
        assert len(drawings) == 1 + len(decoys)
        for drawing, smiles in zip(drawings, (drug, *decoys), strict=True):
            assert 500 < len(drawing.svg.encode()) < 4000
            root = ET.fromstring(drawing.svg)
            assert root.tag == "svg"
            assert root.get("viewBox") == "0 0 260 190"
            assert {child.tag for child in root} <= {"path", "text"}
            assert not re.search(r"<[?!]|class=|id=|style", drawing.svg)
            bands = [path for path in root.iter("path") if path.get("stroke") == "#f2b36b"]
            assert len(bands) == (smiles != drug)
            assert sum(path.get("d").count("L") for path in bands) >= drawing.n_changed


def test_what_has_not_changed_is_where_it_was(monkeypatch):
    seen = []
    drawn = depict._drawn
    monkeypatch.setattr(depict, "_drawn", lambda mol, scale: seen.append(Chem.Mol(mol)) or drawn(mol, scale))
    with_decoys("Fc1ccc(CCCBr)cc1", ["Fc1cccc(CCCBr)c1"])
    change = changed_bonds(*(parse_known(smiles) for smiles in ("Fc1ccc(CCCBr)cc1", "Fc1cccc(CCCBr)c1")))
    first, second = (mol.GetConformer().GetPositions() for mol in seen)
    still = [at for at, image in enumerate(change.image) if abs(first[image] - second[at]).max() < 1e-3]
    assert len(still) >= 6
    orders = [bond_types(mol) for mol in seen]
    for ends, order in orders[1].items():
        if ends.issubset(still):
            assert orders[0][frozenset(change.image[at] for at in ends)] == order


def test_the_core_is_kept_in_place_unless_atoms_would_overlap(pairs, monkeypatch):
    def moved():
        far = []
        for smiles, decoy in pairs:
            mol, like = parse_known(smiles), parse_known(decoy.smiles)
            change = changed_bonds(mol, like)
            core = depict._core(mol, like, change)
            laid = depict._laid_out_like(depict._laid_out(mol), like, change)
            first, second = (each.GetConformer().GetPositions() for each in (mol, laid))
            far.append(max((abs(first[image] - second[at]).max() for image, at in core), default=0.0))
        return [distance > 1e-3 for distance in far]

    assert sum(moved()) < 0.2 * len(pairs)
    clashes = iter(range(2 * len(pairs), 0, -1))  # the free layout is always found to be the cleaner one
    monkeypatch.setattr(depict, "_clashes", lambda _mol: next(clashes))
    assert sum(moved()) > 0.2 * len(pairs)


def test_a_double_bond_is_drawn_as_it_is():
    """Though all of it is also in the molecule, the other way round."""
    seen = []
    for smiles in ("C/C=C/CCOC", "C/C=C\\CCOC"):
        mol, like = Chem.MolFromSmiles("C/C=C/CCCO"), Chem.MolFromSmiles(smiles)
        laid = depict._laid_out_like(depict._laid_out(mol), like, changed_bonds(mol, like))
        seen.append(Chem.MolToSmiles(Chem.MolFromMolBlock(Chem.MolToMolBlock(laid))))
    assert seen == ["C/C=C/CCOC", "C/C=C\\CCOC"]


def test_what_cannot_be_drawn_is_a_text(monkeypatch):
    long = "N" + "C" * 198 + "O"
    drawings = with_decoys(long, ["CN" + "C" * 197 + "O"])
    assert all("200 heavy atoms: not drawn" in ET.fromstring(drawing.svg).find("text").text for drawing in drawings)
    assert [drawing.n_changed for drawing in drawings] == [0, 1]

    def refuse(*_args, **_kwargs):
        raise RuntimeError("Invariant Violation")

    for module, name in ((rdDepictor, "Compute2DCoords"), (rdMolDraw2D, "PrepareMolForDrawing")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, refuse)
            assert all("13 heavy atoms: not drawn" in drawing.svg for drawing in with_decoys(ASPIRIN, [PARA]))
    with monkeypatch.context() as patch:
        patch.setattr(rdDepictor, "GenerateDepictionMatching2DStructure", refuse)
        assert "not drawn" not in with_decoys(ASPIRIN, [PARA])[1].svg


def test_the_largest_are_drawn_in_bounded_size_and_the_very_large_mapped():
    units = 16
    drawings = with_decoys("CC(c1ccccc1O)" * units, ["CC(c1ccc(O)cc1)" * units])
    assert all(4000 < len(drawing.svg) < 20_000 for drawing in drawings)
    units = 111
    assert with_decoys("CC(c1ccccc1O)" * units, ["CC(c1ccc(O)cc1)" * units])[1].n_changed >= units - 30


@pytest.mark.parametrize(
    ("smiles", "decoy"),
    [
        ("[13CH3:7]C(=O)N*", "CC(=O)N[*:3]"),
        ("[1*]CC[2*]", "[2*]C([1*])C"),
        ("C", "C"),
        ("[H][H]", "[H][H]"),
        ("*", "[2H]"),
        ("C~CC<-[Fe]", "CC~C[Fe]"),
        ("C[CH2]", "[Na+].[Cl-]"),
        ("CCO", "c1ccccc1Br"),
        ("C[N+](C)(C)CC(=O)[O-]", "CN(C)CC(=O)OC"),
        ("C[C@]12CC[C@H]3[C@@H](CCc4cc(O)ccc43)[C@@H]1CC[C@@H]2O", "CC12CCC3C(CCc4ccc(O)cc43)C1CCC2O"),
    ],
)
def test_unusual_molecules(smiles, decoy):
    for drawing in with_decoys(smiles, [decoy, smiles]):
        ET.fromstring(drawing.svg)
        assert len(drawing.svg) < 4000


def test_a_smiles_that_is_none_is_refused():
    with pytest.raises(ValueError, match="SMILES"):
        with_decoys("CCO", ["C1CC"])


def test_labels_are_escaped():
    mol = Chem.MolFromSmiles("CO")
    mol.GetAtomWithIdx(1).SetProp("_displayLabel", "a<b>&amp;\"'")
    svg = depict._svg(depict._laid_out(mol), changed_bonds(mol, mol), 16.0)
    assert "<b>" not in svg
    assert ET.fromstring(svg).tag == "svg"


def test_charges_are_legible():
    texts = [
        "".join(node.itertext()) for node in ET.fromstring(with_decoys("CC(=O)[O-].[Na+]", [])[0].svg).iter("text")
    ]
    assert {"O", "\u2212", "Na", "+"} <= set(texts)


def test_the_same_bytes_in_any_process():
    code = f"from hetero2.chem.depict import with_decoys; print(with_decoys({DRUGS[0]!r}, {DRUGS[:3]!r}))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{with_decoys(DRUGS[0], DRUGS[:3])}\n"}
