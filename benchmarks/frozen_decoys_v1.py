"""The text of `decoy_strategy.v1`, written down as it reads: the slow twin of `hetero2.chem.decoys_v1`."""

from random import Random

from rdkit import Chem, DataStructs, RDLogger
from rdkit.Chem import rdFingerprintGenerator

RDLogger.DisableLog("rdApp.*")
MORGAN = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
CHAIN = {  # name: (lock_aromatic, allow_ring_bonds, aromatic_as_single)
    "rewire_strict_v1": (True, False, False),
    "rewire_relax_a_v1": (False, False, False),
    "rewire_relax_b_v1": (True, True, False),
    "rewire_fallback_aromatic_as_single_v1": (False, True, True),
}


def candidates(mol, lock_aromatic, allow_ring_bonds):
    """Candidate bonds in RDKit bond order."""
    bonds = []
    for bond in mol.GetBonds():
        begin, end = bond.GetBeginAtom(), bond.GetEndAtom()
        if bond.GetBondType() != Chem.BondType.SINGLE or bond.GetIsAromatic() or begin.GetIdx() == end.GetIdx():
            continue
        if lock_aromatic and (begin.GetIsAromatic() or end.GetIsAromatic()):
            continue
        if not allow_ring_bonds and bond.IsInRing():
            continue
        bonds.append((begin.GetIdx(), end.GetIdx()))
    return bonds


def attempt(mol, bonds, rng):
    """One attempt: the product of the first accepted of 20 draws, or None."""
    for _ in range(20):
        a, b = rng.choice(bonds)
        c, d = rng.choice(bonds)
        if len({a, b, c, d}) < 4 or mol.GetBondBetweenAtoms(a, d) or mol.GetBondBetweenAtoms(c, b):
            continue
        product = Chem.RWMol(mol)
        product.RemoveBond(a, b)
        product.RemoveBond(c, d)
        product.AddBond(a, d, Chem.BondType.SINGLE)
        product.AddBond(c, b, Chem.BondType.SINGLE)
        return product
    return None


def rewire(mol, bonds, k, seed, hard_mode=False):
    """At most k distinct decoys after at most max(100, 200·k) attempts."""
    if not bonds:
        return []
    rng, parent = Random(seed), MORGAN.GetFingerprint(mol)
    seen, decoys, attempts = {Chem.MolToSmiles(mol)}, [], 0
    while len(decoys) < k and attempts < max(100, 200 * k):
        attempts += 1
        product = attempt(mol, bonds, rng)
        if product is None:
            continue
        try:
            Chem.SanitizeMol(product)
        except Exception:  # noqa: S112 - a product that cannot be sanitised is refused, as the contract says
            continue
        smiles = Chem.MolToSmiles(product)
        if smiles in seen:
            continue
        if hard_mode and not 0.65 <= DataStructs.TanimotoSimilarity(parent, MORGAN.GetFingerprint(product)) <= 0.95:
            continue
        seen.add(smiles)
        decoys.append(smiles)
    return decoys


def as_single(mol):
    """Aromatic atoms and bonds made non-aromatic and single, by way of SMILES; unconverted where that fails."""
    changed = Chem.RWMol(mol)
    for bond in changed.GetBonds():
        if bond.GetIsAromatic():
            bond.SetBondType(Chem.BondType.SINGLE)
            bond.SetIsAromatic(False)
    for atom in changed.GetAtoms():
        atom.SetIsAromatic(False)
    try:
        Chem.SanitizeMol(changed)
    except Exception:
        return mol
    return Chem.MolFromSmiles(Chem.MolToSmiles(changed)) or mol


def generate(canonical_smiles, k, seed, strategy="decoy_strategy.v1", hard_mode=False):
    """(decoys, strategy used) by the chain, or by one of its links."""
    mol = Chem.MolFromSmiles(canonical_smiles)
    names = list(CHAIN) if strategy == "decoy_strategy.v1" else [strategy]
    for name in names if k > 0 else []:
        lock_aromatic, allow_ring_bonds, single = CHAIN[name]
        if name != names[-1] and len(candidates(mol, lock_aromatic, allow_ring_bonds)) < 2:
            continue
        source = as_single(mol) if single else mol
        decoys = rewire(source, candidates(source, lock_aromatic, allow_ring_bonds), k, seed, hard_mode)
        if decoys:
            return decoys, name
    return [], None
