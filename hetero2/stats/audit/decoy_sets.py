"""Decoy sets: a molecule and its scored decoys; what each of them says, for a whole library at once.

`scores` (t,) holds the sets one after the other, in each the molecule first; `starts` (n,) is where each begins. Each
set has one decoy at least, all scores are finite. Ties are exact equality of scores.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MIN_DECOYS = 19  # of a molecule, for a test at 5 %: the best of m + 1 has p = 1/(m + 1), 0.05 from here on
_ROUNDING = 1e-12  # of a variance that is 0
_DIGITS = 10  # of a studentised score: what a positive affine rescaling cannot be told from


@dataclass(frozen=True)
class DecoySets:
    """What n decoy sets say; every field has shape (n,).

    `n_decoys` m; `n_at_or_above` decoys that score at least as high as the molecule; `block_max` the largest of all
    scores; `studentised_max` (max - mean) / sd over all m + 1, -inf where sd is 0; `auc` of the molecule among its
    decoys, unweighted, ties one half; `auc_variance`, `dispersion`, `dispersion_variance`: moments of (AUC - 1/2)² were
    each of the m + 1 items equally likely to be the molecule (exact over the set's own midranks, so ties are exact).
    """

    n_decoys: Ints
    n_at_or_above: Ints
    block_max: Floats
    studentised_max: Floats
    auc: Floats
    auc_variance: Floats
    dispersion_variance: Floats


def set_numbers(starts: Ints, total: int) -> tuple[Ints, Ints]:
    """(sizes of the decoy sets (n,), number of the decoy set of each item (total,))."""
    sizes = np.diff(np.append(starts, total)).astype(np.int64)
    return sizes, np.repeat(np.arange(len(starts)), sizes)


def relative_ranks(scores: Floats, starts: Ints) -> Floats:
    """(t,): each item's AUC against the other items of its decoy set, (midrank - 1) / m, in [0, 1]; O(t log t).

    An item that beats all others has 1, ties count one half, the mean over a decoy set is 1/2.
    """
    sizes, set_number = set_numbers(starts, len(scores))
    order = np.lexsort((scores, set_number))
    s, b = scores[order], set_number[order]
    fresh = np.ones(len(s), bool)
    fresh[1:] = (s[1:] != s[:-1]) | (b[1:] != b[:-1])
    first = np.flatnonzero(fresh)
    group = np.cumsum(fresh) - 1
    length = np.diff(np.append(first, len(s)))
    midrank = first[group] - starts[b] + (length[group] - 1) / 2
    ranks = np.empty(len(s))
    ranks[order] = midrank / (sizes[b] - 1)
    return ranks


def describe_decoy_sets(scores: Floats, starts: Ints) -> DecoySets:
    """What each decoy set says; O(t log t) time, O(t) memory."""
    sizes, set_number = set_numbers(starts, len(scores))
    molecule_score = scores[starts]
    at_or_above = np.add.reduceat((scores >= molecule_score[set_number]).astype(np.int64), starts) - 1
    largest = np.maximum.reduceat(scores, starts)
    ranks = relative_ranks(scores, starts)
    square = (ranks - 0.5) ** 2
    mean_square = np.add.reduceat(square, starts) / sizes
    mean_fourth = np.add.reduceat(square**2, starts) / sizes
    return DecoySets(
        n_decoys=sizes - 1,
        n_at_or_above=at_or_above,
        block_max=largest,
        studentised_max=_studentised(scores, starts, sizes, largest),
        auc=ranks[starts],
        auc_variance=mean_square,
        dispersion_variance=np.maximum(mean_fourth - mean_square**2, 0.0),
    )


def _studentised(scores: Floats, starts: Ints, sizes: Ints, largest: Floats) -> Floats:
    """(max - mean) / sd of each set, rounded; distances from the maximum, so that a large offset costs no digits."""
    below = np.repeat(largest / 2, sizes) - scores / 2  # halves: the distance of any two scores is finite
    scale = np.maximum.reduceat(below, starts)
    flat = scale == 0
    safe = np.where(flat, 1.0, scale)
    share = below / np.repeat(safe, sizes)
    mean = np.add.reduceat(share, starts) / sizes
    spread = np.add.reduceat((share - np.repeat(mean, sizes)) ** 2, starts) / (sizes - 1)
    return np.where(flat, -np.inf, np.round(mean / np.sqrt(np.where(flat, 1.0, spread)), _DIGITS))


@dataclass(frozen=True)
class LibraryTest:
    """Mean z and dispersion z of a library; None with `reason` where no decoy set could vary."""

    n: int
    mean_auc: float | None
    mean_z: float | None
    dispersion_z: float | None
    reason: str | None


def library_test(sets: DecoySets) -> LibraryTest:
    """Whether molecules rank among their decoys other than a random item of the decoy set would.

    mean_z = Σ(AUC_i - ½) / √Σv_i, dispersion_z = Σ((AUC_i - ½)² - v_i) / √Σw_i, with v_i and w_i the exact variances of
    AUC_i and of (AUC_i - ½)² over the midranks of set i: the stratified Wilcoxon test (van Elteren 1960, Bull. Int.
    Stat. Inst. 37:351) with one molecule a stratum. Under exchangeability both have mean 0 and variance 1 whatever the
    ties. dispersion_z is large where molecules stand out at either end. Sets whose scores are all equal add nothing.
    Random score: 0. Undefined (None): no decoy set, or all scores equal in every one; dispersion_z
    also where (AUC_i - ½)² is the same whichever item is the molecule (one decoy each, or two values half and half).
    """
    n = len(sets.auc)
    if n == 0:
        return LibraryTest(0, None, None, None, "no_molecules")
    mean_auc = float(sets.auc.mean())
    variance = float(sets.auc_variance.sum())
    if variance == 0:
        return LibraryTest(n, mean_auc, None, None, "all_scores_equal")
    centred = sets.auc - 0.5
    mean_z = float(centred.sum()) / variance**0.5
    spread = float(sets.dispersion_variance.sum())
    if spread <= _ROUNDING * n:
        return LibraryTest(n, mean_auc, mean_z, None, "squared_auc_cannot_vary")
    dispersion_z = float((centred**2 - sets.auc_variance).sum()) / spread**0.5
    return LibraryTest(n, mean_auc, mean_z, dispersion_z, None)
