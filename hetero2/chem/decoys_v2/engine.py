"""`decoy_strategy.v2`: constitutional isomers that are as common, and as easy to make, as the molecule itself.

Candidates are rearrangements of the molecule (`moves`), previewed as arrays (`preview`), so that only those chosen are
ever built. Chosen are k of them: quotas over Tanimoto bins; as many of them rarer in their fragments than the molecule
as a seeded draw says, so that the molecule's own place among its decoys is no clue; of these the closest in fragment
frequency, donors and stereo centres. Refused is what has a new structural alert, and what is the same compound as the
molecule or a decoy that was chosen before (`same_compound`): the next candidate takes its place.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rdkit import Chem, DataStructs, rdBase

from hetero2.chem.alerts import Alerts, Matcher, has_any
from hetero2.chem.bins import BINS, EDGES, QUOTAS, hardness
from hetero2.chem.decoys_v2.candidates import CandidatePool
from hetero2.chem.decoys_v2.graph import Bools, Ints
from hetero2.chem.decoys_v2.moves import mixed, still
from hetero2.chem.decoys_v2.property_sums import Floats, MoveProperties
from hetero2.chem.molecules import canonical, fixed_point, parse_known
from hetero2.chem.similarity import fingerprint
from hetero2.chem.structures.same_compound import Compounds, signed

NAME = "decoy_strategy.v2"
_HARD_ONLY = {"easy": 0.0, "medium": 0.0, "hard": 1.0}
# How unlike the molecule a candidate is, is a sum in units of one N or O with hydrogen more or fewer. As much count:
_LOG_FREQUENCY_UNIT = 0.05  # in the mean log frequency of fragments: what gives a decoy away first
_CENTRES_UNIT = 0.1  # in log10(1 + stereo centres): one against none is three units, seven against six two thirds
_NOISE = 0.5  # a seeded draw up to this is added, so that seeds choose among candidates that are about equally good
# Of candidates on a shortlist also the properties count, known only once they are summed up (`property_sums`): per unit
# of logP, rotatable bond, acceptor. Donors are in the sum already, and TPSA follows from donors and acceptors.
_PROPERTY_WEIGHTS = np.array([10.0, 1.0, 2.0, 0.0, 0.0])  # in the order of `property_sums.NAMES`
_SPARE, _SPARE_MORE = 1.5, 3  # candidates to look for: so many times those wanted, for some are refused, and a few more
_SHORTLIST, _SHORTLIST_MORE = 3.0, 4  # the same for the shortlist of a bin, on each side of the molecule
_NOT_SHORTLISTED = 1e6  # larger than any sum: what is on no shortlist comes after all that is
_AT_ONCE = 32  # candidates whose properties are summed up in one call where the shortlist has run out
_SMALL = 12  # heavy atoms: up to here two atoms may well have the same surroundings (`_preview_is_exact`)
# SMILES without stereo and without brackets but these: RDKit writes them as it read them. So it does those with stereo
# centres that do not depend on each other.
_STAYS = re.compile(r"(?:[^][@/\\]|\[nH\]|\[N(?:H[23]?)?\+\]|\[O-\])*")
_CENTRE = re.compile(r"\[C@@?H?\]")


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
    """Choosing k of the candidates: `decoys` does it, once."""

    def __init__(
        self, mol: Chem.Mol, smiles: str, k: int, seed: int, quotas: Mapping[str, float], hard_mode: bool
    ) -> None:
        self._k, self._seed, self._quotas, self._hard_mode = k, seed, quotas, hard_mode
        self._pool = CandidatePool(mol, seed)
        self._alerts = Alerts(mol, self._pool.parent.graph)
        self._parent = self._pool.parent.environments.properties(still(mol.GetNumAtoms()))
        self._of_parent = self._parent.values[0].tolist()
        self._fingerprint = None if _preview_is_exact(mol) else fingerprint(mol)
        # The share of decoys that are to be more common in their fragments than the molecule: uniform over seeds.
        self._share = float(mixed(np.arange(1), seed)[0] / 2.0**64)
        self._decoys: list[Decoy] = []
        self._refused: Counter[str] = Counter()
        self._seen, self._compounds = {smiles}, Compounds()
        self._compounds.add(signed(self._parent.skeleton[0]), smiles)
        # By number of the candidate: properties, its place there, its skeleton, the alerts that it may have.
        self._computed: dict[int, tuple[MoveProperties, int, int, Sequence[Matcher]]] = {}
        self._open = np.zeros(0, bool)  # (candidates,): not yet taken or refused

    def _fill(self) -> None:
        """Find candidates, some more than are wanted of each bin and on each side of the molecule."""
        if self._pool.parent.graph.n > 1:
            common, rare = (round(_SPARE * self._k * share) + _SPARE_MORE for share in (self._share, 1 - self._share))
            bins = [round(_SPARE * self._k * self._quotas[name]) for name in BINS]
            self._pool.fill(common, rare, bins, EDGES)

    def _rank(self) -> None:
        """Put the candidates in order of their cost, with their bin and side (more common than the parent or not)."""
        pool, parent = self._pool, self._pool.parent.fragments.unchanged
        n = len(pool)
        noise = mixed(np.arange(1, n + 4), self._seed) / 2.0**64
        self._bin_noise = noise[n:]
        rarity = pool.column("log_frequency") - parent.log_frequency[0]
        centres = np.log10((1 + pool.column("centres")) / (1 + parent.centres[0]))
        cost = (
            np.abs(rarity) / _LOG_FREQUENCY_UNIT
            + np.abs(pool.column("donors") - parent.donors[0])
            + np.abs(centres) / _CENTRES_UNIT
            + _NOISE * noise[:n]
        )
        self._tanimoto = pool.column("tanimoto")
        self._bin = np.searchsorted(EDGES, self._tanimoto, side="right")
        self._common = rarity > 0
        order = np.argsort(cost, kind="stable")
        cells = (2 * self._bin + self._common)[order]  # bin and side as one number
        shortlist = np.concatenate([order[cells == cell][:most] for cell, most in self._shortlists()])
        cost += _NOT_SHORTLISTED
        cost[shortlist] += self._unlike(self._compute(shortlist)) - _NOT_SHORTLISTED
        self._order = np.argsort(cost, kind="stable")
        n_known = len(self._open)  # the pool has only grown since the last time
        fresh = self._bin[n_known:] == BINS.index("hard") if self._hard_mode else np.ones(n - n_known, bool)
        self._open = np.concatenate([self._open, fresh])

    def _shortlists(self) -> list[tuple[int, int]]:
        """(cell, how many of its candidates have their properties computed) of each bin and side."""
        return [
            (2 * number + side, round(_SHORTLIST * self._k * self._quotas[name] * share) + _SHORTLIST_MORE)
            for number, name in enumerate(BINS)
            for side, share in ((0, 1 - self._share), (1, self._share))
        ]

    def _unlike(self, properties: MoveProperties) -> Floats:
        """(c,): how far the properties of candidates are from the parent's.

        Rounded: sums that differ by rounding alone must tie.
        """
        far: Floats = (np.abs(properties.values - self._parent.values) * _PROPERTY_WEIGHTS).sum(axis=1).round(9)
        return far

    def decoys(self) -> Decoys:
        """The decoys, easiest to confuse with the parent first."""
        self._fill()
        self._rank()
        self._take_quotas()
        while len(self._decoys) < self._k and self._pool.widen(2 * self._k):
            self._rank()
            self._take(np.ones(len(self._pool), bool), self._k)
        decoys = sorted(self._decoys, key=lambda decoy: (-decoy.tanimoto, decoy.smiles))
        return Decoys(tuple(decoys), self._reason(), len(self._pool), dict(sorted(self._refused.items())))

    def _take_quotas(self) -> None:
        """Take what each bin is to give, the hardest first and of each side its share; then from whatever is left."""
        n_common = 0
        for number in (2, 1, 0):
            quota = round(self._k * self._quotas[BINS[number]])
            # Rounded up or down at random, so that small quotas have the right share on average.
            up = min(quota, int(quota * self._share + self._bin_noise[number]))
            n_common += self._take((self._bin == number) & self._common, up)
            self._take((self._bin == number) & ~self._common, quota - up)
        n_common += self._take(self._common, round(self._share * self._k) - n_common)
        self._take(~self._common, self._k)
        self._take(self._common, self._k)

    def _reason(self) -> str | None:
        if len(self._decoys) == self._k:
            return None
        if not len(self._pool):
            return "no_rearrangement"
        return "space_exhausted" if not self._hard_mode else "hard_space_exhausted"

    def _take(self, eligible: Bools, count: int) -> int:
        """Take the cheapest of the eligible candidates (n,) until `count` are decoys; how many are."""
        taken = 0
        queue = self._order[(eligible & self._open)[self._order]]
        for place, number in enumerate(queue.tolist()):
            if taken >= count or len(self._decoys) >= self._k:
                break
            if number not in self._computed:
                self._compute(queue[place : place + _AT_ONCE])
            self._open[number] = False
            taken += self._choose(number)
        return taken

    def _compute(self, numbers: Ints) -> MoveProperties:
        """The properties of some candidates, kept with the alerts that each may have."""
        properties = self._pool.properties(numbers)
        suspected = self._alerts.suspected(properties.bonds)
        skeletons = properties.skeleton.view(np.int64).tolist()
        self._computed.update(
            (number, (properties, place, skeletons[place], suspected[place]))
            for place, number in enumerate(numbers.tolist())
        )
        return properties

    def _choose(self, number: int) -> bool:
        """Take a candidate unless there is a reason against it."""
        properties, place, skeleton, suspected = self._computed[number]
        built = self._built(number, suspected)
        if isinstance(built, str):
            return self._refuse(built)
        smiles, mol = built
        if self._compounds.holds(skeleton, smiles):
            return self._refuse("same_compound")
        similar = float(self._tanimoto[number])
        if self._fingerprint is not None:
            similar = DataStructs.TanimotoSimilarity(self._fingerprint, fingerprint(mol))
        decoy = Decoy(
            smiles,
            self._pool.move(number),
            similar,
            hardness(similar),
            properties.differences(place, self._of_parent),
            skeleton,
        )
        self._decoys.append(decoy)
        self._compounds.add(skeleton, smiles)
        return True

    def _refuse(self, reason: str) -> bool:
        """Count a candidate that is not taken; False."""
        self._refused[reason] += 1
        return False

    def _built(self, number: int, suspected: Sequence[Matcher]) -> tuple[str, Chem.Mol] | str:
        """SMILES and molecule of a candidate, or why it has none that may be taken."""
        product = self._pool.build(number)
        if product is None:
            return "invalid"
        if has_any(product, suspected):  # first, for it is cheaper than to write its SMILES
            return "alert"
        settled = _settled(product)
        if settled is None:
            return "invalid"
        smiles, mol = settled
        if smiles in self._seen:
            return "duplicate"
        self._seen.add(smiles)
        return "alert" if mol is not product and has_any(mol, suspected) else settled


def _settled(mol: Chem.Mol) -> tuple[str, Chem.Mol] | None:
    """The SMILES of a product, as it is when RDKit reads and writes it again, and its molecule; None: there is none.

    Reading costs as much as all else that is done with a product, so only what can come back otherwise is read.
    """
    smiles = canonical(mol)
    flat, n_centres = _CENTRE.subn("C", smiles) if "@" in smiles else (smiles, 0)
    if _STAYS.fullmatch(flat) and (n_centres < 2 or _are_independent(mol, n_centres)):
        return smiles, mol
    return fixed_point(smiles)


def _are_independent(mol: Chem.Mol, n_centres: int) -> bool:
    """Whether each stereo centre would be one if all others were flat: its neighbours differ even then."""
    atoms = list(map(mol.GetAtomWithIdx, range(mol.GetNumAtoms())))
    centres = [atom for atom in atoms if atom.HasProp("_CIPCode")]
    if len(centres) != n_centres:
        return False  # some are centres only relative to others, as in rings
    rank = list(Chem.CanonicalRankAtoms(mol, breakTies=False, includeChirality=False))
    near = ([rank[neighbour.GetIdx()] for neighbour in atom.GetNeighbors()] for atom in centres)
    return all(len(set(ranks)) == len(ranks) for ranks in near)


def _preview_is_exact(mol: Chem.Mol) -> bool:
    """Whether the previewed Tanimoto similarity is RDKit's: where no two atoms' surroundings are of the same bonds.

    RDKit leaves out a fragment of the same bonds as another: there are such in small rings and in small molecules.
    """
    atoms = list(map(mol.GetAtomWithIdx, range(mol.GetNumAtoms())))
    if len(atoms) <= _SMALL or any(map(Chem.Atom.GetIsotope, atoms)) or 1 in map(Chem.Atom.GetAtomicNum, atoms):
        return False
    return min(map(len, mol.GetRingInfo().AtomRings()), default=5) > 4
