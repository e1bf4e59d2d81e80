"""Sentences about the inputs, for the first page of a pack and for the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

Facts = dict[str, Any]
_MADE_UP = "made up to test the audit, and evidence of nothing else"
STAND_INS = dict.fromkeys(("constant", "random", "synthetic_good"), _MADE_UP)
STAND_INS["mock"] = "made up to test the plumbing, and evidence of nothing"
_ONE = (
    ("rows repeat", "row repeats"),
    ("molecules are", "molecule is"),
    ("decoys are molecules", "decoy is a molecule"),
    ("were excluded", "was excluded"),
    ("molecules closely resemble", "molecule closely resembles"),
    ("truth ids match", "truth id matches"),
)
NOT_LOOKED_FOR = "not checked, since no training set was given (scores.train)"
LEAKS = {
    "duplicate_in_library": "rows repeat a compound of the library",
    "molecule_in_training": "molecules are in the training set",
    "molecule_near_training": "molecules closely resemble one of the training set",
    "decoy_in_library": "decoys are molecules of the library and were excluded",
    "decoy_in_training": "decoys are molecules of the training set and were excluded",
    "truth_id_unknown": "truth ids match no molecule",
}


def leak(kind: str, count: int) -> str:
    """An overlap in words, with its count.

    >>> leak("decoy_in_library", 1), leak("molecule_in_training", 1200)
    ('1 decoy is a molecule of the library and was excluded', '1,200 molecules are in the training set')
    """
    text = LEAKS[kind]
    for many, singular in _ONE if count == 1 else ():
        text = text.replace(many, singular)
    return f"{count:,} {text}"


def leakage(leaks: Mapping[str, int], knows_training: bool) -> list[str]:
    """What leakage.csv lists, kind by kind, and whether a training set was compared; `leaks`: rows by kind."""
    listed = [leak(kind, leaks[kind]) for kind in LEAKS if leaks.get(kind)]
    if not knows_training:
        return [NOT_LOOKED_FOR, *listed]
    return listed or ["none found"]


def _rate(name: str, population: Facts) -> str:
    library, top, drawn = (population[name][key] for key in ("library", "top", "random"))
    defined = [
        (what, rate["estimate"]) for what, rate in (("top", top), ("drawn", drawn)) if rate["estimate"] is not None
    ]
    estimates = ", ".join(f"{what} {estimate:.3f}" for what, estimate in defined) or "undefined"
    if library is None or library["estimate"] is None:
        return estimates
    interval = library["reason"] or f"{library['ci_low']:.3f} to {library['ci_high']:.3f}"
    return f"{estimates}; of the library {library['estimate']:.3f} ({interval})"


def population(metrics: Facts) -> Iterator[tuple[str, str]]:
    """(what, text): which molecules the numbers stand for, where only a sample was audited."""
    sample = metrics.get("population")
    if sample is None:
        return
    rows = f" of {sample['rows']} rows" if sample["rows"] is not None else ""
    weight = f", each for {sample['random_weight']:.4g} rows" if sample["random_weight"] is not None else ""
    yield "sample", f"the {sample['top']} best by score and {sample['random']} drawn{rows} were audited{weight}"
    for name, text in (("pass_rate", "above all decoys"), ("signal_rate", "stand out"), ("mean_auc", "mean AUC")):
        yield "", f"{text}: {_rate(name, sample)}"


def decoys_without_scores(metrics: Facts) -> str | None:
    """Why there is no isomer audit, and how to get one, where molecules have scores and none of their decoys has."""
    coverage = metrics["scores_coverage"]
    if not coverage["rows_with_scores_input"] or coverage["decoys_scored"] or not coverage["decoys_missing"]:
        return None
    return (
        f"decoys have no scores ({coverage['decoys_missing']:,} missing); score missing_decoy_scores.csv "
        "(decoy_smiles) with the same model, add decoy_hash and score of each to your score table, and run again"
    )


def nothing_matches(metrics: Facts, report: Facts | None) -> Iterator[str]:
    """What must be said first: scores or truth that have nothing to do with this library."""
    coverage = metrics["scores_coverage"]
    if coverage["rows_missing_scores_input"] and not coverage["rows_with_scores_input"]:
        yield (
            f"NO SCORE MATCHES: none of the {coverage['rows_missing_scores_input']} molecules that could be audited "
            "is in the scores file; its keys must be ids of the library, or structure hashes (the column id of "
            "score_request.csv)"
        )
    truth_coverage = None if report is None else report.get("truth_coverage")
    if truth_coverage is not None and truth_coverage["scored"] and not truth_coverage["with_truth"]:
        yield (
            f"NO TRUTH MATCHES: none of the {truth_coverage['scored']} scored molecules is in the truth; "
            "its molecule_id must be the id of the library"
        )
