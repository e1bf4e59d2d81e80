"""Evidence of runs for the tests of the report, from that of a small run with other values in its documents."""

import copy
from dataclasses import replace

from hetero2.report.text.cautions import warnings

RATES = {"random": 0.2, "score_topk": 0.5, "score_plus_audit_topk": 0.6, "signal_first_topk": 0.3}
K = 40


def method(name, rate):
    drawn = {"hits_low": 4, "hits_high": 16} if name == "random" else {}
    return {
        "hit_rate": rate,
        "expected_hits": K * rate,
        "wilson_low": rate - 0.1,
        "wilson_high": rate + 0.1,
        "enrichment": rate / 0.2,
        "cost_per_hit": None,
    } | drawn


def against(uplift, low, high):
    return {"uplift": uplift, "ci_low": low, "ci_high": high}


def compared(method, reference, at_k="more", more=18, as_many=2, fewer=0):
    counts = {"n_k": more + as_many + fewer, "more": more, "as_many": as_many, "fewer": fewer}
    return {"method": method, "against": reference, "at_k": at_k, **counts}


def fewer(estimate, low, high):
    saved = {"saving": None, "saving_ci_low": None, "saving_ci_high": None}
    return {
        "hits": 16.0,
        "before": 40.0,
        "after": 40.0 - estimate,
        "fewer": estimate,
        "ci_low": low,
        "ci_high": high,
    } | saved


UTILITY = {
    "n": 400,
    "k": K,
    "k_reason": None,
    "reason": None,
    "evidence": {"enough": True, "reason": None, "hits": 80, "others": 320},
    "at": [{"k": K, "methods": {name: method(name, rate) for name, rate in RATES.items()}}],
    "list": {
        "method": "score_topk",
        "against": {"random": against(0.3, 0.1, 0.45)},
        "sent_for_the_same_hits": None,
        "interval_reason": None,
    },
    "around_k": {
        "k_from": 10,
        "k_to": 160,
        "compared": [
            compared("score_topk", "random"),
            compared("score_plus_audit_topk", "score_topk", "as_many", 1, 4, 15),
        ],
    },
    "uplift": {
        "against": {"random": against(0.4, 0.1, 0.7), "score_topk": against(0.1, -0.05, 0.25)},
        "coincides_with_score": False,
        "interval_reason": None,
    },
    "before_after": {"before": {"method": "score_topk"}},
    "score_metrics": {
        "roc_auc": {"value": 0.8, "ci_low": 0.7, "ci_high": 0.88, "interval_reason": None},
        "enrichment_factor_5_percent": {"value": 3.14},
        "enrichment_factor_10_percent": {"value": 2.5},
    },
}


def changed(run, **parts):
    """The same with other values: dotted keys by `__`."""
    documents = {
        name: copy.deepcopy(getattr(run, name)) for name in ("facts", "metrics", "controls", "utility", "diagnosis")
    }
    for name, value in parts.items():
        document, *keys, last = name.split("__")
        place = documents[document]
        for key in keys:
            place = place[key]
        place[last] = value
    return replace(run, **documents)


def with_filter(rich):
    """The same where a filter is in use."""
    utility = rich.utility["utility"]
    utility["before_after"]["before"]["method"] = "baseline_topk"
    utility["at"][0]["methods"]["baseline_topk"] = method("baseline_topk", 0.4)
    utility["list"]["against"]["baseline_topk"] = against(0.1, -0.02, 0.2)
    utility["list"]["sent_for_the_same_hits"] = fewer(2.5, -1.0, 4.0)
    utility["uplift"]["against"]["baseline_topk"] = against(0.2, 0.1, 0.3)
    utility["around_k"]["compared"].append(compared("score_topk", "baseline_topk", "more", 5, 9, 6))
    return rich


def levels_and_files(run):
    return {warning.text: (warning.level, warning.file) for warning in warnings(run)}


def cautions(run, words):
    return [text for text, (level, _) in levels_and_files(run).items() if words in text and level == "Caution"]


def curve_of(auc, low, high):
    row = {"auc": auc, "ci_low": low, "ci_high": high, "reason": None, "n_molecules": 40, "n_decoys": 800}
    return [row | {"bin": name} for name in ("easy", "medium", "hard", "all")]
