"""One compound in two forms is known for one; two compounds are not taken for one."""

from itertools import combinations
from pathlib import Path

import pytest
from rdkit import Chem, RDConfig, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize

from hetero2.chem.decoys_v2.engine import generate
from hetero2.chem.molecules import canonical, parse
from hetero2.chem.structures.same_compound import Compounds, flattened, keys, skeleton, whole_skeleton
from tests.unit.chem.rdkit_ways import compound_names

FORMS = {
    "benzimidazole": ("Cc1ccc2[nH]cnc2c1", "Cc1ccc2nc[nH]c2c1"),
    "triazole": ("CCc1cn[nH]n1", "CCc1c[nH]nn1"),
    "4-pyridone": ("O=c1cc[nH]c(C)c1", "Oc1ccnc(C)c1"),
    "uracil": ("O=c1cc[nH]c(=O)[nH]1", "Oc1ccnc(O)n1"),
    "amide": ("CCNC(C)=O", "CCN=C(C)O"),
    "guanidine": ("CCN=C(N)NC", "CCNC(N)=NC"),
    "ketone and enol": ("CCC(=O)c1ccccc1", "CC=C(O)c1ccccc1"),
    "imine and enamine": ("CC(=NCC)c1ccccc1", "C=C(NCC)c1ccccc1"),
    "nitroso and oxime": ("CCC(C)N=O", "CCC(C)=NO"),
    "nitro and aci": ("CC[N+](=O)[O-]", "CC=[N+](O)[O-]"),
    "pyrazolone, C-H and N-H": ("CC1=NN(c2ccccc2)C(=O)C1", "Cc1cc(=O)n(-c2ccccc2)[nH]1"),
    "indole and indolenine": ("c1ccc2[nH]ccc2c1", "C1C=Nc2ccccc12"),
    "enolate": ("CCC([O-])=CC", "CCC(=O)[CH-]C"),
    "isouronium": ("CCN(C)C(OC)=[N+](C)C", "CC[N+](C)=C(OC)N(C)C"),
    "vinamidinium": ("CCN(C)C=CC=[N+](C)C", "CC[N+](C)=CC=CN(C)C"),
    "imidazolium": ("CCCn1cc[n+](C)c1", "CCC[n+]1ccn(C)c1"),
    "xanthene dye": ("CCN(CC)c1ccc2cc3ccc(=[N+](C)C)cc-3oc2c1", "CC[N+](CC)=c1ccc2cc3ccc(N(C)C)cc3oc-2c1"),
    "sulfoxide": ("CCS(C)=O", "CC[S+](C)[O-]"),
    "diazo": ("CC=[N+]=[N-]", "C[CH-][N+]#N"),
    "acid and salt": ("CCC(=O)O", "CCC(=O)[O-]"),
    "zwitterion": ("NC(C)C(=O)O", "[NH3+]C(C)C(=O)[O-]"),
    "ammonium": ("CCNC", "CC[NH2+]C"),
    "enantiomers": ("C[C@H](N)CO", "C[C@@H](N)CO"),
    "E and Z": ("C/C=C/CO", "C/C=C\\CO"),
    "deuterium": ("CCC([2H])O", "CCCO"),
    "carbon 13": ("[13CH3]CCO", "CCCO"),
}
OTHERS = {
    "positions": ("Cc1ccccc1O", "Cc1cccc(O)c1"),
    "ester turned round": ("CCC(=O)OC", "CCOC(C)=O"),
    "two rings changed places": ("O=C(Nc1ccccc1)OC1CCCCC1", "O=C(NC1CCCCC1)Oc1ccccc1"),
    "double bond elsewhere": ("C=CCCCO", "CC=CCCO"),
    "N-methyl tautomers": ("Cn1cccc(C)c1=O", "COc1ncccc1C"),
    "methylimidazoles": ("Cn1cnc(C)c1", "Cn1cncc1C"),
    "chain length": ("CCCCCO", "CCCCCCO"),
    "halogen changed places": ("Fc1ccc(Cl)nc1", "Clc1ccc(F)nc1"),
}
# Nowhere do three bonds tell these apart.
FAR_APART = ("CCCCCCCOCCCCCCCOCCCCCCCSCCCCCCC", "CCCCCCCOCCCCCCCSCCCCCCCOCCCCCCC")
# Molecules of which one compound used to be several decoys, beside the odd ones of the tests of decoys.
MOVABLE = [
    "CCCCc1nnn[nH]1",
    "CCN(C)C(OCC)=[N+](C)CCC",
    "CCCCn1cc[n+](CCOC)c1",
    "CCNC(=N)NCCCC",
    "CCc1n[nH]c(C)c1CCO",
    "CCOC(=NC)NCCC",
    "CCCN1C=C[N+](CC)=C1C",
    "N#CC(=Cc1cc(Br)c(O)c(OC)c1)c1nc2ccccc2[nH]1",
    "CCC(=O)CC(=O)NCC",
    "[2H]C([2H])(C)OCCNC(=O)CC",
    "C[Sn](C)(C)OC(=O)CCN",
    "CC(=O)O[Hg]c1ccc(CCO)cc1",
]


def shared(first, second):
    return keys(first) & keys(second)


@pytest.mark.parametrize("pair", FORMS.values(), ids=FORMS.keys())
def test_forms_of_a_compound_share_a_key_and_the_skeleton(pair):
    assert shared(*pair)
    assert len({skeleton(parse(smiles)) for smiles in pair}) == 1
    assert (
        len({whole_skeleton(parse(smiles)) for smiles in pair}) == len({flattened(smiles)[1] for smiles in pair}) == 1
    )


@pytest.mark.parametrize("pair", OTHERS.values(), ids=OTHERS.keys())
def test_other_compounds_share_no_key(pair):
    assert not shared(*pair)


def public_molecules(n):
    lines = (Path(RDConfig.RDDataDir) / "NCI/first_5K.smi").read_text().splitlines()
    mols = [parse(line.split()[0]) for line in lines[:: len(lines) // n]]
    return [canonical(mol) for mol in mols if mol is not None and mol.GetNumAtoms() < 40]


def forms(smiles):
    """The molecule in forms that RDKit makes of it: tautomers, mesomers, other protons, no stereo, isotopes."""
    mol = parse(smiles)
    enumerator = rdMolStandardize.TautomerEnumerator()
    enumerator.SetMaxTautomers(20)
    with rdBase.BlockLogs():
        yield from enumerator.Enumerate(mol)
        yield from (one for one in Chem.ResonanceMolSupplier(mol, Chem.ALLOW_CHARGE_SEPARATION, 20) if one is not None)
        yield rdMolStandardize.Uncharger().uncharge(Chem.Mol(mol))
        yield rdMolStandardize.Reionizer().reionize(Chem.Mol(mol))
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    yield flat
    labelled = Chem.Mol(mol)
    labelled.GetAtomWithIdx(0).SetIsotope(15)
    yield labelled


def test_all_forms_that_rdkit_makes_have_one_skeleton():
    count = 0
    for smiles in public_molecules(120):
        expected = skeleton(parse(smiles)), whole_skeleton(parse(smiles))
        for form in forms(smiles):
            again = parse(Chem.MolToSmiles(form))
            if again is not None:  # not every mesomer is a SMILES
                count += 1
                assert (skeleton(again), whole_skeleton(again)) == expected, (smiles, Chem.MolToSmiles(form))
    assert count > 500


def test_molecules_that_share_a_key_have_one_skeleton():
    """What makes it enough to compare within equal skeletons; among the molecules are salts and organometallics."""
    molecules = public_molecules(600)
    by_key = {}
    for smiles in molecules:
        mol = parse(smiles)
        for name in compound_names(mol) - {""}:
            by_key.setdefault(name, set()).add((skeleton(mol), whole_skeleton(mol)))
    assert len(by_key) > 700
    assert {name: values for name, values in by_key.items() if len(values) > 1} == {}


def slow_skeleton(mol, reach):
    """The definition, with nested tuples in place of hashes."""
    metal = {
        a.GetIdx() for a in mol.GetAtoms() if a.GetSymbol() not in "B C N O F Si P S Cl Ge As Se Br Te I Xe At".split()
    }
    current = [(a.GetAtomicNum(),) for a in mol.GetAtoms()]
    near = [[b.GetIdx() for b in a.GetNeighbors() if not {a.GetIdx(), b.GetIdx()} & metal] for a in mol.GetAtoms()]
    for _ in range(reach):
        current = [(one, *sorted(current[b] for b in near[a])) for a, one in enumerate(current)]
    owed = sum(a.GetTotalNumHs() - a.GetFormalCharge() + (a.GetAtomicNum() == 1) for a in mol.GetAtoms())
    return owed, repr(sorted(current[a.GetIdx()] for a in mol.GetAtoms() if a.GetAtomicNum() != 1))


def test_the_skeleton_tells_apart_what_its_definition_tells_apart():
    pairs = [smiles for pair in (*FORMS.values(), *OTHERS.values()) for smiles in pair]
    mols = list(map(parse, [*pairs, *MOVABLE, *public_molecules(400)]))
    fast, slow = [skeleton(mol) for mol in mols], [slow_skeleton(mol, 3) for mol in mols]
    classes = len(set(slow))
    assert classes > 300
    assert len(set(fast)) == classes == len(set(zip(fast, slow, strict=True)))


def test_the_whole_skeleton_sees_what_is_further_apart_than_three_bonds():
    first, second = map(parse, FAR_APART)
    assert skeleton(first) == skeleton(second)
    assert whole_skeleton(first) != whole_skeleton(second)


def test_keys_are_computed_once_for_equal_skeletons_alone_and_dear_ones_where_cheap_ones_differ(monkeypatch):
    asked = []

    def kind(name, keys):
        return lambda structure: asked.append((name, structure.smiles)) or frozenset([keys(structure.smiles)])

    kinds = (kind("cheap", lambda smiles: smiles), kind("dear", lambda smiles: smiles[0]))
    monkeypatch.setattr("hetero2.chem.structures.same_compound._KINDS", kinds)
    compounds = Compounds()
    for number in range(5):
        compounds.add(number, f"C{number}")
    assert not compounds.holds(7, "N")
    assert asked == []
    assert compounds.holds(3, "C3")
    assert asked == [("cheap", "C3"), ("cheap", "C3")]
    assert not compounds.holds(3, "N")
    compounds.add(3, "N")
    assert compounds.holds(3, "N2")
    assert asked[2:] == [("cheap", "N"), ("dear", "N"), ("dear", "C3"), ("cheap", "N2"), ("dear", "N2")]


@pytest.mark.parametrize("smiles", MOVABLE)
def test_no_compound_is_twice_among_a_molecule_and_its_decoys(smiles):
    molecule = Chem.CanonSmiles(smiles)
    for seed in range(2):
        decoys = generate(molecule, 20, seed).decoys
        assert len(decoys) > 3
        for one, other in combinations([molecule, *(decoy.smiles for decoy in decoys)], 2):
            assert not compound_names(parse(one)) & compound_names(parse(other)), (one, other)
            assert not shared(one, other), (one, other)


def test_a_decoy_that_is_refused_is_replaced():
    """These had all twenty decoys when some compounds were among them twice."""
    for smiles in ("CCN(C)C(OCC)=[N+](C)CCC", "CCCCn1cc[n+](CCOC)c1"):
        assert len(generate(Chem.CanonSmiles(smiles), 20, 0).decoys) == 20


@pytest.mark.parametrize(
    "smiles",
    ["CCN=c1sc(=O)sn1CC", "CC/C=C/C(=O)N[C@@H](C)[C@H]1CC[C@@H](O)CC1", "C[C@H]1C[C@@H]2CC[C@H]1N2C(=O)/C=C\\CN"],
)
def test_a_decoy_reads_and_writes_as_itself(smiles):
    decoys = generate(Chem.CanonSmiles(smiles), 20, 0).decoys
    assert len(decoys) == 20
    assert [Chem.CanonSmiles(decoy.smiles) for decoy in decoys] == [decoy.smiles for decoy in decoys]


def test_the_skeleton_of_a_decoy_is_that_of_its_smiles():
    for smiles in ("CCOC(=O)c1ccccc1N", *MOVABLE):
        for decoy in generate(Chem.CanonSmiles(smiles), 10, 3).decoys:
            assert decoy.skeleton == skeleton(parse(decoy.smiles)), decoy
