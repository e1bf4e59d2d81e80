"""utility_report.json computed again: all of it but what rests on scores that no pack holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.arithmetic.agreement import Record, compared
from hetero2.pack.verification.arithmetic.distributions import is_hypergeometric_quantile
from hetero2.pack.verification.arithmetic.molecules import Molecules
from hetero2.pack.verification.arithmetic.ranked_list import RankedList
from hetero2.pack.verification.arithmetic.redrawn import LEAST_SCAFFOLDS, MOST_CELLS, RESAMPLES, redrawn
from hetero2.pack.verification.decision.comparison import (
    Compared,
    before_after_follows,
    extrapolation_follows,
    list_follows,
    uplift_follows,
)
from hetero2.pack.verification.decision.curves import around_problems
from hetero2.pack.verification.decision.early import FEW_SCAFFOLDS, few_bought, few_labels, score_metrics_follow
from hetero2.pack.verification.decision.ways import (
    BY_AUDIT,
    BY_CHANCE,
    BY_SCORE,
    BY_TODAY,
    FROM_ELSEWHERE,
    Choices,
    methods_at_k,
    stated_hits,
)
from hetero2.pack.verification.layout import UTILITY

OF_THE_TABLES = "summary.csv and truth.csv"


def coverage_follows(molecules: Molecules, k: int) -> Record:
    """Whether truth covers all scored molecules, or mostly those that were selected before."""
    scored, status = molecules.has_score(), Counter(molecules["status"])
    scores = [molecules["score"][row] for row in scored]
    has_truth = [molecules.hit[row] is not None for row in scored]
    ranking = RankedList(scores, has_truth)
    area, everyone = ranking.roc_auc(), all(has_truth)
    of_the_list = None
    if scored:
        size = min(k, len(scored))
        hits = RankedList(scores, [bool(molecules.hit[row]) for row in scored]).expected_hits(size)
        of_the_list = {"k": size, "with_truth": ranking.expected_hits(size), "hits": hits}
    bias = False if scored and everyone else None
    return {
        "status_counts": {key: status[key] for key in ("OK", "SKIP", "ERROR")},
        "scored": len(scored),
        "with_truth": sum(has_truth),
        "of_the_list": of_the_list,
        "auc_of_score_for_having_truth": area,
        "reason": None if area is not None else "truth_for_all" if everyone else "truth_for_none",
        "verification_bias": bias if area is None else abs(area - 0.5) > 0.1,
    }


def population_follows(molecules: Molecules) -> Record:
    """Which molecules the report is about: the library, or a sample of it."""
    parts = Counter(part for part in molecules["sample_part"] if part)
    if not parts:
        return {"stands_for": "library", "rows": molecules.n, "top": None, "random": None}
    return {"stands_for": "sample", "rows": molecules.n, "top": parts["top"], "random": parts["random"]}


def utility_follows(choices: Choices, stated: Record, selection: Record, sample_top: bool) -> Record:
    """The section `utility`: `stated` gives what the pack has no data of, `selection` is that of the configuration."""
    n, k_requested, k_list = choices.n, int(selection["k"]), [int(size) for size in selection.get("k_list") or ()]
    if choices.is_one_class:
        reason = "truth_has_one_class" if n else "no_molecule_with_score_and_truth"
        return {"n": n, "reason": reason, "at": [], "uplift": None, "before_after": None}
    k, price = min(k_requested, n), selection.get("price_per_evaluation")
    sizes = sorted({k, *(size for size in k_list if size <= n)})
    stated_at = {entry["k"]: entry["methods"] for entry in stated.get("at", [])}
    at: list[Record] = [
        {"k": size, "methods": methods_at_k(choices, size, price, stated_hits(stated_at.get(size, {})))}
        for size in sizes
    ]
    primary = next(entry for entry in at if entry["k"] == k)
    has_today = selection.get("baseline") is not None or selection.get("baseline_column") is not None
    present = BY_TODAY if has_today and BY_TODAY in primary["methods"] else BY_SCORE
    bought = [primary["methods"][name]["expected_hits"] for name in (BY_SCORE, present, BY_CHANCE)]
    n_scaffolds = len(set(choices.scaffold))
    few = few_bought(choices.n_hits, n - choices.n_hits, k, bought)
    no_interval = few or (FEW_SCAFFOLDS if n_scaffolds < LEAST_SCAFFOLDS else None)
    resamples = None
    if (
        n_scaffolds >= LEAST_SCAFFOLDS
        and n * RESAMPLES <= MOST_CELLS
        and few_labels(choices.n_hits, n - choices.n_hits) is None
    ):
        seed = int(selection["seed"])
        resamples = redrawn(choices.lists[BY_SCORE], choices.lists[BY_AUDIT], choices.hit, choices.scaffold, k, seed)
    lists = Compared(choices, primary, present, price, few, no_interval, resamples)
    uplift = uplift_follows(lists, stated.get("uplift") or {})
    before = before_after_follows(lists, stated.get("before_after") or {})
    extrapolation, why_not = None, no_interval
    if sample_top and "extrapolation" in stated:
        why_not = "the_audited_rows_are_no_random_sample"
    elif no_interval is None:
        extrapolation = extrapolation_follows(lists, uplift["against"][present], before["sent_for_the_same_hits"])
    return {
        "n": n,
        "reason": None,
        "k": k,
        "k_requested": k_requested,
        "k_reason": None if k == k_requested else "k_beyond_library",
        "k_not_shown": sorted({size for size in k_list if size > n}),
        "evidence": {"enough": few is None, "reason": few, "hits": choices.n_hits, "others": n - choices.n_hits},
        "at": at,
        "list": list_follows(lists, stated.get("list") or {}),
        "uplift": uplift,
        "before_after": before,
        "extrapolation": extrapolation,
        "extrapolation_reason": why_not,
        "score_metrics": score_metrics_follow(choices.lists[BY_SCORE], k, n_scaffolds, resamples),
    }


def _of_chance(choices: Choices, stated: Record) -> Iterator[str]:
    """The range of hits that choosing at random gives, and which methods there are."""
    for entry in stated.get("at", []):
        k, methods = entry["k"], entry["methods"]
        missing = [name for name in choices.lists if name not in methods]
        extra = [name for name in methods if name not in (*choices.lists, *FROM_ELSEWHERE, BY_CHANCE)]
        for name in (*missing, *extra):
            what = "missing" if name in missing else "no way of choosing"
            yield f"{UTILITY}: at K = {k}: the method {name} is {what}"
        for key, q in (("hits_low", 0.025), ("hits_high", 0.975)):
            value = methods.get(BY_CHANCE, {}).get(key)
            if value is not None and not is_hypergeometric_quantile(value, q, choices.n, choices.n_hits, k):
                yield f"{UTILITY}: at K = {k}: random.{key} is {value}, not the quantile of choosing at random"
        yield from _possible(choices, methods, k, f"{UTILITY}: at K = {k}")


def _possible(choices: Choices, methods: Record, k: int, where: str) -> Iterator[str]:
    """Hits as stated of lists that the pack does not hold: no more than there are."""
    least, most = max(0, k - (choices.n - choices.n_hits)), min(k, choices.n_hits)
    for name, hits in stated_hits(methods).items():
        if not least - 1e-9 <= hits <= most + 1e-9:
            yield f"{where}: {name} cannot hold {hits} hits: {choices.n_hits} of {choices.n} molecules are hits"


def _interval_ends(value: Any, where: str) -> Iterator[str]:
    """Intervals whose ends are in the wrong order, or of which one end is missing."""
    if isinstance(value, dict):
        for prefix in ("", "saving_", "exact_", "wilson_"):
            ends: list[Any] = [
                value.get(f"{prefix}{end}")
                for end in (("low", "high") if prefix in ("exact_", "wilson_") else ("ci_low", "ci_high"))
            ]
            if (ends[0] is None) != (ends[1] is None):
                yield f"{where}: an interval with one end: {ends[0]} to {ends[1]}"
            elif ends[0] is not None and ends[0] > ends[1] + 1e-9:
                yield f"{where}: an interval from {ends[0]} to {ends[1]}"
        for key, inner in value.items():
            yield from _interval_ends(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _interval_ends(inner, f"{where}[{place}]")


_OF_A_LATER_RULE = ("interval_reason", "discordant", "non_inferiority", "extrapolation", "extrapolation_reason")


def _by_an_older_rule(follows: Any) -> Any:
    """Without what a pack older than `evidence` states by another rule."""
    if not isinstance(follows, dict):
        return follows
    return {key: _by_an_older_rule(value) for key, value in follows.items() if key not in _OF_A_LATER_RULE}


def utility_problems(said: Record, molecules: Molecules, choices: Choices, selection: Record) -> Iterator[str]:
    """What of utility_report.json does not follow from summary.csv, truth.csv and the configuration."""
    population = population_follows(molecules)
    follows: Record = {
        "truth_coverage": coverage_follows(molecules, int(selection["k"])),
        "population": population,
        "price_per_evaluation": selection.get("price_per_evaluation"),
        "utility": utility_follows(choices, said["utility"], selection, bool(population["top"])),
    }
    stated = said["utility"]
    is_older = "evidence" not in stated and stated["reason"] is None
    yield from compared(UTILITY, said, _by_an_older_rule(follows) if is_older else follows, OF_THE_TABLES)
    yield from _of_chance(choices, stated)
    if stated.get("around_k") and not choices.is_one_class:
        yield from around_problems(stated["around_k"], choices, min(int(selection["k"]), choices.n))
    yield from _interval_ends(said["utility"], f"{UTILITY}: utility")
