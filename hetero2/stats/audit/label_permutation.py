"""Y-randomisation of a model: does it resolve isomers more than the same learner fitted on permuted labels?

Refits on permuted labels (Y-scrambling, doi 10.1021/ci700157b) are the reference: what a learner of this kind does
with these structures where labels say nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetero2.stats.audit.decoy_sets import Floats, Ints, relative_ranks

LEVEL = 0.05  # of the test, whatever the number of model seeds
_STRATUM = 8  # scaffolds among which labels are dealt out: enough to permute, few enough to be of like size
QUICK_LOOK = 99  # with fewer refits a verdict is labelled a quick look


def scaffold_permutation(labels: Ints, groups: Sequence[str], seed: Sequence[int]) -> Ints:
    """Labels (n,) with the labels of whole groups (scaffolds) dealt out among groups of like size.

    Groups are put in the order of their size and cut into strata of 8, or more where sizes are equal; within a stratum
    each group gets the labels of another one. Where that has more molecules, as many of its labels are drawn; where
    it has fewer, they are repeated and the rest is drawn. So a group of one label stays one, and labels are as alike
    within scaffolds as the real ones, which is what a learner can pick up without knowing anything else. A plain
    permutation would make the labels rougher than real ones and the reference too narrow. Where labels follow
    scaffolds that were drawn at random, the real labels are one more such draw; the number of hits varies a little.
    `seed`: any sequence of integers. O(n log n).
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed))))
    _, member, size = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    rows = np.split(np.argsort(member, kind="stable"), np.cumsum(size)[:-1])
    permuted = np.empty_like(labels)
    for stratum in _strata(size):
        for to, source in zip(stratum, rng.permutation(stratum), strict=True):
            dealt, n_labels = rng.permutation(labels[rows[source]]), len(rows[to])
            whole = np.tile(dealt, n_labels // len(dealt))
            permuted[rows[to]] = rng.permutation(np.concatenate([whole, dealt[: n_labels - len(whole)]]))
    return permuted


def _strata(size: Ints) -> list[Ints]:
    """Numbers of groups in strata of like size, the largest first; equal sizes stay together."""
    order = np.argsort(-size, kind="stable")
    cuts, start = [], 0
    for place in range(1, len(order)):
        if place - start >= _STRATUM and size[order[place]] != size[order[place - 1]]:
            cuts.append(place)
            start = place
    return np.split(order, cuts)


def p_value(observed: float, refits: Floats) -> float:
    """(1 + #{refit ≥ observed}) / (B + 1), refits (B,), B ≥ 1; ties count against the model.

    Uniform on {1, .., B + 1}/(B + 1) if the observed model is one more refit (doi 10.2202/1544-6115.1585).
    """
    return float((1 + (refits >= observed).sum()) / (len(refits) + 1))


def verdict(by_seed: Mapping[int, tuple[float | None, Sequence[float | None]]]) -> dict[str, Any]:
    """Verdict of Y-randomisation, from the dispersion z of each model seed and of its refits on permuted labels.

    RESOLVES_STRUCTURE: the median over model seeds of the p-value is at most 0.05, and that of the observed dispersion
    z above 0. A model whose molecules lie nearer to the middle of their isomers than a random item would does not
    resolve them, even where its refits lie nearer still: so do models on bulk properties, which isomers nearly share.
    NOT_SHOWN: else. NOT_ASSESSABLE where a statistic is undefined or there is no refit. Never "bad": a model may know
    what isomers do not test.
    """
    p_values: list[float] = []
    for observed, refits in by_seed.values():
        defined = [value for value in refits if value is not None]
        if observed is None or not defined or len(defined) < len(refits):
            return {"verdict": "NOT_ASSESSABLE", "reason": "a_statistic_is_undefined", "p_value": None, "p_values": []}
        p_values.append(p_value(observed, np.array(defined)))
    if not p_values:
        return {"verdict": "NOT_ASSESSABLE", "reason": "no_refits", "p_value": None, "p_values": []}
    median = float(np.median(p_values))
    middle = float(np.median([observed for observed, _ in by_seed.values() if observed is not None]))
    outcome = "RESOLVES_STRUCTURE" if resolves(median, middle) else "NOT_SHOWN"
    return {"verdict": outcome, "reason": None, "p_value": median, "p_values": p_values}


def resolves(p: float, dispersion_z: float) -> bool:
    """Whether a model resolves structure, from the medians over its seeds of p and of the observed dispersion z."""
    return p <= LEVEL and dispersion_z > 0


def residual_ranks(scores: Floats, others: Sequence[Floats], starts: Ints) -> Floats:
    """(t,): what within-set ranks of `scores` keep beyond those of each of `others` (t,).

    Ranks in [0, 1] minus ½, least squares on the others' over all items of all sets, molecules included: the fit does
    not know which item is the molecule, so under exchangeability the residuals' z has still mean 0 and variance 1.
    Rounded, so that what is a tie in ranks is one in residuals. Linear in ranks: not every dependence is taken out.
    """
    ranks = relative_ranks(scores, starts) - 0.5
    table: NDArray[np.float64] = np.column_stack([relative_ranks(competitor, starts) - 0.5 for competitor in others])
    weights = np.linalg.lstsq(table, ranks, rcond=None)[0]
    return np.round(ranks - table @ weights, 9)


def positive_control(starts: Ints, total: int, shift: float, seed: int) -> Floats:
    """(total,): standard normal scores, the molecule of each set moved up by `shift` s.d.: a positive control."""
    rng = np.random.Generator(np.random.PCG64(seed))
    scores = rng.standard_normal(total)
    scores[starts] += shift
    return scores
