"""Estimates of a whole library from a sample of it (population of metrics.json)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any

_MIN_DRAWN = 30  # rows of the random part: below, no interval is given
_NAMES = ("pass_rate", "signal_rate", "mean_auc")
# (part, weight, measures of an audited row: 1 or 0 for PASS, 1 or 0 for SIGNAL, AUC or nan)
Sampled = tuple[str, float, "tuple[float, float, float] | None"]
_NO_ESTIMATE: dict[str, Any] = {"estimate": None, "ci_low": None, "ci_high": None}


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _weighted_mean(sampled: Sequence[Sampled], measure: int) -> dict[str, Any]:
    """Hájek's estimate of the mean over the library, with its linearised 95 % interval (see stats/audit/sampling)."""
    values = [math.nan if measures is None else measures[measure] for _, _, measures in sampled]
    inside = [(value, weight) for value, (_, weight, _) in zip(values, sampled) if not math.isnan(value)]
    if not inside:
        return {"n": 0, **_NO_ESTIMATE, "reason": "no_molecules"}
    total = math.fsum(weight for _, weight in inside)
    estimate = math.fsum(weight * value for value, weight in inside) / total
    point = {"n": len(inside), **_NO_ESTIMATE, "estimate": estimate}
    drawn = [
        (0.0 if math.isnan(value) else value - estimate, weight)
        for value, (part, weight, _) in zip(values, sampled)
        if part == "random"
    ]
    if not drawn:
        return {**point, "reason": "no_random_part"}
    size, stands_for = len(drawn), math.fsum(weight for _, weight in drawn)
    if size < _MIN_DRAWN and size < stands_for:
        return {**point, "reason": f"random_part_has_fewer_than_{_MIN_DRAWN}_rows"}
    middle = math.fsum(value for value, _ in drawn) / size
    spread = math.fsum((value - middle) ** 2 for value, _ in drawn) / (size - 1) if size > 1 else 0.0
    error = math.sqrt(max(0.0, stands_for**2 * (1 - size / stands_for) * spread / size)) / total
    low, high = min(value for value, _ in inside), max(value for value, _ in inside)
    if low == high and size < stands_for:
        return {**point, "reason": "all_values_are_equal"}
    z = NormalDist().inv_cdf(0.975)
    return {
        **point,
        "ci_low": max(low, estimate - z * error),
        "ci_high": min(high, estimate + z * error),
        "reason": None,
    }


def _estimates(sampled: Sequence[Sampled]) -> dict[str, Any]:
    drawn = [weight for part, weight, _ in sampled if part == "random"]
    everyone = math.fsum(weight for _, weight, _ in sampled)
    population: dict[str, Any] = {
        "rows": round(everyone) if drawn else None,
        "top": len(sampled) - len(drawn),
        "random": len(drawn),
        "random_weight": drawn[0] if drawn else None,
    }
    for measure, name in enumerate(_NAMES):
        parts = {
            key: [m[measure] for part, _, m in sampled if part == key and m is not None and not math.isnan(m[measure])]
            for key in ("top", "random")
        }
        of_library = _weighted_mean(sampled, measure) if drawn else None
        if of_library is not None and name == "signal_rate":
            reason = "calls_depend_on_what_was_audited"
            of_library = {"n": of_library["n"], **_NO_ESTIMATE, "reason": reason}
        population[name] = {
            "library": of_library,
            **{key: {"n": len(values), "estimate": _mean(values)} for key, values in parts.items()},
        }
    return population


def _differences(said: Any, computed: Any, where: str) -> Iterator[str]:
    """Where a document differs from what was computed; numbers by more than 1e-9 of their size."""
    if isinstance(computed, dict):
        for key, value in computed.items():
            yield from _differences(said.get(key) if isinstance(said, dict) else None, value, f"{where}.{key}"[:80])
        return
    both_numbers = isinstance(said, (int, float)) and isinstance(computed, (int, float))
    if not (math.isclose(said, computed, rel_tol=1e-9, abs_tol=1e-9) if both_numbers else said == computed):
        yield f"{where[1:]} is {said}, the rows of the sample give {computed}"


def population_of(sampled: Sequence[Sampled], said: Any) -> Iterator[str]:
    """How the population of metrics.json differs from what the rows of the sample give."""
    if sampled:
        yield from _differences(said, _estimates(sampled), "")
    elif said is not None:
        yield "is not null, though no row is of a sample"
