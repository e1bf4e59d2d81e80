"""Audit of the molecules of a control sample by one score."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hetero2.stats.audit.decoy_sets import Floats, Ints, describe_decoy_sets, library_test
from hetero2.stats.audit.hardness import cluster_mean

Record = dict[str, Any]


def sampled_decoy_sets(control_sample: Sequence[Record], level: int, scores: Floats) -> tuple[Floats, Ints, list[str]]:
    """(scores (t,), starts (n,), scaffolds) of the decoy sets of one level whose molecule and a decoy have a score.

    `scores` (items of the control sample,), nan where there is none. See `decoy_sets` for scores and starts.
    """
    kept: dict[int, list[int]] = {}
    for place, item in enumerate(control_sample):
        if item["level"] == level and np.isfinite(scores[place]):
            kept.setdefault(item["block"], []).append(place)
    whole = [places for places in kept.values() if control_sample[places[0]]["decoy_index"] == -1 and len(places) > 1]
    starts = np.cumsum([0, *(len(places) for places in whole)])[:-1].astype(np.int64)
    flat = scores[[place for places in whole for place in places]] if whole else np.zeros(0)
    return flat, starts, [control_sample[places[0]]["scaffold"] for places in whole]


def audit(control_sample: Sequence[Record], scores: Floats, level: int = 0) -> Record:
    """mean AUC with its interval over scaffolds, mean z and dispersion z of one level of the control sample."""
    flat, starts, scaffolds = sampled_decoy_sets(control_sample, level, scores)
    if not len(starts):
        return {"n": 0, "mean_auc": None, "mean_z": None, "dispersion_z": None, "reason": "no_molecules"}
    sets = describe_decoy_sets(flat, starts)
    mean = cluster_mean(sets.auc, np.asarray(scaffolds))
    return {**vars(library_test(sets)), "auc_ci_low": mean.low, "auc_ci_high": mean.high}
