"""How good decoys are: can anything but the arrangement of the atoms tell a molecule from its decoys?

Molecules ("parents") have label 1, decoys 0. `set_number` (n,) gives for each of n structures the number of its decoy
set; every set has one parent. Resampling and folds go by `cluster`, the parent's scaffold.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold

from hetero2.stats.audit.target_decoy_competition import lower_bound
from hetero2.stats.benefit.enrichment import roc_auc

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RESAMPLES = 1000
MIN_CLUSTERS = 10
TREES = 100
_FOLDS = 5


def _weighted_auc(rank: Ints, positive: Floats, negative: Floats, size: int) -> float:
    wins, losses = np.bincount(rank, positive, size), np.bincount(rank, negative, size)
    below = np.cumsum(losses) - losses
    return float((wins * (below + losses / 2)).sum() / (wins.sum() * losses.sum()))


def doe(parents: Floats, decoys: Floats) -> Floats:
    """Deviation from optimal embedding of each parent, in [0, 0.5]; its mean is the DOE score.

    `parents` (p, f), `decoys` (d, f) properties, each scaled by the range between its 5th and 95th percentile over all.
    From each parent, the others are met in the order of Euclidean distance: a ROC curve of parents met against decoys
    met; the deviation is the area between it and the diagonal, whichever lies above (Vogel et al., doi
    10.1021/ci2001549; scaling as Imrie et al., doi 10.1093/bioinformatics/btab080).
    No value for a single parent. O(p · (p + d) log(p + d)).
    """
    if len(parents) < 2:
        return np.zeros(0)
    everything = np.concatenate([parents, decoys])
    low, high = np.percentile(everything, [5, 95], axis=0)
    scale = np.where(high > low, high - low, 1.0)
    scaled = everything / scale
    label = np.zeros(len(everything), np.int64)
    label[: len(parents)] = 1
    deviation = np.zeros(len(parents))
    for number in range(len(parents)):
        distance = np.sqrt(((scaled - scaled[number]) ** 2).sum(axis=1))
        others = np.arange(len(everything)) != number
        deviation[number] = _area_to_diagonal(distance[others], label[others])
    return deviation


def _area_to_diagonal(distance: Floats, label: Ints) -> float:
    """Area between the ROC curve (near ones first, equal ones in one step) and the diagonal, both sides counted."""
    order = np.argsort(distance, kind="stable")
    step = np.append(np.flatnonzero(np.diff(distance[order])), len(order) - 1)
    true = np.concatenate([[0], np.cumsum(label[order])[step]]) / label.sum()
    false = np.concatenate([[0], np.cumsum(1 - label[order])[step]]) / (1 - label).sum()
    above, width = true - false, np.diff(false)
    left, right = above[:-1], above[1:]
    crosses = left * right < 0
    total = np.abs(left) + np.abs(right)
    straight = total / 2
    crossed = (left**2 + right**2) / (2 * np.where(total > 0, total, 1))
    return float((np.where(crosses, crossed, straight) * width).sum())


def forest_scores(features: NDArray[Any], label: Ints, group: Ints, seed: int = 0, trees: int = TREES) -> Floats:
    """(n,): out-of-fold probability of being a parent, by a class-balanced random forest, whole groups a fold.

    Bits (uint8) are handed on as a sparse matrix: the same trees, in a quarter of the time, since nearly all are 0.
    """
    scores = np.zeros(len(label))
    if features.dtype == np.uint8:
        features = csr_matrix(features, dtype=np.float32)
    folds = GroupKFold(min(_FOLDS, len(np.unique(group))))
    for train, test in folds.split(label, label, group):
        forest = RandomForestClassifier(
            trees, min_samples_leaf=3, class_weight="balanced", random_state=seed, max_features="sqrt"
        )
        forest.fit(features[train], label[train])
        scores[test] = forest.predict_proba(features[test])[:, list(forest.classes_).index(1)]
    return scores


def within_decoy_set(value: Floats, label: Ints, set_number: Ints) -> Floats:
    """(sets,): the chance that a parent's value is larger than that of one of its decoys, ties one half."""
    order = np.argsort(set_number, kind="stable")
    set_number, label, value = set_number[order], label[order], value[order]
    starts = np.flatnonzero(np.diff(set_number, prepend=set_number[0] - 1))
    sizes = np.diff(np.append(starts, len(set_number)))
    parent_value = np.repeat(np.add.reduceat(np.where(label == 1, value, 0.0), starts), sizes)
    wins = (parent_value > value) + 0.5 * (parent_value == value)
    result: Floats = np.add.reduceat(np.where(label == 0, wins, 0.0), starts) / (sizes - 1)
    return result


def _draws(cluster: Ints, seed: int) -> Floats:
    """(RESAMPLES, sets): how often each decoy set occurs when whole clusters are drawn with replacement."""
    _, member = np.unique(cluster, return_inverse=True)
    n = int(member.max()) + 1
    picked = np.random.Generator(np.random.PCG64(seed)).integers(0, n, (RESAMPLES, n))
    counts = np.stack([np.bincount(row, minlength=n) for row in picked]).astype(float)
    return counts[:, member]


def _interval(estimate: float, resampled: Floats, centre: float | None) -> dict[str, Any]:
    low, high = (float(value) for value in np.quantile(resampled, [0.025, 0.975]))
    interval: dict[str, Any] = {"estimate": round(estimate, 4), "ci_low": round(low, 4), "ci_high": round(high, 4)}
    bound = np.quantile(resampled if centre is None else np.abs(resampled - centre), 0.95)
    interval["upper_bound"] = round(float(bound), 4)
    return interval


def mean_with_interval(values: Floats, cluster: Ints, seed: int, centre: float | None = None) -> dict[str, Any]:
    """Mean of (sets,) values with a 95 % interval over clusters.

    `upper_bound`: one-sided 95 % bound of the mean, or of its distance from `centre`. All null below 10 clusters.
    """
    if len(np.unique(cluster)) < MIN_CLUSTERS:
        return undefined(float(values.mean()) if len(values) else None)
    weight = _draws(cluster, seed)
    return _interval(float(values.mean()), weight @ values / weight.sum(axis=1), centre)


def auc_with_interval(score: Floats, label: Ints, set_number: Ints, cluster: Ints, seed: int) -> dict[str, Any]:
    """AUC over all structures; the interval redraws clusters of sets, and keeps the out-of-fold scores as they are.

    `set_number` numbers 0.. index `cluster` (sets,). A resample costs O(n): scores are ranked once.
    """
    estimate, _ = roc_auc(score, label)
    if estimate is None or len(np.unique(cluster)) < MIN_CLUSTERS:
        return undefined(estimate)
    _, rank = np.unique(score, return_inverse=True)
    size = int(rank.max()) + 1
    resampled = np.zeros(RESAMPLES)
    for number, weight in enumerate(_draws(cluster, seed)):
        each = weight[set_number]
        resampled[number] = _weighted_auc(rank, each * label, each * (1 - label), size)
    return _interval(estimate, resampled, 0.5)


def undefined(estimate: float | None) -> dict[str, Any]:
    """What stands for an interval that cannot be given."""
    return {
        "estimate": None if estimate is None else round(estimate, 4),
        "ci_low": None,
        "ci_high": None,
        "upper_bound": None,
        "reason": f"fewer than {MIN_CLUSTERS} scaffolds",
    }


def targets_met(measures: Mapping[str, Any], targets: Mapping[str, float]) -> dict[str, Any]:
    """Whether each target is met by the one-sided bound: of |AUC - 1/2| + 1/2 for an AUC, of the value for DOE."""
    judgements = {}
    for name, target in targets.items():
        bound = measures[name]["upper_bound"]
        shift = 0.0 if name == "doe" else 0.5
        judgements[name] = {"target": target, "met": None if bound is None else bool(bound + shift <= target)}
    return judgements


def coverage(full: int, molecules: int, whole: bool, target: float) -> dict[str, Any]:
    """Share of molecules that have all their decoys, judged by its one-sided 95 % lower bound.

    `whole`: the molecules are the whole library, and the share is exact; of a sample, the bound is that of
    Clopper and Pearson. All null without molecules.
    """
    share = full / molecules if molecules else None
    bound = share if whole or share is None else float(lower_bound(full, molecules))
    return {
        "estimate": None if share is None else round(share, 4),
        "of": "library" if whole else "sample",
        "lower_bound": None if bound is None else round(bound, 4),
        "target": target,
        "met": None if bound is None else bound >= target,
    }


def spread(often: Mapping[float, int]) -> dict[str, float]:
    """p05, median and p95 of values from how often each of them occurs; nothing where there are none."""
    if not often:
        return {}
    values = np.array(sorted(often))
    points = quantiles(values, np.array([often[value] for value in values.tolist()], np.int64), [0.05, 0.5, 0.95])
    # + 0.0: no minus before a zero
    return {name: round(point, 4) + 0.0 for name, point in zip(("p05", "median", "p95"), points, strict=True)}


def quantiles(values: Floats, counts: Ints, shares: Sequence[float]) -> list[float]:
    """np.quantile of all values, from each of them once, sorted, (n,) and how often it occurs (n,). O(n)."""
    ends, values_at = np.cumsum(counts), []
    for share in shares:
        place = share * float(ends[-1] - 1)
        below = int(place)
        low, high = values[np.searchsorted(ends, [below, min(below + 1, int(ends[-1]) - 1)], "right")].tolist()
        part = place - below
        values_at.append(low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part))
    return values_at
