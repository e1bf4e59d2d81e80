"""Calls: which molecules stand out from their decoys, with a bound on the share of false ones.

The null is that a molecule and its decoys are exchangeable for the score: a statement about isomers, not about truth.
Every bound holds as an expectation over repeated libraries, not for the list at hand.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from hetero2.stats.audit.decoy_sets import MIN_DECOYS, DecoySets, Floats, Ints, set_numbers

METHODS = ("union", "block_max", "studentised_block_max", "pooled_residuals_bh")
SIGNAL, NO_SIGNAL, UNDECIDABLE = "SIGNAL", "NO_SIGNAL", "UNDECIDABLE"
MIN_MOLECULES = 20  # with enough decoys: among fewer, a share of false calls is no rate
SHARE = 0.05  # of decoys at or above a molecule: what NO_SIGNAL must lie above
_ONE_IN = 20  # SHARE as one in so many, so that comparisons of counts are exact
_MOST_DECOYS = 100_000  # of a molecule: that more would decide is of no use to anybody
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Calls:
    """For n molecules, each (n,): call, reason, q_value (nan: called at no level), m_needed (0: none would decide)."""

    call: NDArray[Any]
    reason: NDArray[Any]
    q_value: Floats
    m_needed: Ints


def competition_q(wins: Bools, order: Floats, m: int) -> Floats:
    """(n,): smallest level at which competition calls each molecule; nan for those that lose, or at no level up to 1.

    `wins`: strictly above all its decoys (T; ties make it D). `order` W (n,): symmetric in the m + 1 scores of a set,
    so under the null independent of `wins`. FDR(t) = (1 + #D{W ≥ t}) / (m·max(1, #T{W ≥ t})), looked at only at the
    ends of groups of equal W; q of a T is the least FDR(t) over t ≤ its W. Controls the FDR (Emery, Hasam, Noble,
    Keich, arXiv:1907.01458, the "max" method, c = λ = 1/(m + 1)). A molecule with more than m decoys wins more rarely
    by chance than the bound supposes, which keeps it valid. O(n log n).
    """
    q_value = np.full(len(order), np.nan)
    if not len(order):
        return q_value
    rank = np.argsort(-order, kind="stable")
    ordered = order[rank]
    end = np.append(ordered[1:] != ordered[:-1], True)
    true = np.cumsum(wins[rank])
    rate = (1.0 + np.arange(1, len(rank) + 1) - true) / (m * np.maximum(true, 1))
    rate[~end] = np.inf
    least = np.minimum.accumulate(rate[::-1])[::-1]
    q_value[rank] = np.where(wins[rank] & (least <= 1), least, np.nan)
    return q_value


def residuals(scores: Floats, starts: Ints) -> tuple[Floats, Floats]:
    """Standardised residuals of (molecules (n,), decoys (t - n,)), each decoy set by itself; nan where there is none.

    (score - mean of the decoys) / (their sd·√(1 + 1/m)); for a decoy, of the other decoys of its set. Nan where the
    sd is 0 or there are fewer than 2 others. O(t).
    """
    sizes, set_number = set_numbers(starts, len(scores))
    decoy = np.ones(len(scores), bool)
    decoy[starts] = False
    peak = np.maximum.reduceat(np.where(decoy, np.abs(scores), 0.0), starts)
    with np.errstate(over="ignore"):
        scores = scores / np.where(peak > 0, peak, 1.0)[set_number]  # squares of any scores are finite
    m = (sizes - 1).astype(float)
    middle = np.add.reduceat(np.where(decoy, scores, 0.0), starts) / m
    values = scores - middle[set_number]
    inside = np.where(decoy, values, 0.0)
    total, square = np.add.reduceat(inside, starts), np.add.reduceat(inside**2, starts)
    set_of_decoy, v = set_number[decoy], values[decoy]
    of_molecules = _standardised(values[starts], total, square, m)
    return of_molecules, _standardised(v, total[set_of_decoy] - v, square[set_of_decoy] - v**2, m[set_of_decoy] - 1)


def pooled_p(residual: Floats, pool: Floats) -> Floats:
    """(n,): p of each molecule's standardised residual among those of all decoys of the library, both of `residuals`.

    p = (1 + #{pooled ≥ residual}) / (1 + pool). Supposes the same distribution of residuals in all decoy sets. 1 where
    the molecule has none. O(t log t); 16 bytes a decoy.
    """
    pool = np.sort(pool[np.isfinite(pool)])
    above = len(pool) - np.searchsorted(pool, residual, "left")
    return np.where(np.isfinite(residual), (1 + above) / (1 + len(pool)), 1.0)


def pooled_residual_p(scores: Floats, starts: Ints) -> Floats:
    """(n,): `pooled_p` of a library whose scores are all at hand."""
    return pooled_p(*residuals(scores, starts))


def _standardised(value: Any, total: Floats, square: Floats, m: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / m
        spread = np.maximum(square - m * mean**2, 0) / (m - 1)
        standardised = (value - mean) / np.sqrt(spread * (1 + 1 / m))
    flat = (m < 2) | (spread <= 1e-12 * np.maximum(square / np.maximum(m, 1), 1e-300))
    return np.where(flat, np.nan, standardised)


def lower_bound(x: Any, m: Any) -> Any:
    """One-sided 95 % lower Clopper-Pearson bound of a share seen as x of m (doi 10.1093/biomet/26.4.404)."""
    return np.where(np.asarray(x) <= 0, 0.0, betaincinv(np.maximum(x, 1e-9), np.asarray(m) - x + 1, 0.05))


def upper_bound(x: Any, m: Any) -> Any:
    """One-sided 95 % upper Clopper-Pearson bound of a share seen as x of m; 1 at x = m."""
    return np.where(np.asarray(x) >= m, 1.0, betaincinv(np.asarray(x) + 1, np.maximum(np.asarray(m) - x, 1e-9), 0.95))


def share_is_decided(x: Any, m: Any) -> Any:
    """Whether the one-sided interval of a share seen as x of m leaves SHARE out, on the side where x/m lies."""
    return np.where(_ONE_IN * np.asarray(x) > m, lower_bound(x, m) > SHARE, upper_bound(x, m) < SHARE)


@cache
def decoys_needed(x: int, m: int, least: int = 1) -> int:
    """Least number of decoys, above m and at least `least`, whose interval leaves 0.05 out at the share x/m.

    0 where the interval does so already, and where no number up to 100,000 would.
    """
    many = np.arange(max(m + 1, least), _MOST_DECOYS + 1)
    if _ONE_IN * x == m or (m >= least and share_is_decided(x, m)) or not share_is_decided(many[-1] * x / m, many[-1]):
        return 0
    low, high = 0, len(many) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if share_is_decided(many[middle] * x / m, many[middle]) else (middle + 1, high)
    return int(many[low])


def _signals(sets: DecoySets, usable: Bools, method: str, pooled_p: Floats | None) -> dict[str, Floats]:
    """q-values (n,) of each ordering that the method looks at, at the share of the level that it has."""
    q_values = {}
    if method == "pooled_residuals_bh":
        if pooled_p is None:
            raise ValueError("pooled_residuals_bh needs pooled_p")
        q = np.full(len(usable), np.nan)
        from scipy.stats import false_discovery_control  # takes a second to import, and hardly anybody asks for it

        q[usable] = false_discovery_control(pooled_p[usable])
        return {"pooled_residuals": q}
    m = int(sets.n_decoys[usable].min())
    orders = {"block_max": sets.block_max, "studentised_block_max": sets.studentised_max}
    names = list(orders) if method == "union" else [method]
    for name in names:
        q = np.full(len(usable), np.nan)
        q[usable] = competition_q(sets.n_at_or_above[usable] == 0, orders[name][usable], m) * len(names)
        q_values[name] = np.where(q <= 1, q, np.nan)
    return q_values


def call(
    sets: DecoySets,
    fdr: float = 0.10,
    method: str = "union",
    min_decoys: int = MIN_DECOYS,
    pooled_p: Floats | None = None,
) -> Calls:
    """Call every molecule. `union` gives half of `fdr` to each of two orderings fixed beforehand.

    SIGNAL: q_value ≤ fdr. NO_SIGNAL: else, where the one-sided 95 % lower bound of the share of decoys at or above the
    molecule lies above 0.05. UNDECIDABLE: the rest, those with fewer than `min_decoys` scored decoys, and all of them
    where fewer than 20 molecules have enough. O(n log n).
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}, known are {', '.join(METHODS)}")
    n, usable = len(sets.n_decoys), sets.n_decoys >= min_decoys
    enough = int(usable.sum()) >= MIN_MOLECULES
    by_order = _signals(sets, usable, method, pooled_p) if enough else {}
    q_value = np.full(n, np.nan)
    for q in by_order.values():
        q_value = np.fmin(q_value, q)
    x, m = sets.n_at_or_above, sets.n_decoys
    pairs, place = np.unique(np.column_stack([x, m]), axis=0, return_inverse=True)
    decided = (share_is_decided(pairs[:, 0], pairs[:, 1]))[place] if n else np.zeros(0, bool)
    signal = q_value <= fdr
    weak = usable & enough & ~signal & decided & (_ONE_IN * x > m)
    open_ = ~signal & ~weak & enough
    needed = np.array([decoys_needed(int(a), int(b), min_decoys) for a, b in pairs], np.int64)
    needed = needed[place] if n else np.zeros(0, np.int64)
    verdict = np.select([signal, weak], [SIGNAL, NO_SIGNAL], UNDECIDABLE).astype(object)
    return Calls(verdict, _reasons(sets, by_order, fdr, usable, weak, enough), q_value, np.where(open_, needed, 0))


def _reasons(
    sets: DecoySets, by_order: dict[str, Floats], fdr: float, usable: Bools, weak: Bools, enough: bool
) -> NDArray[Any]:
    reasons = np.full(len(usable), "share_not_told_from_0.05" if enough else "library_too_small", object)
    if enough:
        reasons[share_is_decided(sets.n_at_or_above, sets.n_decoys)] = "share_below_0.05_but_not_called"
    reasons[~usable] = "too_few_decoys"
    reasons[weak] = "decoys_score_as_high"
    reasons[weak & np.isneginf(sets.studentised_max)] = "all_scores_equal"
    called = np.array([q <= fdr for q in by_order.values()]).reshape(len(by_order), len(usable))
    for name, hits in zip(by_order, called, strict=True):
        reasons[hits] = name
    if len(by_order) > 1:
        reasons[called.all(axis=0)] = "both_orderings"
    return reasons
