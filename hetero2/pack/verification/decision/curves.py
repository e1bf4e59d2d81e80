"""hit_curve.csv, and what utility_report.json says of other K: hits of every way of choosing at many K."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from hetero2.pack.verification.arithmetic.agreement import Record, compared
from hetero2.pack.verification.arithmetic.distributions import hypergeometric_share, is_hypergeometric_quantile
from hetero2.pack.verification.decision.ways import (
    BY_AUDIT,
    BY_CHANCE,
    BY_SCORE,
    FROM_ELSEWHERE,
    Choices,
    methods_at_k,
    stated_hits,
)
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import HIT_CURVE

_POINTS, _AROUND = 60, 21
_CURVE_ROUNDING = 1e-9


def spaced(start: float, stop: float, points: int) -> list[float]:
    """Numbers from start to stop in equal ratios, both included."""
    low, high = math.log10(start), math.log10(stop)
    inner = [10.0 ** (low + place * (high - low) / (points - 1)) for place in range(1, points - 1)]
    return [start, *inner, stop]


def curve_sizes(n: int, k: int) -> list[int]:
    """The K of the curve of a library."""
    return sorted({*(round(size) for size in spaced(1, n, _POINTS)), min(k, n)}) if n > 1 else [1]


_COLUMNS_OF_CURVE = ("expected_hits", "hit_rate", "wilson_low", "wilson_high", "hits_low", "hits_high")


def read_curve(evidence: Evidence) -> dict[int, Record]:
    """The methods of each K, in order; numbers are None where a cell is empty."""
    by_k: dict[int, Record] = {}
    for k, method, *cells in evidence.rows(HIT_CURVE, "k", "method", *_COLUMNS_OF_CURVE):
        numbers = {name: float(text) if text else None for name, text in zip(_COLUMNS_OF_CURVE, cells)}
        by_k.setdefault(int(k), {})[method] = numbers
    return by_k


def curve_problems(by_k: Mapping[int, Record], choices: Choices, k: int) -> Iterator[str]:
    """What of hit_curve.csv does not follow from summary.csv and truth.csv."""
    sizes_due = [] if choices.is_one_class else curve_sizes(choices.n, k)
    if list(by_k) != sorted(by_k) or not _same_sizes(list(by_k), sizes_due):
        yield f"{HIT_CURVE}: its K are not the {len(sizes_due)} from 1 to {choices.n} of this library"
        return
    before: dict[str, float] = {}
    for size, methods in by_k.items():
        stated = stated_hits(methods)
        follows = methods_at_k(choices, size, None, stated)
        if set(methods) != set(follows):
            yield f"{HIT_CURVE}: K = {size}: its methods are {', '.join(methods)}, expected {', '.join(follows)}"
        yield from compared(f"{HIT_CURVE}: K = {size}", methods, follows, "summary.csv and truth.csv")
        yield from _chance(choices, size, methods.get(BY_CHANCE, {}))
        for name, hits in stated.items():
            if not before.get(name, 0.0) - _CURVE_ROUNDING <= hits <= min(size, choices.n_hits) + _CURVE_ROUNDING:
                yield f"{HIT_CURVE}: K = {size}: {name} cannot hold {hits} hits"
        before = stated


def _same_sizes(sizes: list[int], sizes_due: list[int]) -> bool:
    """Whether these are the sizes sizes_due: where a ratio falls on a half, rounding may take either neighbour."""
    return len(sizes) == len(sizes_due) and all(abs(size - due) <= 1 for size, due in zip(sizes, sizes_due))


def _chance(choices: Choices, k: int, random: Mapping[str, Any]) -> Iterator[str]:
    for key, q in (("hits_low", 0.025), ("hits_high", 0.975)):
        value = random.get(key)
        if value is not None and not is_hypergeometric_quantile(value, q, choices.n, choices.n_hits, k):
            yield f"{HIT_CURVE}: K = {k}: random: {key} is {value}, not the quantile of choosing at random"


def curve_agrees(at_curve: Record, at_report: Record) -> Iterator[str]:
    """Lists by scores that the pack does not hold have the same hits in both files."""
    for name in FROM_ELSEWHERE:
        in_curve, in_report = (stated_hits(methods).get(name) for methods in (at_curve, at_report))
        if in_curve is not None and in_report is not None and abs(in_curve - in_report) > _CURVE_ROUNDING:
            yield f"{HIT_CURVE}: {name} holds {in_curve} hits at K, utility_report.json says {in_report}"


def _sign_of_chance(choices: Choices, hits: float, k: int) -> int | None:
    """1, 0 or -1: above, within or below 95 % of random draws; None where rounding decides."""
    n, n_hits = choices.n, choices.n_hits
    below, upto = (hypergeometric_share(n, n_hits, k, most) for most in (math.ceil(hits) - 1, math.floor(hits)))
    if abs(below - 0.975) < _CURVE_ROUNDING or abs(upto - 0.025) < _CURVE_ROUNDING:
        return None
    return int(below >= 0.975) - int(upto < 0.025)


def _sign_at(choices: Choices, method: str, against: str, k: int) -> int | None:
    hits = choices.lists[method].expected_hits(k)
    if against == BY_CHANCE:
        return _sign_of_chance(choices, hits, k)
    theirs = choices.lists[against].expected_hits(k)
    return int(hits >= theirs + 0.5) - int(hits <= theirs - 0.5)


def around_problems(stated: Record, choices: Choices, k: int) -> Iterator[str]:
    """How lists compare at K and around it, where the pack has the data of both."""
    sizes = sorted({min(max(round(size), 1), choices.n) for size in spaced(k / 4, 4 * k, _AROUND)})
    others = [size for size in sizes if size not in (k, choices.n)]
    for place, pair in enumerate(stated["compared"]):
        names = pair["method"], pair["against"]
        if pair["more"] + pair["as_many"] + pair["fewer"] != pair["n_k"] or pair["n_k"] > len(others):
            yield f"utility_report.json: utility.around_k.compared[{place}]: n_k is not the sum of its counts"
        if names not in ((BY_SCORE, BY_CHANCE), (BY_AUDIT, BY_SCORE)):
            continue
        signs, at_k = [_sign_at(choices, *names, size) for size in others], _sign_at(choices, *names, k)
        if None in signs or at_k is None:
            continue
        words = {1: "more", 0: "as_many", -1: "fewer"}
        follows = {"at_k": words[at_k], "n_k": len(others), **{words[sign]: signs.count(sign) for sign in words}}
        where = f"utility_report.json: utility.around_k: {names[0]} against {names[1]}"
        yield from compared(where, pair, follows, "summary.csv and truth.csv")
    if (stated["k_from"], stated["k_to"]) != (sizes[0], sizes[-1]):
        yield f"utility_report.json: utility.around_k: its K go from {sizes[0]} to {sizes[-1]}"
