"""`decoy_strategy.v2`: constitutional isomers that are as common, and as easy to make, as the molecule itself.

Candidates are rearrangements of the molecule (`moves`), previewed as arrays (`preview`), so that only those chosen are
ever built. Chosen are k of them: quotas over Tanimoto bins; as many of them rarer in their fragments than the molecule
as a seeded draw says, so that the molecule's own place among its decoys is no clue; of these the closest in fragment
popularity, donors and stereo centres. What has a new structural alert, or is a tautomer, is refused.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem import rdMolHash

from hetero2.chem.alerts import alerts, has_new_alert
from hetero2.chem.graph import Bools
from hetero2.chem.mol import canonical, parse_known
from hetero2.chem.moves import mixed
from hetero2.chem.pool import Pool
from hetero2.chem.properties import isomer_properties, logp
from hetero2.chem.similarity import fingerprint

NAME = "decoy_strategy.v2"
BINS = ("easy", "medium", "hard")
EDGES = (0.5, 0.7)
QUOTAS: Mapping[str, float] = MappingProxyType({"easy": 0.3, "medium": 0.4, "hard": 0.3})
_HARD_ONLY = {"easy": 0.0, "medium": 0.0, "hard": 1.0}
_SPREAD_POPULARITY, _SPREAD_CENTRES, _NOISE, _SPARE = 0.05, 0.1, 0.5, 1.5


@dataclass(frozen=True)
class Decoy:
    """A decoy: canonical SMILES, moves that made it, Tanimoto (Morgan 2, 2048 bits), differences of properties."""

    smiles: str
    move: str
    tanimoto: float
    hardness: str
    differences: Mapping[str, float]


@dataclass(frozen=True)
class Decoys:
    """The decoys of a molecule and, where there are fewer than asked for, why."""

    decoys: tuple[Decoy, ...]
    reason: str | None
    candidates: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)


def check_quotas(quotas: Mapping[str, object]) -> None:
    """Raises ValueError unless there is a share from 0 to 1 for each bin, and they add up to 1."""
    shares = [share for share in quotas.values() if isinstance(share, int | float) and 0 <= share <= 1]
    if set(quotas) != set(BINS) or len(shares) != len(BINS) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"quotas: {dict(quotas)}, expected shares of {', '.join(BINS)} that add up to 1")


def hardness(tanimoto: float) -> str:
    """The bin of a Tanimoto similarity: easy below 0.5, medium, hard from 0.7."""
    return BINS[bisect_right(EDGES, tanimoto)]


def generate(
    canonical_smiles: str,
    k: int,
    seed: int,
    quotas: Mapping[str, float] = QUOTAS,
    hard_mode: bool = False,
) -> Decoys:
    """At most `k` decoys: a function of these arguments alone.

    `quotas`: share of easy, medium and hard decoys wanted; what a bin cannot give, the others do. `hard_mode`: hard
    ones only, and fewer where there are not k. Raises ValueError where the SMILES is not valid.
    """
    mol = parse_known(canonical_smiles)
    if k <= 0:
        return Decoys((), None)
    with rdBase.BlockLogs():
        return _Selection(mol, k, seed, _HARD_ONLY if hard_mode else quotas, hard_mode).decoys()


class _Selection:
    """Choosing k of the candidates."""

    def __init__(self, mol: Chem.Mol, k: int, seed: int, quotas: Mapping[str, float], hard_mode: bool) -> None:
        self._k, self._seed, self._quotas, self._hard_mode = k, seed, quotas, hard_mode
        self._fingerprint, self._alerts = fingerprint(mol), alerts(mol)
        self._tautomer, self._seen = _tautomer(mol) if _may_tautomerise(mol) else None, {canonical(mol)}
        self._refused: Counter[str] = Counter()
        self._own = isomer_properties(mol)
        self._found: list[Decoy] = []
        self._spare: list[tuple[int, Chem.Mol]] = []
        self._pool = Pool(mol, seed)
        self._open = np.zeros(0, bool)
        # The share of decoys that are to be more common in their fragments than the molecule, and the share that are to
        # have the higher logP: uniform over seeds.
        self._share, share = (mixed(np.arange(2), seed) / 2.0**64).tolist()
        self._places = {1: round(k * share) + 1, -1: round(k * (1 - share)) + 1}
        if mol.GetNumAtoms() > 1:
            common, rare = (round(_SPARE * k * share) + 3 for share in (self._share, 1 - self._share))
            bins = [round(_SPARE * k * quotas[name]) for name in BINS]
            self._pool.fill(common, rare, bins, EDGES)
        self._rank()

    def _rank(self) -> None:
        """Each candidate's cost, bin and side (rarer than the parent or not), and how many of each are wanted."""
        pool, own = self._pool, self._pool.parent.fragments.own
        n = len(pool)
        self._noise = mixed(np.arange(2, n + 5), self._seed) / 2.0**64
        rarity = pool.column("popularity") - own.popularity[0]
        centres = np.log10((1 + pool.column("centres")) / (1 + own.centres[0]))
        cost = (
            np.abs(rarity) / _SPREAD_POPULARITY
            + np.abs(pool.column("donors") - own.donors[0])
            + np.abs(centres) / _SPREAD_CENTRES
            + _NOISE * self._noise[:n]
        )
        self._order = np.argsort(cost, kind="stable")
        self._bin = np.searchsorted(EDGES, pool.column("tanimoto"), side="right")
        self._common = rarity > 0
        seen = len(self._open)
        fresh = self._bin[seen:] == BINS.index("hard") if self._hard_mode else np.ones(n - seen, bool)
        self._open = np.concatenate([self._open, fresh])

    def decoys(self) -> Decoys:
        """The decoys, easiest to confuse with the parent first."""
        share = self._share
        commoner = 0
        for number in (2, 1, 0):
            quota = round(self._k * self._quotas[BINS[number]])
            up = min(quota, int(quota * share + self._noise[number - 3]))
            commoner += self._take((self._bin == number) & self._common, up)
            self._take((self._bin == number) & ~self._common, quota - up)
        commoner += self._take(self._common, round(share * self._k) - commoner)
        self._use_spare(round(share * self._k) - commoner, only_common=True)
        self._take(~self._common, self._k)
        self._take(self._common, self._k)
        self._use_spare(self._k)
        while len(self._found) < self._k and self._pool.widen(2 * self._k):
            self._rank()
            self._take(np.ones(len(self._pool), bool), self._k)
            self._use_spare(self._k)
        found = sorted(self._found, key=lambda decoy: (-decoy.tanimoto, decoy.smiles))
        return Decoys(tuple(found), self._reason(), len(self._pool), dict(sorted(self._refused.items())))

    def _reason(self) -> str | None:
        if len(self._found) == self._k:
            return None
        if not len(self._pool):
            return "no_rearrangement"
        return "space_exhausted" if not self._hard_mode else "hard_space_exhausted"

    def _take(self, wanted: Bools, count: int) -> int:
        """Build the cheapest of the wanted candidates until `count` are decoys."""
        taken = 0
        for number in self._order[(wanted & self._open)[self._order]].tolist():
            if taken >= count or len(self._found) >= self._k:
                break
            self._open[number] = False
            taken += self._accept(number)
        return taken

    def _accept(self, number: int) -> bool:
        """Take a candidate, or keep it aside where there are enough on its side of the molecule's logP."""
        mol = self._pool.build(number)
        if mol is None:
            self._refused["invalid"] += 1
            return False
        difference = round(logp(mol) - self._own["logp"], 4)
        side = int(np.sign(difference))
        if side and not self._places[side]:
            self._spare.append((number, mol))
            return False
        if not self._choose(number, mol):
            return False
        if side:
            self._places[side] -= 1
        return True

    def _choose(self, number: int, mol: Chem.Mol) -> bool:
        """Take a candidate unless there is a reason against it."""
        smiles = canonical(mol)
        refused = self._why_not(mol, smiles)
        if refused is not None:
            self._refused[refused] += 1
            return False
        similar = DataStructs.TanimotoSimilarity(self._fingerprint, fingerprint(mol))
        own = self._own
        differences = {name: round(value - own[name], 4) for name, value in isomer_properties(mol).items()}
        self._found.append(Decoy(smiles, self._pool.move(number), similar, hardness(similar), differences))
        return True

    def _use_spare(self, count: int, only_common: bool = False) -> None:
        """Take up to `count` of what was kept aside."""
        left = []
        for number, mol in self._spare:
            wanted = count > 0 and len(self._found) < self._k and (self._common[number] or not only_common)
            if wanted:
                count -= self._choose(number, mol)
            else:
                left.append((number, mol))
        self._spare = left

    def _why_not(self, mol: Chem.Mol, smiles: str) -> str | None:
        if smiles in self._seen:
            return "duplicate"
        self._seen.add(smiles)
        if self._tautomer is not None and _tautomer(mol) == self._tautomer:
            return "tautomer"
        return "alert" if has_new_alert(mol, self._alerts) else None


def _tautomer(mol: Chem.Mol) -> str:
    """A hash that heteroatom tautomers and stereoisomers share."""
    found: str = rdMolHash.MolHash(mol, rdMolHash.HashFunction.HetAtomTautomer)
    return found


def _may_tautomerise(mol: Chem.Mol) -> bool:
    """Whether a hydrogen could move from one N, O or S to another: some has one, and some is in a pi system."""
    hetero = [atom for atom in mol.GetAtoms() if atom.GetAtomicNum() in (7, 8, 16)]
    return len(hetero) > 1 and any(
        atom.GetTotalNumHs() and any(bond.GetIsConjugated() for bond in atom.GetBonds()) for atom in hetero
    )
