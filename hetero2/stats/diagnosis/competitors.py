"""A score beside trivial competitors on the same labels: AUC, and the paired difference over resampled scaffolds."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hetero2.stats.benefit.cluster_bootstrap import (
    MIN_CLUSTERS,
    Bools,
    Floats,
    Ints,
    Ranked,
    cumulative_auc,
    resampled,
)
from hetero2.stats.benefit.enrichment import dense_priority, roc_auc
from hetero2.stats.benefit.score_metrics import ALL_EQUAL, FEW_SCAFFOLDS, auc_interval
from hetero2.stats.benefit.sufficiency import too_few_labels
from hetero2.stats.diagnosis.scaffold_folds import FEW_SCAFFOLDS as FEW_FOR_FOLDS
from hetero2.stats.diagnosis.scaffold_folds import FOLDS, scaffold_folds

HEAVY_ATOMS, LOGP, PROPERTY_MODEL, NEAREST_HIT = "heavy_atoms", "logp", "property_model", "nearest_hit"
UNFITTED, FITTED = (HEAVY_ATOMS, LOGP), (PROPERTY_MODEL, NEAREST_HIT)
BETTER, NO_BETTER, UNDECIDED = "better", "no_better", "undecided"
MATERIAL = 0.1  # of AUC: an interval from 0 or below to this or more decides nothing; a convention, fitted to no data
RESAMPLES = 2000
Record = dict[str, Any]
# Scores of all molecules after a fit on the labels of some rows.
Fit = Callable[[Ints], Floats]


def against(low: float, high: float) -> str:
    """What the 95 % interval of a gain in AUC says.

    >>> against(0.01, 0.2), against(-0.05, 0.04), against(-0.1, 0.2)
    ('better', 'no_better', 'undecided')
    """
    if low > 0:
        return BETTER
    return NO_BETTER if high < MATERIAL else UNDECIDED


def turned(values: Floats, hit: Bools) -> tuple[Floats, int]:
    """(values (n,) in the direction that suits the labels, 1 or −1): a competitor may count more, or fewer, atoms."""
    area, _ = roc_auc(values, hit)
    direction = -1 if area is not None and area < 0.5 else 1
    return direction * values, direction


def out_of_fold(fit: Fit, hit: Bools, scaffold: Ints) -> tuple[Floats | None, str | None]:
    """((n,) scores of molecules by fits on other scaffolds, why there are none); five folds of whole scaffolds."""
    fold = scaffold_folds(scaffold)
    if fold is None:
        return None, FEW_FOR_FOLDS
    scores = np.full(len(hit), np.nan)
    for number in range(FOLDS):
        rows = np.flatnonzero(fold != number)
        if len(np.unique(hit[rows])) < 2:
            return None, "a_fold_leaves_one_label_only"
        scores[fold == number] = fit(rows)[fold == number]
    return scores, None


def _drawn(scores: Mapping[str, Floats], hit: Bools, scaffold: Ints, seed: int, resamples: int) -> dict[str, Floats]:
    """(resamples,) AUC of each score on the same resampled scaffolds; nan where one holds one class only."""
    rankings = {name: Ranked(dense_priority(values), hit) for name, values in scores.items()}

    def areas(ways: Mapping[str, Ranked], weight: Floats, _: Floats) -> Floats:
        return np.column_stack([cumulative_auc(*ranking.groups(weight)) for ranking in ways.values()])

    return dict(zip(rankings, resampled(rankings, scaffold, 1.0, resamples, seed, areas).T, strict=True))


def _difference(score: Floats, competitor: Floats) -> Record:
    """95 % percentile interval of the paired difference in AUC, and what it says."""
    difference = score - competitor
    low, high = np.quantile(difference[np.isfinite(difference)], [0.025, 0.975])
    return {"ci_low": float(low), "ci_high": float(high), "score_is": against(float(low), float(high))}


def _interval(score: Floats, hit: Bools, drawn: Floats | None, area: float | None) -> Record:
    """As in utility_report.json; a score of the same AUC in every resample has an interval of no width."""
    interval = auc_interval(score, hit, drawn)
    low, high, reason = (interval[key] for key in ("ci_low", "ci_high", "interval_reason"))
    if reason == ALL_EQUAL:
        return {"ci_low": area, "ci_high": area, "reason": None}
    return {"ci_low": low, "ci_high": high, "reason": reason}


def compare(
    score: Floats,
    competitors: Mapping[str, Floats | str],
    hit: Bools,
    scaffold: Ints,
    seed: int,
    resamples: int = RESAMPLES,
) -> Record:
    """AUC of a score and of its competitors on labels `hit`, with intervals over resampled scaffolds; all (n,).

    A competitor is scores, or why it has none. Those that are not fitted are turned the way that suits the labels. No
    interval, with a reason, below 10 hits, 10 others or 30 scaffolds. O(competitors · resamples · n).
    """
    n_hits, area = int(hit.sum()), roc_auc(score, hit)[0]
    reason = too_few_labels(n_hits, len(hit) - n_hits)
    if reason is None and len(np.unique(scaffold)) < MIN_CLUSTERS:
        reason = FEW_SCAFFOLDS
    entries, scores = list[Record](), {"score": score}
    for name, values in competitors.items():
        entry: Record = {"name": name, "direction": None, "auc": None, "reason": reason}
        entry |= {"ci_low": None, "ci_high": None, "score_is": None}
        if isinstance(values, str):
            entry["reason"] = values
        else:
            scores[name], entry["direction"] = turned(values, hit) if name in UNFITTED else (values, None)
            entry["auc"] = roc_auc(scores[name], hit)[0]
        entries.append(entry)
    drawn = {} if reason else _drawn(scores, hit, scaffold, seed, resamples)
    for entry in entries:
        if entry["name"] in drawn:
            entry |= _difference(drawn["score"], drawn[entry["name"]])
    return {"auc": area, **_interval(score, hit, drawn.get("score"), area), "competitors": entries}
