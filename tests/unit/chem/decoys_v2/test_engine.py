"""decoy_strategy.v2: what every decoy must be, over real and generated molecules."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, rdBase
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from hetero2.chem.bins import BINS, QUOTAS, check_quotas, hardness
from hetero2.chem.decoys_v2 import engine
from hetero2.chem.decoys_v2.engine import generate
from hetero2.chem.molecules import canonical, fixed_point
from hetero2.chem.similarity import fingerprint, tanimoto
from hetero2.stages.dataset import read_compounds, source_folder
from tests.unit.chem.rdkit_ways import alerts, compound_names, properties

ODD = {
    "methane": "C",
    "water": "O",
    "ammonium": "[NH4+]",
    "ethanol": "CCO",
    "benzene": "c1ccccc1",
    "acetate": "CC(=O)[O-]",
    "tetrahedral": "C[C@H](N)C(=O)N[C@@H](CO)c1ccccc1",
    "double bond": "CC/C=C/C(=O)NCCc1ccccc1",
    "isotope": "[2H]C([2H])(C)OCCNC(=O)c1ccc([18F])cc1",
    "zwitterion": "[NH3+]CC(CCCO)C(=O)[O-]",
    "nitro and azide": "O=[N+]([O-])c1ccc(CCN=[N+]=[N-])cc1OCC",
    "quaternary": "C[N+](C)(C)CCOC(=O)CCCN",
    "macrocycle": "C1CCCCCCCOC(=O)CCCCNC1CCO",
    "spiro": "C1CCC2(CC1)CCN(CCO)CC2C",
    "bridged": "CC1(C)C2CCC1(C)C(=O)C2CCN",
    "cyclopropane": "C1CC1CCOCC(F)CN",
    "sulfonamide": "CCCS(=O)(=O)Nc1ccc(OC)cc1C(=O)N1CCOCC1",
    "phosphonate": "CCOP(=O)(OCC)CCNC(=O)c1ccccc1",
    "boronic acid": "OB(O)c1ccc(CCOC)cc1",
    "silane": "C[Si](C)(C)CCOC(=O)CN",
    "imidazole": "Cc1c[nH]cn1",
    "radical": "CC1(C)CC(OCCC)CC(C)(C)N1[O]",
    "ferrocene-like": "[Fe+2].c1ccccc1",
    "peptide of 200 atoms": "N" + "CC(=O)NC(CO)C(=O)N" * 20 + "CCCCCCC",
    "steroid": "C[C@]12CC[C@H]3[C@@H](CCC4=CC(=O)CC[C@@]34C)[C@@H]1CC[C@@H]2O",
}


def invariants(mol):
    return (
        CalcMolFormula(mol),
        sorted(atom.GetFormalCharge() for atom in mol.GetAtoms()),
        sorted((atom.GetAtomicNum(), atom.GetIsotope()) for atom in mol.GetAtoms()),
        mol.GetRingInfo().NumRings(),
        sum(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms()),
        sum(len(ring) < 5 for ring in mol.GetRingInfo().AtomRings()),
        len(Chem.GetMolFrags(mol)),
    )


def check(smiles, k=8, seed=1, **options):
    """Everything that must hold of the decoys of a molecule."""
    parent = Chem.CanonSmiles(smiles)
    generated = generate(parent, k, seed, **options)
    again = generate(parent, k, seed, **options)
    assert generated == again
    assert len(generated.decoys) <= k
    assert (generated.reason is None) == (len(generated.decoys) == k)
    mol = Chem.MolFromSmiles(parent)
    for decoy in generated.decoys:
        mol_of_decoy = Chem.MolFromSmiles(decoy.smiles)
        assert mol_of_decoy is not None
        assert invariants(mol_of_decoy) == invariants(mol), decoy
        assert Chem.MolToSmiles(mol_of_decoy) == decoy.smiles
        assert decoy.tanimoto == pytest.approx(tanimoto(fingerprint(mol), [fingerprint(mol_of_decoy)])[0])
        assert alerts(mol_of_decoy) <= alerts(mol)
        assert decoy.differences == {
            name: pytest.approx(value - properties(mol)[name], abs=6e-5)
            for name, value in properties(mol_of_decoy).items()
        }
        stereo = [len(Chem.FindMolChiralCenters(m, useLegacyImplementation=False)) for m in (mol_of_decoy, mol)]
        assert stereo[0] <= stereo[1]
    names = [compound_names(Chem.MolFromSmiles(s)) for s in (parent, *(d.smiles for d in generated.decoys))]
    assert sum(map(len, names)) == len(set().union(*names)), "one compound twice"
    flat = {Chem.MolToSmiles(Chem.MolFromSmiles(d.smiles), isomericSmiles=False) for d in generated.decoys}
    assert len(flat) == len(generated.decoys)
    return generated


@pytest.mark.parametrize("smiles", ODD.values(), ids=ODD.keys())
def test_molecules_of_every_kind(smiles):
    if "." not in smiles:
        check(smiles)


@cache
def compounds():
    return [compound.smiles for compound in read_compounds(source_folder())]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_real_molecules(data):
    generated = check(data.draw(st.sampled_from(compounds())), k=20, seed=data.draw(st.integers(0, 2**32 - 1)))
    assert len(generated.decoys) == 20


PIECES = [
    "C",
    "CC",
    "C(C)",
    "C(=O)",
    "N",
    "O",
    "c1ccc(cc1)",
    "C1CC(CCN1)",
    "c1nc(ccc1)",
    "S",
    "C(F)",
    "C(O)",
    "C=C",
    "C(=O)N",
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=8), st.integers(1, 12), st.integers(0, 99))
def test_generated_molecules(pieces, k, seed):
    smiles = "C" + "".join(pieces) + "C"
    with rdBase.BlockLogs():
        valid = Chem.MolFromSmiles(smiles) is not None
    if valid:
        check(smiles, k, seed)


def test_atom_order_of_the_input_changes_nothing():
    mol = Chem.MolFromSmiles("CC(C)Cc1ccc(cc1)C(C)C(=O)NCCO")
    order = list(range(mol.GetNumAtoms()))
    outcomes = set()
    for seed in range(5):
        random.Random(seed).shuffle(order)
        text = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
        outcomes.add(tuple(d.smiles for d in generate(Chem.CanonSmiles(text), 10, 0).decoys))
    assert len(outcomes) == 1


def test_seeds_and_k_and_options_matter():
    parent = Chem.CanonSmiles("CC(C)Cc1ccc(cc1)C(C)C(=O)NCCOC")
    seeds = {tuple(d.smiles for d in generate(parent, 10, seed).decoys) for seed in range(6)}
    assert len(seeds) > 3
    easy = generate(parent, 10, 0, {"easy": 1.0, "medium": 0.0, "hard": 0.0})
    assert {d.hardness for d in easy.decoys} == {"easy"}
    hard = generate(parent, 10, 0, hard_mode=True)
    assert {d.hardness for d in hard.decoys} == {"hard"}
    assert generate(parent, 0, 0).decoys == ()


def test_the_quotas_are_met_where_chemistry_allows():
    generated = generate(Chem.CanonSmiles(compounds()[0]), 20, 0)
    n_in_bin = {name: sum(d.hardness == name for d in generated.decoys) for name in BINS}
    assert all(n_in_bin[name] >= 0.7 * 20 * QUOTAS[name] for name in BINS), n_in_bin


def test_why_there_are_fewer_is_said():
    assert generate("C", 5, 0).reason == "no_rearrangement"
    assert generate("CCCO", 500, 0).reason == "space_exhausted"
    assert generate("CCCO", 500, 0, hard_mode=True).reason == "hard_space_exhausted"


def test_a_tautomer_is_no_decoy():
    """4-methylimidazole is 5-methylimidazole."""
    generated = generate("Cc1c[nH]cn1", 50, 0).decoys
    assert Chem.CanonSmiles("Cc1cnc[nH]1") not in {d.smiles for d in generated}
    assert generated


def test_bins_and_quotas():
    assert [hardness(value) for value in (0.0, 0.4999, 0.5, 0.6999, 0.7, 1.0)] == [
        "easy",
        "easy",
        "medium",
        "medium",
        "hard",
        "hard",
    ]
    for wrong in ({"easy": 1.0}, {"easy": 0.5, "medium": 0.5, "hard": 0.5}, {"easy": -1, "medium": 1, "hard": 1}):
        with pytest.raises(ValueError, match="add up to 1"):
            check_quotas(wrong)


@pytest.mark.parametrize(
    "smiles",
    [
        "CC[C@H](C)[C@@H](N)C(=O)N1CCC[C@H]1C(=O)NCc1ccccc1",  # centres that do not depend on each other
        "C[C@H]1CC[C@@H](OC(=O)C[NH3+])CC1",  # of a ring, each a centre only beside the other
        "C[C@H](O)[C@@H](F)[C@@H](O)CCN",
        "O[C@H]1[C@@H](O)[C@H](O)[C@@H](O)[C@H](OCC(C)=O)[C@@H]1O",
        "C[C@H](CC/C=C/C(=O)N)OC",
        "C[C@]12CC[C@H](CC1)C[C@@H]2NC(=O)C",
    ],
)
def test_what_is_taken_as_it_was_written_is_what_reading_it_again_gives(smiles, monkeypatch):
    settled, written = engine._settled, []

    def checked(mol):
        outcome = settled(mol)
        if mol is not None:
            assert outcome[0] == fixed_point(canonical(mol))[0]
            written.append(outcome)
        return outcome

    monkeypatch.setattr(engine, "_settled", checked)
    for seed in range(3):
        engine.generate(Chem.CanonSmiles(smiles), 20, seed)
    assert len(written) >= 30, "the molecule has isomers"
