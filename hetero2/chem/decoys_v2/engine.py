"""`decoy_strategy.v2`: constitutional isomers that are as common, and as easy to make, as the molecule itself.

Candidates are rearrangements of the molecule (`moves`), previewed as arrays (`preview`), so that only those chosen are
ever built. Chosen are k of them: quotas over Tanimoto bins; as many of them rarer in their fragments than the molecule
as a seeded draw says, so that the molecule's own place among its decoys is no clue; of these the closest in fragment
popularity, donors and stereo centres. Refused is what has a new structural alert, and what is the same compound as the
molecule or a decoy that was chosen before (`same_compound`): the next candidate takes its place.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem.FilterCatalog import FilterCatalog

from hetero2.chem.alerts import Alerts, has_any
from hetero2.chem.bins import BINS, EDGES, QUOTAS, hardness
from hetero2.chem.decoys_v2.candidates import Pool
from hetero2.chem.decoys_v2.graph import Bools, Ints
from hetero2.chem.decoys_v2.moves import mixed, still
from hetero2.chem.decoys_v2.property_sums import Facts, Floats
from hetero2.chem.molecules import canonical, fixed_point, parse_known
from hetero2.chem.similarity import fingerprint
from hetero2.chem.structures.same_compound import Compounds, signed

NAME = "decoy_strategy.v2"
_HARD_ONLY = {"easy": 0.0, "medium": 0.0, "hard": 1.0}
_LOG_FREQUENCY_SCALE, _SPREAD_CENTRES, _NOISE, _SPARE = 0.05, 0.1, 0.5, 1.5
_SMALL = 12
_AT_ONCE, _SHORTLIST, _SHORTLIST_MORE, _FAR = 32, 3.0, 4, 1e6
# SMILES without stereo and without brackets but these: RDKit writes them as it read them.
_STAYS = re.compile(r"(?:[^][@/\\]|\[nH\]|\[N\+\]|\[O-\])*")
_WEIGHTS = np.array([10.0, 1.0, 2.0, 0.0, 0.0])  # logP, rotatable bonds, acceptors, donors, TPSA


@dataclass(frozen=True)
class Decoy:
    """A decoy: canonical SMILES, moves that made it, Tanimoto (Morgan 2, 2048 bits), differences of properties, and
    its skeleton (`same_compound.skeleton`)."""

    smiles: str
    move: str
    tanimoto: float
    hardness: str
    differences: Mapping[str, float]
    skeleton: int


@dataclass(frozen=True)
class Decoys:
    """The decoys of a molecule and, where there are fewer than asked for, why."""

    decoys: tuple[Decoy, ...]
    reason: str | None
    candidates: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)


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
        return _Selection(mol, canonical_smiles, k, seed, _HARD_ONLY if hard_mode else quotas, hard_mode).decoys()


class _Selection:
    """Choosing k of the candidates."""

    def __init__(
        self, mol: Chem.Mol, smiles: str, k: int, seed: int, quotas: Mapping[str, float], hard_mode: bool
    ) -> None:
        self._k, self._seed, self._quotas, self._hard_mode = k, seed, quotas, hard_mode
        self._seen, self._compounds = {smiles}, Compounds()
        self._refused: Counter[str] = Counter()
        self._found: list[Decoy] = []
        self._pool = Pool(mol, seed)
        self._alerts = Alerts(mol, self._pool.parent.graph)
        self._fingerprint = None if _preview_is_exact(mol) else fingerprint(mol)
        self._parent = self._pool.parent.environments.facts(still(mol.GetNumAtoms()))
        self._own = self._parent.properties(0)
        self._compounds.add(signed(self._parent.skeleton[0]), smiles)
        self._facts: dict[int, tuple[Facts, int, FilterCatalog]] = {}
        self._open = np.zeros(0, bool)
        # The share of decoys that are to be more common in their fragments than the molecule: uniform over seeds.
        self._share = float(mixed(np.arange(1), seed)[0] / 2.0**64)
        if mol.GetNumAtoms() > 1:
            common, rare = (round(_SPARE * k * share) + 3 for share in (self._share, 1 - self._share))
            bins = [round(_SPARE * k * quotas[name]) for name in BINS]
            self._pool.fill(common, rare, bins, EDGES)
        self._rank()

    def _rank(self) -> None:
        """Each candidate's cost, bin and side (rarer than the parent or not), and how many of each are wanted."""
        pool, own = self._pool, self._pool.parent.fragments.unchanged
        n = len(pool)
        self._noise = mixed(np.arange(1, n + 4), self._seed) / 2.0**64
        rarity = pool.column("log_frequency") - own.log_frequency[0]
        centres = np.log10((1 + pool.column("centres")) / (1 + own.centres[0]))
        cost = (
            np.abs(rarity) / _LOG_FREQUENCY_SCALE
            + np.abs(pool.column("donors") - own.donors[0])
            + np.abs(centres) / _SPREAD_CENTRES
            + _NOISE * self._noise[:n]
        )
        self._tanimoto = pool.column("tanimoto")
        self._bin = np.searchsorted(EDGES, self._tanimoto, side="right")
        self._common = rarity > 0
        order = np.argsort(cost, kind="stable")
        cells = (2 * self._bin + self._common)[order]  # bin and side as one number
        near = np.concatenate([order[cells == cell][:most] for cell, most in self._shortlists()])
        cost += _FAR
        cost[near] += self._unlike(self._look(near)) - _FAR
        self._order = np.argsort(cost, kind="stable")
        seen = len(self._open)
        fresh = self._bin[seen:] == BINS.index("hard") if self._hard_mode else np.ones(n - seen, bool)
        self._open = np.concatenate([self._open, fresh])

    def _shortlists(self) -> list[tuple[int, int]]:
        """Of each cell, how many candidates are looked at more closely."""
        return [
            (2 * number + side, round(_SHORTLIST * self._k * self._quotas[name] * share) + _SHORTLIST_MORE)
            for number, name in enumerate(BINS)
            for side, share in ((0, 1 - self._share), (1, self._share))
        ]

    def _unlike(self, facts: Facts) -> Floats:
        """How far the properties of candidates are from the parent's."""
        far: Floats = (np.abs(facts.values - self._parent.values) * _WEIGHTS).sum(axis=1).round(9)
        return far

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
        self._take(~self._common, self._k)
        self._take(self._common, self._k)
        while len(self._found) < self._k and self._pool.widen(2 * self._k):
            self._rank()
            self._take(np.ones(len(self._pool), bool), self._k)
        found = sorted(self._found, key=lambda decoy: (-decoy.tanimoto, decoy.smiles))
        return Decoys(tuple(found), self._reason(), len(self._pool), dict(sorted(self._refused.items())))

    def _reason(self) -> str | None:
        if len(self._found) == self._k:
            return None
        if not len(self._pool):
            return "no_rearrangement"
        return "space_exhausted" if not self._hard_mode else "hard_space_exhausted"

    def _take(self, wanted: Bools, count: int) -> int:
        """Take the cheapest of the wanted candidates until `count` are decoys."""
        taken = 0
        queue = self._order[(wanted & self._open)[self._order]]
        for place, number in enumerate(queue.tolist()):
            if taken >= count or len(self._found) >= self._k:
                break
            if number not in self._facts:
                self._look(queue[place : place + _AT_ONCE])
            self._open[number] = False
            taken += self._choose(number)
        return taken

    def _look(self, numbers: Ints) -> Facts:
        """Find out the properties of some candidates."""
        facts = self._pool.facts(numbers)
        suspected = self._alerts.suspected(facts.bonds)
        self._facts.update((number, (facts, place, suspected[place])) for place, number in enumerate(numbers.tolist()))
        return facts

    def _choose(self, number: int) -> bool:
        """Take a candidate unless there is a reason against it."""
        facts, place, suspected = self._facts[number]
        smiles, mol = _settled(self._pool.build(number))
        skeleton = signed(facts.skeleton[place])
        refused = self._why_not(mol, smiles, skeleton, suspected)
        if mol is None or refused is not None:
            self._refused[refused or "invalid"] += 1
            return False
        similar = float(self._tanimoto[number])
        if self._fingerprint is not None:
            similar = DataStructs.TanimotoSimilarity(self._fingerprint, fingerprint(mol))
        own = self._own
        differences = {name: round(value - own[name], 4) for name, value in facts.properties(place).items()}
        decoy = Decoy(smiles, self._pool.move(number), similar, hardness(similar), differences, skeleton)
        self._found.append(decoy)
        self._compounds.add(skeleton, smiles)
        return True

    def _why_not(self, mol: Chem.Mol | None, smiles: str, skeleton: int, suspected: FilterCatalog) -> str | None:
        if mol is None:
            return "invalid"
        if smiles in self._seen:
            return "duplicate"
        self._seen.add(smiles)
        if has_any(mol, suspected):
            return "alert"
        return "same_compound" if self._compounds.holds(skeleton, smiles) else None


def _settled(mol: Chem.Mol | None) -> tuple[str, Chem.Mol | None]:
    """The SMILES of a product, as it is when RDKit reads and writes it again, and its molecule; None: there is none.

    Reading costs as much as all else that is done with a product, so only what can come back otherwise is read.
    """
    smiles = "" if mol is None else canonical(mol)
    if mol is None or _STAYS.fullmatch(smiles):
        return smiles, mol
    return fixed_point(smiles) or ("", None)


def _preview_is_exact(mol: Chem.Mol) -> bool:
    """Whether the previewed Tanimoto similarity is RDKit's: where no two atoms' surroundings are of the same bonds.

    RDKit leaves out a fragment of the same bonds as another: there are such in small rings and in small molecules.
    """
    odd = any(atom.GetIsotope() or atom.GetAtomicNum() == 1 for atom in mol.GetAtoms())
    return mol.GetNumAtoms() > _SMALL and not odd and all(len(ring) > 4 for ring in mol.GetRingInfo().AtomRings())
