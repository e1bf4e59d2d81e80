"""`hetero_audit.v2` (frozen): can a score tell one molecule from its decoys?

The items are the molecule (label 1) and its scored decoys (label 0). There is always one positive, so the exact null
has a closed form and every relabelling can be enumerated.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetero2.stats.audit.decoy_sets import Floats, Ints, relative_ranks, set_numbers

QUANTILE = Fraction(95, 100)
MARGIN = 0.05


@dataclass(frozen=True)
class Audit:
    """The audit of one molecule against `n_neg` scored decoys; the fields are those of the contract."""

    auc_tie_aware: float
    null_q: float
    gate: float
    slack: float
    verdict: str
    perm_q: float
    neg_auc_max: float
    reps_used: int
    n_neg: int
    n_decoys_tied: int
    p_value: float
    weighted: bool


def auc_one_positive(score: float, decoys: Floats, weights: Floats) -> float:
    """Weighted Mann-Whitney AUC of one positive against its decoys (doi 10.1214/aoms/1177730491).

    Σ w_j·([s > s_j] + ½[s = s_j]) / Σ w_j, in [0, 1]; 0.5 expected for a random score and for a constant one (ties
    count one half). `decoys` and `weights` have shape (n,), n ≥ 1, weights > 0; the positive's own weight cancels.

    >>> auc_one_positive(1.0, np.array([0.0, 1.0]), np.ones(2))
    0.75
    """
    return float((weights * ((score > decoys) + 0.5 * (score == decoys))).sum() / weights.sum())


def null_quantile(n_neg: int, q: Fraction = QUANTILE) -> float:
    """The q-quantile of the exact null AUC of one positive among `n_neg` ≥ 1 negatives, without ties.

    The null puts the AUC on u/n, u = 0..n, each with probability 1/(n + 1); returned is the smallest u/n whose
    cumulative count reaches q·(n + 1).

    >>> null_quantile(20), null_quantile(4)
    (0.95, 1.0)
    """
    return (math.ceil(q * (n_neg + 1)) - 1) / n_neg


def permuted_quantile(scores: Floats, weights: Floats, q: Fraction = QUANTILE) -> float:
    """The q-quantile of the AUC over all n labelings with one positive (weights stay with their items).

    Nearest rank: sorted[max(1, round(q·n)) - 1] with Python's rounding. Shape (n,), n ≥ 2; O(n²).
    """
    above = (scores[:, None] > scores[None, :]) + 0.5 * (scores[:, None] == scores[None, :])
    others = 1.0 - np.eye(scores.size)  # summed afresh, since a total minus one weight may lose all digits
    aucs = np.sort(((above * others) @ weights) / (others @ weights))
    return float(aucs[max(1, round(q * aucs.size)) - 1])


def audit(score: float, weight: float, decoys: Floats, decoy_weights: Floats) -> Audit:
    """Audit one molecule: its score against its scored decoys (shape (n,), n ≥ 1, all finite, weights > 0).

    p_value = (1 + #{decoys ≥ score}) / (n + 1): one-sided, unweighted, ties count against the molecule.
    """
    auc = auc_one_positive(score, decoys, decoy_weights)
    null_q = null_quantile(decoys.size)
    gate = min(1.0, null_q + MARGIN)
    scores, weights = np.append(decoys, score), np.append(decoy_weights, weight)
    perm_q = permuted_quantile(scores, weights)
    return Audit(
        auc_tie_aware=auc,
        null_q=null_q,
        gate=gate,
        slack=auc - gate,
        verdict="PASS" if auc - gate >= 0 else "FAIL",
        perm_q=perm_q,
        neg_auc_max=max(perm_q, null_q),
        reps_used=scores.size,
        n_neg=decoys.size,
        n_decoys_tied=int((decoys == score).sum()),
        p_value=(1 + int((decoys >= score).sum())) / (decoys.size + 1),
        weighted=bool((weights != 1.0).any()),
    )


def audit_unweighted(scores: Floats, starts: Ints) -> dict[str, NDArray[Any]]:
    """`audit` of n molecules at once, all weights 1: the same numbers to the bit, each (n,), by name of the field.

    `scores` (t,) finite, set after set, in each the molecule first; `starts` (n,) where each begins.
    The AUCs are halves over n_neg, so no order of summation can change them. O(t log t) time, O(t) memory.
    """
    sizes, set_number = set_numbers(starts, len(scores))
    ranks, molecule_score = relative_ranks(scores, starts), scores[starts][set_number]
    kinds, kind = np.unique(sizes, return_inverse=True)
    null_q = np.array([null_quantile(int(size) - 1) for size in kinds])[kind]
    nearest = np.array([max(1, round(QUANTILE * int(size))) - 1 for size in kinds], np.int64)[kind]
    perm_q = ranks[np.lexsort((ranks, set_number))][starts + nearest]
    auc, gate = ranks[starts], np.minimum(1.0, null_q + MARGIN)
    return {
        "auc_tie_aware": auc,
        "null_q": null_q,
        "gate": gate,
        "slack": auc - gate,
        "verdict": np.where(auc - gate >= 0, "PASS", "FAIL"),
        "perm_q": perm_q,
        "neg_auc_max": np.maximum(perm_q, null_q),
        "reps_used": sizes,
        "n_neg": sizes - 1,
        "n_decoys_tied": np.add.reduceat((scores == molecule_score).astype(np.int64), starts) - 1,
        "p_value": np.add.reduceat((scores >= molecule_score).astype(np.int64), starts) / sizes,
    }
