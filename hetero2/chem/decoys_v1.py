"""`decoy_strategy.v1` (frozen): decoys by re-pairing two single bonds, drawn at random.

The contract draws pairs of bonds at random, up to 20 draws an attempt and max(100, 200·k) attempts. There are only n²
ordered pairs of n candidate bonds, so most attempts repeat an earlier one, and a repeated swap adds nothing. So each
distinct swap is tried once, while the same random numbers are drawn: same decoys, same order, at a cost of
O(distinct swaps) sanitisations instead of O(attempts). Swapping (i, j) and (j, i) gives the same molecule, since each
atom loses one bond and gains one either way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from random import Random

from rdkit import Chem, DataStructs, rdBase

from hetero2.chem.molecules import canonical, parse, parse_known
from hetero2.chem.similarity import fingerprint

CHAIN = "decoy_strategy.v1"
_DRAWS_PER_ATTEMPT, _MIN_ATTEMPTS, _ATTEMPTS_PER_DECOY = 20, 100, 200
_HARD_MIN, _HARD_MAX = 0.65, 0.95
Swap = tuple[int, int, int, int]


@dataclass(frozen=True)
class Strategy:
    """Which bonds may be swapped."""

    name: str
    lock_aromatic: bool
    allow_ring_bonds: bool
    as_single: bool = False


STRATEGIES = (
    Strategy("rewire_strict_v1", lock_aromatic=True, allow_ring_bonds=False),
    Strategy("rewire_relax_a_v1", lock_aromatic=False, allow_ring_bonds=False),
    Strategy("rewire_relax_b_v1", lock_aromatic=True, allow_ring_bonds=True),
    Strategy("rewire_fallback_aromatic_as_single_v1", lock_aromatic=False, allow_ring_bonds=True, as_single=True),
)


@dataclass(frozen=True)
class Decoys:
    """The decoys in the order they were found (canonical SMILES and molecule), and the strategy that found them."""

    smiles: tuple[str, ...]
    mols: tuple[Chem.Mol, ...]
    strategy: str | None


def candidate_bonds(mol: Chem.Mol, strategy: Strategy) -> list[tuple[int, int]]:
    """(begin, end) of the bonds that may be swapped, in RDKit's bond order."""
    single_bonds = []
    for bond in mol.GetBonds():
        if bond.GetBondType() != Chem.BondType.SINGLE or bond.GetIsAromatic():
            continue
        if strategy.lock_aromatic and (bond.GetBeginAtom().GetIsAromatic() or bond.GetEndAtom().GetIsAromatic()):
            continue
        if not strategy.allow_ring_bonds and bond.IsInRing():
            continue
        single_bonds.append((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
    return single_bonds


def _allowed_swaps(mol: Chem.Mol, bonds: list[tuple[int, int]]) -> dict[int, Swap]:
    n = len(bonds)
    bonded = {frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in mol.GetBonds()}
    allowed: dict[int, Swap] = {}
    for (i, (a, b)), (j, (c, d)) in combinations(enumerate(bonds), 2):
        if len({a, b, c, d}) == 4 and frozenset((a, d)) not in bonded and frozenset((c, b)) not in bonded:
            allowed[i * n + j] = allowed[j * n + i] = (a, b, c, d)
    return allowed


def _drawn_swaps(allowed: dict[int, Swap], n_bonds: int, seed: int, attempts: int) -> Iterator[Swap]:
    """The swap of each attempt that brings a new one, in the order of the contract's random draws.

    `Random.choice` on n items draws bits until their value is below n; those draws are repeated here one by one.
    """
    bits, n_bits, remaining = Random(seed).getrandbits, n_bonds.bit_length(), set(allowed.values())
    for _ in range(attempts):
        if not remaining:
            return
        for _ in range(_DRAWS_PER_ATTEMPT):
            first = bits(n_bits)
            while first >= n_bonds:
                first = bits(n_bits)
            second = bits(n_bits)
            while second >= n_bonds:
                second = bits(n_bits)
            swap = allowed.get(first * n_bonds + second)
            if swap is not None:
                if swap in remaining:
                    remaining.discard(swap)
                    yield swap
                break


def _swapped(mol: Chem.Mol, swap: Swap) -> Chem.Mol | None:
    a, b, c, d = swap
    product = Chem.RWMol(mol)
    product.RemoveBond(a, b)
    product.RemoveBond(c, d)
    product.AddBond(a, d, Chem.BondType.SINGLE)
    product.AddBond(c, b, Chem.BondType.SINGLE)
    failed = Chem.SanitizeMol(product, catchErrors=True)
    return None if failed else product


def _is_hard(parent: DataStructs.ExplicitBitVect) -> Callable[[Chem.Mol], bool]:
    def within(mol: Chem.Mol) -> bool:
        return _HARD_MIN <= DataStructs.TanimotoSimilarity(parent, fingerprint(mol)) <= _HARD_MAX

    return within


def _aromatic_as_single(mol: Chem.Mol) -> Chem.Mol:
    changed = Chem.RWMol(mol)
    for bond in changed.GetBonds():
        if bond.GetIsAromatic():
            bond.SetIsAromatic(False)
            bond.SetBondType(Chem.BondType.SINGLE)
    for atom in changed.GetAtoms():
        atom.SetIsAromatic(False)
    if Chem.SanitizeMol(changed, catchErrors=True):
        return mol
    return parse(canonical(changed)) or mol


def rewire(mol: Chem.Mol, strategy: Strategy, k: int, seed: int, hard_mode: bool) -> dict[str, Chem.Mol]:
    """At most `k` decoys of one strategy, by canonical SMILES, in the order of the contract."""
    bonds = candidate_bonds(mol, strategy)
    allowed = _allowed_swaps(mol, bonds)
    accept = _is_hard(fingerprint(mol)) if hard_mode else None
    attempts = max(_MIN_ATTEMPTS, _ATTEMPTS_PER_DECOY * k)
    seen = {canonical(mol)}
    decoys: dict[str, Chem.Mol] = {}
    for swap in _drawn_swaps(allowed, len(bonds), seed, attempts):
        product = _swapped(mol, swap)
        if product is None:
            continue
        smiles = canonical(product)
        if smiles in seen:
            continue
        seen.add(smiles)
        if accept is None or accept(product):
            decoys[smiles] = product
            if len(decoys) == k:
                break
    return decoys


def generate(canonical_smiles: str, k: int, seed: int, strategy: str = CHAIN, hard_mode: bool = False) -> Decoys:
    """Decoys of a molecule given as canonical SMILES; none if `k` ≤ 0 or no strategy yields any."""
    mol = parse_known(canonical_smiles)
    chain = [link for link in STRATEGIES if strategy in (CHAIN, link.name)]
    if not chain:
        raise ValueError(f"unknown decoy strategy {strategy!r}")
    with rdBase.BlockLogs():
        for link in chain if k > 0 else []:
            if len(chain) > 1 and link is not chain[-1] and len(candidate_bonds(mol, link)) < 2:
                continue
            source = _aromatic_as_single(mol) if link.as_single else mol
            decoys = rewire(source, link, k, seed, hard_mode)
            if decoys:
                return Decoys(tuple(decoys), tuple(decoys.values()), link.name)
    return Decoys((), (), None)
