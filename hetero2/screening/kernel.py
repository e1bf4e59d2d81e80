"""The kernel of the screen: MinMax similarity of counts over three families of features, centred on a library.

MinMax (Tanimoto on counts, doi 10.1021/ci9803381; a kernel: doi 10.1016/j.neunet.2005.07.009) of non-negative x and y
is Σ min(x, y) / Σ max(x, y). Taken by family and averaged it is Q = (2 · Morgan + pairs + torsions) / 4, and the kernel
is Q^1.5. All sums are of whole numbers, so a value does not depend on which molecules are computed together.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hetero2.chem.count_features import FAMILIES, N_BINS, CountFeatures

Array = NDArray[Any]
Floats = NDArray[np.float64]

_WEIGHTS = np.array([0.5, 0.25, 0.25])  # of the families
_N_ALL_BINS = N_BINS * len(FAMILIES)


class Postings(NamedTuple):
    """Molecules to compare with, by the features that they have.

    start: (all bins + 1,) int64; members: int32, which molecules have the bin; values: uint16, with which value;
    totals: (n, 3) int64.
    """

    start: Array
    members: Array
    values: Array
    totals: Array

    @classmethod
    def of(cls, features: CountFeatures) -> "Postings":
        """The postings of these molecules."""
        order = np.argsort(features.bins, kind="stable")
        owner = np.repeat(np.arange(len(features), dtype=np.int32), np.diff(features.start))
        start = np.searchsorted(features.bins[order], np.arange(_N_ALL_BINS + 1)).astype(np.int64)
        return cls(start, owner[order], features.values[order], features.totals)

    def __len__(self) -> int:
        return len(self.totals)


@njit(cache=True, nogil=True)
def _similarities(start, bins, values, totals, posting_start, members, member_values, member_totals, weights, out):  # type: ignore[no-untyped-def]
    """out[i, j] = Σ_family weight · MinMax of molecule i and member j.

    By molecule: the features that it has times the members that share them. Two molecules without any feature of a
    family are alike in it.
    """
    n_members = len(member_totals)
    common = np.zeros(n_members, np.int64)
    for row in range(len(start) - 1):
        place = start[row]
        for family in range(len(weights)):
            common[:] = 0
            end_bin = (family + 1) * N_BINS
            while place < start[row + 1] and bins[place] < end_bin:
                value = values[place]
                for at in range(posting_start[bins[place]], posting_start[bins[place] + 1]):
                    common[members[at]] += min(value, member_values[at])
                place += 1
            for member in range(n_members):
                union = totals[row, family] + member_totals[member, family] - common[member]
                out[row, member] += weights[family] * (common[member] / union if union > 0 else 1.0)


def similarity(features: CountFeatures, postings: Postings) -> Floats:
    """(n, m): Q of each molecule and each member of the postings, in [0, 1]."""
    out = np.zeros((len(features), len(postings)))
    _similarities(*features, *postings, _WEIGHTS, out)
    return out


def kernel(features: CountFeatures, postings: Postings) -> Floats:
    """(n, m): Q^1.5, 1 for a molecule and itself."""
    return powered(similarity(features, postings))


def powered(quality: Floats) -> Floats:
    """Q^1.5, from operations that every processor rounds alike."""
    powers: Floats = quality * np.sqrt(quality)
    return powers


class Centre(NamedTuple):
    """What centring on a sample of the library subtracts: k − k̄(x) − k̄(x′) + k̿ (doi 10.1162/089976698300017467)."""

    mean_of_means: float

    def between(self, block: Floats, row_means: Floats, column_means: Floats) -> Floats:
        """(n, m): the centred kernel, from the kernel and the mean similarity of both sides to the sample."""
        centred: Floats = block - row_means[:, None] - column_means[None, :] + self.mean_of_means
        return centred

    def variances(self, row_means: Floats) -> Floats:
        """(n,): the centred kernel of each molecule and itself."""
        variances: Floats = np.maximum(1.0 - 2.0 * row_means + self.mean_of_means, 0.0)
        return variances
