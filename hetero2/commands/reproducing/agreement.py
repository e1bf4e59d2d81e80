"""How far two packs of a run agree: in every number, but for rounding, in what is called, or not even there."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hetero2.commands.compare import LAYERS, Read, flat, json_of, rows_of
from hetero2.io.tables import number
from hetero2.pack.verification.form.tables import read_rows
from hetero2.pack.verification.layout import COST_LIFT, DECOYS, METRICS, SCORES, UTILITY

# Relative difference up to which two numbers are one that was rounded in another way: some thousand times that of one
# operation in double precision (2^-52), and far below the digits that anybody reads.
ROUNDING = 1e-9
EXACT, ROUNDED, CALLS_AGREE, CALLS_DIFFER = "exact", "rounding", "calls agree", "calls differ"
IN_WORDS = {
    EXACT: "every file of the result has the same bytes",
    ROUNDED: f"numbers differ in their last digits alone, by at most {ROUNDING:g} of their size",
    CALLS_AGREE: "numbers moved, but every row, call and rate is the same",
    CALLS_DIFFER: "rows, calls or rates differ",
}
# What is said of a molecule, and the numbers that a pack is quoted by: shares, counts, hits and differences of them.
_SAID = ("status", "reason", "verdict", "call")
_RATES = {
    METRICS: ("counts", "verdict_counts", "call_counts", "pass_rate", "fail_rate", "scores_coverage"),
    COST_LIFT: ("methods", "uplift_score_plus_audit_vs_score_only", "uplift_score_plus_audit_vs_random"),
    UTILITY: ("utility",),
}
_TABLES = tuple(name for names in LAYERS.values() for name in names if name.endswith(".csv"))
_DOCUMENTS = tuple(name for names in LAYERS.values() for name in names if name.endswith(".json"))


class Agreement(NamedTuple):
    """The grade; in how many rows each of status, reason, verdict and call differs; the rates that do.

    `largest` is the largest relative difference of two numbers, and `where` it is; 0.0 and empty where none differs.
    """

    grade: str
    n_rows: int
    differing: dict[str, int]
    rates: list[str]
    largest: float
    where: str


def _difference(first: Any, second: Any) -> float:
    """Relative difference of two values: 0 of the same, infinite where one is no number, or not there."""
    if first == second:
        return 0.0
    both = [value if isinstance(value, float | int) else number(str(value)) for value in (first, second)]
    if any(value != value or value is None for value in both) or isinstance(first, bool) or isinstance(second, bool):
        return float("inf")
    size = max(abs(value) for value in both)
    return abs(both[0] - both[1]) / size if size else 0.0


def _cells(side: Read, name: str) -> dict[str, Any]:
    """The cells of a table by line and column, or the values of a JSON file by their keys."""
    if name not in side.pack:
        return {}
    if name.endswith(".json"):
        return dict(flat(json_of(side, name)))
    header, *rows = list(read_rows(side.pack, name)) or [[]]
    return {
        f"line {line} {column}": cell
        for line, row in enumerate(rows, 2)
        for column, cell in zip(header, row, strict=False)
    }


def _moved(first: Read, second: Read) -> Iterator[tuple[float, str]]:
    """(relative difference, file and place) of everything in the result that differs."""
    scores = [name for name in SCORES if name.endswith(".csv")]
    for name in (*_TABLES, *scores, *_DOCUMENTS):
        if first.digests.get(name) == second.digests.get(name):
            continue
        left, right = _cells(first, name), _cells(second, name)
        for place in dict.fromkeys([*left, *right]):
            difference = _difference(left.get(place), right.get(place))
            if difference:
                yield difference, f"{name} {place}"


def _rates(side: Read) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, keys in _RATES.items():
        document = json_of(side, name) or {}
        values |= {f"{name} {place}": value for place, value in flat({key: document.get(key) for key in keys})}
    return values


def agreement(first: Read, second: Read) -> Agreement:
    """How far the results of two packs agree; rows are matched by id, those of one id in their order."""
    left, right = rows_of(first), rows_of(second)
    keys = list(dict.fromkeys([*left, *right]))
    differing = {
        column: sum(left.get(key, {}).get(column) != right.get(key, {}).get(column) for key in keys) for column in _SAID
    }
    before, after = _rates(first), _rates(second)
    rates = [
        f"{place}: {before.get(place)} → {after.get(place)}"
        for place in dict.fromkeys([*before, *after])
        if _difference(before.get(place), after.get(place)) > ROUNDING
    ]
    largest, where = max(_moved(first, second), default=(0.0, ""))
    names = [*_TABLES, *_DOCUMENTS, *SCORES, DECOYS]
    same = all(first.digests.get(name) == second.digests.get(name) for name in names)
    if same:
        grade = EXACT
    elif any(differing.values()) or rates:
        grade = CALLS_DIFFER
    else:
        grade = ROUNDED if largest <= ROUNDING else CALLS_AGREE
    return Agreement(grade, len(keys), differing, rates, largest, where)
