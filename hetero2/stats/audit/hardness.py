"""AUC by hardness: does the score tell a molecule from decoys that look like it, or only from those that do not?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from hetero2.stats.audit.decoy_sets import Floats, Ints, set_numbers

MIN_CLUSTERS = 10
MIN_MOLECULES = 30
MIN_HARD_SHARE = 0.05
EASY, HARD, ALL = "easy", "hard", "all"


@dataclass(frozen=True)
class Mean:
    """A mean with its 95 % interval over clusters; the interval is None, with `reason`, where there are too few."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    clusters: int
    reason: str | None


def cluster_mean(values: Floats, cluster: NDArray[Any]) -> Mean:
    """Mean of `values` (n,) and its interval if whole `cluster`s (n,) are drawn, not single values.

    estimate ± t(G - 1; .975)·√(G/(G - 1)·Σ_g(Σ_{i∈g}(x_i - mean))²)/n: the cluster-robust interval of an intercept
    (Liang and Zeger, doi 10.1093/biomet/73.1.13), G clusters. It may leave the range of the values. O(n log n).
    """
    n = len(values)
    if n == 0:
        return Mean(None, None, None, 0, 0, "no_molecules")
    _, member = np.unique(cluster, return_inverse=True)
    groups = int(member.max()) + 1
    mean = float(values.mean())
    if groups < MIN_CLUSTERS:
        return Mean(mean, None, None, n, groups, f"fewer_than_{MIN_CLUSTERS}_scaffolds")
    sums = np.bincount(member, values - mean, groups)
    half = float(stdtrit(groups - 1, 0.975)) * (groups / (groups - 1) * float((sums**2).sum())) ** 0.5 / n
    return Mean(mean, mean - half, mean + half, n, groups, None)


def pairwise_wins(scores: Floats, starts: Ints) -> Floats:
    """(t,): 1 where the decoy set's molecule scores above the item, ½ where they tie, 0 below."""
    _, set_number = set_numbers(starts, len(scores))
    molecule_score = scores[starts][set_number]
    credit: Floats = (molecule_score > scores) + 0.5 * (molecule_score == scores)
    return credit


class PairwiseWins(NamedTuple):
    """How n molecules did against their decoys: all that is kept of a shard, so that libraries are audited in parts.

    `decoys`, `total` (n, bins + 1): decoys of each bin and their `pairwise_wins`, halves, so exact; last, of all
    decoys. `moments` (n, 3): sums over the decoys of w·t, w·w and t·t, for `trend`.
    """

    decoys: Ints
    total: Floats
    moments: Floats


def wins_by_bin(won: Floats, starts: Ints, bins: Ints, n_bins: int, tanimoto: Floats) -> PairwiseWins:
    """Of each decoy set, from `won` (t,) of `pairwise_wins`, the bin of each decoy (t,), -1 for none, and its Tanimoto.

    At the molecules bin and Tanimoto may be anything. Each set counts by itself, so a library can be audited in parts:
    concatenate what each part gives. O(t).
    """
    n, (_, set_number) = len(starts), set_numbers(starts, len(won))
    decoy = np.ones(len(won), bool)
    decoy[starts] = False
    count, total = np.zeros((n, n_bins + 1), np.int64), np.zeros((n, n_bins + 1))
    for number in range(n_bins + 1):
        in_bin = decoy & ((bins == number) | (number == n_bins))
        count[:, number] = np.bincount(set_number[in_bin], minlength=n)
        total[:, number] = np.bincount(set_number[in_bin], won[in_bin], n)
    member = set_number[decoy]

    def centred(values: Floats) -> Floats:
        sums = np.bincount(member, values, n)
        return values - (sums / np.maximum(count[:, -1], 1))[member]

    w, s = centred(won[decoy]), centred(tanimoto[decoy])
    return PairwiseWins(count, total, np.column_stack([np.bincount(member, x, n) for x in (w * s, w * w, s * s)]))


def curve(won: PairwiseWins, cluster: NDArray[Any], names: Sequence[str]) -> dict[str, Any]:
    """For each name of a bin, and for `all`: (Mean of the molecules' AUC against those decoys, number of decoys).

    `cluster` (n,) scaffolds of the molecules. Each molecule with a decoy in the bin counts once. A random score gives
    1/2.
    """
    shown = {}
    for number, name in enumerate((*names, ALL)):
        count, total = won.decoys[:, number], won.total[:, number]
        some = count > 0
        shown[name] = (cluster_mean(total[some] / count[some], cluster[some]), int(count.sum()))
    return shown


def trend(won: PairwiseWins) -> dict[str, Any]:
    """Does a molecule lose more often to decoys that look more like it? z < 0 says so.

    z = Σ_i C_i / √Σ_i V_i with C_i the covariance sum of wins and Tanimoto over the decoys of molecule i, and
    V_i = Σ(w - w̄)²·Σ(t - t̄)²/(m - 1) its variance if the wins of i were dealt out to its decoys at random: a stratified
    permutation test (correlation statistic of Cochran, Mantel and Haenszel, doi 10.1080/01621459.1963.10500879).
    Two-sided p from the normal distribution. None where nothing varies.
    """
    covariance, ww, ss = (np.ascontiguousarray(column) for column in won.moments.T)
    variance = float((ww * ss / np.maximum(won.decoys[:, -1] - 1, 1)).sum())
    if variance <= 1e-18:
        return {"z": None, "p_value": None, "reason": "no_molecule_where_both_vary"}
    z = float(covariance.sum()) / variance**0.5
    return {"z": z, "p_value": float(2 * ndtr(-abs(z))), "reason": None}


def easy_minus_hard(won: PairwiseWins, cluster: NDArray[Any], names: Sequence[str]) -> Mean:
    """Mean of a molecule's AUC against its easy decoys minus that against its hard ones, over those that have both."""
    easy, hard = names.index(EASY), names.index(HARD)
    both = (won.decoys[:, easy] > 0) & (won.decoys[:, hard] > 0)
    auc = won.total[both] / np.maximum(won.decoys[both], 1)
    return cluster_mean(auc[:, easy] - auc[:, hard], cluster[both])


def interpret(by_bin: Mapping[str, tuple[Mean, int]], difference: Mean) -> tuple[str, str]:
    """(interpretation, why) of a curve with the bins easy, medium and hard, and of the `difference` easy minus hard.

    INCONCLUSIVE_DECOYS_TOO_EASY: below 5 % of the decoys are hard. INCONCLUSIVE_TOO_FEW_HARD: below 30 molecules, or
    10 scaffolds, have hard ones. SIGNAL_ON_HARD: the interval of the AUC against hard decoys lies above 1/2.
    ILLUSION: it does not, but that against easy ones does, and that of the difference lies above 0 (two intervals of
    which one leaves 1/2 out would be no difference). NOT_SHOWN_ON_HARD: the rest.
    """
    (hard, n_hard), (easy, _) = by_bin[HARD], by_bin[EASY]
    total = sum(count for name, (_, count) in by_bin.items() if name != ALL)
    if n_hard < MIN_HARD_SHARE * total:
        return "INCONCLUSIVE_DECOYS_TOO_EASY", f"{n_hard} of {total} decoys are hard"
    if hard.n < MIN_MOLECULES or hard.low is None:
        return "INCONCLUSIVE_TOO_FEW_HARD", f"{hard.n} molecules of {hard.clusters} scaffolds have hard decoys"
    text = f"AUC against hard decoys {hard.estimate:.3f} ({hard.low:.3f} to {hard.high:.3f})"
    if hard.low > 0.5:
        return "SIGNAL_ON_HARD", text
    if easy.low is None or easy.low <= 0.5:
        return "NOT_SHOWN_ON_HARD", text
    text += f", against easy ones {easy.estimate:.3f} ({easy.low:.3f} to {easy.high:.3f})"
    return "ILLUSION" if difference.low is not None and difference.low > 0 else "NOT_SHOWN_ON_HARD", text
