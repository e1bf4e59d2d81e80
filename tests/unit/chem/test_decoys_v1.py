"""The fast generator against the contract's text, and what follows from the moves."""

import csv
from pathlib import Path
from random import Random

import pytest
import rdkit
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from benchmarks import frozen_decoys_v1
from hetero2.chem import decoys_v1
from hetero2.chem.molecules import parse

NCI = Path(rdkit.__file__).parent / "Contrib" / "FreeWilson" / "data" / "CHEMBL2321810.smi"
SERIES = [line.split()[0] for line in NCI.read_text().splitlines()]
ODD = (
    "C CC CCO C1CC1 c1ccccc1 [Na+].[Cl-] CC(=O)[O-].[NH4+] C[C@H](N)C(=O)O F/C=C/F [2H]C([2H])O C[N+](C)(C)CC(=O)[O-] "
    "C1CCC2(CC1)CCCCC2 C1CC2CCC1C2 OB(O)c1ccccc1 c1ccc2[nH]ccc2c1 O=S(=O)(N)c1ccccc1Cl CCCCCCCCCCCCCCCC C#CCN "
    "[O-][N+](=O)c1ccccc1 c1ccsc1CCl"
).split()


def agree(smiles, seed, k=20, strategy=decoys_v1.CHAIN, hard_mode=False):
    canonical = Chem.MolToSmiles(parse(smiles))
    fast = decoys_v1.generate(canonical, k, seed, strategy, hard_mode)
    slow, used = frozen_decoys_v1.generate(canonical, k, seed, strategy, hard_mode)
    assert (list(fast.smiles), fast.strategy) == (slow, used), smiles
    return fast


@pytest.mark.parametrize("smiles", ODD)
def test_same_decoys_in_the_same_order_as_the_contract_on_odd_molecules(smiles):
    agree(smiles, seed=5, k=3)


@pytest.mark.parametrize("seed", range(6))
def test_same_decoys_in_the_same_order_as_the_contract_on_drug_like_molecules(seed):
    agree(Random(seed).choice(SERIES), seed, k=2)


@pytest.mark.parametrize("strategy", [link.name for link in decoys_v1.STRATEGIES])
def test_single_strategies_agree_too(strategy):
    agree("CC(C)Cc1ccc(cc1)C(C)C(=O)NC1CCCC1", 9, k=3, strategy=strategy)


def test_hard_mode_agrees_and_stays_within_its_limits():
    decoys = agree(SERIES[3], 1, k=3, hard_mode=True)
    parent = decoys_v1.fingerprint(parse(SERIES[3]))
    for mol in decoys.mols:
        assert 0.65 <= frozen_decoys_v1.DataStructs.TanimotoSimilarity(parent, decoys_v1.fingerprint(mol)) <= 0.95


def test_no_decoys_without_k():
    assert decoys_v1.generate("CCOCCN", 0, 0).smiles == ()
    assert decoys_v1.generate("CCOCCN", -1, 0).smiles == ()


def test_an_unknown_strategy_is_a_defect_of_the_caller():
    with pytest.raises(ValueError, match="unknown decoy strategy"):
        decoys_v1.generate("CCO", 1, 0, "v9")


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SERIES + ODD), st.integers(0, 2**32 - 1))
def test_decoys_are_valid_distinct_isomers_and_never_the_molecule(smiles, seed):
    mol = parse(smiles)
    canonical = Chem.MolToSmiles(mol)
    decoys = decoys_v1.generate(canonical, 5, seed)
    assert len(set(decoys.smiles)) == len(decoys.smiles) <= 5
    assert canonical not in decoys.smiles
    for text in decoys.smiles:
        assert parse(text) is not None
        if decoys.strategy != "rewire_fallback_aromatic_as_single_v1":
            assert CalcMolFormula(parse(text)) == CalcMolFormula(mol)
    assert decoys.smiles == decoys_v1.generate(canonical, 5, seed).smiles


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_the_replayed_draws_are_those_of_random_choice(n, seed):
    """A drawn pair of bonds is the one that Random.choice would have given."""
    swaps = {i * n + j: (i, j, -1, -2) for i in range(n) for j in range(n)}
    drawn = list(decoys_v1._drawn_swaps(swaps, n, seed, 50))
    rng, seen = Random(seed), []
    for _ in range(50):
        pair = (rng.choice(range(n)), rng.choice(range(n)), -1, -2)
        if pair not in seen:
            seen.append(pair)
    assert drawn == seen[: len(drawn)]
    assert len(drawn) == len(seen)


def test_the_series_is_the_published_one():
    assert len(SERIES) == 1017
    act = NCI.with_name("CHEMBL2321810_act.csv")
    with act.open(newline="") as handle:
        assert len(list(csv.reader(handle))) == 1018
