"""How well a score ranks a library with truth: AUC with its interval, BEDROC and enrichment factors."""

import numpy as np
from scipy.special import expit, logit, ndtri

from hetero2.stats.benefit.choosing import Library, Record
from hetero2.stats.benefit.cluster_bootstrap import MIN_CLUSTERS, Bools, Floats
from hetero2.stats.benefit.enrichment import bedroc, enrichment_factor, roc_auc
from hetero2.stats.benefit.sufficiency import too_few_labels

FEW_SCAFFOLDS = f"fewer_than_{MIN_CLUSTERS}_scaffolds"
ALL_EQUAL = "all_resamples_are_equal"


def auc_interval(score: Floats, hit: Bools, drawn_auc: Floats | None) -> Record:
    """95 % interval of the AUC of a score (n,) for labels (n,) over resampled scaffolds, or why there is none.

    Logit of the AUC, half a pair added, plus and minus 1.96 standard deviations over the resamples: with few hits or an
    AUC near 1 their percentiles cover too little.
    """
    n_hits = int(hit.sum())
    pairs = n_hits * (hit.size - n_hits)
    reason = too_few_labels(n_hits, hit.size - n_hits) or (FEW_SCAFFOLDS if drawn_auc is None else None)
    if reason is not None or drawn_auc is None:
        return {"ci_low": None, "ci_high": None, "interval_reason": reason}
    logits = logit((drawn_auc[np.isfinite(drawn_auc)] * pairs + 0.5) / (pairs + 1))
    spread, area = float(logits.std()), roc_auc(score, hit)[0]
    if area is None or spread < 1e-9:  # hits and others apart in every resample, or a constant score
        return {"ci_low": None, "ci_high": None, "interval_reason": ALL_EQUAL}
    centre, half = float(logit((area * pairs + 0.5) / (pairs + 1))), float(ndtri(0.975)) * spread
    return {"ci_low": float(expit(centre - half)), "ci_high": float(expit(centre + half)), "interval_reason": None}


def score_metrics(library: Library, k: int, drawn_auc: Floats | None) -> Record:
    """How well the score alone ranks the library; beside each measure what a random score gets.

    `drawn_auc` (resamples,): AUC of resampled scaffolds, nan where one holds one class only; None where there is none.
    """
    auc, reason = roc_auc(library.score, library.hit)
    early, random, why = bedroc(library.score, library.hit)
    measures: Record = {
        "roc_auc": {
            "value": auc,
            "random": 0.5,
            "reason": reason,
            **auc_interval(library.score, library.hit, drawn_auc),
        },
        "bedroc_20": {"value": early, "random": random, "reason": why},
    }
    for name, share in (("1_percent", 0.01), ("5_percent", 0.05), ("10_percent", 0.10), ("k", k / library.hit.size)):
        value, reason = enrichment_factor(library.score, library.hit, share)
        measures[f"enrichment_factor_{name}"] = {"value": value, "random": 1.0, "reason": reason}
    return measures
